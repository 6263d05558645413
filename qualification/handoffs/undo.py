"""What a decision replaced: remembered with the handoff, and put back by undo and reopen."""

from datetime import timedelta

from sqlalchemy.orm import Session

from qualification.handoffs.context import HandoffContext
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Handoff, Offer, Person, rows
from qualification.routing import assignment
from qualification.rules.handoffs.decision_memory import DecisionMemory
from qualification.rules.handoffs.states import OfferOutcome
from qualification.rules.people.working_time import working_time_between
from qualification.rules.refusals import StaleCard


def remember(session: Session, context: HandoffContext, *, can_be_undone: bool) -> None:
    """Keep what the decision replaces, so that it can be reopened, and for the playbook's time also undone."""
    handoff, offer = context.handoff, context.offer
    left = None
    if offer is not None and offer.accept_by is not None:
        hours, zone = assignment.hours_of_offer(session, offer)
        left = working_time_between(context.now, offer.accept_by, hours, zone).total_seconds()
    handoff.before_decision = DecisionMemory(
        state=handoff.state,
        owner_id=handoff.owner_id,
        decided_by_id=handoff.decided_by_id,
        accepted_at=handoff.accepted_at,
        stage=handoff.stage,
        offer_id=offer.id if offer else None,
        seconds_left=left,
    ).to_json()
    handoff.undo_until = context.now + context.published.playbook.clocks.undo_within if can_be_undone else None


def restore(session: UnitOfWork, context: HandoffContext, *, fresh_clock: bool) -> None:
    """Put back what the last decision replaced; an offer gets its whole time again, or what was left of it."""
    handoff = context.handoff
    if handoff.before_decision is None:
        raise StaleCard
    memory = DecisionMemory.from_json(handoff.before_decision)
    handoff.state = memory.state
    handoff.owner_id = memory.owner_id
    handoff.decided_by_id = memory.decided_by_id
    handoff.accepted_at = memory.accepted_at
    handoff.stage = memory.stage
    handoff.ended_at = handoff.reason = handoff.reason_note = handoff.resume_at = None
    forget(handoff)
    if memory.offer_id is not None:
        offer = rows.get_one(session, Offer, memory.offer_id, handoff.workspace_id)
        _put_back(session, context, offer, memory.seconds_left, fresh_clock=fresh_clock)


def forget(handoff: Handoff) -> None:
    """Make the last decision final."""
    handoff.before_decision = None
    handoff.undo_until = None


def _put_back(
    session: UnitOfWork, context: HandoffContext, offer: Offer, seconds_left: float | None, *, fresh_clock: bool
) -> None:
    """Open the offer again, with its turn counted again and its clock running."""
    now = context.now
    offer.outcome = OfferOutcome.OPEN
    offer.ended_at = None
    surfaces.refresh_pool(session, offer, now=now)
    assignment.take_credit_back(session, offer)
    if seconds_left is None:
        return
    if not fresh_clock:
        clock = assignment.clock_again(session, offer, timedelta(seconds=seconds_left), now=now)
    elif offer.person_id is not None:
        person = rows.get_one(session, Person, offer.person_id, offer.workspace_id)
        clock = assignment.clock_for_person(session, person, context.published, now=now)
    else:
        clock = assignment.clock_for_team(context.team, context.published, now=now)
    offer.remind_at, offer.accept_by, offer.next_at = clock.remind_at, clock.accept_by, clock.next_at
