"""What is due: snoozed leads, reminders, offers that expire, tasks, undo times that end, people who are back."""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qualification.handoffs import decisions, snooze, tasks
from qualification.leads.events import record_event
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import IS_OPEN, Handoff, Offer, Person, rows
from qualification.routing import assignment
from qualification.rules.handoffs.event_types import Expired, Reminded
from qualification.rules.handoffs.states import OfferOutcome

log = logging.getLogger(__name__)

# A clock that could not strike strikes again this long after.
RETRY_AFTER = timedelta(minutes=5)


def run_due(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int = 20) -> int:
    """Do what is due at `now`, of each kind at most `limit` and the longest due first; return how many were done.

    Each is settled by its own row, locked: two workers never do the same one, and a second pass at the same moment
    finds nothing. One that cannot be done is logged, tried again later, and holds up no other.
    """
    snoozed = snooze.due(session, workspace_id, now, limit)
    offers = _locked_offers(session, workspace_id, now, limit)
    pool_ids = [*(each.pool_id for each in snoozed), *(each.pool_id for each in offers)]
    assignment.lock_pools(session, workspace_id, {each for each in pool_ids if each is not None})
    for handoff in snoozed:
        _resume(session, handoff, now=now)
    for offer in offers:
        _strike(session, offer, now=now)
    done = len(snoozed) + len(offers) + tasks.run_due(session, workspace_id, now, limit=limit)
    asked = {"workspace_id": workspace_id, "now": now, "most": limit}
    for handoff in session.scalars(_ENDING, asked):
        decisions.end_undo(session, handoff, now=now)
        done += 1
    for person in session.scalars(_BACK, asked):
        people.come_back(session, person, now=now)
        done += 1
    return done


def _resume(session: UnitOfWork, handoff: Handoff, *, now: datetime) -> None:
    """Offer again what was snoozed until now, wholly or not at all."""
    try:
        with session.begin_nested():
            snooze.resume_due(session, handoff, playbooks.current(session, handoff.workspace_id), now=now)
    except SQLAlchemyError:
        raise  # the database's trouble, not the lead's
    except Exception:
        log.exception(
            "A snoozed lead could not be offered again; it will be tried again.",
            extra={"action": "resume", "workspace": handoff.workspace_id, "handoff": handoff.id},
        )
        handoff.resume_at = now + RETRY_AFTER


def _strike(session: UnitOfWork, offer: Offer, *, now: datetime) -> None:
    """Do what is due of one offer, wholly or not at all."""
    is_over = (offer.accept_by is not None and offer.accept_by <= now) or _has_left(session, offer)
    due = _expire if is_over else _remind
    try:
        with session.begin_nested():
            due(session, offer, now=now)
    except SQLAlchemyError:
        raise  # the database's trouble, not the offer's
    except Exception:
        log.exception(
            "A reminder or deadline could not be handled; it will be tried again.",
            extra={"action": "clock", "workspace": offer.workspace_id, "handoff": offer.handoff_id},
        )
        offer.next_at = now + RETRY_AFTER


def _has_left(session: Session, offer: Offer) -> bool:
    """Say whether the person whom the lead is offered to has left or can't be reached; a pool never has."""
    person = rows.get(session, Person, offer.person_id, offer.workspace_id)
    return person is not None and not (person.active and people.is_reachable(person))


def _locked_offers(session: Session, workspace_id: int, now: datetime, limit: int) -> list[Offer]:
    """Lock the handoffs of due offers first, as every decision does, then read the offers again.

    What is offered to somebody who has left is due at once.
    """
    offers: list[Offer] = []
    asked = {"workspace_id": workspace_id, "now": now, "most": limit}
    for offer_id, handoff_id in session.execute(_OFFERS, asked).all():
        handoff = session.scalar(tasks.FREE_HANDOFF, {"workspace_id": workspace_id, "handoff_id": handoff_id})
        offer = rows.get_fresh(session, Offer, offer_id, workspace_id) if handoff else None
        if offer is None or offer.outcome is not OfferOutcome.OPEN:
            continue
        if (offer.next_at is not None and offer.next_at <= now) or _has_left(session, offer):
            offers.append(offer)
    return offers


def _remind(session: UnitOfWork, offer: Offer, *, now: datetime) -> None:
    """Remind the rep once; a pool is reminded in the thread."""
    handoff = rows.get_one(session, Handoff, offer.handoff_id, offer.workspace_id)
    offer.remind_at, offer.next_at = None, offer.accept_by
    person = rows.get(session, Person, offer.person_id, offer.workspace_id)
    surfaces.enqueue_card(session, handoff, now=now)
    if person is not None:
        surfaces.enqueue_reminder(session, handoff, offer, person, now=now)
    record_event(session, handoff, Reminded(to_id=offer.person_id), now=now)


def _expire(session: UnitOfWork, offer: Offer, *, now: datetime) -> None:
    """End the offer; the next rep is asked, or the manager."""
    handoff = rows.get_one(session, Handoff, offer.handoff_id, offer.workspace_id)
    published = playbooks.current(session, handoff.workspace_id)
    surfaces.enqueue_own_card(session, handoff, now=now)
    assignment.end_offer(session, offer, OfferOutcome.EXPIRED, now=now)
    expired = Expired(to_id=offer.person_id, has_left=_has_left(session, offer))
    record_event(session, handoff, expired, now=now, playbook_id=published.id)
    surfaces.refresh_home(session, rows.get(session, Person, offer.person_id, offer.workspace_id), now=now)
    assignment.offer_next(session, handoff, published, now=now)


_DUE_OFFERS: Final = (
    select(Offer.id, Offer.handoff_id)
    .outerjoin(Person, Person.id == Offer.person_id)
    .where(
        Offer.workspace_id == bindparam("workspace_id"),
        IS_OPEN,
        or_(Offer.next_at <= bindparam("now"), Person.deactivated, Person.unreachable.is_not(None), ~Person.active),
    )
)
_UNDO_ENDS: Final = (Handoff.workspace_id == bindparam("workspace_id"), Handoff.undo_until <= bindparam("now"))
_IS_BACK: Final = (Person.workspace_id == bindparam("workspace_id"), Person.away_until <= bindparam("now"))
# Built once: building a statement takes longer than running it.
_OFFERS: Final = _DUE_OFFERS.order_by(Offer.next_at, Offer.id).limit(bindparam("most"))
_ENDING: Final = (
    select(Handoff)
    .where(*_UNDO_ENDS)
    .order_by(Handoff.undo_until, Handoff.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)
_BACK: Final = (
    select(Person)
    .where(*_IS_BACK)
    .order_by(Person.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)
MAY_BE_DUE: Final = or_(
    snooze.MAY_BE_DUE,
    _DUE_OFFERS.exists(),
    tasks.MAY_BE_DUE,
    exists().where(*_UNDO_ENDS),
    exists().where(*_IS_BACK),
)
