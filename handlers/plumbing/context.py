"""What a listener may ask Bolt for by name, as `bot` lays it out in the context of each request."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar

from qualification.records.sessions import Sessions

__all__ = ["Body", "Later", "Now", "Reference", "Reply", "Sessions", "Views", "Workspace"]

Body: TypeAlias = Mapping[str, Any]
Now: TypeAlias = Callable[[], datetime]
Reference: TypeAlias = Callable[[], str]
Reply: TypeAlias = Callable[[str, Mapping[str, Any]], None]


T = TypeVar("T")


class Later(Protocol):
    """Threads for what may take longer than an answer has time."""

    def __call__(self, work: Callable[[], T], /) -> "Future[T]":
        """Begin the work."""


class Workspace(Protocol):
    """The workspace this process serves."""

    @property
    def id(self) -> int:
        """The record's id."""

    @property
    def bot_user_id(self) -> str | None:
        """The bot's own Slack user."""


class Views(Protocol):
    """Modals; each call is made once and raises where Slack did not do it."""

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """Open a modal."""

    def push(self, trigger_id: str, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """Lay a modal on top of the one that is open."""

    def update(self, *, view_id: str, view: Mapping[str, Any]) -> Mapping[str, Any]:
        """Redraw a modal."""
