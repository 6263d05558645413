"""The stored form of a summary's figures: always the same JSON, and readable for ever."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.reporting.figures import Amount, LifecycleCount, NamedCount, StageTally, Steps, Tally
from qualification.reporting.summary_figures import NeededHandoff, PersonSteps, SummaryFigures, decode, encode
from qualification.rules.reporting.named_handoffs import named_handoffs

SINCE = datetime(2026, 11, 24, 10, 0, 0, 250_000, tzinfo=UTC)
FIGURES = SummaryFigures(
    teams=2,
    came_in=3,
    steps=Steps(handed_over=2, accepted=1, qualified=1),
    stages=(
        StageTally("waiting", None, Tally(1)),
        StageTally("new", "New", Tally(2, (Amount(150_000, "EUR"), Amount(99, "CHF")))),
    ),
    lifecycle=(LifecycleCount("mql", 1), LifecycleCount("sql", 1)),
    waiting=(NeededHandoff(7, "pooled", None, "Inbound", SINCE, overdue=False),),
    waiting_count=1,
    overdue=(NeededHandoff(8, "contact", 4, None, SINCE, overdue=True),),
    overdue_count=12,
    reps=(PersonSteps(4, Steps(accepted=1, qualified=1)), PersonSteps(None, Steps(disqualified=1))),
    sources=(NamedCount("Demo request", 1), NamedCount(None, 1)),
    reasons=(NamedCount("No need", 1),),
    new=(7, 8),
)
# As rows have held it since there have been summaries.
STORED = """
{
  "teams": 2,
  "came_in": 3,
  "steps": {"handed_over": 2, "accepted": 1, "qualified": 1, "opportunities": 0, "won": 0, "lost": 0,
            "disqualified": 0},
  "stages": [["waiting", null, 1, []], ["new", "New", 2, [[150000, "EUR"], [99, "CHF"]]]],
  "lifecycle": [["mql", 1], ["sql", 1]],
  "waiting": [{"handoff": 7, "why": "pooled", "person": null, "what": "Inbound",
               "since": "2026-11-24T10:00:00.250000+00:00", "overdue": false}],
  "waiting_count": 1,
  "overdue": [{"handoff": 8, "why": "contact", "person": 4, "what": null,
               "since": "2026-11-24T10:00:00.250000+00:00", "overdue": true}],
  "overdue_count": 12,
  "reps": [{"person": 4, "steps": {"accepted": 1, "qualified": 1}}, {"person": null, "steps": {"disqualified": 1}}],
  "sources": [["Demo request", 1], [null, 1]],
  "reasons": [["No need", 1]],
  "new": [7, 8]
}
"""

counts = st.integers(0, 2**31)
ids = st.integers(1, 2**63 - 1)
words = st.text(max_size=20)
steps = st.builds(Steps, **dict.fromkeys(Steps.__dataclass_fields__, counts))
amounts = st.builds(Amount, st.integers(-(2**63), 2**63), words)
named = st.lists(st.builds(NamedCount, st.none() | words, counts), max_size=3).map(tuple)
needed = st.lists(
    st.builds(
        NeededHandoff,
        ids,
        words,
        st.none() | ids,
        st.none() | words,
        st.datetimes(timezones=st.just(UTC)),
        st.booleans(),
    ),
    max_size=3,
).map(tuple)
stages = st.builds(
    StageTally, words, st.none() | words, st.builds(Tally, counts, st.lists(amounts, max_size=2).map(tuple))
)
every_figure = st.builds(
    SummaryFigures,
    teams=counts,
    came_in=counts,
    steps=steps,
    stages=st.lists(stages, max_size=3).map(tuple),
    lifecycle=st.lists(st.builds(LifecycleCount, words, counts), max_size=3).map(tuple),
    waiting=needed,
    waiting_count=counts,
    overdue=needed,
    overdue_count=counts,
    reps=st.lists(st.builds(PersonSteps, st.none() | ids, steps), max_size=3).map(tuple),
    sources=named,
    reasons=named,
    new=st.lists(ids, max_size=3).map(tuple),
    last_event=st.none() | ids,
)


def test_figures_are_stored_as_they_always_were_with_the_newest_event_beside() -> None:
    stored = {**json.loads(STORED), "last_event": 99}
    assert json.dumps(encode(replace(FIGURES, last_event=99))) == json.dumps(stored)


def test_a_row_that_was_stored_long_ago_is_read() -> None:
    assert decode(json.loads(STORED)) == FIGURES


@given(every_figure)
def test_what_is_stored_comes_back_the_same(figures: SummaryFigures) -> None:
    assert decode(json.loads(json.dumps(encode(figures)))) == figures


def test_a_summary_has_details_once_anybody_took_a_step() -> None:
    nothing: dict[str, Any] = {**json.loads(STORED), "steps": {}}
    assert decode(json.loads(STORED)).has_details
    assert not decode(nothing).has_details


def test_a_row_that_was_never_made_is_not_read_as_an_empty_day() -> None:
    with pytest.raises(KeyError):
        decode({})


def test_the_handoffs_that_it_names_are_read_from_each_list() -> None:
    new = replace(FIGURES, new=(9,))
    assert named_handoffs(encode(new)) == {7, 8, 9}
    assert named_handoffs(json.loads(STORED)) == {7, 8}


@pytest.mark.parametrize("stored", [None, {}, {"new": [7]}, {"new": [7], "waiting": [7], "overdue": []}])
def test_what_cannot_be_read_names_none(stored: dict[str, Any] | None) -> None:
    assert named_handoffs(stored) == frozenset()
