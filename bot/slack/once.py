"""What Slack sends counts once, however often it comes: the first transaction of a request writes its key down."""

import hashlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, exists, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.slack.origins import origin_of
from qualification.outbox.unit_of_work import Lease, Pressed, Transactions, UnitOfWork
from qualification.records import IdempotencyKey
from qualification.rules.refusals import CameTwice

# Slack sends an event again for an hour at most; a person may come back to an open modal a day later.
KEPT: Final = timedelta(days=2)
# Built once: building a statement takes longer than running it.
_INSERT: Final[Mapping[str, Any]] = {
    name: insert(IdempotencyKey).on_conflict_do_nothing().returning(literal_column("1"))
    for name, insert in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


class OnceTransactions:
    """The transactions of one request from Slack, opened by a call as `Database.transaction` is.

    Raises CameTwice where a transaction of the same request was committed before. A transaction that is rolled back
    leaves no key: what was refused may come again, corrected.
    """

    def __init__(self, transaction: Transactions, workspace_id: int, body: Mapping[str, Any], now: datetime) -> None:
        """Count nothing yet; a request without a key is taken each time that it comes.

        `pressed` is the message that the request comes from, None for none; once a transaction has made it stale,
        `lease` keeps it for whoever shows it.
        """
        self._transaction = transaction
        self._workspace_id = workspace_id
        self._key = key_of(body)
        self._now = now
        origin = origin_of(body)
        self.pressed = Pressed(workspace_id=workspace_id, **origin) if origin else None
        self.lease: Lease | None = None
        self.is_committed = False

    @contextmanager
    def __call__(self) -> Generator[UnitOfWork]:
        """Open a transaction; the first one of the request inserts its key."""
        with self._transaction() as session:
            if self._key is not None and not self.is_committed and not self._insert(session, self._key):
                raise CameTwice
            session.pressed = self.pressed if self.lease is None else None
            yield session
        self.lease = self.lease or session.lease
        self.is_committed = True

    def _insert(self, session: UnitOfWork, key: str) -> bool:
        """Insert the key; tell whether it was not there. Of two at once one waits for the other's commit."""
        connection = session.connection()
        given = {"workspace_id": self._workspace_id, "key": key, "at": self._now}
        return connection.execute(_INSERT[connection.dialect.name], given).first() is not None


def key_of(body: Mapping[str, Any]) -> str | None:
    """Return what is the same each time that a request comes, and of no other; None where the payload lacks it.

    A form is its view and callback, so a person who submits it again is told that it counted. A press is the moment at
    which Slack saw it: whoever presses again is judged by what is stored by then. Commands and shortcuts are told apart
    by their triggers, events by their ids.
    """
    match body.get("type"), body:
        case "view_submission", {"view": {"id": str(view), "callback_id": str(callback)}}:
            parts = [view, callback]
        case "block_actions", {
            "user": {"id": str(user)},
            "actions": [{"action_id": str(action), "action_ts": str(ts)}],
        }:
            parts = [user, action, ts]
        case "event_callback", {"event_id": str(event)}:
            parts = [event]
        case _, {"trigger_id": str(trigger)}:
            parts = [trigger]
        case _:
            return None
    return hashlib.sha256("\n".join((str(body.get("type")), *parts)).encode()).hexdigest()


def forget_old(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int) -> int:
    """Delete up to `limit` keys that are older than KEPT; return how many."""
    return len(session.scalars(_FORGET, {**given(workspace_id, now), "most": limit}).all())


def given(workspace_id: int, now: datetime) -> dict[str, object]:
    """Return what the statements below are given."""
    return {"workspace_id": workspace_id, "kept_since": now - KEPT}


_IS_OLD: Final = (
    IdempotencyKey.workspace_id == bindparam("workspace_id"),
    IdempotencyKey.at < bindparam("kept_since"),
)
_FORGET: Final = (
    delete(IdempotencyKey)
    .where(
        IdempotencyKey.workspace_id == bindparam("workspace_id"),
        IdempotencyKey.key.in_(
            select(IdempotencyKey.key).where(*_IS_OLD).order_by(IdempotencyKey.at).limit(bindparam("most"))
        ),
    )
    .returning(IdempotencyKey.key)
)
MAY_BE_DUE: Final = exists().where(*_IS_OLD)
