"""Two transactions that meet, on PostgreSQL: wait until one really waits for the other."""

from concurrent.futures import Future
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_WAITING: Final = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def until_waiting(session: Session, *doing: Future[Any]) -> None:
    """Return once all of these wait for a lock; fails where one has ended without having waited."""
    while session.scalar(_WAITING) < len(doing):
        assert not any(each.done() for each in doing)
