"""The messages that Slack shows: what each is about, and where it is posted."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from qualification.outbox import outbox, statements
from qualification.outbox.outbox import Owed
from qualification.records import (
    Delivery,
    Handoff,
    Lane,
    LeadEvent,
    Membership,
    Offer,
    Person,
    Summary,
    Team,
)
from qualification.rules.handoffs.event_kinds import EventKind


def owe_card(session: Session, handoff: Handoff, *, now: datetime) -> Owed:
    """Queue the handoff's card: an edit where it was posted, or a new card in its team's channel.

    After a team has moved to another channel, its old cards stay, unless Slack refuses edits in the old channel.
    """
    return outbox.owe_card_again(session, handoff.id, now) or outbox.owe(
        session,
        workspace_id=handoff.workspace_id,
        place=place_of(session.get_one(Team, handoff.team_id)),
        person_id=None,
        kind="lead_card",
        subject=handoff.id,
        handoff_id=handoff.id,
        urgency=outbox.NEW_MESSAGE,
        now=now,
    )


def owe_line(session: Session, handoff: Handoff, event_id: int, *, now: datetime) -> None:
    """Queue the event's line for the thread under the handoff's card.

    A deal that came from a file has no card until something happens to it: now it gets one.
    """

    def owe() -> Owed | None:
        return outbox.owe_reply(
            session,
            workspace_id=handoff.workspace_id,
            kind="thread_line",
            subject=event_id,
            handoff_id=handoff.id,
            urgency=outbox.REPLY_OR_EDIT,
            now=now,
        )

    if owe() is None:
        owe_card(session, handoff, now=now)
        owe()


def owe_direct_card(session: Session, handoff: Handoff, person: Person, *, now: datetime) -> Owed:
    """Queue the handoff's card for the person's direct messages."""
    return _owe_direct(session, person, "direct_card", handoff.id, handoff, now=now)


def owe_receipt(session: Session, handoff: Handoff, announcer: Person, *, now: datetime) -> Owed:
    """Queue the receipt for the person who announced the handoff, after the messages to those who are asked."""
    return _owe_direct(session, announcer, "receipt", handoff.id, handoff, urgency=outbox.REPLY_OR_EDIT, now=now)


def owe_reminder(session: Session, handoff: Handoff, offer: Offer, person: Person, *, now: datetime) -> Owed:
    """Queue one reminder of the offer for the person."""
    return _owe_direct(session, person, "reminder", offer.id, handoff, now=now)


def owe_summary(session: Session, summary: Summary, team: Team, *, detailed: bool, now: datetime) -> Owed:
    """Queue the summary for the team's channel, and if `detailed` a reply that says who did what."""
    shared: dict[str, Any] = {
        "workspace_id": summary.workspace_id,
        "subject": summary.id,
        "urgency": outbox.CAN_WAIT,
        "now": now,
    }
    place = place_of(team)
    owed = outbox.owe(session, place=place, person_id=None, kind="summary", handoff_id=None, **shared)
    if detailed:
        outbox.owe_under(session, owed, kind="summary_details", **shared)
    return owed


def owe_woken(session: Session, handoff: Handoff, person: Person | None, *, now: datetime) -> None:
    """Queue one new message about a lead that came back from a snooze: to the person asked, else to the channel.

    Their card was perhaps posted months ago, and an edit notifies nobody. A person without a card gets only the card.
    """
    event_id = session.scalar(_WOKEN, {"lead_id": handoff.lead_id, "handoff_id": handoff.id})
    had = session.scalar(_HAD_CARD, {"handoff_id": handoff.id, "person_id": person.id}) if person else True
    if event_id is None or not had:
        return
    outbox.owe(
        session,
        workspace_id=handoff.workspace_id,
        place=outbox.direct(person.id) if person else place_of(session.get_one(Team, handoff.team_id)),
        person_id=person.id if person else None,
        kind="woken",
        subject=event_id,
        handoff_id=handoff.id,
        urgency=outbox.NEW_MESSAGE,
        now=now,
    )


def owe_home(session: Session, person: Person, *, now: datetime) -> Owed:
    """Queue the person's Home tab."""
    return outbox.owe(
        session,
        workspace_id=person.workspace_id,
        place=outbox.home(person.id),
        person_id=person.id,
        kind="home",
        subject=person.id,
        handoff_id=None,
        urgency=outbox.CAN_WAIT,
        now=now,
    )


def refresh_home(session: Session, person: Person | None, *, now: datetime) -> None:
    """Queue the person's Home tab, if they ever opened it."""
    if person is not None and session.scalar(_HOME_OF, {"person_id": person.id}):
        owe_home(session, person, now=now)


def refresh_pool(session: Session, offer: Offer, *, now: datetime) -> None:
    """Queue the Home tabs of everybody in a pool, after an offer to the whole pool came or went."""
    if offer.person_id is None:
        for person in session.scalars(_AT_HOME_IN_POOL, {"pool_id": offer.pool_id}).all():
            owe_home(session, person, now=now)


def place_of(team: Team) -> str:
    """Return the place of the team's messages: the channel's id, or its name until Slack has told the id."""
    return team.channel_id or team.channel


def _owe_direct(
    session: Session,
    person: Person,
    kind: str,
    subject: int,
    handoff: Handoff,
    *,
    now: datetime,
    urgency: int = outbox.NEW_MESSAGE,
) -> Owed:
    return outbox.owe(
        session,
        workspace_id=person.workspace_id,
        place=outbox.direct(person.id),
        person_id=person.id,
        kind=kind,
        subject=subject,
        handoff_id=handoff.id,
        urgency=urgency,
        now=now,
    )


_WOKEN: Final = select(func.max(LeadEvent.id)).where(
    LeadEvent.lead_id == bindparam("lead_id"),
    LeadEvent.handoff_id == bindparam("handoff_id"),
    LeadEvent.kind == EventKind.WOKEN,
)
_HAD_CARD: Final = (
    select(Delivery.id)
    .join(Lane, Lane.id == Delivery.lane_id)
    .where(
        Delivery.handoff_id == bindparam("handoff_id"),
        Delivery.kind == "direct_card",
        Lane.person_id == bindparam("person_id"),
        Delivery.ts.is_not(None),
    )
    .limit(1)
)
_HOME_OF: Final = select(Delivery.id).where(statements.IS_HOME, Delivery.subject == bindparam("person_id"))
_AT_HOME_IN_POOL: Final = (
    select(Person)
    .join(Membership, Membership.person_id == Person.id)
    .join(Delivery, statements.IS_HOME & (Delivery.subject == Person.id))
    .where(Membership.pool_id == bindparam("pool_id"), Membership.active)
    .order_by(Person.id)
)
