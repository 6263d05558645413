"""A delivery in hand: what it needs of Slack, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.slack.client import SlackError
from qualification.records import Delivery


class Act(StrEnum):
    """What a delivery needs of Slack."""

    POST = "post"
    EDIT = "edit"
    PUBLISH = "publish"
    LOOK_BACK = "look_back"
    RECHECK = "recheck"


@dataclass(frozen=True, slots=True)
class Task:
    """A delivery in hand, as it was when it was taken up.

    `channel` is None for direct messages that were never opened, `ts` and `parent_ts` until posted, `began_at` unless
    the answer to an earlier post was lost; `troubled` while Slack refuses every call, and `mistrusted` names those of
    its methods that Slack refuses for want of a scope.
    """

    workspace_id: int
    delivery_id: int
    lane_id: int
    handoff_id: int | None
    kind: str
    act: Act
    key: str
    posting: int
    person_id: int | None
    slack_user_id: str | None
    channel: str | None
    ts: str | None
    parent_id: int | None
    parent_ts: str | None
    fingerprint: str | None
    began_at: datetime | None
    leased_until: datetime
    troubled: bool
    mistrusted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Posted:
    """Slack shows a new message, drawn when `wanted` changes were known."""

    channel: str
    ts: str
    wanted: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Slack shows the message or tab as it was drawn; `sent` is False where it showed the same before."""

    wanted: int
    fingerprint: str
    sent: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A post whose answer was lost stands in Slack: `ts` is the eldest, `twins` whether there are more."""

    channel: str
    ts: str
    twins: bool


@dataclass(frozen=True, slots=True)
class Alone:
    """The place was searched once more: the message has no twin, or none any longer."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The message to edit, or the one to reply under, was deleted in Slack; `delivery_id` is the one that is gone."""

    delivery_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Slack did not do it, or gave no answer; `posting` says that the call in question was the post itself."""

    error: SlackError
    posting: bool = False


@dataclass(frozen=True, slots=True)
class Undrawable:
    """The stored state could not be drawn: a fault of ours, with its kind."""

    error: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Something unforeseen happened on the way, a fault of ours, with its kind; what Slack did is not known."""

    error: str


Outcome: TypeAlias = Posted | Shown | Found | Alone | Gone | Refused | Undrawable | Failed


def act_of(delivery: Delivery, now: datetime) -> Act:
    """Say what a delivery needs of Slack next."""
    if delivery.kind == "home":
        return Act.PUBLISH
    if delivery.ts is not None:
        return Act.RECHECK if delivery.recheck_at is not None and delivery.recheck_at <= now else Act.EDIT
    return Act.POST if delivery.began_at is None else Act.LOOK_BACK


def methods_of(act: Act, delivery: Delivery, *, opened: bool) -> tuple[str, ...]:
    """Name Slack's methods that an act takes; `opened` says whether the place is a conversation already."""
    search = "conversations.history" if delivery.parent_id is None else "conversations.replies"
    post = ("chat.postMessage",) if opened else ("conversations.open", "chat.postMessage")
    return {
        Act.POST: post,
        Act.EDIT: ("chat.update",),
        Act.PUBLISH: ("views.publish",),
        Act.LOOK_BACK: (search, *post),
        Act.RECHECK: (search, "chat.delete"),
    }[act]
