"""The JSON that the page fetches: the workspaces, and everything one person can see in theirs."""

from sandbox.client.text_reader import TextReader
from sandbox.local_slack import LocalSlack
from sandbox.workspace import inputs
from sandbox.workspace.state import Channel, Json, Member, Message, View, Workspace


def workspaces(slack: LocalSlack) -> Json:
    """Return the workspaces with their people and apps."""
    return {
        "workspaces": [
            {
                "id": workspace.id,
                "name": workspace.name,
                "people": [_member(member) for member in workspace.people],
                "visitor": workspace.visitor_id or next((member.id for member in workspace.people), None),
                "app": {
                    "id": workspace.app.id,
                    "name": workspace.app.name,
                    "bot_user": workspace.app.bot_user_id,
                },
            }
            for workspace in slack.workspaces.values()
        ],
        "now": slack.clock.unix(),
    }


def state(slack: LocalSlack, workspace: Workspace, member: Member) -> Json:
    """Return what one person can see: conversations, modals, Home tab, notices."""
    channels = [each for each in workspace.visible_to(member.id) if not each.archived]
    home = workspace.homes.get(member.id)
    return {
        "me": _member(member),
        "people": {each.id: _member(each) for each in workspace.members.values()},
        "channels": [_channel(slack, workspace, each, member) for each in channels],
        "conversations": {each.id: _conversation(workspace, each, member) for each in channels},
        "home": _view(home) if home else None,
        "views": [_view(view) for view in workspace.modals.get(member.id, [])],
        "commands": [
            {
                "command": each["command"],
                "description": each.get("description", ""),
                "usage_hint": each.get("usage_hint", ""),
            }
            for each in workspace.app.commands
        ],
        "shortcuts": [
            {"callback_id": each["callback_id"], "name": each["name"], "type": each["type"]}
            for each in workspace.app.shortcuts
        ],
        "notices": [{"id": each.id, "text": each.text} for each in workspace.notices.get(member.id, [])],
        "waiting": workspace.waiting.get(member.id, 0) > 0,
        "now": slack.clock.unix(),
        "clock": slack.clock.kind,
    }


def _member(member: Member) -> Json:
    return {
        "id": member.id,
        "name": member.real_name,
        "title": member.title,
        "tz": member.tz,
        "avatar": member.colour,
        "is_bot": member.is_bot,
        "deactivated": member.deactivated,
    }


def _channel(slack: LocalSlack, workspace: Workspace, channel: Channel, member: Member) -> Json:
    others = sorted(channel.members - {member.id})
    unread = [each for each in _visible_messages(channel, member) if each.ts > channel.last_read.get(member.id, "0")]
    joined = member.id in channel.members
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": "dm" if channel.kind == "dm" else "channel",
        "private": channel.kind == "private",
        "with": others[0] if channel.kind == "dm" and others else None,
        "member": joined,
        "unread": len(unread) if joined else 0,
        "mentions": sum(_is_mentioned(slack, workspace, each, member) for each in unread) if joined else 0,
    }


def _is_mentioned(slack: LocalSlack, workspace: Workspace, message: Message, member: Member) -> bool:
    reader = TextReader(workspace, member, slack.clock())
    reader.read_message(message.text, message.blocks)
    return bool({f"@{member.real_name}", "@channel", "@here", "@everyone"} & set(reader.mentions))


def _visible_messages(channel: Channel, member: Member) -> list[Message]:
    return [each for each in channel.messages.values() if each.ephemeral_to in {None, member.id}]


def _conversation(workspace: Workspace, channel: Channel, member: Member) -> list[Json]:
    messages = _visible_messages(channel, member)
    replies: dict[str, int] = {}
    for each in messages:
        if each.is_reply and each.thread_ts and not each.ephemeral_to:
            replies[each.thread_ts] = replies.get(each.thread_ts, 0) + 1
    return [_message(workspace, each, replies.get(each.ts, 0)) for each in messages]


def _message(workspace: Workspace, message: Message, replies: int) -> Json:
    author = workspace.members.get(message.author)
    return {
        "ts": message.ts,
        "user": message.author,
        "bot_id": message.bot_id,
        "name": author.real_name if author else "Slackbot",
        "text": message.text,
        "blocks": message.blocks,
        "thread_ts": message.thread_ts,
        "reply_count": replies,
        "edited": message.edited_ts is not None,
        "ephemeral": message.ephemeral_to is not None,
        "deleted": message.tombstone,
        "date": float(message.ts),
    }


def _view(view: View) -> Json:
    return {
        **view.content,
        "id": view.id,
        "state": inputs.state_values(view.blocks, view.typed),
        "errors": view.errors,
        "failure": view.failure,
    }
