"""Where a handoff's state, stage and checklist put its lead."""

from datetime import datetime

from qualification.rules.handoffs.states import UNDECIDED_STATES, HandoffState
from qualification.rules.leads.lifecycle import Lifecycle

_AFTER = {
    HandoffState.SNOOZED: Lifecycle.NURTURE,
    HandoffState.DISQUALIFIED: Lifecycle.DISQUALIFIED,
    HandoffState.WON: Lifecycle.CUSTOMER,
    HandoffState.LOST: Lifecycle.LEAD,
}

_QUALIFIED = frozenset({Lifecycle.SQL, Lifecycle.OPPORTUNITY, Lifecycle.CUSTOMER})


def lifecycle_of(state: HandoffState, checklist_passed: bool, stage_lifecycle: Lifecycle | None) -> Lifecycle:  # noqa: FBT001
    """Derive the station of a lead from its latest handoff, checklist and stage; it moves back where they do.

    Nobody has accepted: an MQL. Accepted: what the stage says, else an SQL once the checklist has passed.
    Won makes a customer; a lost lead is a lead again, free to come back; a snoozed one is nurtured until it resumes.
    """
    if state in UNDECIDED_STATES:
        return Lifecycle.MQL
    if state in _AFTER:
        return _AFTER[state]
    return stage_lifecycle or (Lifecycle.SQL if checklist_passed else Lifecycle.MQL)


def qualified_since(since: datetime | None, to: Lifecycle, now: datetime) -> datetime | None:
    """Return since when a handoff counts as qualified, whose lead is now moved to that station; None: it does not.

    Whoever comes to SQL or further is, whichever station is the first: an opportunity or a customer has passed the SQL.
    An MQL again is not; a verdict, or to be put off, leaves it as it was.
    """
    if to in _QUALIFIED:
        return since or now
    return None if to is Lifecycle.MQL else since
