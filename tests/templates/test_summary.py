"""A team's day as its channel reads it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import templates
from qualification.reporting.figures import (
    Amount,
    DailySummary,
    LifecycleCount,
    NamedCount,
    Needed,
    RepDay,
    StageTally,
    Steps,
    Tally,
)
from tests.templates.samples import ANA, BEN, MAYA

DUE = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
EMPTY = DailySummary(
    team="EMEA",
    day=date(2026, 11, 24),
    since=DUE - timedelta(days=1),
    until=DUE,
    made_at=DUE + timedelta(seconds=10),
    stands_later=False,
    late=False,
    teams=1,
    came_in=0,
    steps=Steps(),
    stages=(),
    lifecycle=(),
    waiting=(),
    waiting_count=0,
    overdue=(),
    overdue_count=0,
    reps=(),
    sources=(),
    reasons=(),
    new=(),
    new_count=0,
)
BUSY = replace(
    EMPTY,
    teams=2,
    came_in=9,
    steps=Steps(handed_over=4, accepted=3, won=1, disqualified=1),
    stages=(
        StageTally("waiting", None, Tally(1)),
        StageTally("to-contact", "To contact", Tally(2, (Amount(120_000, "EUR"),))),
    ),
    waiting=(
        Needed("Acme · Jo", "offered", None, ANA, DUE - timedelta(hours=3), overdue=False),
        Needed("Bolt", "pooled", "Inbound", None, DUE - timedelta(hours=4), overdue=False),
        Needed("Core", "manager_queue", None, MAYA, DUE - timedelta(hours=5), overdue=True),
    ),
    waiting_count=5,
    overdue=(
        Needed("Dent", "contact", None, BEN, DUE - timedelta(hours=30), overdue=True),
        Needed("Echo", "task", "First call", BEN, DUE - timedelta(hours=2), overdue=True),
    ),
    overdue_count=2,
    reps=(RepDay(ANA, Steps(accepted=2, won=1)), RepDay(None, Steps(disqualified=1))),
    sources=(NamedCount("Demo request", 3), NamedCount(None, 1)),
    reasons=(NamedCount("No need", 1),),
    new=("Acme · Jo", "Bolt"),
    new_count=4,
)


def text(summary: DailySummary, kind: str = "summary", locale: str = "en") -> list[str]:
    return str(templates.render(f"messages/{kind}", locale=locale, summary=summary)["text"]).split("\n")


def kinds(summary: DailySummary) -> list[object]:
    return [node["type"] for node in templates.render("messages/summary", summary=summary)["blocks"]]  # type: ignore[attr-defined]


def test_an_empty_day_is_one_plain_line_and_no_table() -> None:
    assert text(EMPTY) == [
        "EMEA · Tuesday, November 24, 2026",
        "Nothing came in, nothing changed, and nothing is waiting to be accepted.",
    ]
    assert kinds(EMPTY) == ["header", "section", "context", "actions"]


def test_a_day_is_told_in_a_sentence_figures_stages_and_who_is_needed() -> None:
    lines = text(BUSY)
    assert lines[1] == "4 leads were handed over, 5 are waiting to be accepted."
    assert lines[2] == "9 came in (all teams) · 4 handed over · 3 accepted · 1 won · 1 disqualified"
    assert lines[3:5] == ["Waiting for a rep: 1", "To contact: 2 (€1,200)"]
    assert lines[6].startswith("Acme · Jo: offered to Ana, waiting since <!date^")
    assert lines[7].startswith("Bolt: open to Inbound, waiting since")
    assert lines[8].startswith("Core: in Maya’s queue, waiting since")
    assert lines[8].endswith(", overdue")
    assert lines[9] == "and 2 more"
    assert lines[11].startswith("Dent: Ben, no contact yet, accepted")
    assert lines[12].startswith("Echo: Ben, First call, due")
    assert kinds(BUSY) == [
        "header",
        "section",
        "data_table",
        "data_visualization",
        "section",
        "section",
        "context",
        "actions",
    ]


def test_where_there_is_one_team_what_came_in_is_its_own() -> None:
    assert text(replace(EMPTY, came_in=2))[1:3] == [
        "No leads were handed over, none are waiting to be accepted.",
        "2 came in",
    ]


def test_one_that_comes_late_says_so_and_where_its_figures_end() -> None:
    late = text(replace(EMPTY, late=True))
    assert late[2].startswith("This summary is late: it was due <!date^1795509000^")
    assert late[3].startswith("From <!date^")
    later = text(replace(BUSY, late=True, stands_later=True, made_at=DUE + timedelta(hours=3)))
    assert "Stages and open points as of <!date^1795519800^" in later[-1]


def test_the_details_say_who_did_what_from_where_and_why() -> None:
    assert text(BUSY, "summary_details") == [
        "Who did what",
        "By rep",
        "Ana: 2 accepted · 1 won",
        "Baton: 1 disqualified",
        "By source: Demo request 3 · Not known 1",
        "Why disqualified: No need 1",
        "Handed over",
        "Acme · Jo",
        "Bolt",
        "and 2 more",
    ]


def test_where_the_teams_leads_are_is_told_as_everywhere() -> None:
    lines = text(
        replace(BUSY, lifecycle=(LifecycleCount("mql", 3), LifecycleCount("sql", 0), LifecycleCount("customer", 1)))
    )
    assert "The team’s leads now: MQL 3 · Customer 1" in lines


def test_nobody_is_called_by_a_summary() -> None:
    for kind in ("summary", "summary_details"):
        assert "<@" not in str(templates.render(f"messages/{kind}", summary=BUSY))


def test_a_german_team_would_read_german() -> None:
    assert text(EMPTY, locale="de")[:2] == [
        "EMEA · Dienstag, 24. November 2026",
        "Nichts ging ein, nichts änderte sich, und nichts wartet auf Annahme.",
    ]
