"""The states of a handoff and the outcomes of an offer."""

from enum import StrEnum


class HandoffState(StrEnum):
    """Where a handoff stands."""

    OFFERED = "offered"
    POOLED = "pooled"
    MANAGER_QUEUE = "manager_queue"
    ACCEPTED = "accepted"
    SNOOZED = "snoozed"
    DISQUALIFIED = "disqualified"
    WON = "won"
    LOST = "lost"


class OfferOutcome(StrEnum):
    """How an offer ended; open until then."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    DISQUALIFIED = "disqualified"
    SNOOZED = "snoozed"
    WITHDRAWN = "withdrawn"


UNDECIDED_STATES = frozenset({HandoffState.OFFERED, HandoffState.POOLED, HandoffState.MANAGER_QUEUE})

LIVE_STATES = UNDECIDED_STATES | {HandoffState.ACCEPTED}

# Snoozed it is neither: nobody works on it, and nothing is decided.
ENDED_STATES = frozenset(HandoffState) - LIVE_STATES - {HandoffState.SNOOZED}
