"""What a transport carries to the app, and how a delivery can fail."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from sandbox.workspace.state import App, Json

DeliveryKind: TypeAlias = Literal["slash_commands", "interactive", "events_api"]
FailureReason: TypeAlias = Literal["not_connected", "connection_failed", "http_timeout", "http_error"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One attempt to deliver a payload.

    `attempt` counts retries from 0, `reason` says why the last attempt failed, and `drop` cuts the connection after
    sending, so that the answer is lost.
    """

    kind: DeliveryKind
    payload: Json
    attempt: int = 0
    reason: FailureReason | None = None
    drop: bool = False


class UndeliveredError(Exception):
    """A delivery failed."""

    def __init__(self, reason: FailureReason, *, final: bool = False) -> None:
        """Fail for this reason; `final` means that the app asked not to be retried."""
        super().__init__(reason)
        self.reason: FailureReason = reason
        self.final = final


class Transport(Protocol):
    """A way to send deliveries to the app."""

    async def deliver(self, app: App, envelope: Envelope) -> Json | None:
        """Send an envelope and return the body of the app's acknowledgement. Raises UndeliveredError."""
