"""A Slack, settings that point at it, and a bot built on a database of its own."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from qualification.organisation import publishing
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds.floor import PLAYBOOK

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    """Stand still on a Monday morning until a test moves on."""
    return ManualClock(MONDAY)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    """Start a Slack with the bot's own manifest, which goes by the test's clock."""
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    with Sandbox(manifest, clock=clock, rate_limits=False) as started:
        yield started


@pytest.fixture
def settings(sandbox: Sandbox, sqlite_url: str) -> Settings:
    """Point a bot at that Slack, over HTTP."""
    return Settings(
        database_url=sqlite_url,
        bot_token=sandbox.bot_token(),
        signing_secret=sandbox.signing_secret,
        slack_api_url=sandbox.api_url,
        port=0,
    )


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Database]:
    """Open the database of those settings: SQLite, migrated."""
    opened = Database(settings.database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def baton(settings: Settings, ledger: Database, clock: ManualClock) -> Baton:
    """Put a bot together; nothing of it runs."""
    return build(
        settings,
        database=ledger,
        now=clock,
        delivery_namespace=lambda: "delivery_namespace",
        reference=lambda: "ref-1",
        seconds=clock.unix,
    )


@pytest.fixture
def publish(baton: Baton, clock: ManualClock) -> Callable[[str], None]:
    """Publish a playbook for the bot's workspace."""

    def publish(text: str = PLAYBOOK) -> None:
        with baton.database.transaction() as session:
            publishing.publish(session, workspace_id=baton.installations[0].id, text=text, by="a test", now=clock())

    return publish
