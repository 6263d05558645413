"""Messages to Slack: queued in the transaction of the change itself, and sent by the worker after its commit.

Locks are always taken in the same order, so that PostgreSQL finds no deadlock: first deliveries by id; then, when the
transaction ends, stale cards, Home tabs and queues, each by id. `flush` takes the latter.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.outbox import statements as queries
from qualification.outbox.unit_of_work import Lease, PendingMessages, Pressed, UnitOfWork
from qualification.records import ChannelQueue, DeliveryState, Priority, RateLimit, Workspace
from qualification.records.base import insert_once

# How long whoever shows a message by a response_url has it to themselves: longer than that call takes.
ANSWERING: Final = timedelta(seconds=10)

# How many events one line of a thread tells: each has a block of its own, and Slack takes fifty.
LONGEST_REPLY: Final = 20

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


def enqueue_card_again(session: UnitOfWork, workspace_id: int, handoff_id: int, now: datetime) -> QueuedMessage | None:
    """Queue an edit of the handoff's card where it was posted; None where it has no card yet, or a dead letter."""
    pending = _pending(session, workspace_id, now)
    session.flush()
    card = {"workspace": workspace_id, "handoff": handoff_id}
    row = session.connection().execute(queries.ENQUEUE_CARD_AGAIN, card).first()
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
    priority: Priority,
    now: datetime,
) -> QueuedMessage:
    """Queue a message, or an edit where it is posted already; a dead letter is tried again."""
    pending = _pending(session, workspace_id, now)
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
    session: UnitOfWork,
    *,
    workspace_id: int,
    kind: str,
    subject: int,
    handoff_id: int,
    priority: Priority,
    now: datetime,
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


def extend_reply(session: UnitOfWork, workspace_id: int, handoff_id: int, *, kind: str, now: datetime) -> int | None:
    """Have a queued reply to the handoff's card show one thing more, if no worker has begun to post it; return its id.

    None where there is none, or it shows LONGEST_REPLY things already. The caller writes down what it shows.
    """
    pending = _pending(session, workspace_id, now)
    session.flush()
    connection = session.connection()
    card = {"workspace": workspace_id, "handoff": handoff_id}
    given = {**card, "of_kind": kind, "most": LONGEST_REPLY}
    waiting = connection.scalar(queries.WAITING_REPLY, given)
    if waiting is None:
        return None
    # The card first, as whoever posts a thread anew does.
    connection.execute(queries.LOCK_CARD, card)
    row = connection.execute(queries.EXTEND_REPLY, {"workspace": workspace_id, "reply": waiting}).first()
    if row is None:
        return None
    pending.queues.add(row.queue_id)
    return int(row.id)


def enqueue_under(
    session: UnitOfWork,
    message: QueuedMessage,
    *,
    workspace_id: int,
    kind: str,
    subject: int,
    priority: Priority,
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


def mark_stale(
    session: UnitOfWork, workspace_id: int, handoff_id: int, now: datetime, *, by: int | None = None
) -> None:
    """Queue an edit of all that shows this handoff: cards, reminders, receipt, Home tabs of the people concerned.

    `by` is the person who acted: what they see goes first, then what somebody must act on, then what others see.
    """
    pending = _pending(session, workspace_id, now)
    pending.handoffs.add(handoff_id)
    if by is not None:
        pending.actors.add(by)


def mark_all_stale(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
    """Queue an edit of everything that shows a live handoff of the workspace, and of every Home tab, behind all else.

    An edit that would change nothing is rendered but not sent.
    """
    _pending(session, workspace_id, now).is_all_stale = True


def write_anew(session: UnitOfWork, workspace_id: int, delivery_ids: Collection[int], now: datetime) -> None:
    """Queue an edit of these messages, also of those that never change else, and of those that Slack refused before."""
    pending = _pending(session, workspace_id, now)
    session.flush()
    given = {"workspace": workspace_id, "messages": [*delivery_ids]}
    pending.queues.update(session.connection().scalars(queries.WRITE_ANEW, given))


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
    workspace = {"workspace": pending.workspace_id}
    if pending.is_all_stale:
        pending.queues.update(connection.scalars(queries.ENQUEUE_ALL, workspace))
    if pending.handoffs or pending.tabs:
        again = {
            **workspace,
            "handoffs": [*pending.handoffs],
            "tabs": [*pending.tabs],
            "actors": [*pending.actors],
            "acted": bool(pending.actors),
        }
        pending.queues.update(connection.scalars(queries.ENQUEUE_AGAIN, again))
        if session.pressed is not None:
            session.lease = lease_pressed(session, session.pressed, pending.due_at)
    if pending.queues:
        connection.execute(queries.MAKE_DUE, {**workspace, "queues": [*pending.queues], "now": pending.due_at})
    return bool(pending.queues)


def lease_pressed(session: UnitOfWork, pressed: Pressed, now: datetime) -> Lease | None:
    """Keep a message that is to be shown anew from every other writer for a while.

    None where it shows what it should, or is none of ours; the lease is not ours where somebody else has it in hand.
    """
    given = {"workspace": pressed.workspace_id, "in_channel": pressed.channel, "at_ts": pressed.ts}
    # No two leases end at the same moment: whose it is shows in its end.
    until = {
        "now": now,
        "until": now + ANSWERING - timedelta(microseconds=secrets.randbelow(1_000_000)),
        "beyond": now + 2 * ANSWERING,
    }
    row = session.connection().execute(queries.LEASE_PRESSED, {**given, **until}).first()
    return None if row is None else Lease(row.id, until["until"], is_ours=row.answering_until == until["until"])


def make_due(session: UnitOfWork, workspace_id: int, *queue_ids: int, now: datetime) -> None:
    """Have a worker look at these queues again."""
    _pending(session, workspace_id, now).queues.update(queue_ids)


def _pending(session: Session, workspace_id: int, now: datetime) -> PendingMessages:
    """Return what the transaction has pending, due at `now` or before.

    Raises TypeError for a session that only reads, and ValueError where it has messages of another workspace pending.
    """
    if not isinstance(session, UnitOfWork):
        message = "a message is queued in a transaction, and this session only reads"
        raise TypeError(message)
    pending = session.outbox
    if pending.workspace_id not in {None, workspace_id}:
        raise ValueError("a transaction queues messages of one workspace")
    pending.workspace_id = workspace_id
    pending.due_at = now if pending.due_at is None else min(pending.due_at, now)
    return pending


def _upsert(
    session: UnitOfWork, upsert: Mapping[str, Any], given: Mapping[str, Any], now: datetime
) -> QueuedMessage | None:
    """Run the dialect's statement and remember the queue that it makes due; None where it finds no queue."""
    pending = _pending(session, given["workspace_id"], now)
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
