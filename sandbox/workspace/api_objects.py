"""Members, conversations, messages and views as the JSON objects of Slack's API."""

import hashlib
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sandbox.workspace import inputs
from sandbox.workspace.state import TOMBSTONE_AUTHOR, App, Channel, Json, Member, Message, View, Workspace


def user_object(workspace: Workspace, member: Member, *, email: bool, locale: bool, now: datetime) -> Json:
    """Return a member as `users.info` does. As in Slack, a deactivated member has no time zone."""
    profile: Json = {
        "title": member.title,
        "real_name": member.real_name,
        "real_name_normalized": member.real_name,
        "display_name": member.name,
        "display_name_normalized": member.name,
        "first_name": member.real_name.partition(" ")[0],
        "last_name": member.real_name.partition(" ")[2],
        "team": workspace.id,
    }
    if email and not member.is_bot:
        profile["email"] = member.email
    shape: Json = {
        "id": member.id,
        "team_id": workspace.id,
        "name": member.name,
        "deleted": member.deactivated,
        "real_name": member.real_name,
        "profile": profile,
        "is_bot": member.is_bot,
        "is_app_user": False,
        "updated": member.updated,
    }
    if member.is_bot:
        profile["bot_id"] = workspace.app.bot_id
        profile["api_app_id"] = workspace.app.id
    if not member.deactivated:
        offset = now.astimezone(ZoneInfo(member.tz)).utcoffset()
        shape |= {
            "color": member.colour.removeprefix("#"),
            "tz": member.tz,
            "tz_label": member.tz.rpartition("/")[2].replace("_", " "),
            "tz_offset": int(offset.total_seconds()) if offset else 0,
            "is_admin": member.admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": member.guest,
            "is_ultra_restricted": False,
            "is_email_confirmed": True,
        }
    if member.stranger:
        shape["is_stranger"] = True
    if locale:
        shape["locale"] = member.locale
    return shape


def conversation_object(workspace: Workspace, channel: Channel, *, members: bool = False) -> Json:
    """Return a conversation as `conversations.info` does; `members` adds `num_members`."""
    bot_user_id = workspace.app.bot_user_id
    shape: Json = {
        "id": channel.id,
        "created": channel.created,
        "updated": channel.created * 1000,
        "is_archived": channel.archived,
        "is_im": channel.kind == "dm",
        "is_mpim": False,
        "is_org_shared": False,
        "context_team_id": workspace.id,
    }
    if channel.kind == "dm":
        others = sorted(channel.members - {bot_user_id})
        user_id = others[0] if others else bot_user_id
        deactivated = workspace.members[user_id].deactivated
        return shape | {"user": user_id, "is_user_deleted": deactivated, "is_open": True}
    shape |= {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "private",
        "is_private": channel.kind == "private",
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "is_member": bot_user_id in channel.members,
        "creator": next(iter(sorted(channel.members)), bot_user_id),
        "unlinked": 0,
        "shared_team_ids": [workspace.id],
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }
    if members:
        shape["num_members"] = len(channel.members)
    return shape


def message_object(workspace: Workspace, message: Message, *, metadata: bool) -> Json:
    """Return a message as `conversations.history` and interaction payloads do."""
    shape: Json = {"type": "message", "user": message.author, "ts": message.ts, "text": message.text}
    if message.tombstone:
        shape |= {"subtype": "tombstone", "hidden": True, "user": TOMBSTONE_AUTHOR}
    elif message.bot_id:
        app = workspace.app
        shape |= {
            "bot_id": message.bot_id,
            "app_id": app.id,
            "team": workspace.id,
            "bot_profile": _bot_profile(workspace, app),
        }
    else:
        shape["team"] = workspace.id
    if message.blocks is not None:
        shape["blocks"] = message.blocks
    if message.edited_ts:
        shape["edited"] = {"user": message.author, "ts": message.edited_ts}
    if metadata and message.metadata:
        shape["metadata"] = message.metadata
    if message.thread_ts:
        shape["thread_ts"] = message.thread_ts
        parent = workspace.channels[message.channel_id].messages.get(message.thread_ts)
        if message.is_reply and parent:
            shape["parent_user_id"] = parent.author
        elif not message.is_reply:
            shape |= _thread_shape(workspace.channels[message.channel_id].replies(message.ts))
    return shape


def _thread_shape(replies: list[Message]) -> Json:
    return {
        "reply_count": len(replies),
        "reply_users_count": len({reply.author for reply in replies}),
        "reply_users": sorted({reply.author for reply in replies}),
        "latest_reply": replies[-1].ts if replies else "0000000000.000000",
        "is_locked": False,
        "subscribed": False,
    }


def _bot_profile(workspace: Workspace, app: App) -> Json:
    return {
        "id": app.bot_id,
        "app_id": app.id,
        "user_id": app.bot_user_id,
        "name": app.name,
        "deleted": False,
        "updated": workspace.bot.updated,
        "team_id": workspace.id,
        "icons": {},
    }


def view_object(workspace: Workspace, view: View) -> Json:
    """Return a modal or Home tab as the views methods and interaction payloads do, with its current `state.values`."""
    content = view.content
    app = workspace.app
    return {
        "id": view.id,
        "team_id": workspace.id,
        "type": content["type"],
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": inputs.state_values(view.blocks, view.typed)},
        "hash": view.hash,
        "title": content.get("title"),
        "clear_on_close": content.get("clear_on_close", False),
        "notify_on_close": content.get("notify_on_close", False),
        "close": content.get("close"),
        "submit": content.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": app.id,
        "external_id": content.get("external_id", ""),
        "app_installed_team_id": workspace.id,
        "bot_id": app.bot_id,
    }


def view_hash(content: Json, moment: datetime, serial: int) -> str:
    """Return a new `hash` for a view; `serial` makes it unique. An update that names an older hash is refused."""
    digest = hashlib.sha256(json.dumps([content, serial], sort_keys=True).encode()).hexdigest()
    return f"{int(moment.astimezone(UTC).timestamp())}.{digest[:8]}"
