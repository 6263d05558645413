"""The database: `transaction` for writes, `snapshot` for reads that wait for no writer."""

import logging
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from bot import private_files
from bot.outages import COMMIT_UNKNOWN, NotNow, Outage, is_away
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import IdempotencyKey, Workspace
from qualification.rules.leads.suppression import PersonalKey

log = logging.getLogger(__name__)

# The NOTIFY channel on which the workers of every process listen, on PostgreSQL.
WAKE_CHANNEL: Final = "baton_owed"
# How long a command waits for SQLite's writers; they write in far shorter batches.
PATIENCE_SECONDS: Final = 10.0
# The same in a running bot: Slack waits three seconds for the answer to a press.
ANSWERING_SECONDS: Final = 1.5
# The same once somebody has waited in vain: all threads that answer Slack would else wait one after the other.
IMPATIENCE_SECONDS: Final = 0.25
# How long an erasure waits for those who use SQLite's log, which is to be emptied of the person.
EMPTYING_MILLISECONDS: Final = 100
# The errors of SQLAlchemy that mean trouble with the database itself, and not with the statement.
UNWELL: Final = (OperationalError, InterfaceError, PoolTimeout)
# PostgreSQL gives up waiting for a lock after this; no healthy transaction holds one for so long.
LOCK_SECONDS: Final = 10
# A PostgreSQL that does not let us in, or has no connection left, is waited for so long: no press waits longer.
CONNECT_SECONDS: Final = 2
# A connection to a PostgreSQL that has fallen silent is given up after some 25 s; by default it would take hours.
CONNECTING: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        # Keepalives don't count while something that was sent waits for its acknowledgement.
        "tcp_user_timeout": 25_000,
    }
)
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


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

    def __init__(
        self,
        url: str,
        *,
        application_name: str = "baton",
        patience_seconds: float = PATIENCE_SECONDS,
        personal_key: PersonalKey | None = None,
    ) -> None:
        """Prepare the engine; the first use opens the first connection.

        With `personal_key` its transactions know who must not come back.

        A transaction on SQLite waits `patience_seconds` at most for other writers, those of other processes included.
        """
        parsed = database_url(url)
        self.personal_key = personal_key
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._hooks: list[Callable[[], None]] = []
        # SQLite's own busy handling starves writers, so the writers of one process queue for this lock.
        self._writing = threading.Lock()
        self._patience_seconds = patience_seconds
        self._left: float | None = None
        self._outage = Outage(rests=not self.is_sqlite)
        # What was erased may stand in SQLite's log: a reader kept it in use. One thread at a time tries to empty it.
        self._log_is_to_go = False
        self._emptying = threading.Lock()
        if self.is_sqlite:
            self.engine = _sqlite_engine(parsed, self._busy_seconds, begin="BEGIN IMMEDIATE", query_only=False)
            self._reader = _sqlite_engine(parsed, lambda: patience_seconds, begin="BEGIN", query_only=True)
        else:
            self.engine = _postgresql_engine(parsed, application_name)
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._write_session = sessionmaker(
            self.engine, class_=UnitOfWork, expire_on_commit=False, personal_key=personal_key
        )
        self._read_session = sessionmaker(self._reader, expire_on_commit=False)

    def on_commit(self, hook: Callable[[], None]) -> None:
        """Call `hook` in the committing thread after each commit that queued a message; it must not block."""
        self._hooks.append(hook)

    @contextmanager
    def transaction(self) -> Generator[UnitOfWork]:
        """Commit the block's writes and the messages that they queued together, or nothing at all when it raises.

        Raises one of UNWELL where the database can't be used; `outages.saved_nothing` tells whether nothing is written.
        """
        with self._outage.noted(), self._turn(), _committed(self._write_session) as session:
            yield session
            queued = outbox.flush(session)
            if queued and not self.is_sqlite:
                session.connection().exec_driver_sql(f"NOTIFY {WAKE_CHANNEL}")
        if queued:
            for hook in self._hooks:
                hook()
        if self.is_sqlite and (session.has_erased or self._log_is_to_go):
            self._empty_log(EMPTYING_MILLISECONDS if session.has_erased else 0)
        if self._outage.reason is not None:
            self._look_whether_it_is_over()

    @contextmanager
    def snapshot(self) -> Generator[Session]:
        """Read one consistent state of everything; the database refuses a write inside."""
        with self._outage.noted(), self._read_session() as session:
            yield session

    def sweep(self) -> None:
        """Overwrite what the database still holds of what was erased: SQLite's log, PostgreSQL's dead rows.

        PostgreSQL would do so by itself some time later; it takes a while where there are many rows, and stops nobody.
        """
        if self.is_sqlite:
            self._empty_log(EMPTYING_MILLISECONDS)
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM")

    @property
    def is_away(self) -> bool:
        """Whether the last that was tried in this process found that the database can't be used; asks nothing."""
        return self._outage.reason is not None

    def _look_whether_it_is_over(self) -> None:
        """Ask after a commit, which no error of this question undoes."""
        try:
            self.outage()
        except Exception:
            log.exception("It could not be found out whether the database can be used again.")

    def outage(self) -> str | None:
        """Return why the database can't be used, None where it can: after a failure this tries to write something."""
        if self._outage.reason is None:
            return None
        try:
            with self._outage.noted(), self._turn(), self._write_session.begin() as session:
                _write(session)
        except DBAPIError as error:
            if not is_away(error):
                raise
        except PoolTimeout:
            pass
        else:
            self._outage.end()
        return self._outage.reason

    def _empty_log(self, milliseconds: int) -> None:
        """Move SQLite's log into the file and cut it off: what was erased stands in it.

        Where others use the log for longer than that, each later transaction tries again. An error undoes no commit.
        """
        with self._emptying:
            knew = self._log_is_to_go
            self._log_is_to_go = True
            try:
                with closing(self.engine.raw_connection()) as connection:
                    connection.cursor().execute(f"PRAGMA busy_timeout = {milliseconds}")
                    (is_busy, *_) = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except (sqlite3.Error, SQLAlchemyError):
                log.exception("SQLite's log could not be emptied of what was erased; this is tried again.")
                return
            self._log_is_to_go = bool(is_busy)
            if is_busy and not knew:
                log.info("SQLite's log is in use: what was erased stays in it until a later transaction empties it.")

    @contextmanager
    def _turn(self) -> Generator[None]:
        """Wait for the process's other writers, on SQLite; raises NotNow where that takes too long."""
        if not self.is_sqlite:
            yield
            return
        seconds = min(self._patience_seconds, IMPATIENCE_SECONDS) if self.is_away else self._patience_seconds
        began = time.monotonic()
        left = seconds if self._writing.acquire(blocking=False) else None
        if left is None:
            if not self._writing.acquire(timeout=seconds):
                raise NotNow(f"other writers keep it locked for more than {seconds} s")
            left = max(0.0, seconds - (time.monotonic() - began))
        self._left = left
        try:
            yield
        finally:
            self._left = None
            self._writing.release()

    def _busy_seconds(self) -> float:
        """Return how long the transaction that has the turn may still wait for other processes."""
        return self._patience_seconds if self._left is None else self._left

    @property
    def bytes_left(self) -> int | None:
        """The free bytes on the disk of the database; None where this process cannot tell."""
        return None if self.file is None else shutil.disk_usage(self.file.resolve().parent).free

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None where there is none."""
        name = self.engine.url.database if self.is_sqlite else None
        return Path(name) if name and name != ":memory:" else None

    @property
    def files(self) -> tuple[Path, ...]:
        """The file of a SQLite database and those that SQLite makes beside it; they needn't be there."""
        return () if self.file is None else tuple(Path(f"{self.file.resolve()}{end}") for end in ("", "-wal", "-shm"))

    def dispose(self) -> None:
        """Close all connections that are not in use."""
        self.engine.dispose()
        self._reader.dispose()


@contextmanager
def _committed(sessions: sessionmaker[UnitOfWork]) -> Generator[UnitOfWork]:
    """Commit after the block; an error says so where it leaves open whether the commit was done."""
    finished = False
    try:
        with sessions.begin() as session:
            yield session
            finished = True
    except DBAPIError as error:
        if finished and error.connection_invalidated:
            error.add_detail(COMMIT_UNKNOWN)
        raise


def _write(session: Session) -> None:
    """Write something that leaves everything as it was: SQLite writes no page that stays the same."""
    workspace_id = session.scalar(select(func.min(Workspace.id)))
    if workspace_id is not None:
        probe = IdempotencyKey(workspace_id=workspace_id, key=f"probe {secrets.token_hex(8)}", at=LONG_AGO)
        session.add(probe)
        session.flush()
        session.delete(probe)


def _postgresql_engine(url: URL, application_name: str) -> Engine:
    engine = create_engine(
        url,
        # Enough for eight deliveries at once, the threads that answer Slack, and the clocks.
        pool_size=10,
        max_overflow=10,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"application_name": application_name, **CONNECTING},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.cursor().execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        connection.commit()

    return engine


class _PrivateConnection(sqlite3.Connection):
    """A connection that makes the file of its database for its owner alone; SQLite gives -wal and -shm its mode."""

    def __init__(self, database: str, *arguments: object, **options: object) -> None:
        """Connect as sqlite3 does."""
        if database != ":memory:" and not options.get("uri"):
            private_files.make(Path(database))
        super().__init__(database, *arguments, **options)  # type: ignore[arg-type]


def _sqlite_engine(url: URL, busy_seconds: Callable[[], float], *, begin: str, query_only: bool) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"factory": _PrivateConnection})

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        if not isinstance(connection, sqlite3.Connection):
            message = f"{connection!r} isn't a connection of the standard library's sqlite3"
            raise TypeError(message)
        # The driver must not begin transactions by itself: it would begin them late, and without IMMEDIATE.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {round(busy_seconds() * 1000)}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            # What is deleted or changed is overwritten: else an erased person would stay in the file's free space.
            "secure_delete = ON",
            f"query_only = {'ON' if query_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin_explicitly(connection: Connection) -> None:
        if not query_only:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(busy_seconds() * 1000)}")
        connection.exec_driver_sql(begin)

    return engine
