"""Posts, edits and deletes messages, and sends the app the events that follow."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.workspace.api_objects import message_object
from sandbox.workspace.changes import Changes
from sandbox.workspace.ids import Ids
from sandbox.workspace.state import TOMBSTONE_AUTHOR, Channel, Json, Message, Workspace

_SUBSCRIPTIONS = {"channel": "message.channels", "private": "message.groups", "dm": "message.im"}
_CHANNEL_TYPES = {"channel": "channel", "private": "group", "dm": "im"}


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a message."""

    text: str
    blocks: list[Json] | None = None
    metadata: Json | None = None


class Messages:
    """The only place that adds, changes and removes messages."""

    def __init__(self, ids: Ids, changes: Changes, send_event: Callable[[Workspace, str, Json], None]) -> None:
        """Record changes in `changes`; `send_event(workspace, subscription, event)` sends the app an event."""
        self._ids = ids
        self._changes = changes
        self._send_event = send_event

    def post(
        self,
        workspace: Workspace,
        channel: Channel,
        author: str,
        content: Content,
        *,
        thread_ts: str | None = None,
    ) -> Message:
        """Post a message to the channel, or to the thread under `thread_ts`."""
        message = self._make(workspace, channel, author, content, thread_ts)
        parent = channel.messages.get(thread_ts) if thread_ts else None
        if parent:
            parent.thread_ts = parent.ts
        channel.store(message)
        channel.last_read[author] = message.ts
        self._changed(workspace, channel)
        self._announce(workspace, channel, message_object(workspace, message, metadata=False))
        return message

    def post_ephemeral(
        self, workspace: Workspace, channel: Channel, reader: str, content: Content, *, thread_ts: str | None = None
    ) -> Message:
        """Show one person a message of the app. It is in no history and sends no event."""
        message = self._make(workspace, channel, workspace.app.bot_user_id, content, thread_ts)
        message.ephemeral_to = reader
        channel.store(message)
        self._changes.record(workspace.id, channel.id, people={reader})
        return message

    def edit(self, workspace: Workspace, channel: Channel, message: Message, content: Content) -> None:
        """Replace the content of a message; its metadata stays if the new content has none."""
        before = message_object(workspace, message, metadata=False)
        message.text = content.text
        message.blocks = None if content.blocks is None else self._ids.add_missing_ids(content.blocks)
        message.metadata = content.metadata or message.metadata
        if message.ephemeral_to:
            self._changes.record(workspace.id, channel.id, people={message.ephemeral_to})
            return
        message.edited_ts = self._ids.ts()
        self._changed(workspace, channel)
        after = message_object(workspace, message, metadata=False)
        self._announce(
            workspace, channel, self._hidden_event("message_changed", message=after, previous_message=before)
        )

    def delete(self, workspace: Workspace, channel: Channel, message: Message) -> None:
        """Delete a message. If it has a thread, a tombstone takes its place, as in Slack."""
        before = message_object(workspace, message, metadata=False)
        if message.ephemeral_to:
            channel.remove(message)
            self._changes.record(workspace.id, channel.id, people={message.ephemeral_to})
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
            channel.store(tombstone)
            after = message_object(workspace, tombstone, metadata=False)
            event = self._hidden_event("message_changed", message=after, previous_message=before)
        else:
            channel.remove(message)
            event = self._hidden_event("message_deleted", deleted_ts=message.ts, previous_message=before)
        self._changed(workspace, channel)
        self._announce(workspace, channel, event)

    def _make(
        self, workspace: Workspace, channel: Channel, author: str, content: Content, thread_ts: str | None
    ) -> Message:
        app = workspace.app
        return Message(
            channel_id=channel.id,
            ts=self._ids.ts(),
            author=author,
            text=content.text,
            blocks=None if content.blocks is None else self._ids.add_missing_ids(content.blocks),
            metadata=content.metadata,
            thread_ts=thread_ts,
            bot_id=app.bot_id if author == app.bot_user_id else None,
        )

    def _hidden_event(self, subtype: str, **fields: object) -> Json:
        ts = self._ids.ts()
        return {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts, **fields}

    def _announce(self, workspace: Workspace, channel: Channel, event: Json) -> None:
        if workspace.app.bot_user_id not in channel.members:
            return
        place = {"channel": channel.id, "channel_type": _CHANNEL_TYPES[channel.kind]}
        self._send_event(workspace, _SUBSCRIPTIONS[channel.kind], {"event_ts": event["ts"], **event, **place})

    def _changed(self, workspace: Workspace, channel: Channel) -> None:
        everybody = channel.kind == "channel"
        self._changes.record(workspace.id, channel.id, people=None if everybody else frozenset(channel.members))
