"""What was said: conversations.history, conversations.replies."""

from collections.abc import Sequence

from sandbox.api.arguments import FLAG, NUMBER, REQUIRED, TEXT
from sandbox.api.methods.method import Call, Method
from sandbox.api.methods.paging import page
from sandbox.api.refusals import SlackError
from sandbox.workspace.shapes import message_shape
from sandbox.workspace.state import Channel, ChannelKind, Json, Message

_SCOPES: dict[ChannelKind, str] = {"channel": "channels:history", "private": "groups:history", "dm": "im:history"}
_TIMELINE = {
    "channel": REQUIRED,
    "cursor": TEXT,
    "include_all_metadata": FLAG,
    "inclusive": FLAG,
    "latest": TEXT,
    "limit": NUMBER,
    "oldest": TEXT,
}


def history(call: Call) -> Json:
    """List a conversation's messages, newest first, without the replies in threads."""
    channel = _readable(call)
    shown = [each for each in channel.messages.values() if not each.ephemeral_to and not each.is_reply]
    found, cursor = page([*reversed(_within(call, shown))], call.arguments, most=999, usual=100)
    answer = _answer(call, found, cursor)
    return answer | {"pin_count": 0, "latest": call.arguments["latest"]} if call.arguments.get("latest") else answer


def replies(call: Call) -> Json:
    """List a thread, oldest first, the message above it leading."""
    channel = _readable(call)
    parent = channel.messages.get(call.arguments["ts"])
    if parent is None or parent.ephemeral_to:
        raise SlackError("thread_not_found")
    if parent.is_reply:
        return _answer(call, [parent], "")
    found, cursor = page(_within(call, channel.replies(parent.ts)), call.arguments, most=1000, usual=1000)
    return _answer(call, [parent, *found], cursor)


def _readable(call: Call) -> Channel:
    channel = call.channel(call.arguments["channel"])
    call.need(_SCOPES[channel.kind])
    if call.workspace.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _within(call: Call, messages: list[Message]) -> list[Message]:
    try:
        oldest = float(call.arguments.get("oldest") or 0)
        latest = float(call.arguments.get("latest") or "inf")
    except ValueError as error:
        raise SlackError("invalid_ts_oldest" if "oldest" in call.arguments else "invalid_ts_latest") from error
    if call.arguments.get("inclusive"):
        return [each for each in messages if oldest <= float(each.ts) <= latest]
    return [each for each in messages if oldest < float(each.ts) < latest]


def _answer(call: Call, found: Sequence[Message], cursor: str) -> Json:
    metadata = call.arguments.get("include_all_metadata", False)
    messages = [message_shape(call.workspace, each, metadata=metadata) for each in found]
    answer: Json = {"messages": messages, "has_more": bool(cursor)}
    return answer | {"response_metadata": {"next_cursor": cursor}} if cursor else answer


METHODS = (
    Method("conversations.history", history, _TIMELINE, tier=3),
    Method("conversations.replies", replies, {**_TIMELINE, "ts": REQUIRED}, tier=3),
)
