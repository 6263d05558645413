"""A lead during the day: its status on its card, and what people remember having done."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sandbox.people.snapshots import Message
from tests.evidence.course import Lead, Step


class Standing(StrEnum):
    """A lead's status, recognised by a button that its card has."""

    OFFERED = "Not mine"
    POOLED = "Claim"
    QUEUED = "Assign…"
    ACCEPTED = "Checklist"
    ENDED = "Reopen"


@dataclass(frozen=True, slots=True)
class Look:
    """What a card in the channel shows: the status, and the person asked; "" if a whole pool is asked."""

    card: Message
    standing: Standing
    named: str


@dataclass(slots=True)
class Case:
    """A lead on its course, and what the people asked remember having done."""

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
    """A person was away from `since` until `until`; None: they have not said yet that they are back."""

    name: str
    since: datetime
    until: datetime | None

    def holds(self, name: str, at: datetime) -> bool:
        """Return whether this person was away at that moment."""
        return name == self.name and self.since <= at and (self.until is None or at < self.until)


def cases_of(leads: Iterable[Lead]) -> list[Case]:
    """Return a new case for every lead."""
    return [Case(number, lead, deque(lead.course)) for number, lead in enumerate(leads)]
