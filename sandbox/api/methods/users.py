"""People: users.info, users.list, users.lookupByEmail."""

from sandbox.api.arguments import FLAG, NUMBER, REQUIRED, TEXT
from sandbox.api.methods.method import Method, MethodCall
from sandbox.api.methods.paging import paginate
from sandbox.refusals import SlackError
from sandbox.workspace.api_objects import user_object
from sandbox.workspace.state import Json, Member


def info(call: MethodCall) -> Json:
    """Return one person, with time zone, and with locale if asked for."""
    return {"user": _user(call, call.member(call.arguments["user"]))}


def list_(call: MethodCall) -> Json:
    """Return all members, including deactivated people and the bot, a page at a time."""
    found, cursor = paginate(list(call.workspace.members.values()), call.arguments, most=1000, usual=1000)
    return {
        "members": [_user(call, member) for member in found],
        "cache_ts": int(call.slack.clock.unix()),
        "response_metadata": {"next_cursor": cursor},
    }


def lookup_by_email(call: MethodCall) -> Json:
    """Return the active person with this e-mail, ignoring case."""
    wanted = call.arguments["email"].casefold()
    for member in call.workspace.people:
        if member.email.casefold() == wanted and not member.deactivated:
            return {"user": _user(call, member)}
    raise SlackError("users_not_found")


def _user(call: MethodCall, member: Member) -> Json:
    return user_object(
        call.workspace,
        member,
        email="users:read.email" in call.workspace.app.scopes,
        locale=call.arguments.get("include_locale", False),
        now=call.slack.clock(),
    )


METHODS = (
    Method("users.info", info, {"user": REQUIRED, "include_locale": FLAG}, tier=4, scope="users:read"),
    Method(
        "users.list",
        list_,
        {"include_locale": FLAG, "limit": NUMBER, "cursor": TEXT},
        tier=2,
        scope="users:read",
    ),
    Method("users.lookupByEmail", lookup_by_email, {"email": REQUIRED}, tier=3, scope="users:read.email"),
)
