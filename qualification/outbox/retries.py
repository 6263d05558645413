"""Messages that are sent again: dead letters, what a channel's name kept waiting, what was deleted in Slack."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, null, or_, select, tuple_, update
from sqlalchemy.orm import Session

from qualification.outbox import outbox
from qualification.outbox import statements as queries
from qualification.outbox.outbox import NO_CHANNEL_ID, PARENT_UNDELIVERED
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import ChannelQueue, Delivery, DeliveryState, IdempotencyKey, Priority
from qualification.records.base import insert_once
from qualification.records.rows import in_workspace


def retry_dead_letters(
    session: UnitOfWork,
    workspace_id: int,
    *,
    now: datetime,
    place: str | None = None,
    person_id: int | None = None,
    errors: Collection[str] | None = None,
) -> int:
    """Queue dead letters again, all or only those of a place, a person or some reasons; return how many."""
    dead_letters = (
        select(Delivery.id, Delivery.queue_id)
        .join(ChannelQueue, ChannelQueue.id == Delivery.queue_id)
        .where(Delivery.workspace_id == workspace_id, queries.IS_DEAD_LETTER)
    )
    if place is not None:
        dead_letters = dead_letters.where(ChannelQueue.place == place)
    if person_id is not None:
        dead_letters = dead_letters.where(ChannelQueue.person_id == person_id)
    if errors is not None:
        dead_letters = dead_letters.where(Delivery.last_error.in_({*errors, PARENT_UNDELIVERED}))
    rows = session.execute(dead_letters.order_by(Delivery.id).with_for_update(of=Delivery, key_share=True)).all()
    if rows:
        session.execute(
            update(Delivery)
            .where(in_workspace(Delivery, workspace_id), Delivery.id.in_([row.id for row in rows]))
            .values(
                state=DeliveryState.PENDING,
                attempts=0,
                refused_at=None,
                last_error=None,
                sequence=queries.end_of_line(),
            )
            .execution_options(synchronize_session=False)
        )
        outbox.make_due(session, workspace_id, *(row.queue_id for row in rows), now=now)
    return len(rows)


def move_queue(session: UnitOfWork, workspace_id: int, *, place: str, channel: str, now: datetime) -> None:
    """Move what was queued under a channel's name to its id, once Slack has told the id."""
    named = session.scalar(
        select(ChannelQueue)
        .where(ChannelQueue.workspace_id == workspace_id, ChannelQueue.place == place)
        .with_for_update(key_share=True)
    )
    if named is None or place == channel:
        return
    taken = session.scalar(
        select(ChannelQueue.id).where(ChannelQueue.workspace_id == workspace_id, ChannelQueue.place == channel)
    )
    if taken is None:
        named.place = channel
        session.flush()
    else:
        # A message that the id's queue has already is not needed twice: it stays in the name's queue, as a dead letter.
        there = select(Delivery.kind, Delivery.subject).where(
            in_workspace(Delivery, workspace_id), Delivery.queue_id == taken
        )
        session.execute(
            update(Delivery)
            .where(in_workspace(Delivery, workspace_id), Delivery.queue_id == named.id)
            .where(tuple_(Delivery.kind, Delivery.subject).not_in(there))
            .values(queue_id=taken)
            .execution_options(synchronize_session=False)
        )
    retry_dead_letters(session, workspace_id, now=now, place=channel, errors=(NO_CHANNEL_ID,))


def message_deleted(
    session: UnitOfWork, *, workspace_id: int, channel: str, ts: str, is_ours: bool, now: datetime
) -> bool:
    """Queue a message that was deleted in Slack once more, with its replies; False if no row says that it is there.

    A message of ours (`is_ours`) may be deleted before its post is recorded: then that is remembered until it is.
    """
    key = _lock_deletion(session, channel, ts)
    delivery_id = session.scalar(
        select(Delivery.id).where(Delivery.workspace_id == workspace_id, Delivery.channel == channel, Delivery.ts == ts)
    )
    if delivery_id is None:
        if is_ours:
            insert_once(session, IdempotencyKey, workspace_id=workspace_id, key=key, at=now)
        return False
    outbox.make_due(session, workspace_id, *post_anew(session, workspace_id, delivery_id), now=now)
    return True


def was_deleted(session: Session, *, workspace_id: int, channel: str, ts: str) -> bool:
    """Say whether somebody deleted a message before its post was recorded; whoever records it asks, behind that."""
    key = _lock_deletion(session, channel, ts)
    return session.get(IdempotencyKey, (workspace_id, key)) is not None


def _lock_deletion(session: Session, channel: str, ts: str) -> str:
    """Let whoever records a post and whoever hears of its deletion go one after the other; return the deletion's key.

    On SQLite writers do so anyway.
    """
    digest = hashlib.sha256(f"deleted\n{channel}\n{ts}".encode())
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(digest.digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))
    return digest.hexdigest()


def post_anew(session: Session, workspace_id: int, delivery_id: int) -> set[int]:
    """Forget where a message and its replies were posted, so that they are posted again; return their queues' ids."""
    thread = lock_thread(session, workspace_id, delivery_id)
    session.execute(
        update(Delivery)
        .where(in_workspace(Delivery, workspace_id), Delivery.id.in_(thread))
        .values(
            **queries.once_more(Delivery),
            priority=Priority.FOR_WATCHER,
            posting=Delivery.posting + 1,
            ts=null(),
            channel=null(),
            fingerprint=null(),
            post_began_at=null(),
            duplicate_check_at=null(),
        )
        .execution_options(synchronize_session=False)
    )
    return set(thread.values())


def lock_thread(session: Session, workspace_id: int, delivery_id: int) -> dict[int, int]:
    """Lock a message and its replies in the usual order, by id; return the id of each one's queue."""
    rows = session.execute(
        select(Delivery.id, Delivery.queue_id)
        .where(in_workspace(Delivery, workspace_id))
        .where(or_(Delivery.id == delivery_id, Delivery.parent_id == delivery_id))
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row.queue_id for row in rows}
