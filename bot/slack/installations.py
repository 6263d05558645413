"""The workspaces that Baton is installed in, and which of them a request is for."""

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select, update

from bot.database import Database
from bot.machine import new_delivery_namespace, utc_now
from bot.settings import Settings
from bot.slack.client import Slack
from qualification.records import Workspace
from qualification.records.base import insert_once

log = logging.getLogger(__name__)

# Stands for Slack's id of a workspace until the first token tells it.
UNKNOWN_TEAM: Final = "unknown"


class SeveralWorkspaces(Exception):
    """Without a token it is not known which workspace is meant; the text says so in a sentence."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Baton in one workspace: `id` is the workspace's record, the other ids are Slack's, `token` is the bot token."""

    id: int
    slack_team_id: str
    app_id: str | None
    bot_id: str | None
    bot_user_id: str | None
    token: str = field(repr=False)

    def is_meant(self, team_id: str | None, app_id: str | None) -> bool:
        """Whether a payload with these ids of Slack's is for this installation; either side may not know the app."""
        other_app = app_id is not None and self.app_id is not None and app_id != self.app_id
        return team_id == self.slack_team_id and not other_app


def find(installations: Iterable[Installation], team_id: str | None, app_id: str | None) -> Installation | None:
    """Return the installation that a payload with these ids of Slack's is for, None where it is for none of them."""
    return next((each for each in installations if each.is_meant(team_id, app_id)), None)


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal: enough to know the token again, useless for anything else."""
    return hashlib.sha256(token.encode()).hexdigest()


def stored(database: Database, token: str) -> Installation | None:
    """Return the installation that last used this token, without asking Slack; None for a token never seen."""
    with database.snapshot() as session:
        workspace = session.scalar(select(Workspace).where(Workspace.token_digest == digest(token)))
        return _installation(workspace, token) if workspace is not None else None


def serve(
    settings: Settings,
    *,
    database: Database,
    now: Callable[[], datetime] = utc_now,
    delivery_namespace: Callable[[], str] = new_delivery_namespace,
) -> Installation:
    """Return the installation of the settings' token; only a new token is a question to Slack. Raises SlackError."""
    known = stored(database, settings.bot_token)
    if known is not None:
        return known
    slack = Slack(settings.bot_token, base_url=settings.slack_api_url)
    return install(database, slack, settings.bot_token, delivery_namespace=delivery_namespace, now=now())


def only(database: Database, *, delivery_namespace: Callable[[], str], now: datetime) -> Installation:
    """Return the one workspace of a database, made if there is none yet: the first token to be used is then its token.

    Raises SeveralWorkspaces.
    """
    with database.snapshot() as session:
        found = session.scalars(select(Workspace)).all()
    if len(found) > 1:
        raise SeveralWorkspaces(
            f"This database holds {len(found)} workspaces. Set SLACK_BOT_TOKEN to the token of the one that is meant."
        )
    if found:
        return _installation(found[0], "")
    with database.transaction() as session:
        insert_once(
            session,
            Workspace,
            slack_team_id=UNKNOWN_TEAM,
            name="",
            delivery_namespace=delivery_namespace(),
            created_at=now,
        )
        made = session.scalars(select(Workspace).where(Workspace.slack_team_id == UNKNOWN_TEAM)).one()
        return _installation(made, "")


def install(
    database: Database, slack: Slack, token: str, *, delivery_namespace: Callable[[], str], now: datetime
) -> Installation:
    """Ask Slack which workspace a token belongs to, and store that; raises the SlackError of a call that fails."""
    who = slack.call("auth.test")
    bot = slack.call("bots.info", bot=who["bot_id"])["bot"]
    with database.transaction() as session:
        # What was prepared before there was a token belongs to the first workspace that comes.
        session.execute(
            update(Workspace)
            .where(
                Workspace.slack_team_id == UNKNOWN_TEAM,
                ~exists().where(Workspace.slack_team_id == who["team_id"]).correlate(None),
            )
            .values(slack_team_id=who["team_id"])
        )
        # Several processes may start with a new token at once.
        insert_once(
            session,
            Workspace,
            slack_team_id=who["team_id"],
            name=who["team"],
            delivery_namespace=delivery_namespace(),
            created_at=now,
        )
        workspace = session.scalars(select(Workspace).where(Workspace.slack_team_id == who["team_id"])).one()
        workspace.name = who["team"]
        workspace.app_id = bot["app_id"]
        workspace.bot_id = who["bot_id"]
        workspace.bot_user_id = who["user_id"]
        workspace.token_digest = digest(token)
        workspace.last_error = workspace.last_error_at = None
        session.flush()
        installation = _installation(workspace, token)
    log.info("A workspace was added.", extra={"action": "install", "workspace": installation.id})
    return installation


def _installation(workspace: Workspace, token: str) -> Installation:
    return Installation(
        id=workspace.id,
        slack_team_id=workspace.slack_team_id,
        app_id=workspace.app_id,
        bot_id=workspace.bot_id,
        bot_user_id=workspace.bot_user_id,
        token=token,
    )
