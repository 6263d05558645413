"""What was done, and what whoever did it was answered: written down outside the bot."""

import itertools
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.journal import Delivery


class Answer(StrEnum):
    """What whoever acted knows of their act."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    FAILED = "told it failed"
    UNANSWERED = "no answer"


@dataclass(slots=True)
class Act:
    """One act. `mark` is a text that stands in the rows once the act counted, None for an act that leaves none.

    `target` is the handoff it was on. `delivery` is what Slack sent the bot of it.
    """

    number: int
    kind: str
    who: str
    at: datetime
    answer: Answer
    mark: str | None = None
    target: int | None = None
    words: str = ""
    delivery: Delivery | None = None

    def __str__(self) -> str:
        """Say it in a line."""
        facts = " ".join(f"{name}={value}" for name, value in (("mark", self.mark), ("handoff", self.target)) if value)
        return (
            f"#{self.number} {self.at:%H:%M:%S} {self.who}: {self.kind} {facts} -> {self.answer} {self.words[:200]!r}"
        )


class Ledger:
    """All acts of a run, and the kinds of which one was acknowledged; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin empty."""
        self._acts: list[Act] = []
        self._lock = threading.Lock()
        self._marks = itertools.count(1)
        self.faults: Counter[str] = Counter()
        self.acknowledged: set[str] = set()

    def mark(self) -> str:
        """Return a text that no other act has, and that is part of no other."""
        return f"mark{next(self._marks):07d}"

    def write(
        self,
        kind: str,
        who: str,
        at: datetime,
        answer: Answer,
        *,
        mark: str | None = None,
        target: int | None = None,
        words: str = "",
        delivery: Delivery | None = None,
    ) -> Act:
        """Write an act down."""
        with self._lock:
            act = Act(len(self._acts) + 1, kind, who, at, answer, mark, target, words, delivery)
            self._acts.append(act)
            if answer is Answer.ACKNOWLEDGED:
                self.acknowledged.add(kind)
        return act

    def count_fault(self, kind: str, times: int = 1) -> None:
        """Count a fault that struck."""
        with self._lock:
            self.faults[kind] += times

    def acts(self) -> list[Act]:
        """Return the acts so far, the first one first."""
        with self._lock:
            return list(self._acts)
