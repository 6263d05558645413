"""What is due: snoozed leads, reminders, offers that expire, tasks, undo times that end, people who are back."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qualification.handoffs import decisions, snooze, tasks
from qualification.leads.events import record_event
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import IS_OPEN, Handoff, Offer, Person
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
    ending = select(Handoff).where(Handoff.workspace_id == workspace_id, Handoff.undo_until <= now)
    for handoff in session.scalars(
        ending.order_by(Handoff.undo_until, Handoff.id).limit(limit).with_for_update(skip_locked=True, key_share=True)
    ):
        decisions.end_undo(session, handoff, now=now)
        done += 1
    back = select(Person).where(Person.workspace_id == workspace_id, Person.away_until <= now)
    for person in session.scalars(
        back.order_by(Person.id).limit(limit).with_for_update(skip_locked=True, key_share=True)
    ):
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
    due = _expire if offer.accept_by is not None and offer.accept_by <= now else _remind
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


def _locked_offers(session: Session, workspace_id: int, now: datetime, limit: int) -> list[Offer]:
    """Lock the handoffs of due offers first, as every decision does, then read the offers again."""
    due = (
        select(Offer.id, Offer.handoff_id)
        .where(Offer.workspace_id == workspace_id, IS_OPEN, Offer.next_at <= now)
        .order_by(Offer.next_at, Offer.id)
        .limit(limit)
    )
    offers: list[Offer] = []
    for offer_id, handoff_id in session.execute(due).all():
        handoff = session.scalar(
            select(Handoff).where(Handoff.id == handoff_id).with_for_update(skip_locked=True, key_share=True)
        )
        offer = session.get(Offer, offer_id, populate_existing=True) if handoff else None
        if offer is not None and offer.outcome is OfferOutcome.OPEN and offer.next_at and offer.next_at <= now:
            offers.append(offer)
    return offers


def _remind(session: UnitOfWork, offer: Offer, *, now: datetime) -> None:
    """Remind the rep once; a pool is reminded in the thread."""
    handoff = session.get_one(Handoff, offer.handoff_id)
    offer.remind_at, offer.next_at = None, offer.accept_by
    person = session.get(Person, offer.person_id) if offer.person_id is not None else None
    surfaces.enqueue_card(session, handoff, now=now)
    if person is not None:
        surfaces.enqueue_reminder(session, handoff, offer, person, now=now)
    record_event(session, handoff, Reminded(to_id=offer.person_id), now=now)


def _expire(session: UnitOfWork, offer: Offer, *, now: datetime) -> None:
    """End the offer; the next rep is asked, or the manager."""
    handoff = session.get_one(Handoff, offer.handoff_id)
    published = playbooks.current(session, handoff.workspace_id)
    surfaces.enqueue_card(session, handoff, now=now)
    assignment.end_offer(session, offer, OfferOutcome.EXPIRED, now=now)
    record_event(session, handoff, Expired(to_id=offer.person_id), now=now, playbook_id=published.id)
    surfaces.refresh_home(
        session, session.get(Person, offer.person_id) if offer.person_id is not None else None, now=now
    )
    assignment.offer_next(session, handoff, published, now=now)
