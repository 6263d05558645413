"""Payloads of commands and interactions, as Slack builds them.

docs.slack.dev/reference/interaction-payloads
"""

from sandbox.workspace import inputs
from sandbox.workspace.api_objects import message_object, view_object
from sandbox.workspace.state import Channel, Json, Member, Message, View, Workspace


def command(
    workspace: Workspace,
    member: Member,
    channel: Channel,
    *,
    name: str,
    text: str,
    trigger_id: str,
    response_url: str,
) -> Json:
    """Return the payload of a slash command: flat, every value a string."""
    return {
        "token": workspace.app.verification_token,
        "team_id": workspace.id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": "privategroup" if channel.kind == "private" else channel.name,
        "user_id": member.id,
        "user_name": member.name,
        "command": name,
        "text": text,
        "api_app_id": workspace.app.id,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def _common(workspace: Workspace, member: Member, kind: str) -> Json:
    return {
        "type": kind,
        "user": {"id": member.id, "username": member.name, "name": member.name, "team_id": workspace.id},
        "api_app_id": workspace.app.id,
        "token": workspace.app.verification_token,
        "team": {"id": workspace.id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel_object(channel: Channel) -> Json:
    return {"id": channel.id, "name": "privategroup" if channel.kind == "private" else channel.name}


def block_actions_on_message(
    workspace: Workspace,
    member: Member,
    channel: Channel,
    message: Message,
    action: Json,
    *,
    typed: inputs.TypedValues,
    trigger_id: str,
    response_url: str,
) -> Json:
    """Return the payload for the use of an element in a message; for an ephemeral one it has no `message`."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = _common(workspace, member, "block_actions") | {
        "container": container,
        "trigger_id": trigger_id,
        "channel": _channel_object(channel),
        "state": {"values": inputs.state_values(message.blocks, typed)},
        "response_url": response_url,
        "actions": [action],
    }
    if message.ephemeral_to is None:
        payload["message"] = message_object(workspace, message, metadata=True)
    return payload


def block_actions_in_view(workspace: Workspace, member: Member, view: View, action: Json, *, trigger_id: str) -> Json:
    """Return the payload for the use of an element in a modal or on the Home tab."""
    return _common(workspace, member, "block_actions") | {
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger_id,
        "view": view_object(workspace, view),
        "actions": [action],
    }


def view_submission(workspace: Workspace, member: Member, view: View, *, trigger_id: str) -> Json:
    """Return the payload of a modal's submission."""
    return _common(workspace, member, "view_submission") | {
        "trigger_id": trigger_id,
        "view": view_object(workspace, view),
        "response_urls": [],
    }


def view_closed(workspace: Workspace, member: Member, view: View, *, is_cleared: bool) -> Json:
    """Return the payload for closing a modal that has `notify_on_close`."""
    return _common(workspace, member, "view_closed") | {
        "view": view_object(workspace, view),
        "is_cleared": is_cleared,
    }


def global_shortcut(workspace: Workspace, member: Member, *, callback_id: str, trigger_id: str, action_ts: str) -> Json:
    """Return the payload of a global shortcut."""
    return _common(workspace, member, "shortcut") | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": action_ts,
    }


def message_shortcut(
    workspace: Workspace,
    member: Member,
    channel: Channel,
    message: Message,
    *,
    callback_id: str,
    trigger_id: str,
    action_ts: str,
    response_url: str,
) -> Json:
    """Return the payload of a message shortcut."""
    return _common(workspace, member, "message_action") | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "response_url": response_url,
        "message_ts": message.ts,
        "message": message_object(workspace, message, metadata=False),
        "channel": _channel_object(channel),
        "action_ts": action_ts,
    }
