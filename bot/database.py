"""The database: `transaction` for writes, `snapshot` for reads that wait for no writer."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork

# The NOTIFY channel on which the workers of every process listen, on PostgreSQL.
WAKE_CHANNEL: Final = "baton_owed"
# How long SQLite waits for another process: a command beside a running bot writes in far shorter batches.
BUSY_MILLISECONDS: Final = 10_000
# The errors of SQLAlchemy that mean trouble with the database itself, and not with the statement.
UNWELL: Final = (OperationalError, InterfaceError, PoolTimeout)
# PostgreSQL gives up waiting for a lock after this; no healthy transaction holds one for so long.
LOCK_SECONDS: Final = 10
# A connection to a PostgreSQL that has fallen silent is given up after some 25 s; by default it would take hours.
CONNECTING: Final[Mapping[str, Any]] = MappingProxyType(
    {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
)


def database_url(url: str) -> URL:
    """Parse the address of a database, in any spelling of PostgreSQL; ValueError unless it is SQLite or PostgreSQL."""
    parsed = make_url(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        message = f"{parsed.drivername}: the database is SQLite or PostgreSQL"
        raise ValueError(message)
    return parsed


class Database:
    """One database, SQLite or PostgreSQL, shared by all threads of the process."""

    engine: Engine

    def __init__(self, url: str, *, application_name: str = "baton") -> None:
        """Prepare the engine; the first use opens the first connection."""
        parsed = database_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._hooks: list[Callable[[], None]] = []
        self._writing: AbstractContextManager[object]
        if self.is_sqlite:
            # SQLite's own busy handling starves writers, so the writers of one process queue for this lock.
            self._writing = threading.Lock()
            self.engine = _sqlite_engine(parsed, begin="BEGIN IMMEDIATE", query_only=False)
            self._reader = _sqlite_engine(parsed, begin="BEGIN", query_only=True)
        else:
            self._writing = nullcontext()
            self.engine = _postgresql_engine(parsed, application_name)
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._write_session = sessionmaker(self.engine, class_=UnitOfWork, expire_on_commit=False)
        self._read_session = sessionmaker(self._reader, expire_on_commit=False)

    def on_commit(self, hook: Callable[[], None]) -> None:
        """Call `hook` in the committing thread after each commit that queued a message; it must not block."""
        self._hooks.append(hook)

    @contextmanager
    def transaction(self) -> Generator[UnitOfWork]:
        """Commit the block's writes and the messages that they queued together, or nothing at all when it raises."""
        with self._writing, self._write_session.begin() as session:
            yield session
            queued = outbox.flush(session)
            if queued and not self.is_sqlite:
                session.connection().exec_driver_sql(f"NOTIFY {WAKE_CHANNEL}")
        if queued:
            for hook in self._hooks:
                hook()

    @contextmanager
    def snapshot(self) -> Generator[Session]:
        """Read one consistent state of everything; the database refuses a write inside."""
        with self._read_session() as session:
            yield session

    @property
    def bytes_left(self) -> int | None:
        """The free bytes on the disk of the database; None where this process cannot tell."""
        name = self.engine.url.database if self.is_sqlite else None
        if not name or name == ":memory:":
            return None
        return shutil.disk_usage(Path(name).resolve().parent).free

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()
        self._reader.dispose()


def _postgresql_engine(url: URL, application_name: str) -> Engine:
    engine = create_engine(
        url,
        # Enough for eight deliveries at once, the threads that answer Slack, and the clocks.
        pool_size=10,
        max_overflow=10,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"application_name": application_name, **CONNECTING},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.cursor().execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        connection.commit()

    return engine


def _sqlite_engine(url: URL, *, begin: str, query_only: bool) -> Engine:
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        if not isinstance(connection, sqlite3.Connection):
            message = f"{connection!r} isn't a connection of the standard library's sqlite3"
            raise TypeError(message)
        # The driver must not begin transactions by itself: it would begin them late, and without IMMEDIATE.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            f"query_only = {'ON' if query_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_explicitly(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
