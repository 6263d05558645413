"""When a database can't be used at all: stopped, out of reach, locked or full, and not merely asked for a mistake."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = logging.getLogger(__name__)

# SQLite's primary result codes (sqlite.org/rescode.html) that speak of the file and not of the statement.
SQLITE_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
# PostgreSQL's classes (postgresql.org/docs/current/errcodes-appendix.html): connection, resources such as the disk,
# an operator's doing, the system; and two of its codes: a server that only reads, a lock that somebody else keeps.
POSTGRESQL_CLASSES: Final = frozenset({"08", "53", "57", "58"})
POSTGRESQL_CODES: Final = frozenset({"25006", "55P03"})
# Of these the ones by which a server that is well ends a single statement: a row that somebody else keeps locked, a
# statement that took too long.
ANSWERED_CODES: Final = frozenset({"55P03", "57014"})
COMMIT_UNKNOWN: Final = "The connection broke during the commit, which may have been done."
# A failure that took longer than SLOW_SECONDS is not waited for again until REST_SECONDS have passed.
SLOW_SECONDS: Final = 1.0
REST_SECONDS: Final = 1.0


class NotNow(PoolTimeout):
    """The database isn't asked: another transaction keeps it locked, or it has just failed to answer."""


def is_away(error: BaseException) -> bool:
    """Tell whether an error means that the database can't be used; the same statement may work later."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        # The lowest byte is the primary code.
        return getattr(driver, "sqlite_errorcode", 0) & 0xFF in SQLITE_CODES
    state = getattr(driver, "sqlstate", None)
    if state is None:
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    return error.connection_invalidated or state[:2] in POSTGRESQL_CLASSES or state in POSTGRESQL_CODES


def log_level(error: BaseException) -> int:
    """Return the level at which to log an error: each outage is told once by `Outage`, and not by all that it stops."""
    return logging.DEBUG if is_away(error) else logging.ERROR


def saved_nothing(error: BaseException) -> bool:
    """Tell whether the database was away, and what was to be written is certainly not written."""
    return is_away(error) and not (isinstance(error, DBAPIError) and COMMIT_UNKNOWN in error.detail)


def _is_of_its_own(error: Exception) -> bool:
    """Tell whether a transaction failed that waited for somebody else's row: the server answers all others."""
    driver = error.orig if isinstance(error, DBAPIError) else None
    return getattr(driver, "sqlstate", None) in ANSWERED_CODES


class Outage:
    """Whether a database can be used at the moment, as the last transactions of this process found it."""

    def __init__(self, *, rests: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with a database that can be used; `clock` counts seconds and never goes back.

        With `rests` a database that kept somebody waiting in vain is left alone for REST_SECONDS.
        """
        self._rests = rests
        self._clock = clock
        self._lock = threading.Lock()
        self._since: float | None = None
        self._rest_until = float("-inf")
        self._reason = ""

    @property
    def reason(self) -> str | None:
        """What the last failure said, in a few words; None while the database can be used."""
        with self._lock:
            return self._reason if self._since is not None else None

    def end(self) -> None:
        """Note that the database was written to."""
        with self._lock:
            since, self._since = self._since, None
        if since is not None:
            log.info("The database can be used again.", extra={"seconds": round(self._clock() - since, 1)})

    @contextmanager
    def noted(self) -> Generator[None]:
        """Note whether the block's errors mean that the database is away; each outage is logged once.

        Raises NotNow where the database kept somebody waiting in vain a moment ago.
        """
        began = self._clock()
        with self._lock:
            if began < self._rest_until:
                raise NotNow(self._reason)
        try:
            yield
        except Exception as error:
            if is_away(error) and not _is_of_its_own(error):
                self._begin(error, began)
            raise

    def _begin(self, error: Exception, began: float) -> None:
        now = self._clock()
        reason = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        with self._lock:
            is_new = self._since is None
            if is_new:
                self._since = now
            if not isinstance(error, NotNow):
                self._reason = reason[0]
                if self._rests and now - began >= SLOW_SECONDS:
                    self._rest_until = now + REST_SECONDS
            elif is_new:
                self._reason = reason[0]
        if is_new:
            log.warning(
                "The database can't be used: %s. Baton tries again until it can.",
                self._reason,
                extra={"error": type(error).__name__},
            )
