"""Where a lead stands between marketing and sales."""

from enum import StrEnum

from qualification.rules.handoff import UNDECIDED_STATES, HandoffState


class Lifecycle(StrEnum):
    """The stations of a lead: subscriber, lead, MQL, SQL, opportunity, customer; beside it disqualified and nurture."""

    SUBSCRIBER = "subscriber"
    LEAD = "lead"
    MQL = "mql"
    SQL = "sql"
    OPPORTUNITY = "opportunity"
    CUSTOMER = "customer"
    DISQUALIFIED = "disqualified"
    NURTURE = "nurture"


_AFTER = {
    HandoffState.NOT_NOW: Lifecycle.NURTURE,
    HandoffState.DISQUALIFIED: Lifecycle.DISQUALIFIED,
    HandoffState.WON: Lifecycle.CUSTOMER,
    HandoffState.LOST: Lifecycle.LEAD,
}


def lifecycle_of(state: HandoffState, checklist_passed: bool, stage_lifecycle: Lifecycle | None) -> Lifecycle:  # noqa: FBT001
    """Derive the station of a lead from its latest handoff, checklist and stage; it moves back where they do.

    Nobody has accepted: an MQL. Accepted: what the stage says, else an SQL once the checklist has passed.
    Won makes a customer; a lost lead is a lead again, free to come back; one put off is nurtured until it wakes.
    """
    if state in UNDECIDED_STATES:
        return Lifecycle.MQL
    if state in _AFTER:
        return _AFTER[state]
    return stage_lifecycle or (Lifecycle.SQL if checklist_passed else Lifecycle.MQL)
