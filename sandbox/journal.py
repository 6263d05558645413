"""What went over the wire: every Web API call, and every delivery to the app."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.workspace.state import Json


@dataclass(frozen=True, slots=True)
class Call:
    """A Web API call; `status` and `answer` are None while it is under way, and for good if it was cut."""

    number: int
    method: str
    workspace_id: str | None
    arguments: Json
    at: datetime
    status: int | None = None
    answer: Json | None = None
    done: bool = False

    @property
    def ok(self) -> bool:
        """Whether the app was told that it went well."""
        return bool(self.answer and self.answer.get("ok"))


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something sent to the app; `outcome` is None while no answer came, then "acknowledged" or what went wrong."""

    number: int
    kind: str
    workspace_id: str
    payload: Json
    at: datetime
    attempt: int = 0
    outcome: str | None = None
    answer: Json | None = None


class Journal:
    """Keeps calls and deliveries in the order they began; may be read from any thread."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._deliveries: list[Delivery] = []
        self._complaints: list[str] = []

    def begin_call(self, method: str, workspace_id: str | None, arguments: Json, at: datetime) -> int:
        """Note a call that came in; return its number."""
        with self._lock:
            number = len(self._calls)
            self._calls.append(Call(number, method, workspace_id, arguments, at))
        return number

    def call_done(self, number: int) -> None:
        """Note that the call's work was done, whether or not the app will hear of it."""
        with self._lock:
            self._calls[number] = replace(self._calls[number], done=True)

    def end_call(self, number: int, status: int | None, answer: Json | None) -> None:
        """Note what the call was answered; a status of None for one whose connection was cut."""
        with self._lock:
            self._calls[number] = replace(self._calls[number], status=status, answer=answer)

    def begin_delivery(self, kind: str, workspace_id: str, payload: Json, at: datetime, attempt: int) -> int:
        """Note a delivery on its way; return its number."""
        with self._lock:
            number = len(self._deliveries)
            self._deliveries.append(Delivery(number, kind, workspace_id, payload, at, attempt))
        return number

    def end_delivery(self, number: int, outcome: str, answer: Json | None = None) -> None:
        """Note how a delivery ended."""
        with self._lock:
            self._deliveries[number] = replace(self._deliveries[number], outcome=outcome, answer=answer)

    def calls(self, method: str | None = None) -> list[Call]:
        """Return the calls of one method, or of all."""
        with self._lock:
            return [call for call in self._calls if method in {None, call.method}]

    def deliveries(self, kind: str | None = None) -> list[Delivery]:
        """Return the deliveries of one kind (`slash_commands`, `interactive`, `events_api`), or of all."""
        with self._lock:
            return [delivery for delivery in self._deliveries if kind in {None, delivery.kind}]

    def complain(self, sentence: str) -> None:
        """Note that the app acknowledged with something Slack cannot show."""
        with self._lock:
            self._complaints.append(sentence)

    def complaints(self) -> list[str]:
        """Return what Slack could not show of the app's acknowledgements."""
        with self._lock:
            return list(self._complaints)
