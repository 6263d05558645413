"""A workspace with a small playbook, on each engine."""

import pytest

from bot.database import Database
from tests.worlds.desk import Desk, open_desk


@pytest.fixture
def desk(database: Database) -> Desk:
    """Give a workspace with the small playbook published, once on each engine."""
    return open_desk(database)


@pytest.fixture
def other_desk(database: Database) -> Desk:
    """Give a second workspace in the same database, with the same playbook."""
    return open_desk(database, "T2")
