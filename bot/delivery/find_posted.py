"""Finding in Slack what a lost answer may have left behind: each message carries its delivery's key in its metadata."""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.slack.client import FinalError, Slack

EVENT_TYPE: Final = "baton_delivery"
# A call that hung may be done late: no sooner than this after it began is its place searched.
PATIENCE: Final = timedelta(seconds=10)
# How far Slack's clock may be behind ours.
SKEW: Final = timedelta(minutes=5)
PAGE: Final = 200


def key_of(seal: str, delivery_id: int, posting: int) -> str:
    """Give the key of one posting of a delivery: the same for every try of it, unlike that of any other database."""
    return f"{seal}-{delivery_id}-{posting}"


def metadata(key: str) -> dict[str, object]:
    """Give the metadata that a message carries its key in."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def find(slack: Slack, *, channel: str, thread_ts: str | None, key: str, since: datetime) -> list[str]:
    """Return the ids of the messages that carry the key, the eldest first, however many pages there are.

    Raises SlackError. A thread whose first message is gone holds nothing.
    """
    place: dict[str, object] = {"channel": channel, "oldest": f"{(since - SKEW).timestamp():.6f}"}
    method = "conversations.history"
    if thread_ts is not None:
        method = "conversations.replies"
        place["ts"] = thread_ts
    found: list[str] = []
    cursor: str | None = None
    while True:
        try:
            page = slack.call(method, **place, include_all_metadata=True, limit=PAGE, cursor=cursor)
        except FinalError as error:
            if error.name != "thread_not_found":
                raise
            return []
        found.extend(message["ts"] for message in page["messages"] if _key_in(message) == key)
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        if cursor is None:
            return sorted(set(found), key=_order)


def _key_in(message: dict[str, Any]) -> object:
    told = message.get("metadata") or {}
    return told.get("event_type") == EVENT_TYPE and (told.get("event_payload") or {}).get("key")


def _order(ts: str) -> tuple[int, int]:
    """Order Slack's ids exactly: a float would blur the last digits."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds), int(fraction or 0)
