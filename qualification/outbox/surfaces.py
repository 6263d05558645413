"""The messages that Slack shows: what each is about, and where it is posted."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from qualification.outbox import outbox, statements
from qualification.outbox.outbox import QueuedMessage
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import (
    ChannelQueue,
    Delivery,
    Handoff,
    LeadEvent,
    Membership,
    Offer,
    Person,
    Priority,
    Summary,
    Team,
    rows,
)
from qualification.rules.handoffs.event_kinds import EventKind

# The kind of message that tells what happened, by the template of each event.
THREAD_LINE: Final = "thread_line"


def enqueue_card(session: UnitOfWork, handoff: Handoff, *, now: datetime) -> QueuedMessage | None:
    """Queue the handoff's card: an edit where it was posted, or a new card in its team's channel.

    None for a handoff that goes along with another one of its company, and has no card of its own yet: a line in the
    other's thread stands for it. After a team has moved to another channel, its old cards stay, unless Slack refuses
    edits in the old channel.
    """
    if handoff.beside_id is not None:
        return outbox.enqueue_card_again(session, handoff.workspace_id, handoff.id, now)
    return enqueue_own_card(session, handoff, now=now)


def enqueue_own_card(session: UnitOfWork, handoff: Handoff, *, now: datetime) -> QueuedMessage:
    """Queue the handoff's card, also of one that goes along with another."""
    return outbox.enqueue_card_again(session, handoff.workspace_id, handoff.id, now) or outbox.enqueue(
        session,
        workspace_id=handoff.workspace_id,
        place=_place_of_team(session, handoff),
        person_id=None,
        kind="lead_card",
        subject=handoff.id,
        handoff_id=handoff.id,
        priority=Priority.NEW_MESSAGE,
        now=now,
    )


def join_line(session: UnitOfWork, handoff: Handoff, *, now: datetime) -> int | None:
    """Let the line that waits to be posted under the handoff's card tell one more event; return the delivery's id.

    None where there is no such line, or it tells enough: then the event needs a line of its own.
    """
    return outbox.extend_reply(session, handoff.workspace_id, handoff.id, kind=THREAD_LINE, now=now)


def enqueue_line(session: UnitOfWork, handoff: Handoff, event_id: int, *, now: datetime) -> None:
    """Queue the event's line for the thread under the handoff's card.

    A deal that came from a file has no card until something happens to it: now it gets one. One that goes along with
    another gets neither card nor line before somebody else than that one's owner is asked.
    """

    def enqueue() -> QueuedMessage | None:
        return outbox.enqueue_reply(
            session,
            workspace_id=handoff.workspace_id,
            kind=THREAD_LINE,
            subject=event_id,
            handoff_id=handoff.id,
            priority=Priority.FOR_WATCHER,
            now=now,
        )

    if enqueue() is None and enqueue_card(session, handoff, now=now) is not None:
        enqueue()


def enqueue_direct_card(session: UnitOfWork, handoff: Handoff, person: Person, *, now: datetime) -> QueuedMessage:
    """Queue the handoff's card for the person's direct messages."""
    return _enqueue_direct(session, person, "direct_card", handoff.id, handoff, now=now)


def enqueue_receipt(session: UnitOfWork, handoff: Handoff, announcer: Person, *, now: datetime) -> QueuedMessage:
    """Queue the receipt for the person who announced the handoff, after the messages to those who are asked."""
    return _enqueue_direct(session, announcer, "receipt", handoff.id, handoff, priority=Priority.FOR_WATCHER, now=now)


def enqueue_reminder(
    session: UnitOfWork, handoff: Handoff, offer: Offer, person: Person, *, now: datetime
) -> QueuedMessage:
    """Queue one reminder of the offer for the person."""
    return _enqueue_direct(session, person, "reminder", offer.id, handoff, now=now)


def enqueue_summary(
    session: UnitOfWork, summary: Summary, team: Team, *, detailed: bool, now: datetime
) -> QueuedMessage:
    """Queue the summary for the team's channel, and if `detailed` a reply that says who did what."""
    shared: dict[str, Any] = {
        "workspace_id": summary.workspace_id,
        "subject": summary.id,
        "priority": Priority.CAN_WAIT,
        "now": now,
    }
    place = place_of(team)
    message = outbox.enqueue(session, place=place, person_id=None, kind="summary", handoff_id=None, **shared)
    if detailed:
        outbox.enqueue_under(session, message, kind="summary_details", **shared)
    return message


def enqueue_resumed(session: UnitOfWork, handoff: Handoff, person: Person | None, *, now: datetime) -> None:
    """Queue one new message about a lead that came back from a snooze: to the person asked, else to the channel.

    Their card was perhaps posted months ago, and an edit notifies nobody. A person without a card gets only the card.
    """
    of_it = {"workspace_id": handoff.workspace_id, "handoff_id": handoff.id}
    event_id = session.scalar(_RESUMED, {**of_it, "lead_id": handoff.lead_id})
    had = session.scalar(_HAD_CARD, {**of_it, "person_id": person.id}) if person else True
    if event_id is None or not had:
        return
    outbox.enqueue(
        session,
        workspace_id=handoff.workspace_id,
        place=outbox.direct(person.id) if person else _place_of_team(session, handoff),
        person_id=person.id if person else None,
        kind="resumed",
        subject=event_id,
        handoff_id=handoff.id,
        priority=Priority.NEW_MESSAGE,
        now=now,
    )


def enqueue_home(session: UnitOfWork, person: Person, *, now: datetime) -> QueuedMessage:
    """Queue the person's Home tab."""
    return outbox.enqueue(
        session,
        workspace_id=person.workspace_id,
        place=outbox.home(person.id),
        person_id=person.id,
        kind="home",
        subject=person.id,
        handoff_id=None,
        priority=Priority.CAN_WAIT,
        now=now,
    )


def refresh_home(session: UnitOfWork, person: Person | None, *, now: datetime) -> None:
    """Queue the person's Home tab, if they ever opened it."""
    if person is not None and session.scalar(_HOME_OF, {"workspace_id": person.workspace_id, "person_id": person.id}):
        enqueue_home(session, person, now=now)


def refresh_pool(session: UnitOfWork, offer: Offer, *, now: datetime) -> None:
    """Queue the Home tabs of everybody in a pool, after an offer to the whole pool came or went."""
    if offer.person_id is None:
        pool = {"workspace_id": offer.workspace_id, "pool_id": offer.pool_id}
        for person in session.scalars(_AT_HOME_IN_POOL, pool).all():
            enqueue_home(session, person, now=now)


def place_of(team: Team) -> str:
    """Return the place of the team's messages: the channel's id, or its name until Slack has told the id."""
    return team.channel_id or team.channel


def _place_of_team(session: Session, handoff: Handoff) -> str:
    return place_of(rows.get_one(session, Team, handoff.team_id, handoff.workspace_id))


def _enqueue_direct(
    session: UnitOfWork,
    person: Person,
    kind: str,
    subject: int,
    handoff: Handoff,
    *,
    now: datetime,
    priority: Priority = Priority.NEW_MESSAGE,
) -> QueuedMessage:
    return outbox.enqueue(
        session,
        workspace_id=person.workspace_id,
        place=outbox.direct(person.id),
        person_id=person.id,
        kind=kind,
        subject=subject,
        handoff_id=handoff.id,
        priority=priority,
        now=now,
    )


_RESUMED: Final = select(func.max(LeadEvent.id)).where(
    rows.in_workspace(LeadEvent),
    LeadEvent.lead_id == bindparam("lead_id"),
    LeadEvent.handoff_id == bindparam("handoff_id"),
    LeadEvent.kind == EventKind.RESUMED,
)
_HAD_CARD: Final = (
    select(Delivery.id)
    .join(ChannelQueue, ChannelQueue.id == Delivery.queue_id)
    .where(
        rows.in_workspace(Delivery),
        Delivery.handoff_id == bindparam("handoff_id"),
        Delivery.kind == "direct_card",
        ChannelQueue.person_id == bindparam("person_id"),
        Delivery.ts.is_not(None),
    )
    .limit(1)
)
_HOME_OF: Final = select(Delivery.id).where(
    rows.in_workspace(Delivery), statements.IS_HOME, Delivery.subject == bindparam("person_id")
)
_AT_HOME_IN_POOL: Final = (
    select(Person)
    .join(Membership, Membership.person_id == Person.id)
    .join(Delivery, statements.IS_HOME & (Delivery.subject == Person.id))
    .where(
        rows.in_workspace(Membership),
        rows.in_workspace(Delivery),
        Membership.pool_id == bindparam("pool_id"),
        Membership.active,
    )
    .order_by(Person.id)
)
