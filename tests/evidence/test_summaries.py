"""Every summary comes once, at its hour, with the figures of a recount, in fortnights with both clock changes."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from time import monotonic

import pytest

from qualification.records import Summary, Team
from qualification.reporting import summary_figures
from sandbox.people.snapshots import Message
from tests.evidence.summed_days import PAST, TEAMS, Hour, Office, Recount, Span, open_office

NONE, HOUR = timedelta(0), timedelta(hours=1)
SUMMER, WINTER = timedelta(hours=-4), timedelta(hours=-5)
SPANS = {
    "both changes of autumn, in London at an hour that is shown twice": Span(
        date(2026, 10, 19),
        14,
        {
            "emea": Hour(time(1, 30), HOUR, NONE, date(2026, 10, 25), twice=True),
            "americas": Hour(time(9, 0), SUMMER, WINTER, date(2026, 11, 1)),
        },
    ),
    "spring in New York, at an hour that is skipped": Span(
        date(2026, 3, 2),
        8,
        {
            "emea": Hour(time(8, 30), NONE, HOUR, date(2026, 3, 29)),
            "americas": Hour(
                time(2, 30), WINTER, SUMMER, date(2026, 3, 8), skipped=datetime(2026, 3, 8, 7, tzinfo=UTC)
            ),
        },
    ),
    "spring in London, at an hour that is skipped": Span(
        date(2026, 3, 23),
        8,
        {
            "emea": Hour(time(1, 30), NONE, HOUR, date(2026, 3, 29), skipped=datetime(2026, 3, 29, 1, tzinfo=UTC)),
            "americas": Hour(time(9, 0), WINTER, SUMMER, date(2026, 3, 8)),
        },
    ),
}
ORDER = ("handed over", "accepted", "qualified", "opportunities", "won", "lost", "disqualified")


@pytest.fixture(params=SPANS)
def office(request: pytest.FixtureRequest, database_url: str) -> Iterator[Office]:
    """Run each span of days, and yield its office."""
    began = monotonic()
    with open_office(SPANS[request.param], database_url, seed=20261019) as office:
        office.run()
        engine = "SQLite" if office.desk.database.is_sqlite else "PostgreSQL, two workers"
        deeds = len(office.ledger.deeds)
        print(f"\n{request.param}, {engine}: {deeds} things done, {monotonic() - began:.0f} s")
        yield office


def channel(office: Office, team: str) -> list[Message]:
    """Return the summaries in a team's channel, oldest first."""
    there = office.sandbox.person("Mika Sato").sees(f"#sales-{team}")
    return [message for message in there if message.fallback.startswith(f"{TEAMS[team]} · ")]


def expected_lines(office: Office, team: str, due: datetime, found: Recount) -> list[str]:
    """Return the lines that a summary must have, from the recount."""
    waiting = office.ledger.standing(team, due + PAST)["waiting"]
    happened = found.came_in or found.steps
    if not happened and not waiting:
        return ["Nothing came in, nothing changed, and nothing is waiting to be accepted."]
    handed = found.steps["handed over"]
    over = "No leads were" if not handed else f"{handed} lead was" if handed == 1 else f"{handed} leads were"
    wait = "none are" if not waiting else f"{waiting} is" if waiting == 1 else f"{waiting} are"
    sentence = f"{over} handed over, {wait} waiting to be accepted."
    if not happened:
        return [sentence]
    steps = [_counted(found.steps[step], step) for step in ORDER if found.steps[step]]
    return [sentence, " · ".join([f"{found.came_in} came in (all teams)", *steps])]


def _counted(count: int, step: str) -> str:
    return f"{count} opportunity" if (count, step) == (1, "opportunities") else f"{count} {step}"


def test_every_summary_came_once_at_its_hour_with_figures_equal_to_a_recount(office: Office) -> None:
    for team, hour in office.span.hours.items():
        messages = channel(office, team)
        headed = [message.fallback.partition("\n")[0] for message in messages]
        days = office.span.days
        assert headed[: len(days)] == [f"{TEAMS[team]} · {day:%A, %B} {day.day}, {day.year}" for day in days]
        assert len(set(headed)) == len(headed)
        since = hour.on(days[0] - timedelta(days=1))
        total = 0
        for day, message in zip(days, messages, strict=False):
            due = hour.on(day)
            posted = datetime.fromtimestamp(float(message.ts), UTC)
            found = office.ledger.between(team, since, due)
            lines = expected_lines(office, team, due, found)
            assert [line for line in lines if line not in message.fallback.split("\n")] == [], (team, day)
            if team == "emea" and day == office.outage_day:
                assert timedelta(hours=2) < posted - due < timedelta(hours=3)
                assert "This summary is late: it was due" in message.fallback
            else:
                assert PAST <= posted - due < PAST + timedelta(seconds=2), (team, day, posted)
            details(message, found)
            total += sum(found.steps.values())
            since = due
        assert total > 15
    fits_together(office)


def details(message: Message, found: Recount) -> None:
    """Check a summary's thread against the recount: one reply, with what each rep did."""
    texts = [reply.fallback for reply in message.thread]
    if not found.steps:
        assert texts == []
        return
    (text,) = texts
    for rep, steps in found.by_rep.items():
        line = " · ".join(_counted(steps[step], step) for step in ORDER if steps[step])
        assert f"{rep}: {line}" in text.split("\n")


def fits_together(office: Office) -> None:
    """Check the stored summaries against each other and the recount.

    Each begins where the one before ended, and the counted leads are the team's.
    """
    names = {team.id: team.key for team in office.desk.all(Team)}
    made = sorted(office.desk.all(Summary, Summary.made_at.is_not(None)), key=lambda each: (each.team_id, each.day))
    for earlier, later in pairwise(made):
        if earlier.team_id == later.team_id:
            assert later.since == earlier.due_at
    for summary in made:
        assert summary.figures is not None
        assert summary.made_at is not None
        standing = office.ledger.standing(names[summary.team_id], summary.made_at)
        figures = summary_figures.decode(summary.figures)
        stages = {stage.key: stage.tally.count for stage in figures.stages}
        assert stages.pop("waiting") == standing["waiting"] == figures.waiting_count
        assert sum(stages.values()) == standing["open"]
