"""Posting, editing and deleting messages, and the events that follow from it."""

from dataclasses import dataclass, replace

from sandbox.events.deliveries import Deliveries
from sandbox.workspace.changes import Changes
from sandbox.workspace.ids import Ids
from sandbox.workspace.shapes import message_shape
from sandbox.workspace.state import TOMBSTONE_AUTHOR, Channel, Json, Message, Workspace

_SUBSCRIPTIONS = {"channel": "message.channels", "private": "message.groups", "dm": "message.im"}
_CHANNEL_TYPES = {"channel": "channel", "private": "group", "dm": "im"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says."""

    text: str
    blocks: list[Json] | None = None
    metadata: Json | None = None


class Messages:
    """The one place where messages appear, change and go."""

    def __init__(self, ids: Ids, changes: Changes, deliveries: Deliveries) -> None:
        """Take timestamps from `ids`, note what changed, tell the app about it."""
        self._ids = ids
        self._changes = changes
        self._deliveries = deliveries

    def post(
        self,
        workspace: Workspace,
        channel: Channel,
        author: str,
        content: Content,
        *,
        thread_ts: str | None = None,
    ) -> Message:
        """Post a message for everybody in the channel, in a thread if told so."""
        message = self._make(workspace, channel, author, content, thread_ts)
        parent = channel.messages.get(thread_ts) if thread_ts else None
        if parent:
            parent.thread_ts = parent.ts
        channel.put(message)
        channel.last_read[author] = message.ts
        self._changed(workspace, channel)
        self._tell(workspace, channel, message_shape(workspace, message, metadata=False))
        return message

    def whisper(
        self, workspace: Workspace, channel: Channel, reader: str, content: Content, *, thread_ts: str | None = None
    ) -> Message:
        """Show a message of the app to one person only; no history holds it and no event tells of it."""
        message = self._make(workspace, channel, workspace.app.bot_user_id, content, thread_ts)
        message.ephemeral_to = reader
        channel.put(message)
        self._changes.note(workspace.id, channel.id, people={reader})
        return message

    def edit(self, workspace: Workspace, channel: Channel, message: Message, content: Content) -> None:
        """Put other content into a message; metadata stays unless there is some new."""
        before = message_shape(workspace, message, metadata=False)
        message.text = content.text
        message.blocks = None if content.blocks is None else self._ids.name_blocks(content.blocks)
        message.metadata = content.metadata or message.metadata
        if message.ephemeral_to:
            self._changes.note(workspace.id, channel.id, people={message.ephemeral_to})
            return
        message.edited_ts = self._ids.ts()
        self._changed(workspace, channel)
        after = message_shape(workspace, message, metadata=False)
        self._tell(workspace, channel, self._hidden("message_changed", message=after, previous_message=before))

    def delete(self, workspace: Workspace, channel: Channel, message: Message) -> None:
        """Take a message away; where a thread hangs on it, a tombstone stays, as in Slack."""
        before = message_shape(workspace, message, metadata=False)
        if message.ephemeral_to:
            channel.drop(message)
            self._changes.note(workspace.id, channel.id, people={message.ephemeral_to})
            return
        if channel.replies(message.ts):
            tombstone = replace(
                message,
                author=TOMBSTONE_AUTHOR,
                text="This message was deleted.",
                blocks=None,
                metadata=None,
                bot_id=None,
                tombstone=True,
            )
            channel.put(tombstone)
            after = message_shape(workspace, tombstone, metadata=False)
            event = self._hidden("message_changed", message=after, previous_message=before)
        else:
            channel.drop(message)
            event = self._hidden("message_deleted", deleted_ts=message.ts, previous_message=before)
        self._changed(workspace, channel)
        self._tell(workspace, channel, event)

    def _make(
        self, workspace: Workspace, channel: Channel, author: str, content: Content, thread_ts: str | None
    ) -> Message:
        app = workspace.app
        return Message(
            channel_id=channel.id,
            ts=self._ids.ts(),
            author=author,
            text=content.text,
            blocks=None if content.blocks is None else self._ids.name_blocks(content.blocks),
            metadata=content.metadata,
            thread_ts=thread_ts,
            bot_id=app.bot_id if author == app.bot_user_id else None,
        )

    def _hidden(self, subtype: str, **fields: object) -> Json:
        ts = self._ids.ts()
        return {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts, **fields}

    def _tell(self, workspace: Workspace, channel: Channel, event: Json) -> None:
        if workspace.app.bot_user_id not in channel.members:
            return
        place = {"channel": channel.id, "channel_type": _CHANNEL_TYPES[channel.kind]}
        self._deliveries.tell(workspace, _SUBSCRIPTIONS[channel.kind], {"event_ts": event["ts"], **event, **place})

    def _changed(self, workspace: Workspace, channel: Channel) -> None:
        everybody = channel.kind == "channel"
        self._changes.note(workspace.id, channel.id, people=None if everybody else frozenset(channel.members))
