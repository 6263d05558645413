"""What everything from Slack passes first: it must be meant for this app in this workspace."""

import logging
from collections.abc import Callable, Mapping

from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware import Middleware

from bot.slack.installations import Served
from qualification.rules.refusals import Misaddressed

log = logging.getLogger(__name__)


class Entrance(Middleware):
    """Lays out what listeners ask for by name, and refuses what was sent to another app or workspace."""

    def __init__(self, workspace: Served, belongings: Mapping[str, object]) -> None:
        """Keep what each request's context gets."""
        self._workspace = workspace
        self._belongings = dict(belongings)

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]) -> BoltResponse | None:  # noqa: A002 - Bolt's name
        """Let a request in; raises Misaddressed, which the error handler answers where the person is."""
        del resp
        req.context.update(self._belongings)
        app_id = req.body.get("api_app_id")
        astray = app_id is not None and self._workspace.app_id is not None and app_id != self._workspace.app_id
        if astray or req.context.team_id != self._workspace.slack_team_id:
            log.warning("Something was sent to another app or workspace.", extra={"action": "entrance"})
            raise Misaddressed
        return next()


def authorisation(workspace: Served, bot_token: str) -> Callable[[], AuthorizeResult]:
    """Give Bolt its answer to who it acts as, from what is stored: no call to Slack."""
    result = AuthorizeResult(
        enterprise_id=None,
        team_id=workspace.slack_team_id,
        bot_id=workspace.bot_id,
        bot_user_id=workspace.bot_user_id,
        bot_token=bot_token,
    )
    return lambda: result
