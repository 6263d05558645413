"""What a decision replaced, kept with the handoff, and put back by undo and reopen."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from qualification.handoffs.context import Case
from qualification.outbox import surfaces
from qualification.records import Handoff, Offer, Person
from qualification.routing import assignment
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from qualification.rules.people.working_time import working_time_between
from qualification.rules.refusals import StaleCard


def remember(session: Session, case: Case, *, undo_until: datetime | None, now: datetime) -> None:
    """Keep what the decision replaces, so that it can be reopened, and undone until then."""
    handoff = case.handoff
    left = None
    if case.offer is not None and case.offer.accept_by is not None:
        hours, zone = assignment.hours_of_offer(session, case.offer)
        left = working_time_between(now, case.offer.accept_by, hours, zone).total_seconds()
    handoff.before = {
        "state": handoff.state.value,
        "owner_id": handoff.owner_id,
        "decided_by_id": handoff.decided_by_id,
        "accepted_at": handoff.accepted_at.isoformat() if handoff.accepted_at else None,
        "stage": handoff.stage,
        "offer_id": case.offer.id if case.offer else None,
        "seconds_left": left,
    }
    handoff.undo_until = undo_until


def restore(session: Session, case: Case, *, fresh_clock: bool, now: datetime) -> None:
    """Put back what the last decision replaced; an offer gets its whole time again, or what was left of it."""
    handoff = case.handoff
    before: dict[str, Any] | None = handoff.before
    if before is None:
        raise StaleCard
    handoff.state = HandoffState(before["state"])
    handoff.owner_id = before["owner_id"]
    handoff.decided_by_id = before["decided_by_id"]
    handoff.accepted_at = datetime.fromisoformat(before["accepted_at"]) if before["accepted_at"] else None
    handoff.stage = before["stage"]
    handoff.ended_at = handoff.reason = handoff.reason_note = handoff.wake_at = None
    forget(handoff)
    if before["offer_id"] is not None:
        offer = session.get_one(Offer, before["offer_id"])
        _put_back(session, case, offer, before["seconds_left"], fresh_clock=fresh_clock, now=now)


def _put_back(
    session: Session, case: Case, offer: Offer, seconds_left: float | None, *, fresh_clock: bool, now: datetime
) -> None:
    """Open the offer again, its turn counted again and its clock running."""
    offer.outcome = OfferOutcome.OPEN
    offer.ended_at = None
    surfaces.refresh_pool(session, offer, now=now)
    assignment.take_credit_back(session, offer)
    if seconds_left is None:
        return
    if not fresh_clock:
        clock = assignment.clock_again(session, offer, timedelta(seconds=seconds_left), now=now)
    elif offer.person_id is not None:
        person = session.get_one(Person, offer.person_id)
        clock = assignment.clock_for_person(session, person, case.published, now=now)
    else:
        clock = assignment.clock_for_team(session, case.handoff.team_id, case.published, now=now)
    offer.remind_at, offer.accept_by, offer.next_at = clock.remind_at, clock.accept_by, clock.next_at


def forget(handoff: Handoff) -> None:
    """Let nothing be put back any more."""
    handoff.before = None
    handoff.undo_until = None
