"""Messages that Slack refused for good, for the command line."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.database import Database
from qualification.outbox import outbox, statements
from qualification.records import Delivery, Lane


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked message: its kind and place, the error, and when Slack first refused it."""

    id: int
    kind: str
    place: str
    trouble: str
    since: datetime | None


def found(database: Database, workspace_id: int) -> list[Parked]:
    """Return the parked messages of a workspace, oldest first."""
    with database.snapshot() as session:
        rows = session.execute(
            select(Delivery, Lane.place)
            .join(Lane, Lane.id == Delivery.lane_id)
            .where(Delivery.workspace_id == workspace_id, statements.IS_PARKED)
            .order_by(Delivery.id)
        ).all()
        return [
            Parked(delivery.id, delivery.kind, place, delivery.trouble or "", delivery.refused_at)
            for delivery, place in rows
        ]


def retry(database: Database, workspace_id: int, *, because: str | None, place: str | None, now: datetime) -> int:
    """Queue parked messages again, and return how many; the worker tries them next."""
    with database.transaction() as session:
        troubles = None if because is None else {because}
        return outbox.unpark(session, workspace_id=workspace_id, place=place, troubles=troubles, now=now)
