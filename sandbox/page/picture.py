"""Everything one person may see of a workspace, as the page fetches it."""

from sandbox.people import inputs
from sandbox.people.reading import Reading
from sandbox.slack import Slack
from sandbox.workspace.state import Channel, Json, Member, Message, View, Workspace


def workspaces(slack: Slack) -> Json:
    """Show the workspaces with their people and apps."""
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
                    "connections": slack.socket_mode.count(workspace.app.id),
                },
            }
            for workspace in slack.workspaces.values()
        ],
        "now": slack.clock.unix(),
    }


def state(slack: Slack, workspace: Workspace, member: Member) -> Json:
    """Show what one person may see: conversations, modals, Home tab, notices."""
    channels = [each for each in workspace.may_see(member.id) if not each.archived]
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
        "handle": member.name,
        "title": member.title,
        "tz": member.tz,
        "locale": member.locale,
        "avatar": member.colour,
        "is_bot": member.is_bot,
        "deactivated": member.deactivated,
    }


def _channel(slack: Slack, workspace: Workspace, channel: Channel, member: Member) -> Json:
    others = sorted(channel.members - {member.id})
    unread = [each for each in _shown(channel, member) if each.ts > channel.last_read.get(member.id, "0")]
    joined = member.id in channel.members
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": "dm" if channel.kind == "dm" else "channel",
        "private": channel.kind == "private",
        "with": others[0] if channel.kind == "dm" and others else None,
        "member": joined,
        "unread": len(unread) if joined else 0,
        "mentions": sum(_mentions(slack, workspace, each, member) for each in unread) if joined else 0,
    }


def _mentions(slack: Slack, workspace: Workspace, message: Message, member: Member) -> bool:
    reading = Reading(workspace, member, slack.clock())
    reading.message(message.text, message.blocks)
    return bool({f"@{member.real_name}", "@channel", "@here", "@everyone"} & set(reading.mentions))


def _shown(channel: Channel, member: Member) -> list[Message]:
    return [each for each in channel.messages.values() if each.ephemeral_to in {None, member.id}]


def _conversation(workspace: Workspace, channel: Channel, member: Member) -> list[Json]:
    shown = _shown(channel, member)
    replies: dict[str, int] = {}
    for each in shown:
        if each.is_reply and each.thread_ts and not each.ephemeral_to:
            replies[each.thread_ts] = replies.get(each.thread_ts, 0) + 1
    return [_message(workspace, each, replies.get(each.ts, 0)) for each in shown]


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
        "metadata": message.metadata,
        "deleted": message.tombstone,
        "date": float(message.ts),
    }


def _view(view: View) -> Json:
    return {
        **view.content,
        "id": view.id,
        "hash": view.hash,
        "state": inputs.state_values(view.blocks, view.typed),
        "errors": view.errors,
        "failure": view.failure,
    }
