"""The app's identity and its connections: auth.test, bots.info, apps.connections.open."""

from sandbox.api.arguments import TEXT
from sandbox.api.methods.method import Method, MethodCall
from sandbox.refusals import SlackError
from sandbox.workspace.state import Json


def auth_test(call: MethodCall) -> Json:
    """Return the workspace and the bot user of the token."""
    workspace = call.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": workspace.bot.name,
        "team_id": workspace.id,
        "user_id": workspace.app.bot_user_id,
        "bot_id": workspace.app.bot_id,
        "is_enterprise_install": False,
    }


def bots_info(call: MethodCall) -> Json:
    """Return the bot."""
    app = call.workspace.app
    if call.arguments.get("bot", app.bot_id) != app.bot_id:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": app.bot_id,
            "deleted": False,
            "name": app.name,
            "updated": call.workspace.bot.updated,
            "app_id": app.id,
            "user_id": app.bot_user_id,
            "icons": {},
        }
    }


def apps_connections_open(call: MethodCall) -> Json:
    """Return a websocket address for one Socket Mode connection."""
    app = call.workspace.app
    base = call.slack.response_urls.base.replace("http", "ws", 1)
    return {"url": f"{base}/link/?ticket={call.slack.socket_mode.issue_ticket(app.id)}&app_id={app.id}"}


METHODS = (
    Method("auth.test", auth_test, {}, tier="special"),
    Method("bots.info", bots_info, {"bot": TEXT}, tier=3, scope="users:read"),
    Method("apps.connections.open", apps_connections_open, {}, tier=1, caller="app"),
)
