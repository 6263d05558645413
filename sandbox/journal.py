"""The record of everything sent: every Web API call, and every delivery to the app."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.workspace.state import Json


@dataclass(frozen=True, slots=True)
class Call:
    """A Web API call. `status` and `answer` are None until it is answered, and stay None if its connection was cut.

    `done` says whether the method did its work, even if the answer was lost. `response_url` is the URL that was posted
    to, None for a method.
    """

    number: int
    method: str
    workspace_id: str | None
    arguments: Json
    at: datetime
    status: int | None = None
    answer: Json | None = None
    done: bool = False
    response_url: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the app received `ok: true`."""
        return bool(self.answer and self.answer.get("ok"))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something sent to the app. `outcome` is None until it ends, then "acknowledged" or the reason of the failure."""

    number: int
    kind: str
    workspace_id: str
    payload: Json
    at: datetime
    attempt: int = 0
    outcome: str | None = None
    answer: Json | None = None


class Journal:
    """Keeps calls and deliveries in the order they began. Safe to use from any thread."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._deliveries: list[Delivery] = []
        self._complaints: list[str] = []
        self._under_way: set[int] = set()

    def begin_call(
        self, method: str, workspace_id: str | None, arguments: Json, at: datetime, response_url: str | None = None
    ) -> int:
        """Record an incoming call; return its number."""
        with self._lock:
            number = len(self._calls)
            self._calls.append(Call(number, method, workspace_id, arguments, at, response_url=response_url))
            self._under_way.add(number)
        return number

    def call_done(self, number: int) -> None:
        """Record that the method did its work, even if the answer will be lost."""
        with self._lock:
            self._calls[number] = replace(self._calls[number], done=True)

    def end_call(self, number: int, status: int | None, answer: Json | None) -> None:
        """Record the answer to a call; a status of None means that its connection was cut."""
        with self._lock:
            self._calls[number] = replace(self._calls[number], status=status, answer=answer)
            self._under_way.discard(number)

    def under_way(self) -> int:
        """Return how many calls have arrived, and are neither answered nor cut."""
        with self._lock:
            return len(self._under_way)

    def begin_delivery(self, kind: str, workspace_id: str, payload: Json, at: datetime, attempt: int) -> int:
        """Record a delivery that is being sent; return its number."""
        with self._lock:
            number = len(self._deliveries)
            self._deliveries.append(Delivery(number, kind, workspace_id, payload, at, attempt))
        return number

    def end_delivery(self, number: int, outcome: str, answer: Json | None = None) -> None:
        """Record how a delivery ended."""
        with self._lock:
            self._deliveries[number] = replace(self._deliveries[number], outcome=outcome, answer=answer)

    def lengths(self) -> tuple[int, int]:
        """Return how many calls and how many deliveries there are so far."""
        with self._lock:
            return len(self._calls), len(self._deliveries)

    def calls(self, method: str | None = None, since: int = 0) -> list[Call]:
        """Return the calls of one method, or of all, from a number on."""
        with self._lock:
            return [call for call in self._calls[since:] if method in {None, call.method}]

    def deliveries(self, kind: str | None = None, since: int = 0) -> list[Delivery]:
        """Return the deliveries of one kind (such as `interactive`), or of all, from a number on."""
        with self._lock:
            return [delivery for delivery in self._deliveries[since:] if kind in {None, delivery.kind}]

    def add_complaint(self, sentence: str) -> None:
        """Record an acknowledgement that Slack could not show, as a sentence."""
        with self._lock:
            self._complaints.append(sentence)

    def complaints(self) -> list[str]:
        """Return a sentence for each acknowledgement that Slack could not show."""
        with self._lock:
            return list(self._complaints)
