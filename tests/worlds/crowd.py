"""A crowd: twelve reps of two teams who press at a steady pace, against Slack's rates, on a clock of its own.

Time passes in steps of a clock that only the crowd moves, so that its seconds say what the rates and the order make of
a crowd, and nothing about the machine.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Final

from sqlalchemy import select

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.organisation import publishing
from qualification.records import ChannelQueue, Delivery, DeliveryState, Person
from sandbox.clock import ManualClock
from sandbox.people import driver
from sandbox.people.snapshots import Message
from sandbox.server import Sandbox
from sandbox.workspace.seed import ChannelSeed, PersonSeed, WorkspaceSeed
from tests.worlds.floor import press, submit

MANIFEST: Final = json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))
MONDAY: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
STEP: Final = timedelta(seconds=0.25)
# Everything must be true so long after the last press.
PATIENCE: Final = timedelta(seconds=600)
# The share of presses that open a form: Slack opens about a hundred a minute.
FORMS: Final = 0.2
TEAMS: Final = ("north", "south")
REPS: Final = tuple(
    f"Rep {name}" for name in ["Abel", "Bea", "Cem", "Dora", "Elif", "Finn", "Gil", "Hana", "Ida", "Jan", "Kai", "Lea"]
)
MARKETER: Final = "Mara Keter"
_PEOPLE: Final = {
    **{name: TEAMS[number % 2] for number, name in enumerate(REPS)},
    **{f"Manager {team.title()}": team for team in TEAMS},
    MARKETER: None,
}


def _address(name: str) -> str:
    return f"{name.lower().replace(' ', '.')}@northwind.example"


def _playbook(note: str) -> str:
    """Return the playbook; a note changes what it says about points, and no message."""
    people = "\n".join(
        f"  - {{email: {_address(name)}, name: {name}, roles: [{name.split()[0].lower()}]"
        f"{f', team: {team}' if team else ''}}}"
        for name, team in _PEOPLE.items()
        if team
    )
    teams = "\n".join(
        f'  {team}: {{name: {team.title()}, manager: {_address(f"Manager {team.title()}")}, channel: "#sales-{team}", '
        f"zone: Europe/London}}"
        for team in TEAMS
    )
    pools = "\n".join(
        f"  {team}: {{name: {team.title()}, team: {team}, "
        f"members: [{', '.join(_address(name) for name in REPS if _PEOPLE[name] == team)}]}}"
        for team in TEAMS
    )
    return f"""# {note}
version: 1
hours: {{mon-sun: "00:00-24:00"}}
default_team: north
teams:
{teams}
people:
{people}
  - {{email: {_address(MARKETER)}, name: {MARKETER}, roles: [marketer]}}
pools:
{pools}
rules:
  - {{name: South, when: {{country: [FR]}}, pool: south}}
  - {{name: Everything else, pool: north}}
clocks: {{accept_within: 100h, remind_after: 99h, offers: 2, undo_within: 5m}}
"""


_SEED: Final = WorkspaceSeed(
    "Northwind",
    "northwind",
    people=tuple(PersonSeed(name, _address(name), "Europe/London") for name in _PEOPLE),
    channels=(ChannelSeed("general"), *(ChannelSeed(f"sales-{team}") for team in TEAMS)),
)


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A change of a message that Slack does not show yet."""

    what: str
    delivery_id: int
    revision: int
    since: datetime


@dataclass
class Report:
    """What a crowd saw: for each kind of message the seconds until each change showed."""

    presses: int = 0
    delays: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    true_after: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def within(self, what: str, percent: int = 95) -> float:
        """Return the seconds within which so many of a hundred changes of this kind showed."""
        delays = self.delays[what]
        return quantiles(delays, n=100, method="inclusive")[percent - 1] if len(delays) > 1 else sum(delays)

    @property
    def refused_share(self) -> float:
        """The share of all calls that Slack answered with 429."""
        return sum(self.refused.values()) / max(1, sum(self.calls.values()))


class Crowd:
    """Twelve reps with leads, and their bot, whose worker works only when the clock moves."""

    def __init__(self, sandbox: Sandbox, baton: Baton, clock: ManualClock, seed: int) -> None:
        """Begin with an empty report; the same seed presses the same buttons."""
        self.sandbox, self.baton, self.clock = sandbox, baton, clock
        self.workspace_id = baton.installations[0].id
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._awaited: list[_Awaited] = []
        self._heard = 0
        self.report = Report()

    def hands_over(self, leads: int) -> None:
        """Hand leads over, and let everything be shown."""
        by = self.sandbox.person(MARKETER).id
        for number in range(leads):
            with self.baton.database.transaction() as session:
                form = HandOverForm(
                    company=f"Company {number}",
                    email=f"person{number}@company{number}.example",
                    did="Asked for a demo",
                    country=("DE", "FR")[number % 2],
                )
                handover.hand_over(session, workspace_id=self.workspace_id, by=by, form=form, now=self.clock())
        self.rests()

    def publishes(self) -> None:
        """Publish a playbook that changes no message: everything that shows a handoff is drawn anew."""
        with self.baton.database.transaction() as session:
            text = _playbook(f"published at {self.clock()}")
            publishing.publish(session, workspace_id=self.workspace_id, text=text, by="the crowd", now=self.clock())

    def rests(self, at_most: timedelta = timedelta(hours=2)) -> None:
        """Let time pass until everything is shown; AssertionError where it is not in time."""
        end = self.clock() + at_most
        while self._pending():
            assert self.clock() < end, "the outbox did not come to rest"
            self._passes(timedelta(seconds=1))
        self._heard = len(self.sandbox.calls())
        self._awaited.clear()
        self.report = Report()

    def presses(self, *, a_minute: int, minutes: float) -> Report:
        """Let the reps press at this pace, at random moments, and return what they saw once everything was true."""
        end = self.clock() + timedelta(minutes=minutes)
        due = self.clock()
        last = due
        while self.clock() < end:
            while due <= self.clock():
                last = self.clock()
                self._press_one()
                due += timedelta(seconds=self._random.expovariate(a_minute / 60))
            self._passes(STEP)
        return self._reported(last)

    def presses_at_once(self, presses: int) -> Report:
        """Let so many presses come at the same moment, each on a card of its own, and return what their reps saw."""
        now = self.clock()
        for who, handoff_id in self._cards()[:presses]:
            self._press(who, handoff_id, self._random.choice(("lead_card", "direct_card")))
        return self._reported(now)

    def presses_one_lead(self, *actions: str, every: timedelta) -> Report:
        """Let one rep press these buttons of one direct card, and return what they saw."""
        who, handoff_id = self._cards()[0]
        for action in actions:
            self._press(who, handoff_id, "direct_card", action)
            self._passes(every)
        return self._reported(self.clock())

    def _reported(self, last: datetime) -> Report:
        """Let time pass until everything is true, and return the report; `last` is the moment of the last press."""
        while self._awaited:
            assert self.clock() < last + PATIENCE, "not everything became true"
            self._passes(STEP)
        report = self.report
        report.true_after = (self.clock() - last).total_seconds()
        for call in self.sandbox.calls()[self._heard :]:
            report.calls[call.method] += 1
            report.refused[call.method] += call.status == 429
        self.rests()
        return report

    def _passes(self, time: timedelta) -> None:
        self.clock.advance(time)
        self.baton.workers[0].run_once(self.clock())
        with self.baton.database.snapshot() as session:
            ids = {each.delivery_id for each in self._awaited}
            rows = session.execute(select(Delivery.id, Delivery.shown_revision).where(Delivery.id.in_(ids)))
            shown = {row.id: row.shown_revision for row in rows}
        now = self.clock()
        for each in [each for each in self._awaited if shown[each.delivery_id] >= each.revision]:
            self._awaited.remove(each)
            self.report.delays[each.what].append((now - each.since).total_seconds())

    def _press_one(self) -> None:
        """Let somebody press a button in one of their leads' cards, in the channel or in their direct messages."""
        who = self._random.choice(REPS)
        theirs = [handoff_id for name, handoff_id in self._cards() if name == who]
        self._press(who, self._random.choice(theirs), self._random.choice(("lead_card", "direct_card")))

    def _cards(self) -> list[tuple[str, int]]:
        """Return whose direct cards there are, of which handoffs."""
        with self.baton.database.snapshot() as session:
            cards = (
                select(Person.name, Delivery.handoff_id)
                .join(ChannelQueue, ChannelQueue.id == Delivery.queue_id)
                .join(Person)
                .where(Delivery.kind == "direct_card")
                .order_by(Delivery.handoff_id)
            )
            return [(str(name), int(handoff_id or 0)) for name, handoff_id in session.execute(cards)]

    def _press(self, who: str, handoff_id: int, kind: str, action: str | None = None) -> None:
        """Press a button, and note what Slack does not show yet because of it."""
        with self.baton.database.snapshot() as session:
            card = session.execute(
                select(Delivery.channel, Delivery.ts)
                .join(ChannelQueue)
                .outerjoin(Person)
                .where(Delivery.handoff_id == handoff_id, Delivery.kind == kind)
                .where((Person.name == who) if kind == "direct_card" else ChannelQueue.person_id.is_(None))
            ).one()
        person = self.sandbox.person(who)
        message = next(each for each in person.sees(str(card.channel)) if each.ts == card.ts)
        before = self._revisions()
        if action is None:
            self._act(person, message)
        else:
            press(person, action, message)
        self.report.presses += 1
        after = self._revisions()
        for delivery_id, (what, revision, shown, at) in after.items():
            old = before.get(delivery_id)
            if old is not None and old[1] == revision:
                continue
            name = "own card" if at == (card.channel, card.ts) else what
            if shown >= revision:
                self.report.delays[name].append(0.0)
            else:
                self._awaited.append(_Awaited(name, delivery_id, revision, self.clock()))

    def _act(self, person: driver.Person, message: Message) -> None:
        """Accept, or do what an accepted lead asks for."""
        actions = {control.place.key[1] for control in message.controls}
        if "accept" in actions:
            press(person, "accept", message)
        elif "checklist" not in actions:
            press(person, "reopen", message)
        elif self._random.random() < FORMS:
            press(person, "log_contact", message)
            submit(person, "log_contact")
        else:
            stages = [control for control in message.controls if control.place.key[1] == "stage"]
            options = [value for _, value in stages[0].options if json.loads(value)["stage"] not in {"lost", "won"}]
            person.picks(self._random.choice(options), "stage", on=message)

    def _revisions(self) -> Mapping[int, tuple[str, int, int, tuple[str | None, str | None]]]:
        with self.baton.database.snapshot() as session:
            rows = session.execute(
                select(
                    Delivery.id,
                    Delivery.kind,
                    Delivery.desired_revision,
                    Delivery.shown_revision,
                    Delivery.channel,
                    Delivery.ts,
                )
            )
            return {row.id: (row.kind, row.desired_revision, row.shown_revision, (row.channel, row.ts)) for row in rows}

    def _pending(self) -> bool:
        with self.baton.database.snapshot() as session:
            return (
                session.scalar(select(Delivery.id).where(Delivery.state == DeliveryState.PENDING).limit(1)) is not None
            )


@contextmanager
def gathered(database_url: str, *, leads: int, seed: int = 1) -> Iterator[Crowd]:
    """Gather the crowd: the playbook is published, everybody has opened Home, and so many leads are shown."""
    clock = ManualClock(MONDAY)
    with Sandbox(MANIFEST, clock=clock, seed=[_SEED]) as sandbox:
        settings = Settings(
            database_url=database_url,
            bot_token=sandbox.bot_token(),
            signing_secret=sandbox.signing_secret,
            slack_api_url=sandbox.api_url,
            port=0,
        )
        database = Database(database_url)
        baton = build(settings, database=database, now=clock)
        with database.transaction() as session:
            text = _playbook("the first")
            publishing.publish(session, workspace_id=baton.installations[0].id, text=text, by="the crowd", now=clock())
        while baton.directories[0].look_up():
            clock.advance(timedelta(seconds=60))
        baton.start(working=False)
        try:
            sandbox.deliver_to(f"{baton.http.address}/slack/events")
            crowd = Crowd(sandbox, baton, clock, seed)
            for name in _PEOPLE:
                sandbox.person(name).opens_home()
            sandbox.wait_for(lambda: all(each.outcome for each in sandbox.deliveries()))
            crowd.hands_over(leads)
            yield crowd
        finally:
            baton.stop()
