"""Messages: chat.postMessage, chat.update, chat.delete."""

import json

from sandbox import blocks
from sandbox.api.arguments import FLAG, REQUIRED, TEXT, Argument
from sandbox.api.methods.method import Method, MethodCall
from sandbox.refusals import SlackError, invalid_blocks
from sandbox.workspace.api_objects import message_object
from sandbox.workspace.messages import Content
from sandbox.workspace.state import Channel, Json, Message

LONGEST_TEXT = 40_000
_CONTENT = {
    "text": TEXT,
    "blocks": Argument("anything"),
    "metadata": Argument("object"),
    "parse": TEXT,
    "link_names": FLAG,
}


def post_message(call: MethodCall) -> Json:
    """Post a message to a channel, a direct message or a thread."""
    channel = _channel_to_post_in(call)
    content = _content(call)
    thread_ts = call.arguments.get("thread_ts")
    if thread_ts:
        parent = channel.messages.get(thread_ts)
        if parent is None or parent.ephemeral_to:
            raise SlackError("thread_not_found")
        thread_ts = parent.thread_ts if parent.is_reply else thread_ts
    call.slack.limits.count_post(channel.id)
    message = call.slack.messages.post(
        call.workspace, channel, call.workspace.app.bot_user_id, content, thread_ts=thread_ts
    )
    shape = message_object(call.workspace, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def update(call: MethodCall) -> Json:
    """Edit one of the app's own messages. Without `blocks` the old blocks stay; `blocks: []` removes them."""
    channel, message = _own_message(call, "cant_update_message")
    content = _content(call, kept=message.blocks)
    call.slack.messages.edit(call.workspace, channel, message, content)
    shape = message_object(call.workspace, message, metadata=True)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shape}


def delete(call: MethodCall) -> Json:
    """Delete one of the app's own messages."""
    channel, message = _own_message(call, "cant_delete_message")
    call.slack.messages.delete(call.workspace, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def _channel_to_post_in(call: MethodCall) -> Channel:
    """Return the channel by id or name, or the direct message of a user id. Raises SlackError if the bot can't post."""
    wanted = call.arguments["channel"]
    workspace = call.workspace
    member = workspace.members.get(wanted)
    if member:
        if member.deactivated:
            raise SlackError("channel_not_found")
        return call.slack.open_dm(workspace, member.id, workspace.app.bot_user_id)
    named = None if wanted in workspace.channels else workspace.channel_called(wanted)
    channel = call.channel(named.id if named else wanted)
    if channel.archived:
        raise SlackError("is_archived")
    if workspace.app.bot_user_id not in channel.members and "chat:write.public" not in workspace.app.scopes:
        raise SlackError("not_in_channel")
    return channel


def _own_message(call: MethodCall, refusal: str) -> tuple[Channel, Message]:
    channel = call.channel(call.arguments["channel"])
    message = channel.messages.get(call.arguments["ts"])
    if message is None or message.tombstone or message.ephemeral_to:
        raise SlackError("message_not_found")
    if message.author != call.workspace.app.bot_user_id:
        raise SlackError(refusal)
    if channel.archived:
        raise SlackError("is_archived")
    return channel, message


def _content(call: MethodCall, kept: list[Json] | None = None) -> Content:
    """Return the message's content, checked; the blocks are `kept` if the call has none."""
    text = call.arguments.get("text", "")
    given = call.arguments.get("blocks")
    if isinstance(given, str):
        given = _parsed(given)
    if given is not None and not isinstance(given, list):
        raise SlackError("invalid_blocks_format")
    if len(text) > LONGEST_TEXT:
        raise SlackError("msg_too_long")
    metadata = call.arguments.get("metadata")
    if metadata is not None and blocks.metadata_errors(metadata):
        messages = [f"[ERROR] {each}" for each in blocks.metadata_errors(metadata)]
        raise SlackError("invalid_metadata_format", response_metadata={"messages": messages})
    if metadata is not None and not blocks.is_event_type(metadata["event_type"]):
        # Slack ignores such metadata, and says so beside `ok`.
        metadata = None
        call.warnings.append("invalid_metadata_schema")
    if not text and not given and (given is not None or not kept):
        raise SlackError("no_text")
    errors = blocks.block_errors(given or [], "message")
    if errors:
        raise invalid_blocks(errors)
    return Content(text, kept if given is None else given or None, metadata)


def _parsed(given: str) -> object:
    try:
        return json.loads(given)
    except ValueError as error:
        raise SlackError("invalid_blocks_format") from error


METHODS = (
    Method(
        "chat.postMessage",
        post_message,
        {
            "channel": REQUIRED,
            "thread_ts": TEXT,
            "mrkdwn": FLAG,
            "unfurl_links": FLAG,
            "unfurl_media": FLAG,
            **_CONTENT,
        },
        tier="special",
        scope="chat:write",
    ),
    Method(
        "chat.update",
        update,
        {"channel": REQUIRED, "ts": REQUIRED, **_CONTENT},
        tier=3,
        scope="chat:write",
    ),
    Method("chat.delete", delete, {"channel": REQUIRED, "ts": REQUIRED}, tier=3, scope="chat:write"),
)
