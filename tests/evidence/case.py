"""A lead on its way through the day: where its card says it stands, and what people remember to have done."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sandbox.people.snapshots import Message
from tests.evidence.course import Lead, Step


class Standing(StrEnum):
    """Where a lead stands, as its card tells by the buttons it has."""

    OFFERED = "Not mine"
    POOLED = "Claim"
    QUEUED = "Assign…"
    ACCEPTED = "Checklist"
    ENDED = "Reopen"


@dataclass(frozen=True, slots=True)
class Look:
    """What a card in the channel shows: where the lead stands, and whom it calls; "" where a whole pool is asked."""

    card: Message
    standing: Standing
    named: str


@dataclass(slots=True)
class Case:
    """A lead on its course, and what the people who were asked remember to have done."""

    number: int
    lead: Lead
    steps: deque[Step]
    refused_country: bool = False
    waited_before: tuple[Standing, str] | None = None
    verdict: Standing | None = None
    decided_by: str | None = None
    done: Counter[str] = field(default_factory=Counter)
    verdicts: dict[str, str] = field(default_factory=dict)
    passed: bool = False


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody was away from `since` until `until`; None: until they said that they are back."""

    name: str
    since: datetime
    until: datetime | None

    def holds(self, name: str, at: datetime) -> bool:
        """Say whether it is this person who was away, and then."""
        return name == self.name and self.since <= at and (self.until is None or at < self.until)


def cases_of(leads: Iterable[Lead]) -> list[Case]:
    """Begin a case for every lead."""
    return [Case(number, lead, deque(lead.course)) for number, lead in enumerate(leads)]
