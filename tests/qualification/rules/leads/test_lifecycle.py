"""Where a lead stands, from what became of its handoff."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.handoffs.lifecycle_moves import lifecycle_of, qualified_since
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.lifecycle import Lifecycle

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
STAGE = st.sampled_from([None, Lifecycle.SQL, Lifecycle.OPPORTUNITY])


@given(st.sampled_from([HandoffState.OFFERED, HandoffState.POOLED, HandoffState.MANAGER_QUEUE]), st.booleans(), STAGE)
def test_a_lead_nobody_has_accepted_is_an_mql(state: HandoffState, passed: bool, stage: Lifecycle | None) -> None:  # noqa: FBT001
    assert lifecycle_of(state, passed, stage) is Lifecycle.MQL


@pytest.mark.parametrize(
    ("passed", "stage", "station"),
    [
        (False, None, Lifecycle.MQL),
        (True, None, Lifecycle.SQL),
        (False, Lifecycle.OPPORTUNITY, Lifecycle.OPPORTUNITY),
        (True, Lifecycle.OPPORTUNITY, Lifecycle.OPPORTUNITY),
    ],
)
def test_an_accepted_lead_is_an_sql_once_its_checklist_passed_unless_its_stage_says_more(
    passed: bool,  # noqa: FBT001
    stage: Lifecycle | None,
    station: Lifecycle,
) -> None:
    assert lifecycle_of(HandoffState.ACCEPTED, passed, stage) is station


@given(st.booleans(), STAGE)
def test_a_lead_put_off_is_nurtured(passed: bool, stage: Lifecycle | None) -> None:  # noqa: FBT001
    assert lifecycle_of(HandoffState.SNOOZED, passed, stage) is Lifecycle.NURTURE


@given(st.sampled_from([HandoffState.DISQUALIFIED, HandoffState.WON, HandoffState.LOST]), st.booleans(), STAGE)
def test_a_verdict_counts_whatever_was_before(state: HandoffState, passed: bool, stage: Lifecycle | None) -> None:  # noqa: FBT001
    after = {"disqualified": Lifecycle.DISQUALIFIED, "won": Lifecycle.CUSTOMER, "lost": Lifecycle.LEAD}
    assert lifecycle_of(state, passed, stage) is after[state]


@pytest.mark.parametrize("station", [Lifecycle.SQL, Lifecycle.OPPORTUNITY, Lifecycle.CUSTOMER])
def test_whoever_comes_to_sql_or_further_is_qualified_since_the_first_time(station: Lifecycle) -> None:
    assert qualified_since(None, station, NOW) == NOW
    assert qualified_since(NOW - timedelta(days=1), station, NOW) == NOW - timedelta(days=1)


def test_an_mql_again_is_not_qualified() -> None:
    assert qualified_since(NOW, Lifecycle.MQL, NOW) is None


@pytest.mark.parametrize("station", [Lifecycle.LEAD, Lifecycle.DISQUALIFIED, Lifecycle.NURTURE])
def test_a_verdict_leaves_it_as_it_was(station: Lifecycle) -> None:
    assert qualified_since(None, station, NOW) is None
    assert qualified_since(NOW - timedelta(days=1), station, NOW) == NOW - timedelta(days=1)
