"""The first step of every request from Slack: find the installation that it is for."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware import Middleware

from bot.slack import installations
from bot.slack.installations import Installation
from qualification.rules.refusals import Misaddressed

log = logging.getLogger(__name__)

ContextValues: TypeAlias = Callable[[Installation, Mapping[str, Any]], Mapping[str, object]]


class WorkspaceGuard(Middleware):
    """Finds the installation of each request and gives its values to the listener; refuses a request for any other."""

    def __init__(self, served: Sequence[Installation], values_of: ContextValues) -> None:
        """`served` has at least one installation; `values_of` returns what a payload's listener gets by name."""
        self._served = served
        self._values_of = values_of

    def process(self, *, req: BoltRequest, resp: BoltResponse, next: Callable[[], BoltResponse]) -> BoltResponse | None:  # noqa: A002 - Bolt's name
        """Let a request in; raises Misaddressed, which the error handler answers where the person is."""
        del resp
        installation = installations.find(self._served, req.context.team_id, req.body.get("api_app_id"))
        # A refusal needs some installation to be said by.
        req.context.update(self._values_of(installation or self._served[0], req.body))
        if installation is None:
            log.warning("Something was sent to another app or workspace.", extra={"action": "workspace_guard"})
            raise Misaddressed
        return next()


def authorise(workspace: Installation) -> AuthorizeResult:
    """Tell Bolt as whom it acts in a request, from the context value of that name: no call to Slack."""
    return AuthorizeResult(
        enterprise_id=None,
        team_id=workspace.slack_team_id,
        bot_id=workspace.bot_id,
        bot_user_id=workspace.bot_user_id,
        bot_token=workspace.token,
    )
