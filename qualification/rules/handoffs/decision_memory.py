"""What a decision replaced, so that it can be undone or reopened, with its one codec to and from the stored JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from qualification.rules.handoffs.states import HandoffState


@dataclass(frozen=True, slots=True)
class DecisionMemory:
    """A handoff as it stood before a decision; `seconds_left` is the working time that its offer's clock had left."""

    state: HandoffState
    owner_id: int | None
    decided_by_id: int | None
    accepted_at: datetime | None
    stage: str | None
    offer_id: int | None = None
    seconds_left: float | None = None

    def with_person(self, former_id: int, person_id: int) -> "DecisionMemory":
        """Return the same with one person's record in place of another's."""
        return replace(
            self,
            owner_id=person_id if self.owner_id == former_id else self.owner_id,
            decided_by_id=person_id if self.decided_by_id == former_id else self.decided_by_id,
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "state": self.state.value,
            "owner_id": self.owner_id,
            "decided_by_id": self.decided_by_id,
            "accepted_at": self.accepted_at.isoformat() if self.accepted_at else None,
            "stage": self.stage,
            "offer_id": self.offer_id,
            "seconds_left": self.seconds_left,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "DecisionMemory":
        """Return what was stored."""
        accepted_at = stored["accepted_at"]
        return cls(
            state=HandoffState(stored["state"]),
            owner_id=stored["owner_id"],
            decided_by_id=stored["decided_by_id"],
            accepted_at=datetime.fromisoformat(accepted_at) if accepted_at else None,
            stage=stored["stage"],
            offer_id=stored["offer_id"],
            seconds_left=stored["seconds_left"],
        )
