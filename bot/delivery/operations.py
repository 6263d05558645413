"""A claimed delivery: the operation that it needs from Slack, and the outcome."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.slack.client import SlackError
from qualification.records import Delivery


class Operation(StrEnum):
    """What a delivery needs from Slack."""

    POST = "post"
    EDIT = "edit"
    PUBLISH = "publish"
    LOOK_BACK = "look_back"
    CHECK_DUPLICATES = "check_duplicates"


# The method by which an operation shows what has changed.
SHOWING: Final[Mapping[Operation, str]] = MappingProxyType(
    {Operation.EDIT: "chat.update", Operation.PUBLISH: "views.publish"}
)


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed delivery, as it was when it was claimed.

    `channel` is None for direct messages that were never opened, `ts` and `parent_ts` until the message is posted.
    `post_began_at` is None unless the answer to an earlier post was lost. `workspace_failing` says that Slack refuses
    every call, and `failing_methods` names the methods of this operation that it refuses for want of a scope. One that
    `only_compares` has to wait for its method's rate, and may only find out that nothing has to be sent.
    """

    workspace_id: int
    delivery_id: int
    queue_id: int
    handoff_id: int | None
    kind: str
    operation: Operation
    key: str
    posting: int
    person_id: int | None
    slack_user_id: str | None
    channel: str | None
    ts: str | None
    parent_id: int | None
    parent_ts: str | None
    fingerprint: str | None
    post_began_at: datetime | None
    leased_until: datetime
    workspace_failing: bool
    failing_methods: tuple[str, ...]
    only_compares: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """Slack shows a new message, rendered from revision `revision`."""

    channel: str
    ts: str
    revision: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Slack shows revision `revision` of the message or tab; `sent` is False where it showed the same before."""

    revision: int
    fingerprint: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Differs:
    """Slack shows something else than revision `revision`, which has to wait for its method's rate."""

    revision: int


@dataclass(frozen=True, slots=True)
class Found:
    """A post whose answer was lost is in Slack: `ts` is the oldest copy, `duplicates` says whether there are more."""

    channel: str
    ts: str
    duplicates: bool


@dataclass(frozen=True, slots=True)
class NoDuplicate:
    """The place was searched once more, and the message has no duplicate, or none any longer."""


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """The message to edit or to reply to was deleted in Slack; `delivery_id` is the deleted one."""

    delivery_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Slack refused the call or did not answer; `posting` says that the call was the post itself."""

    error: SlackError
    posting: bool = False


@dataclass(frozen=True, slots=True)
class Undrawable:
    """The stored state could not be rendered, by a fault of ours; `error` is the exception's type."""

    error: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An unexpected error of ours, of type `error`; what Slack did is not known."""

    error: str


Outcome: TypeAlias = Posted | Shown | Differs | Found | NoDuplicate | MessageDeleted | Refused | Undrawable | Failed


def operation_of(delivery: Delivery, now: datetime) -> Operation:
    """Return the operation that a delivery needs next."""
    if delivery.kind == "home":
        return Operation.PUBLISH
    if delivery.ts is not None:
        return (
            Operation.CHECK_DUPLICATES
            if delivery.duplicate_check_at is not None and delivery.duplicate_check_at <= now
            else Operation.EDIT
        )
    return Operation.POST if delivery.post_began_at is None else Operation.LOOK_BACK


def methods_of(operation: Operation, delivery: Delivery, *, opened: bool) -> tuple[str, ...]:
    """Return the names of the methods that an operation calls; `opened` says that the conversation exists already."""
    search = "conversations.history" if delivery.parent_id is None else "conversations.replies"
    post = ("chat.postMessage",) if opened else ("conversations.open", "chat.postMessage")
    return {
        Operation.POST: post,
        Operation.EDIT: (SHOWING[Operation.EDIT],),
        Operation.PUBLISH: (SHOWING[Operation.PUBLISH],),
        Operation.LOOK_BACK: (search, *post),
        Operation.CHECK_DUPLICATES: (search, "chat.delete"),
    }[operation]
