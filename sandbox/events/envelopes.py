"""What is handed to a transport on its way to the app, and how that may fail."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from sandbox.workspace.state import App, Json

Kind: TypeAlias = Literal["slash_commands", "interactive", "events_api"]
Reason: TypeAlias = Literal["not_connected", "connection_failed", "http_timeout", "http_error"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One attempt to deliver a payload; `drop` cuts the connection behind it, so that no answer comes back."""

    kind: Kind
    payload: Json
    attempt: int = 0
    reason: Reason | None = None
    drop: bool = False


class UndeliveredError(Exception):
    """The app did not take a delivery."""

    def __init__(self, reason: Reason, *, final: bool = False) -> None:
        """Say why; `final` means that the app asked for no repeat."""
        super().__init__(reason)
        self.reason: Reason = reason
        self.final = final


class Transport(Protocol):
    """A way to the app."""

    async def deliver(self, app: App, envelope: Envelope) -> Json | None:
        """Hand over an envelope and return the body of the app's acknowledgement; raise UndeliveredError."""
