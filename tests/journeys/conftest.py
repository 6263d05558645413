"""An office for each journey, on each engine."""

from collections.abc import Iterator

import pytest

from tests.worlds.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """Open an office that talks to its bot by Socket Mode."""
    with open_office(database_url) as opened:
        yield opened
