"""A worker's presence on PostgreSQL: other workers see that it lives, and it hears of queued messages at once."""

import logging
import selectors
import socket
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.database import CONNECTING, WAKE_CHANNEL, Database

log = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

# The class that separates the workers' advisory locks from all others.
LOCK_CLASS: Final = zlib.crc32(b"baton worker") - 2**31
# How long until the next try to connect.
RETRY_SECONDS: Final = 1.0


def lock_key(worker: str) -> int:
    """Return the number of the advisory lock that a worker holds while it lives."""
    return zlib.crc32(worker.encode()) - 2**31


def is_alive(session: Session, worker: str) -> bool:
    """Return whether a worker holds its lock, which ends with its connection, however the process ends."""
    free = session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:class, :key)"), {"class": LOCK_CLASS, "key": lock_key(worker)}
    )
    return not free


class Presence:
    """Holds a worker's lock on a connection of its own and listens there; connects again when that breaks.

    Meanwhile other workers may take its leases, which is safe: a result is recorded only under the lease it began with.
    """

    def __init__(self, database: Database, worker: str, wake: Callable[[], None]) -> None:
        """`wake` is called from another thread whenever a commit queues a message."""
        self._url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._worker = worker
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    def __enter__(self) -> Self:
        """Take the lock, then listen; where the database can't be reached, the thread tries again until it can."""
        self._connection: Connection | None = None
        try:
            self._connection = self._connect()
        except psycopg.OperationalError as error:
            _log_trouble(error)
        # A byte on one end lets the thread stop waiting at the other.
        self._stop, self._stopped = socket.socketpair()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Release the lock."""
        self._stopping.set()
        self._stop.send(b".")
        self._thread.join()
        self._stop.close()
        self._stopped.close()

    def _connect(self) -> Connection:
        connection = psycopg.connect(self._url, autocommit=True, application_name="baton worker", **CONNECTING)
        # Shared: the server may not know yet that the worker's last connection is gone, and must not wait for its end.
        connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", (LOCK_CLASS, lock_key(self._worker)))
        connection.execute(f"LISTEN {WAKE_CHANNEL}")
        return connection

    def _run(self) -> None:
        connection = self._connection
        while not self._stopping.is_set():
            try:
                connection = connection or self._connect()
                self._listen(connection)
            except psycopg.Error as error:
                if connection is not None:
                    _log_trouble(error)
                    connection.close()
                connection = None
                self._stopping.wait(RETRY_SECONDS)
        if connection is not None:
            _release(connection)

    def _listen(self, connection: Connection) -> None:
        """Wake the worker at each notification until it is to stop."""
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_READ)
            selector.register(self._stopped, selectors.EVENT_READ)
            while not self._stopping.is_set():
                if any(connection.notifies(timeout=0)):
                    self._wake()
                else:
                    selector.select()


def _log_trouble(error: psycopg.Error) -> None:
    """Log that the worker has no connection of its own, once until it has one again."""
    keys = {"action": "listen", "error": type(error).__name__}
    log.warning("The worker's own connection broke; connecting again.", extra=keys)


def _release(connection: Connection) -> None:
    """Give the lock back, then close: the server notices a closed connection only some time later."""
    with suppress(psycopg.Error), connection:
        connection.execute("SELECT pg_advisory_unlock_all()")
