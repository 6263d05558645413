"""A bot that knows its playbook, and the people and channels of its Slack."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from slack_sdk import WebClient
from sqlalchemy import select

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from bot.slack.rate_limits import UNLIMITED
from qualification.organisation import publishing
from qualification.records import Team, Workspace
from sandbox.clock import Clock
from tests.worlds.prepared import prepared


def open_bot(
    settings: Settings, database: Database, clock: Callable[[], datetime], playbook: str, **parts: Any
) -> Baton:
    """Build a bot for the workspace of the settings' token, with the playbook published and everybody looked up."""
    if isinstance(clock, Clock):
        parts.setdefault("seconds", clock.unix)

    def build_bot() -> Baton:
        return build(settings, database=database, now=clock, **{"rates": UNLIMITED, **parts})

    def prepare() -> None:
        first = build_bot()
        with database.transaction() as session:
            publishing.publish(session, workspace_id=first.installations[0].id, text=playbook, by="a test", now=clock())
        while first.directories[0].look_up():
            pass

    prepared(database, (settings.bot_token, playbook, clock()), prepare)
    _join_channels(settings, database)
    return build_bot()


def _join_channels(settings: Settings, database: Database) -> None:
    """Let the app join its teams' channels, as it did where the rows were prepared: in another Slack, which is gone."""
    slack = WebClient(settings.bot_token, base_url=settings.slack_api_url)
    team_id = slack.auth_test()["team_id"]
    channels = select(Team.channel_id).join(Workspace).where(Workspace.slack_team_id == team_id)
    with database.snapshot() as session:
        for channel_id in session.scalars(channels.where(Team.channel_id.is_not(None))).all():
            slack.conversations_join(channel=str(channel_id))
