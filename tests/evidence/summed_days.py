"""Days of two teams in two zones, with a manual clock: leads come in, are worked at random, and every step is logged.

The log holds what the test did, not what the bot says about it.
"""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from bot.slack.client import Slack
from bot.slack.rate_limits import UNLIMITED
from bot.worker import Worker
from qualification.checklists import checklists
from qualification.checklists.checklists import Given
from qualification.handoffs import decisions, progress
from qualification.organisation import publishing
from qualification.reporting import summaries
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.leads.lead_input import LeadInput
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.evidence.world import MANIFEST
from tests.worlds.desk import Desk

TEAMS: Final = {"emea": "EMEA", "americas": "Americas"}
# Workers run ten seconds after every hour and half hour.
LOOK: Final = timedelta(minutes=30)
PAST: Final = timedelta(seconds=10)
LEADS_A_DAY: Final = 2
PLAYBOOK: Final = """
version: 1
default_team: emea
hours: {{mon-sun: "00:00-24:00"}}
teams:
  emea:
    name: EMEA
    manager: maya.cohen@northwind.example
    channel: "#sales-emea"
    zone: Europe/London
    summary: {{at: "{emea}"}}
  americas:
    name: Americas
    manager: marcus.hill@northwind.example
    channel: "#sales-americas"
    zone: America/New_York
    summary: {{at: "{americas}"}}
people:
  - {{email: ana.ruiz@northwind.example, name: Ana Ruiz, roles: [rep], team: emea}}
  - {{email: ben.okafor@northwind.example, name: Ben Okafor, roles: [rep], team: emea}}
  - {{email: dan.lee@northwind.example, name: Dan Lee, roles: [rep], team: americas}}
  - {{email: eva.torres@northwind.example, name: Eva Torres, roles: [rep], team: americas}}
  - {{email: maya.cohen@northwind.example, name: Maya Cohen, roles: [manager], team: emea}}
  - {{email: marcus.hill@northwind.example, name: Marcus Hill, roles: [manager], team: americas}}
  - {{email: mika.sato@northwind.example, name: Mika Sato, roles: [marketer]}}
pools:
  emea: {{name: EMEA, team: emea, members: [ana.ruiz@northwind.example, ben.okafor@northwind.example]}}
  americas: {{name: Americas, team: americas, members: [dan.lee@northwind.example, eva.torres@northwind.example]}}
rules:
  - {{name: Americas, when: {{country: US}}, pool: americas}}
  - {{name: Everything else, pool: emea}}
clocks: {{accept_within: 2h, remind_after: 1h, offers: 2, undo_within: 5m}}
"""


@dataclass(frozen=True, slots=True)
class Hour:
    """When a team's summary is due, by hand: local time, and the offset from UTC before and after a clock change.

    `skipped` is the moment of the change if the clocks skip that time on its day, else None.
    """

    wall: time
    before: timedelta
    after: timedelta
    change: date
    skipped: datetime | None = None
    twice: bool = False

    def on(self, day: date) -> datetime:
        """Return the moment of a day's summary."""
        if day == self.change and self.skipped is not None:
            return self.skipped
        is_before = day < self.change or (day == self.change and self.twice)
        return datetime.combine(day, self.wall, UTC) - (self.before if is_before else self.after)


@dataclass(frozen=True)
class Span:
    """A number of days from a Monday, and each team's hour."""

    monday: date
    length: int
    hours: Mapping[str, Hour]

    @property
    def days(self) -> list[date]:
        """The days of the span."""
        return [self.monday + timedelta(days=number) for number in range(self.length)]

    def playbook(self) -> str:
        """Return the playbook as YAML."""
        return PLAYBOOK.format(**{team: f"{hour.wall:%H:%M}" for team, hour in self.hours.items()})


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done with a lead, or undone (`back`); `step` is what a summary counts it as."""

    at: datetime
    team: str
    lead: str
    step: str
    by: str = ""
    back: bool = False


@dataclass(frozen=True)
class Recount:
    """The counts of the deeds in a span."""

    came_in: int
    steps: Counter[str]
    by_rep: Mapping[str, Counter[str]]


@dataclass
class Ledger:
    """Everything done, in order."""

    deeds: list[Deed] = field(default_factory=list)

    def between(self, team: str, since: datetime, until: datetime) -> Recount:
        """Count what a team did in a span and had not undone by its end; arrivals are of all teams."""
        standing: dict[tuple[str, str], str] = {}
        here = [deed for deed in self.deeds if since <= deed.at < until]
        for deed in here:
            if deed.back:
                standing.pop((deed.lead, deed.step), None)
            elif deed.team == team:
                standing[deed.lead, deed.step] = deed.by
        by_rep: dict[str, Counter[str]] = {}
        for (_, step), by in standing.items():
            if step not in {"came in", "handed over"}:
                by_rep.setdefault(by, Counter())[step] += 1
        steps = Counter(step for _, step in standing if step != "came in")
        return Recount(sum(deed.step == "came in" for deed in here), steps, by_rep)

    def standing(self, team: str, at: datetime) -> Counter[str]:
        """Count the team's leads by their state at a moment: waiting, open, or over."""
        where: dict[str, list[str]] = {}
        for deed in self.deeds:
            if deed.team != team or deed.at > at or deed.step not in {"handed over", "accepted", *OVER}:
                continue
            course = where.setdefault(deed.lead, [])
            if deed.back:
                course.remove(deed.step)
            else:
                course.append(deed.step)
        ends = (course[-1] for course in where.values())
        return Counter("waiting" if end == "handed over" else "open" if end == "accepted" else "over" for end in ends)


OVER: Final = ("won", "lost", "disqualified")
Act = Callable[[], None]


@dataclass
class Office:
    """Slack, a database, and workers that run when this class says; only this class moves the clock."""

    span: Span
    sandbox: Sandbox
    clock: ManualClock
    desk: Desk
    baton: Baton
    databases: list[Database]
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    agenda: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _presence: ExitStack = field(default_factory=ExitStack)
    _count: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        """Start the workers."""
        self.restart()

    def restart(self) -> None:
        """Replace the workers; the old ones never finish what they had in progress."""
        self._presence.close()
        slack = Slack(self.baton.settings.bot_token, base_url=self.baton.settings.slack_api_url)
        self.workers = [
            Worker(database, slack, self.desk.workspace_id, now=self.clock, rates=UNLIMITED)
            for database in self.databases
        ]
        for worker in self.workers:
            self._presence.enter_context(worker.presence())
            worker.begin()

    def close(self) -> None:
        """Stop the workers."""
        self._presence.close()

    def run(self) -> None:
        """Run the days, and one more day for the last summary."""
        self.plan()
        end = datetime.combine(self.span.monday + timedelta(days=self.span.length + 1), time(), UTC)
        while self.agenda and self.agenda[0][0] < end:
            at, _, act = heapq.heappop(self.agenda)
            self.clock.advance(max(at - self.clock(), timedelta()))
            self.desk.now = self.clock()
            act()

    def later(self, at: datetime, act: Act) -> None:
        """Plan something for a moment; of two things at one moment, the one planned first runs first."""
        heapq.heappush(self.agenda, (at, next(self._count), act))

    def plan(self) -> None:
        """Plan the runs of the workers, the leads, an outage and a crash."""
        late, died = self.outage_day, self.span.days[5]
        hour = self.span.hours["emea"]
        self.later(hour.on(late) - timedelta(minutes=5), self.slack_falls)
        self.later(hour.on(late) + timedelta(hours=2, minutes=5), self.sandbox.heal)
        self.later(hour.on(died) + PAST - timedelta(seconds=1), self.wake_early)
        self.later(hour.on(died) + PAST, self.die)
        start = self.clock()
        for number in range(int((self.span.length + 1) * timedelta(days=1) / LOOK)):
            self.later(start + number * LOOK + PAST, self.look)
        for number, day in enumerate(self.span.days):
            for each in range(LEADS_A_DAY):
                minute = 5 * self.chance.randrange(24 * 12)
                at = datetime.combine(day, time(), UTC) + timedelta(minutes=minute)
                self.later(at, self._coming(f"Lead {number}-{each}"))
            # Exactly at the hour: this counts for the next day.
            for team, hour in self.span.hours.items():
                self.later(hour.on(day), self._coming(f"Sharp {number} {team}", team))

    @property
    def outage_day(self) -> date:
        """The day on which Slack is down at EMEA's hour."""
        return self.span.days[2]

    def slack_falls(self) -> None:
        """Let every call fail."""
        self.sandbox.fault("*", "500")

    def wake_early(self) -> None:
        """Run a worker one second before the hour."""
        self.look()

    def die(self) -> None:
        """Run what is due, crash between the commit and the post, and start new workers."""
        with self.databases[0].transaction() as session:
            assert summaries.run_due(session, self.desk.workspace_id, self.clock()) == 1
        self.restart()

    def look(self) -> None:
        """Run all workers at the same moment."""
        now = self.clock()
        with ThreadPoolExecutor(len(self.workers)) as hands:
            for done in [hands.submit(worker.run_once, now) for worker in self.workers]:
                done.result()

    def note(self, team: str, lead: str, step: str, by: str = "", *, back: bool = False) -> None:
        """Log what was done now."""
        self.ledger.deeds.append(Deed(self.clock(), team, lead, step, by, back))

    def _coming(self, lead: str, team: str | None = None) -> Act:
        def come() -> None:
            to = team or self.chance.choice([*TEAMS])
            self.note(to, lead, "came in")
            if team is None and self.chance.random() < 0.1:
                # A lead that only browses: nobody hands it over.
                self.desk.takes(LeadInput(id=lead, name=lead, company="Passers-by"))
                return
            country = "US" if to == "americas" else "DE"
            handoff_id = self.desk.hands_over(lead, by=self._mika, country=country).handoff_id
            self.note(to, lead, "handed over")
            Course(self, to, lead, handoff_id).begin()

        return come

    @property
    def _mika(self) -> str:
        return self.sandbox.person("Mika Sato").id


@dataclass
class Course:
    """One lead's random way through sales."""

    office: Office
    team: str
    lead: str
    handoff_id: int
    is_qualified: bool = False

    def begin(self) -> None:
        """Let a person answer the offer, or nobody."""
        draw = self.office.chance.random()
        if draw < 0.15:
            return
        wait = 5 * self.office.chance.randint(1, 60)
        act = self.disqualify if draw < 0.25 else self.accept_by_mistake if draw < 0.4 else self.accept
        self._later(wait, act)

    def accept(self) -> None:
        """Accept the lead, and perhaps work on it."""
        self._accept()
        draw = self.office.chance.random()
        wait = 5 * self.office.chance.randint(1, 500)
        if draw < 0.5:
            self._later(wait, self.qualify)
        elif draw < 0.7:
            self._later(wait, self.propose)
        elif draw < 0.85:
            self._later(wait, self.disqualify)

    def accept_by_mistake(self) -> None:
        """Accept the lead, and undo it two minutes later."""
        self._accept()
        self._later(2, self.undo)

    def undo(self) -> None:
        """Undo the acceptance; a person may then accept for good."""
        by, name = self._who()
        self.office.desk.does(decisions.undo, by=by, handoff_id=self.handoff_id)
        self.office.note(self.team, self.lead, "accepted", name, back=True)
        if self.office.chance.random() < 0.5:
            self._later(5 * self.office.chance.randint(1, 300), self.accept)

    def qualify(self) -> None:
        """Pass the checklist."""
        self._answers(Verdict.YES, "budget", "need", "timing")
        self._note_qualified()
        draw = self.office.chance.random()
        wait = 5 * self.office.chance.randint(1, 400)
        if draw < 0.2:
            self._later(wait, self.doubt)
        elif draw < 0.8:
            self._later(wait, self.propose)

    def doubt(self) -> None:
        """Change a verdict, so that the checklist is not passed."""
        self._answers(Verdict.NO, "budget")
        self.office.note(self.team, self.lead, "qualified", back=True)

    def propose(self) -> None:
        """Propose a deal; a lead that was not an SQL is one now."""
        by, name = self._who()
        self.office.desk.does(progress.set_stage, by=by, handoff_id=self.handoff_id, stage="proposal-sent")
        if not self.is_qualified:
            self._note_qualified()
        self.office.note(self.team, self.lead, "opportunities", name)
        wait = 5 * self.office.chance.randint(1, 500)
        self._later(wait, self.win if self.office.chance.random() < 0.6 else self.lose)

    def win(self) -> None:
        """Win the deal."""
        by, name = self._who()
        self.office.desk.does(progress.set_stage, by=by, handoff_id=self.handoff_id, stage="won")
        self.office.note(self.team, self.lead, "won", name)

    def lose(self) -> None:
        """Lose the deal, and perhaps reopen it."""
        by, name = self._who()
        self.office.desk.does(progress.lose, by=by, handoff_id=self.handoff_id, reason="price", note=None)
        self.office.note(self.team, self.lead, "lost", name)
        self._perhaps_reopen("lost")

    def disqualify(self) -> None:
        """Disqualify the lead, and perhaps reopen it."""
        by, name = self._who()
        self.office.desk.does(
            decisions.disqualify,
            by=by,
            handoff_id=self.handoff_id,
            offer_id=self.office.desk.card(self.handoff_id).offer_id,
            reason="no-need",
            note=None,
        )
        self.office.note(self.team, self.lead, "disqualified", name)
        self._perhaps_reopen("disqualified")

    def _perhaps_reopen(self, step: str) -> None:
        def reopen() -> None:
            by = self.office.sandbox.person("Maya Cohen" if self.team == "emea" else "Marcus Hill").id
            self.office.desk.does(decisions.reopen, by=by, handoff_id=self.handoff_id)
            self.office.note(self.team, self.lead, step, back=True)

        if self.office.chance.random() < 0.3:
            self._later(5 * self.office.chance.randint(1, 500), reopen)

    def _accept(self) -> None:
        by, name = self._who()
        offer_id = self.office.desk.card(self.handoff_id).offer_id
        self.office.desk.does(decisions.accept, by=by, handoff_id=self.handoff_id, offer_id=offer_id)
        self.office.note(self.team, self.lead, "accepted", name)

    def _note_qualified(self) -> None:
        self.is_qualified = True
        self.office.note(self.team, self.lead, "qualified", self._who()[1])

    def _answers(self, verdict: Verdict, *items: str) -> None:
        given = {item: Given(verdict, "They said so.") for item in items}
        self.office.desk.does(checklists.save, by=self._who()[0], handoff_id=self.handoff_id, given=given)

    def _who(self) -> tuple[str, str]:
        """Return the Slack user and the name of the lead's owner, the person asked, or the manager."""
        card = self.office.desk.card(self.handoff_id)
        somebody = card.owner or card.offered_to or card.manager
        assert somebody is not None
        return somebody.slack_user_id or "", somebody.name

    def _later(self, minutes: int, act: Act) -> None:
        self.office.later(self.office.clock() + timedelta(minutes=minutes), act)


@contextmanager
def open_office(span: Span, database_url: str, seed: int) -> Iterator[Office]:
    """Start Slack, publish the playbook at midnight of the first day, and start workers: two on PostgreSQL."""
    clock = ManualClock(datetime.combine(span.monday, time(), UTC))
    database = Database(database_url)
    databases = [database] if database.is_sqlite else [database, Database(database_url)]
    with Sandbox(MANIFEST, clock=clock, rate_limits=False) as sandbox:
        settings = Settings(
            database_url=database_url,
            bot_token=sandbox.bot_token(),
            signing_secret=sandbox.signing_secret,
            slack_api_url=sandbox.api_url,
            port=0,
        )
        baton = build(settings, database=database, now=clock, rates=UNLIMITED)
        with database.transaction() as session:
            publishing.publish(
                session, workspace_id=baton.installations[0].id, text=span.playbook(), by="evidence", now=clock()
            )
        while baton.directories[0].look_up():
            continue
        desk = Desk(database, baton.installations[0].id, clock())
        chance = random.Random(seed)  # noqa: S311 - not a secret
        with closing(Office(span, sandbox, clock, desk, baton, databases, chance)) as office:
            yield office
    for each in databases:
        each.dispose()
