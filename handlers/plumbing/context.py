"""The values that a listener gets from Bolt by argument name; `bot` puts them into the context of each request."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

from qualification.outbox.unit_of_work import Transactions
from qualification.records.sessions import Sessions

__all__ = ["Body", "Later", "Now", "Reference", "Reply", "Sessions", "Transactions", "Views", "Workspace"]

Body: TypeAlias = Mapping[str, Any]
Now: TypeAlias = Callable[[], datetime]
Reference: TypeAlias = Callable[[], str]
Reply: TypeAlias = Callable[[str, Mapping[str, Any]], None]


T = TypeVar("T")


class Later(Protocol):
    """Threads for work that may take longer than Slack waits for an answer."""

    def __call__(self, work: Callable[[], T], /) -> "Future[T]":
        """Start the work."""


class Workspace(Protocol):
    """The workspace of this request."""

    @property
    def id(self) -> int:
        """The id of the workspace's record."""

    @property
    def bot_user_id(self) -> str | None:
        """The Slack user id of the bot itself."""


class Views(Protocol):
    """Modals; each call is made once and raises where Slack did not do it."""

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """Open a modal."""

    def push(self, trigger_id: str, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """Push a modal on top of the one that is open."""

    def update(self, *, view_id: str, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """Redraw a modal."""
