"""Messages to Slack: queued in the transaction of the change itself, and sent by the worker after its commit.

Locks are always taken in the same order, so that PostgreSQL finds no deadlock: first deliveries by id; then, when the
transaction ends, stale cards, Home tabs and queues, each by id. `flush` takes the latter.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import null, or_, select, tuple_, update
from sqlalchemy.orm import Session

from qualification.outbox import statements as queries
from qualification.outbox.unit_of_work import PendingMessages, UnitOfWork
from qualification.records import ChannelQueue, Delivery, DeliveryState, RateLimit, Workspace
from qualification.records.base import insert_once

NEW_MESSAGE: Final = 0
REPLY_OR_EDIT: Final = 1
CAN_WAIT: Final = 2

# Reasons of our own for a dead letter before Slack was asked; every other reason is Slack's error.
NO_SLACK_USER: Final = "no_slack_user"
NO_CHANNEL_ID: Final = "channel_not_looked_up"
PARENT_UNDELIVERED: Final = "parent_parked"
CANNOT_BE_DRAWN: Final = "cannot_be_drawn"
# The reason where our own code failed unexpectedly each time.
UNFORESEEN: Final = "unforeseen"


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A queued message: the ids of its delivery and of its queue."""

    id: int
    queue_id: int


def direct(person_id: int) -> str:
    """Return the name of the place where a person's direct messages with the bot go."""
    return f"direct:{person_id}"


def home(person_id: int) -> str:
    """Return the name of the place of a person's Home tab."""
    return f"home:{person_id}"


def enqueue_card_again(session: UnitOfWork, handoff_id: int, now: datetime) -> QueuedMessage | None:
    """Queue an edit of the handoff's card where it was posted; None where it has no card yet, or a dead letter."""
    pending = _pending(session, now)
    session.flush()
    row = session.connection().execute(queries.ENQUEUE_CARD_AGAIN, {"handoff": handoff_id}).first()
    if row is None:
        return None
    pending.queues.add(row.queue_id)
    return QueuedMessage(row.id, row.queue_id)


def enqueue(
    session: UnitOfWork,
    *,
    workspace_id: int,
    place: str,
    person_id: int | None,
    kind: str,
    subject: int,
    handoff_id: int | None,
    priority: int,
    now: datetime,
) -> QueuedMessage:
    """Queue a message, or an edit where it is posted already; a dead letter is tried again."""
    pending = _pending(session, now)
    there: dict[str, Any] = {"workspace_id": workspace_id, "place": place}
    if kind == "home":
        session.flush()
        tab = session.connection().execute(queries.TAB_AT, there).first()
        if tab is not None and tab.state is not DeliveryState.DEAD_LETTER:
            pending.tabs.add(tab.id)
            return QueuedMessage(tab.id, tab.queue_id)
    given = {**there, "kind": kind, "subject": subject, "handoff_id": handoff_id, "priority": priority}
    queued = _upsert(session, queries.ENQUEUE_AT, given, now)
    if queued is None:
        _make_queue(session, workspace_id, place, person_id)
        queued = _upsert(session, queries.ENQUEUE_AT, given, now)
    return _expected(queued)


def enqueue_reply(
    session: UnitOfWork, *, workspace_id: int, kind: str, subject: int, handoff_id: int, priority: int, now: datetime
) -> QueuedMessage | None:
    """Queue a reply to the handoff's card, in the channel where the card is; None where there is no card."""
    given = {
        "workspace_id": workspace_id,
        "kind": kind,
        "subject": subject,
        "handoff_id": handoff_id,
        "priority": priority,
    }
    return _upsert(session, queries.ENQUEUE_UNDER_CARD, given, now)


def enqueue_under(
    session: UnitOfWork,
    message: QueuedMessage,
    *,
    workspace_id: int,
    kind: str,
    subject: int,
    priority: int,
    now: datetime,
) -> QueuedMessage:
    """Queue a reply to a message that shows no handoff; it is sent once that message is posted."""
    given = {
        "workspace_id": workspace_id,
        "kind": kind,
        "subject": subject,
        "handoff_id": None,
        "priority": priority,
        "parent": message.id,
    }
    return _expected(_upsert(session, queries.ENQUEUE_UNDER, given, now))


def mark_stale(session: UnitOfWork, handoff_id: int, now: datetime) -> None:
    """Queue an edit of all that shows this handoff: cards, reminders, receipt, Home tabs of the people concerned."""
    _pending(session, now).handoffs.add(handoff_id)


def mark_all_stale(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
    """Queue an edit of everything that shows a live handoff of the workspace, and of every Home tab.

    An edit that would change nothing is rendered but not sent.
    """
    _pending(session, now).workspaces.add(workspace_id)


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
            .where(Delivery.id.in_([row.id for row in rows]))
            .values(
                state=DeliveryState.PENDING,
                attempts=0,
                refused_at=None,
                last_error=None,
                sequence=queries.end_of_line(),
            )
            .execution_options(synchronize_session=False)
        )
        _pending(session, now).queues.update(row.queue_id for row in rows)
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
        there = select(Delivery.kind, Delivery.subject).where(Delivery.queue_id == taken)
        session.execute(
            update(Delivery)
            .where(Delivery.queue_id == named.id, tuple_(Delivery.kind, Delivery.subject).not_in(there))
            .values(queue_id=taken)
            .execution_options(synchronize_session=False)
        )
    retry_dead_letters(session, workspace_id, now=now, place=channel, errors=(NO_CHANNEL_ID,))


def message_deleted(session: UnitOfWork, *, workspace_id: int, channel: str, ts: str, now: datetime) -> bool:
    """Queue a message that was deleted in Slack once more, with its replies; False if it was not one of ours."""
    delivery_id = session.scalar(
        select(Delivery.id).where(Delivery.workspace_id == workspace_id, Delivery.channel == channel, Delivery.ts == ts)
    )
    if delivery_id is None:
        return False
    _pending(session, now).queues.update(post_anew(session, delivery_id))
    return True


def post_anew(session: Session, delivery_id: int) -> set[int]:
    """Forget where a message and its replies were posted, so that they are posted again; return their queues' ids."""
    thread = lock_thread(session, delivery_id)
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(thread))
        .values(
            **queries.once_more(Delivery),
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


def lock_thread(session: Session, delivery_id: int) -> dict[int, int]:
    """Lock a message and its replies in the usual order, by id; return the id of each one's queue."""
    rows = session.execute(
        select(Delivery.id, Delivery.queue_id)
        .where(or_(Delivery.id == delivery_id, Delivery.parent_id == delivery_id))
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row.queue_id for row in rows}


def slack_errors(session: Session, workspace_id: int) -> str | None:
    """Return the error with which Slack refuses every call, or the methods that it refuses and why; else None.

    Slack goes on refusing them until an administrator acts.
    """
    error = session.scalar(select(Workspace.last_error).where(Workspace.id == workspace_id))
    if error is not None:
        return error
    limits = select(RateLimit.method, RateLimit.last_error).where(
        RateLimit.workspace_id == workspace_id, RateLimit.last_error.is_not(None)
    )
    return (
        "; ".join(f"{limit.method}: {limit.last_error}" for limit in session.execute(limits.order_by(RateLimit.method)))
        or None
    )


def flush(session: UnitOfWork) -> bool:
    """Write down what the transaction has pending, as its last act before the commit; False if there was nothing."""
    pending, session.outbox = session.outbox, PendingMessages()
    if pending.due_at is None:
        return False
    session.flush()
    connection = session.connection()
    for workspace_id in pending.workspaces:
        pending.queues.update(connection.scalars(queries.ENQUEUE_ALL, {"workspace": workspace_id}))
    if pending.handoffs or pending.tabs:
        again = {"handoffs": [*pending.handoffs], "tabs": [*pending.tabs]}
        pending.queues.update(connection.scalars(queries.ENQUEUE_AGAIN, again))
    if pending.queues:
        connection.execute(queries.MAKE_DUE, {"queues": [*pending.queues], "now": pending.due_at})
    return bool(pending.queues)


def _pending(session: Session, now: datetime) -> PendingMessages:
    """Return what the transaction has pending, due at `now` or before; TypeError for a session that only reads."""
    if not isinstance(session, UnitOfWork):
        message = "a message is queued in a transaction, and this session only reads"
        raise TypeError(message)
    pending = session.outbox
    pending.due_at = now if pending.due_at is None else min(pending.due_at, now)
    return pending


def _upsert(
    session: UnitOfWork, upsert: Mapping[str, Any], given: Mapping[str, Any], now: datetime
) -> QueuedMessage | None:
    """Run the dialect's statement and remember the queue that it makes due; None where it finds no queue."""
    pending = _pending(session, now)
    session.flush()
    connection = session.connection()
    row = connection.execute(upsert[connection.dialect.name], dict(given)).first()
    if row is None:
        return None
    pending.queues.add(row.queue_id)
    return QueuedMessage(row.id, row.queue_id)


def _expected(queued: QueuedMessage | None) -> QueuedMessage:
    if queued is None:
        raise LookupError("the queue or the message that this belongs to is not there")
    return queued


def _make_queue(session: Session, workspace_id: int, place: str, person_id: int | None) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Otherwise two transactions that make the same two queues in opposite order could deadlock.
        session.execute(queries.MAKE_QUEUES_ALONE, {"workspace_id": workspace_id})
    insert_once(session, ChannelQueue, workspace_id=workspace_id, place=place, person_id=person_id)
