"""The workspace that a token belongs to: known again without asking Slack, or made known."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select, update

from bot.database import Database
from bot.slack.client import Slack
from qualification.records import Workspace
from qualification.records.base import insert_once

log = logging.getLogger(__name__)

# Stands for Slack's id of a workspace until the first token tells it.
UNKNOWN_TEAM: Final = "unknown"


class SeveralWorkspaces(Exception):
    """Without a token it is not known which workspace is meant; the text says so in a sentence."""


@dataclass(frozen=True, slots=True)
class Served:
    """The workspace this process serves, as handlers need to know it; `id` is the record's, the rest are Slack's."""

    id: int
    slack_team_id: str
    app_id: str | None
    bot_id: str | None
    bot_user_id: str | None


def digest(token: str) -> str:
    """Give the SHA-256 of a token: enough to know it again, useless for anything else."""
    return hashlib.sha256(token.encode()).hexdigest()


def recognise(database: Database, token: str) -> Served | None:
    """Give the workspace that this token was last used for; None for a token never seen."""
    with database.snapshot() as session:
        workspace = session.scalar(select(Workspace).where(Workspace.token_digest == digest(token)))
        return _served(workspace) if workspace is not None else None


def only(database: Database, *, seal: Callable[[], str], now: datetime) -> Served:
    """Give the one workspace of a database, made if there is none yet: the first token to be used is then its token.

    Raises SeveralWorkspaces.
    """
    with database.snapshot() as session:
        found = session.scalars(select(Workspace)).all()
    if len(found) > 1:
        raise SeveralWorkspaces(
            f"This database holds {len(found)} workspaces. Set SLACK_BOT_TOKEN to the token of the one that is meant."
        )
    if found:
        return _served(found[0])
    with database.transaction() as session:
        insert_once(session, Workspace, slack_team_id=UNKNOWN_TEAM, name="", seal=seal(), created_at=now)
        return _served(session.scalars(select(Workspace).where(Workspace.slack_team_id == UNKNOWN_TEAM)).one())


def admit(database: Database, slack: Slack, token: str, *, seal: Callable[[], str], now: datetime) -> Served:
    """Ask Slack whose token this is, and write it down; raises what `slack` raises where it cannot be asked."""
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
        insert_once(session, Workspace, slack_team_id=who["team_id"], name=who["team"], seal=seal(), created_at=now)
        workspace = session.scalars(select(Workspace).where(Workspace.slack_team_id == who["team_id"])).one()
        workspace.name = who["team"]
        workspace.app_id = bot["app_id"]
        workspace.bot_id = who["bot_id"]
        workspace.bot_user_id = who["user_id"]
        workspace.token_digest = digest(token)
        workspace.trouble = workspace.trouble_at = None
        session.flush()
        served = _served(workspace)
    log.info("A workspace was made known.", extra={"action": "admit", "workspace": served.id})
    return served


def _served(workspace: Workspace) -> Served:
    return Served(
        id=workspace.id,
        slack_team_id=workspace.slack_team_id,
        app_id=workspace.app_id,
        bot_id=workspace.bot_id,
        bot_user_id=workspace.bot_user_id,
    )
