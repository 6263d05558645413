"""A database and a Slack to deliver into; the clock stands still until a test moves it."""

from collections.abc import Iterator

import pytest

from bot.database import Database
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds.deliveries import MANIFEST, SEED, START, Desk, make_desk


@pytest.fixture
def clock() -> ManualClock:
    """Give the one clock of the test: Slack's and the bot's."""
    return ManualClock(START)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    """Start a Slack with two workspaces."""
    with Sandbox(MANIFEST, clock=clock, seed=SEED) as sandbox:
        yield sandbox


@pytest.fixture
def desk(database: Database, sandbox: Sandbox, clock: ManualClock) -> Desk:
    """Give the first workspace's deliveries."""
    return make_desk(database, sandbox, clock, "Northwind")


@pytest.fixture
def other_desk(database: Database, sandbox: Sandbox, clock: ManualClock) -> Desk:
    """Give the second workspace's deliveries, in the same database."""
    return make_desk(database, sandbox, clock, "Fabrikam")
