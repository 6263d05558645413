"""The states of a handoff and the outcomes of an offer."""

from enum import StrEnum


class HandoffState(StrEnum):
    """Where a handoff stands."""

    OFFERED = "offered"
    POOLED = "pooled"
    QUEUED = "queued"
    ACCEPTED = "accepted"
    NOT_NOW = "not_now"
    DISQUALIFIED = "disqualified"
    WON = "won"
    LOST = "lost"


class OfferOutcome(StrEnum):
    """How an offer ended; open until then."""

    OPEN = "open"
    ACCEPTED = "accepted"
    PASSED_ON = "passed_on"
    LAPSED = "lapsed"
    DISQUALIFIED = "disqualified"
    PUT_OFF = "put_off"
    WITHDRAWN = "withdrawn"


UNDECIDED_STATES = frozenset({HandoffState.OFFERED, HandoffState.POOLED, HandoffState.QUEUED})

LIVE_STATES = UNDECIDED_STATES | {HandoffState.ACCEPTED}

# Put off it is neither: nobody works on it, and nothing is decided.
ENDED_STATES = frozenset(HandoffState) - LIVE_STATES - {HandoffState.NOT_NOW}
