"""Messages that Slack refused for good, for the command line."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.database import Database
from qualification.outbox import retries, statements
from qualification.records import ChannelQueue, Delivery


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter: its kind and place, the error, and when Slack first refused it."""

    id: int
    kind: str
    place: str
    last_error: str
    since: datetime | None


def found(database: Database, workspace_id: int) -> list[DeadLetter]:
    """Return the dead letters of a workspace, oldest first."""
    with database.snapshot() as session:
        rows = session.execute(
            select(Delivery, ChannelQueue.place)
            .join(ChannelQueue, ChannelQueue.id == Delivery.queue_id)
            .where(Delivery.workspace_id == workspace_id, statements.IS_DEAD_LETTER)
            .order_by(Delivery.id)
        ).all()
        return [
            DeadLetter(delivery.id, delivery.kind, place, delivery.last_error or "", delivery.refused_at)
            for delivery, place in rows
        ]


def retry(database: Database, workspace_id: int, *, because: str | None, place: str | None, now: datetime) -> int:
    """Queue dead letters again, and return how many; the worker tries them next."""
    with database.transaction() as session:
        errors = None if because is None else {because}
        return retries.retry_dead_letters(session, workspace_id=workspace_id, place=place, errors=errors, now=now)
