"""People: users.info, users.list, users.lookupByEmail."""

from sandbox.api.arguments import FLAG, NUMBER, REQUIRED, TEXT
from sandbox.api.methods.method import Call, Method
from sandbox.api.methods.paging import page
from sandbox.api.refusals import SlackError
from sandbox.workspace.shapes import member_shape
from sandbox.workspace.state import Json, Member


def info(call: Call) -> Json:
    """Describe one person, with zone, and locale if asked."""
    return {"user": _shape(call, call.member(call.arguments["user"]))}


def list_(call: Call) -> Json:
    """List everybody, deactivated people and the bot included, page by page."""
    found, cursor = page(list(call.workspace.members.values()), call.arguments, most=1000, usual=1000)
    return {
        "members": [_shape(call, member) for member in found],
        "cache_ts": int(call.slack.clock.unix()),
        "response_metadata": {"next_cursor": cursor},
    }


def lookup_by_email(call: Call) -> Json:
    """Find an active person by e-mail, in any letter case."""
    wanted = call.arguments["email"].casefold()
    for member in call.workspace.people:
        if member.email.casefold() == wanted and not member.deactivated:
            return {"user": _shape(call, member)}
    raise SlackError("users_not_found")


def _shape(call: Call, member: Member) -> Json:
    return member_shape(
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
