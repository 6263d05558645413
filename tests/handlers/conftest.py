"""The bot on a database of its own, once on each engine, and a Slack that calls it over signed HTTP."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.database import Database
from bot.settings import Settings
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds.bots import open_bot
from tests.worlds.floor import PLAYBOOK, Floor

MANIFEST = json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))
TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    """Stand still on a Tuesday at ten in London until a test moves on."""
    return ManualClock(TUESDAY)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    """Run a Slack."""
    with Sandbox(MANIFEST, clock=clock, rate_limits=False) as running:
        yield running


@pytest.fixture
def references() -> Callable[[], str]:
    """Count the references that apologies quote."""
    numbers = iter(range(1, 100))
    return lambda: f"ref-{next(numbers)}"


@pytest.fixture
def floor(
    database: Database, database_url: str, sandbox: Sandbox, clock: ManualClock, references: Callable[[], str]
) -> Iterator[Floor]:
    """Open the floor: the playbook is published, everybody is known, the bot listens."""
    settings = Settings(
        database_url=database_url,
        bot_token=sandbox.bot_token(),
        signing_secret=sandbox.signing_secret,
        slack_api_url=sandbox.api_url,
        port=0,
    )
    baton = open_bot(settings, database, clock, PLAYBOOK, reference=references)
    baton.start(working=False)
    sandbox.deliver_to(f"{baton.http.address}/slack/events")
    people = [sandbox.person(name) for name in ("Ana Ruiz", "Ben Okafor", "Maya Cohen", "Mika Sato")]
    yield Floor(sandbox, baton, clock, *people)
    baton.stop()
    # Whatever the bot answered, Slack could show it.
    assert sandbox.complaints == []
