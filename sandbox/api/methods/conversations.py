"""Conversations: conversations.open, info, list, join."""

from sandbox.api.arguments import FLAG, NUMBER, REQUIRED, TEXT
from sandbox.api.methods.method import Method, MethodCall
from sandbox.api.methods.paging import paginate
from sandbox.refusals import SlackError
from sandbox.workspace.api_objects import conversation_object
from sandbox.workspace.state import Channel, ChannelKind, Json

_READ_SCOPES: dict[ChannelKind, str] = {"channel": "channels:read", "private": "groups:read", "dm": "im:read"}
_TYPES: dict[str, ChannelKind] = {"public_channel": "channel", "private_channel": "private", "im": "dm"}


def open_(call: MethodCall) -> Json:
    """Open the direct message with a person, or return the open one."""
    workspace, arguments = call.workspace, call.arguments
    if arguments.get("channel"):
        call.require_scope("im:write")
        channel = call.channel(arguments["channel"])
        if channel.kind != "dm":
            raise SlackError("method_not_supported_for_channel_type")
        existed = True
    else:
        users = [user for user in arguments.get("users", "").split(",") if user]
        if not users:
            raise SlackError("users_list_not_supplied")
        call.require_scope("im:write" if len(users) == 1 else "mpim:write")
        if len(users) > 1:
            raise SlackError("too_many_users")
        member = call.member(users[0])
        if member.deactivated:
            raise SlackError("user_disabled")
        if member.is_bot:
            raise SlackError("invalid_user_combination")
        existed = workspace.dm(member.id, workspace.app.bot_user_id) is not None
        channel = call.slack.open_dm(workspace, member.id, workspace.app.bot_user_id)
    shape = conversation_object(workspace, channel) if arguments.get("return_im") else {"id": channel.id}
    return {"no_op": True, "already_open": True, "channel": shape} if existed else {"channel": shape}


def info(call: MethodCall) -> Json:
    """Return one conversation."""
    channel = call.channel(call.arguments["channel"])
    call.require_scope(_READ_SCOPES[channel.kind])
    members = call.arguments.get("include_num_members", False)
    return {"channel": conversation_object(call.workspace, channel, members=members)}


def list_(call: MethodCall) -> Json:
    """Return the conversations that the bot can see, a page at a time."""
    kinds = [_kind(name) for name in (call.arguments.get("types") or "public_channel").split(",")]
    for kind in kinds:
        call.require_scope(_READ_SCOPES[kind])
    channels = [each for each in call.workspace.channels.values() if _is_listed(call, each, kinds)]
    if call.arguments.get("exclude_archived"):
        channels = [each for each in channels if not each.archived]
    found, cursor = paginate(channels, call.arguments, most=999, usual=100)
    shapes = [conversation_object(call.workspace, each, members=True) for each in found]
    return {"channels": shapes, "response_metadata": {"next_cursor": cursor}}


def join(call: MethodCall) -> Json:
    """Add the bot to a public channel."""
    workspace = call.workspace
    channel = call.channel(call.arguments["channel"])
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    already = workspace.app.bot_user_id in channel.members
    call.slack.join(workspace, channel, workspace.bot)
    if already:
        call.warnings.append("already_in_channel")
    return {"channel": conversation_object(workspace, channel)}


def _kind(name: str) -> ChannelKind:
    if name.strip() not in _TYPES:
        raise SlackError("invalid_types")
    return _TYPES[name.strip()]


def _is_listed(call: MethodCall, channel: Channel, kinds: list[ChannelKind]) -> bool:
    known = channel.kind == "channel" or call.workspace.app.bot_user_id in channel.members
    return known and channel.kind in kinds


METHODS = (
    Method(
        "conversations.open",
        open_,
        {"users": TEXT, "channel": TEXT, "return_im": FLAG, "prevent_creation": FLAG},
        tier=3,
    ),
    Method(
        "conversations.info",
        info,
        {"channel": REQUIRED, "include_locale": FLAG, "include_num_members": FLAG},
        tier=3,
    ),
    Method(
        "conversations.list",
        list_,
        {"types": TEXT, "exclude_archived": FLAG, "limit": NUMBER, "cursor": TEXT},
        tier=2,
    ),
    Method("conversations.join", join, {"channel": REQUIRED}, tier=3, scope="channels:join"),
)
