"""An office for each journey, on each database engine."""

from collections.abc import Iterator

import pytest

from tests.worlds.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """Yield an office whose bot is connected over Socket Mode."""
    with open_office(database_url) as opened:
        yield opened
