"""Runs the seed table on a school's leads as they would have come in: how many become MQLs, when and why.

The file has no days, but its lead numbers grow with time. Leads come in that order, a quarter of an hour apart, and
each does one thing every four hours. What was done in four hours is posted to the intake at their end.
"""

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from rich.table import Table

from bot.database import Database
from bot.importing.files import examine
from qualification.intake import ingest
from qualification.playbook import playbooks
from qualification.records import Activity, Handoff, Lead, LeadEvent
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.intake import import_map
from qualification.rules.intake.import_map import ImportMap
from qualification.rules.intake.import_rows import read_row
from qualification.rules.leads.lead_input import ActivityInput, ImportRow, LeadInput
from tests.evidence import school
from tests.evidence.commands import MAPS
from tests.evidence.school import POINTS, Prospect
from tests.worlds.desk import Desk, open_desk

MONDAY: Final = datetime(2026, 11, 23, tzinfo=UTC)
APART: Final = timedelta(minutes=15)
SHIFT: Final = timedelta(hours=4)
WEEK: Final = timedelta(weeks=1)
SENDER: Final = "website"
GATE: Final = "Do not contact"


@dataclass(frozen=True, slots=True)
class Mql:
    """A lead whose score reached the threshold: its number, the kind of its last activity, and the week, from 1."""

    number: int
    kind: str
    week: int


@dataclass(frozen=True)
class Weeks:
    """Everything stored at the end of the weeks."""

    leads: dict[int, Lead]
    activities: list[Activity]
    handoffs: list[Handoff]
    events: list[LeadEvent]

    @cached_property
    def done(self) -> Mapping[tuple[int, datetime], list[str]]:
        """The activities of each lead, by the time they were posted."""
        done = defaultdict[tuple[int, datetime], list[str]](list)
        for each in self.activities:
            done[each.lead_id, each.received_at].append(each.kind)
        return done

    def tipped(self, lead_id: int, posted_at: datetime) -> str:
        """Return the kind of the one activity that was posted for a lead at that time."""
        (done,) = self.done[lead_id, posted_at]
        return done

    def mql(self, event: LeadEvent | Handoff, at: datetime) -> Mql:
        """Return the MQL of a handoff, or of a gate that held the lead."""
        number = self.leads[event.lead_id].fields["number"]
        return Mql(number, self.tipped(event.lead_id, at), week(at))


def week(posted_at: datetime) -> int:
    """Return the week, from 1, of what was posted at the end of a shift."""
    return (posted_at - SHIFT - MONDAY) // WEEK + 1


@pytest.fixture(scope="module")
def prospects(data: Path) -> tuple[Prospect, ...]:
    """Return the leads in the order of arrival, read without Baton."""
    return school.read(data / "xeducation")


@pytest.fixture(scope="module")
def weeks(data: Path, engine_url: str) -> Iterator[Weeks]:
    """Let the leads come in; without a Slack, messages stay queued."""
    database = Database(engine_url)
    desk = open_desk(database, playbook=school.PLAYBOOK)
    began = monotonic()
    for ending, posted in shifts(given_rows(desk, data / "xeducation" / "leads.csv")):
        with database.transaction() as session:
            taken = ingest.ingest(session, desk.workspace_id, SENDER, [*posted], now=ending)
        assert not [each for each in taken if isinstance(each, tuple)]
    print(f"\n{'SQLite' if database.is_sqlite else 'PostgreSQL'}: {monotonic() - began:.0f} s")
    yield Weeks({lead.id: lead for lead in desk.all(Lead)}, desk.all(Activity), desk.all(Handoff), desk.all(LeadEvent))
    database.dispose()


def given_rows(desk: Desk, file: Path) -> list[ImportRow]:
    """Return the rows, read with the import map, by lead number."""
    table = examine(file)
    playbook = desk.reads(lambda session: playbooks.current(session, desk.workspace_id).playbook)
    text = (MAPS / "xeducation.yaml").read_text(encoding="utf-8")
    mapped: ImportMap = import_map.parse(text, "xeducation.yaml", playbook, table.columns)
    rows = [read_row(mapped, row.cells, ZoneInfo("Asia/Kolkata")) for row in table.rows()]
    return sorted((row for row in rows if isinstance(row, ImportRow)), key=lambda row: int(row.lead.fields["number"]))


def shifts(rows: list[ImportRow]) -> Iterator[tuple[datetime, list[LeadInput | ActivityInput]]]:
    """Yield the end of each shift and what comes in during it, in order."""
    done: list[tuple[datetime, LeadInput | ActivityInput]] = []
    for place, row in enumerate(rows):
        at = MONDAY + place * APART
        if not row.activities:
            done.append((at, row.lead))
        for step, act in enumerate(row.activities):
            when = at + step * SHIFT
            done.append((when, ActivityInput(id=act.id, kind=act.kind, what=act.what, at=when, lead=row.lead)))
    done.sort(key=lambda entry: entry[0])
    for number, posted in itertools.groupby(done, key=lambda entry: (entry[0] - MONDAY) // SHIFT):
        yield MONDAY + (number + 1) * SHIFT, [each for _, each in posted]


@pytest.fixture(scope="module")
def reached(prospects: tuple[Prospect, ...]) -> dict[Mql, Prospect]:
    """Return who reaches the threshold, by which activity and when, computed without Baton."""
    found = {}
    for place, each in enumerate(prospects):
        step = each.tipped_by()
        if step is not None:
            # A lead comes every quarter of an hour, and does one thing in each of a week's 42 shifts.
            found[Mql(each.number, each.acts[step], (place // 16 + step) // 42 + 1)] = each
    return found


def test_the_handoffs_are_those_who_reach_the_threshold_and_may_be_contacted(
    weeks: Weeks, reached: dict[Mql, Prospect]
) -> None:
    made = {weeks.mql(handoff, handoff.announced_at) for handoff in weeks.handoffs}
    assert made == {mql for mql, each in reached.items() if not each.do_not_contact}
    assert len(made) == len(weeks.handoffs)
    assert {handoff.announcer_id for handoff in weeks.handoffs} == {None}
    assert {weeks.leads[handoff.lead_id].lifecycle.value for handoff in weeks.handoffs} == {"mql"}


def test_the_others_who_reach_it_are_kept_back_by_the_gate_that_says_so(
    weeks: Weeks, reached: dict[Mql, Prospect]
) -> None:
    """The file has no e-mail addresses and no messages, so no other gate can hold a lead."""
    held = [event for event in weeks.events if event.kind is EventKind.GATED]
    assert {event.facts["gate"] for event in held} == {GATE}
    assert {weeks.mql(event, event.at) for event in held} == {
        mql for mql, each in reached.items() if each.do_not_contact
    }
    names = {weeks.leads[event.lead_id].fields["number"] for event in held}
    assert {lead.fields["number"] for lead in weeks.leads.values() if lead.gated_by == GATE} == names
    assert len(held) == len(names)


def test_no_activity_is_lost_and_every_score_is_the_plain_sum(weeks: Weeks, prospects: tuple[Prospect, ...]) -> None:
    assert Counter(each.kind for each in weeks.activities) == school.kinds(prospects)
    assert {lead.fields["number"]: lead.score for lead in weeks.leads.values()} == {
        each.number: each.score for each in prospects
    }


def test_what_the_seed_table_makes_of_them_is_told(
    weeks: Weeks, prospects: tuple[Prospect, ...], reached: dict[Mql, Prospect]
) -> None:
    """Only this test uses `Converted`; docs/benchmarks.md discusses the figures."""
    numbers = {weeks.leads[handoff.lead_id].fields["number"] for handoff in weeks.handoffs}
    handed_over = [each for each in prospects if each.number in numbers]
    table = Table("week", "leads", "MQLs", "kept back", "tipped by")
    for number in range(1, max(mql.week for mql in reached) + 1):
        here = {mql: each for mql, each in reached.items() if mql.week == number}
        came = sum(place * APART // WEEK + 1 == number for place in range(len(prospects)))
        kept = sum(each.do_not_contact for each in here.values())
        why = Counter(mql.kind for mql in here)
        table.add_row(str(number), str(came), str(len(here) - kept), str(kept), _listed(why))
    console = Console(width=120)
    console.print()
    console.print(table)
    dearer = {**POINTS, "blog-post": POINTS["pricing-page"]}
    would = [each for each in prospects if each.tipped_by(dearer) is not None]
    console.print(f"MQLs {len(handed_over)}, kept back {len(reached) - len(handed_over)} ({GATE})")
    console.print(f"tipped by {_listed(Counter(mql.kind for mql in reached))}")
    free = [each for each in prospects if not each.do_not_contact]
    console.print(
        f"converted: all {school.share(prospects):.1%}, who may be contacted {school.share(free):.1%}, "
        f"MQLs {school.share(handed_over):.1%}"
    )
    console.print(f"one who converted has the higher score {school.better_than_chance(prospects):.1%} of the times")
    console.print(f"were each visit one to the pricing page: {len(would)}, converted {school.share(would):.1%}")
    others = [each for each in prospects if each.origin != "Lead Add Form"]
    stayed = {
        bought: f"{statistics.median(each.seconds for each in prospects if each.converted is bought):.0f}"
        for bought in (True, False)
    }
    console.print(f"seconds on the site, in the middle: converted {stayed[True]}, others {stayed[False]}")
    why = Counter(mql.kind for mql in reached)
    guide = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    guide = " ".join(guide.split())
    for figure in (
        f"{len(reached)} of {len(prospects):,}",
        f"{len(handed_over)} are handed over",
        f"{len(reached) - len(handed_over)} are kept back",
        f"{school.share(handed_over):.1%} of the MQLs",
        f"{school.share(prospects):.1%} of all",
        f"{school.share(free):.1%} of those",
        f"{school.better_than_chance(prospects):.1%} of the times ({school.better_than_chance(others):.1%} without",
        f"a visit for {why['blog-post']}, a form or a chat for {why['contact-form']}",
        f"an e-mail for {why['email-opened'] + why['email-clicked']}",
        f"{len(would):,} would",
        f"{stayed[True]} seconds against {stayed[False]}",
        f"{school.share(would):.1%}",
    ):
        assert figure in guide


def _listed(counter: Counter[str]) -> str:
    return " · ".join(f"{name} {count}" for name, count in counter.most_common())
