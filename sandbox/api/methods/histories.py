"""Message histories: conversations.history, conversations.replies."""

from collections.abc import Sequence

from sandbox.api.arguments import FLAG, NUMBER, REQUIRED, TEXT
from sandbox.api.methods.method import Method, MethodCall
from sandbox.api.methods.paging import paginate
from sandbox.refusals import SlackError
from sandbox.workspace.api_objects import message_object
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


def history(call: MethodCall) -> Json:
    """Return a conversation's messages, newest first, without thread replies."""
    channel = _readable_channel(call)
    messages = [each for each in channel.messages.values() if not each.ephemeral_to and not each.is_reply]
    found, cursor = paginate([*reversed(_within(call, messages))], call.arguments, most=999, usual=100)
    answer = _answer(call, found, cursor)
    return answer | {"pin_count": 0, "latest": call.arguments["latest"]} if call.arguments.get("latest") else answer


def replies(call: MethodCall) -> Json:
    """Return a thread: its parent message, then the replies, oldest first."""
    channel = _readable_channel(call)
    parent = channel.messages.get(call.arguments["ts"])
    if parent is None or parent.ephemeral_to:
        raise SlackError("thread_not_found")
    if parent.is_reply:
        return _answer(call, [parent], "")
    found, cursor = paginate(_within(call, channel.replies(parent.ts)), call.arguments, most=1000, usual=1000)
    return _answer(call, [parent, *found], cursor)


def _readable_channel(call: MethodCall) -> Channel:
    channel = call.channel(call.arguments["channel"])
    call.require_scope(_SCOPES[channel.kind])
    if call.workspace.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def _within(call: MethodCall, messages: list[Message]) -> list[Message]:
    try:
        oldest = float(call.arguments.get("oldest") or 0)
        latest = float(call.arguments.get("latest") or "inf")
    except ValueError as error:
        raise SlackError("invalid_ts_oldest" if "oldest" in call.arguments else "invalid_ts_latest") from error
    if call.arguments.get("inclusive"):
        return [each for each in messages if oldest <= float(each.ts) <= latest]
    return [each for each in messages if oldest < float(each.ts) < latest]


def _answer(call: MethodCall, found: Sequence[Message], cursor: str) -> Json:
    metadata = call.arguments.get("include_all_metadata", False)
    messages = [message_object(call.workspace, each, metadata=metadata) for each in found]
    answer: Json = {"messages": messages, "has_more": bool(cursor)}
    return answer | {"response_metadata": {"next_cursor": cursor}} if cursor else answer


METHODS = (
    Method("conversations.history", history, _TIMELINE, tier=3),
    Method("conversations.replies", replies, {**_TIMELINE, "ts": REQUIRED}, tier=3),
)
