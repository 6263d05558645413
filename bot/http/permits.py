"""The rates of senders, shared by all processes through the database: each leases a block of permits, and spends it.

Time is cut into windows. What is leased of a window is a row; what of it is not spent ends with the window.
"""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import DateTime, Select, bindparam, delete, exists, func, select
from sqlalchemy.orm import Session

from bot.database import LONG_AGO, Database
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import RateWindow
from qualification.records.base import insert_once

WINDOW: Final = timedelta(seconds=10)
# A process leases at most this part of a window's permits at a time, and of what is left at most half.
PART: Final = 10
# Rows of windows that ended so long ago are deleted.
KEPT: Final = timedelta(minutes=10)
# Beyond so many subjects a process forgets what it has leased, and leases again.
MOST_SUBJECTS: Final = 20_000

ReadClock: TypeAlias = Callable[[Session], datetime]
Subject: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Allowances:
    """The requests that are let through in each window: of a key or signer, and from an address, with such keys.

    `form_…` are for publishable keys, which anybody can read.
    """

    key: int = 500
    address: int = 1_000
    form_key: int = 100
    form_address: int = 20


@dataclass(slots=True)
class _Lease:
    """The permits that are left to this process, until the window ends by its own clock."""

    left: int
    ends_at: datetime
    # Nothing was left to lease: there is no use in asking again before the window ends.
    is_last: bool


class Permits:
    """Lets so many requests through in each window as are allowed, together with all other processes."""

    def __init__(self, database: Database, now: Callable[[], datetime], read_clock: ReadClock | None = None) -> None:
        """Lease nothing yet.

        `read_clock` tells the time that all processes share: by default the database's, and on SQLite, which has one
        process, `now`.
        """
        self._database = database
        self._now = now
        self._read_clock = read_clock or (_database_clock if not database.is_sqlite else lambda _: now())
        self._leases: dict[Subject, _Lease] = {}
        self._lock = threading.Lock()

    def take(self, workspace_id: int, subject: str, allowed: int) -> int | None:
        """Take a permit, and return None; or return the seconds until the next window, in which there are new ones."""
        with self._lock:
            now, key = self._now(), (workspace_id, subject)
            lease = self._leases.get(key)
            # One that ends later than any window was made by a clock that was ahead.
            if lease is None or not now < lease.ends_at <= now + WINDOW or not (lease.left or lease.is_last):
                lease = self._lease(key, allowed)
            if lease.left:
                lease.left -= 1
                return None
            return max(1, math.ceil((lease.ends_at - now).total_seconds()))

    def _lease(self, key: Subject, allowed: int) -> _Lease:
        if len(self._leases) >= MOST_SUBJECTS:
            self._leases.clear()
        # Read before the transaction, so that the lease ends here no later than its window does.
        now = self._now()
        with self._database.transaction() as session:
            count, seconds = lease(session, *key, allowed=allowed, read_clock=self._read_clock)
        leased = self._leases[key] = _Lease(count, now + timedelta(seconds=seconds), is_last=count == 0)
        return leased


def lease(
    session: Session, workspace_id: int, subject: str, *, allowed: int, read_clock: ReadClock
) -> tuple[int, float]:
    """Lease some of the permits of the window that it is now; return how many, and the seconds until it ends.

    The row is locked before the clock is read, so that of two processes the later one has the later time.
    """
    row = session.scalar(_row(workspace_id, subject))
    if row is None:
        insert_once(session, RateWindow, workspace_id=workspace_id, subject=subject, began_at=LONG_AGO, leased=0)
        row = session.scalars(_row(workspace_id, subject)).one()
    now = read_clock(session)
    began_at = LONG_AGO + (now - LONG_AGO) // WINDOW * WINDOW
    if row.began_at != began_at:
        row.began_at, row.leased = began_at, 0
    left = max(0, allowed - row.leased)
    count = min(left, max(1, min(allowed // PART, left // 2)))
    row.leased += count
    return count, (began_at + WINDOW - now).total_seconds()


def forget_old(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int) -> int:
    """Delete up to `limit` rows of windows that ended long ago, by the clock that dated them; return how many."""
    clock = now if session.get_bind().dialect.name == "sqlite" else func.now(type_=DateTime(timezone=True))
    old = (
        select(RateWindow.subject)
        .where(RateWindow.workspace_id == workspace_id, RateWindow.began_at < clock - KEPT)
        .order_by(RateWindow.began_at)
        .limit(limit)
        # A row that is being used again stays.
        .with_for_update(skip_locked=True)
    )
    statement = delete(RateWindow).where(RateWindow.workspace_id == workspace_id, RateWindow.subject.in_(old))
    return len(session.scalars(statement.returning(RateWindow.subject)).all())


def given(workspace_id: int, now: datetime) -> dict[str, object]:
    """Return what MAY_BE_DUE is given; on PostgreSQL the windows are dated by its clock, which may be another."""
    return {"workspace_id": workspace_id, "windows_since": now - KEPT}


MAY_BE_DUE: Final = exists().where(
    RateWindow.workspace_id == bindparam("workspace_id"), RateWindow.began_at < bindparam("windows_since")
)


def _row(workspace_id: int, subject: str) -> Select[RateWindow]:
    return (
        select(RateWindow)
        .where(RateWindow.workspace_id == workspace_id, RateWindow.subject == subject)
        .with_for_update()
    )


def _database_clock(session: Session) -> datetime:
    return session.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()
