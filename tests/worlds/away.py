"""A database that can't be used for a while: a SQLite file that somebody locks, a PostgreSQL that lets nobody in."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from sqlalchemy import make_url

from tests.postgresql import connect

CLOSE: Final = "ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}"
# Of those who are connected only the bot is: the tests keep a connection of their own.
END: Final = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'baton%%'
"""


@contextmanager
def away(database_url: str) -> Iterator[None]:
    """Keep the bot from its database while the block lasts."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    with connect(url.set(database="postgres")) as administrator:
        administrator.execute(CLOSE.format(name=url.database, allowed=False))
        administrator.execute(END, [url.database])
        try:
            yield
        finally:
            administrator.execute(CLOSE.format(name=url.database, allowed=True))
