"""Finding messages in Slack whose answer was lost: each carries the key of its delivery in its metadata."""

from datetime import datetime, timedelta
from typing import Any, Final

from bot.slack.client import FinalError, Slack

EVENT_TYPE: Final = "baton_delivery"
# Slack may do a call that hung: a search for it waits at least this long after it began.
PATIENCE: Final = timedelta(seconds=10)
# How far Slack's clock may be behind ours, besides what its answers say.
SKEW: Final = timedelta(minutes=5)
# How far back a message is looked for that isn't where it should be: our clock may have been a day ahead when its post
# began and be right by now, and this process may have been suspended between the search and the post.
FARTHEST: Final = timedelta(days=2)
NO_TIME: Final = timedelta(0)
PAGE: Final = 200


def key_of(delivery_namespace: str, delivery_id: int, posting: int) -> str:
    """Return the key of one posting of a delivery: the same for each try, and different in every other database."""
    return f"{delivery_namespace}-{delivery_id}-{posting}"


def metadata(key: str) -> dict[str, object]:
    """Return the metadata in which a message carries its key."""
    return {"event_type": EVENT_TYPE, "event_payload": {"key": key}}


def find(
    slack: Slack,
    *,
    channel: str,
    thread_ts: str | None,
    key: str,
    since: datetime,
    now: datetime,
    every: bool = False,
) -> list[str]:
    """Return the `ts` of each message that carries the key, oldest first, from all pages since shortly before `since`.

    Where none is found there, or `every` copy is asked for, the search goes FARTHEST back. `since` and `now` are by
    this machine's clock, which may be ahead of Slack's, or may have been. A thread whose first message was deleted
    holds no messages.

    Raises SlackError.
    """
    begins = min(since, now) - max(slack.clock.ahead(now) or NO_TIME, NO_TIME)
    place: dict[str, object] = {"channel": channel, "oldest": f"{(begins - FARTHEST).timestamp():.6f}"}
    enough = (begins - SKEW).timestamp()
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
        # Slack gives a channel's newest messages first, and a thread's oldest.
        can_end = found and not every and thread_ts is None and page["messages"]
        if cursor is None or (can_end and float(page["messages"][-1]["ts"]) < enough):
            return sorted(set(found), key=_order)


def _key_in(message: dict[str, Any]) -> object:
    told = message.get("metadata") or {}
    return told.get("event_type") == EVENT_TYPE and (told.get("event_payload") or {}).get("key")


def _order(ts: str) -> tuple[int, int]:
    """Return a `ts` as integers for sorting: a float would lose the last digits."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds), int(fraction or 0)
