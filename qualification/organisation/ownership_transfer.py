"""Who takes over what is live: a new manager the queue, the row that the playbook names what another row has."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import IS_OPEN_TASK, Handoff, Membership, Offer, Person, Task, Team
from qualification.records.rows import in_workspace
from qualification.rules.handoffs.decision_memory import DecisionMemory
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome


def hand_queue_over(session: UnitOfWork, team: Team, manager: Person, *, now: datetime) -> None:
    """Show the new manager of a team what waits in its queue."""
    queued = select(Handoff).where(
        Handoff.workspace_id == team.workspace_id,
        Handoff.state == HandoffState.MANAGER_QUEUE,
        Handoff.team_id == team.id,
    )
    for handoff in session.scalars(queued.order_by(Handoff.id)).all():
        surfaces.enqueue_direct_card(session, handoff, manager, now=now)
        outbox.mark_stale(session, handoff.workspace_id, handoff.id, now)


def take_over(session: UnitOfWork, former: Person, person: Person, *, now: datetime) -> None:
    """Give the person what is live of a row that loses its Slack user to theirs, and its offers, tasks and turns.

    What they announced becomes the person's too. What has ended, and the history, stay with the former row, which goes
    by the same name.
    """
    for handoff in _live_of(session, former):
        if handoff.owner_id == former.id:
            handoff.owner_id = person.id
        if handoff.decided_by_id == former.id:
            handoff.decided_by_id = person.id
        if handoff.before_decision is not None:
            memory = DecisionMemory.from_json(handoff.before_decision)
            handoff.before_decision = memory.with_person(former.id, person.id).to_json()
        surfaces.enqueue_direct_card(session, handoff, person, now=now)
        outbox.mark_stale(session, handoff.workspace_id, handoff.id, now)
    ours = in_workspace(Handoff, person.workspace_id)
    is_snoozed = Handoff.state == HandoffState.SNOOZED
    snoozed = update(Handoff).where(ours, Handoff.decided_by_id == former.id, is_snoozed)
    session.execute(snoozed.values(decided_by_id=person.id))
    for handoff in _live_announced_by(session, former):
        surfaces.enqueue_receipt(session, handoff, person, now=now)
        outbox.mark_stale(session, handoff.workspace_id, handoff.id, now)
    session.execute(update(Handoff).where(ours, Handoff.announcer_id == former.id).values(announcer_id=person.id))
    offers = update(Offer).where(in_workspace(Offer, person.workspace_id), Offer.person_id == former.id)
    session.execute(offers.values(person_id=person.id))
    tasks = update(Task).where(in_workspace(Task, person.workspace_id), Task.person_id == former.id, IS_OPEN_TASK)
    session.execute(tasks.values(person_id=person.id))
    _keep_turns(session, former, person)
    if former.away_since is not None:
        person.away_since, person.away_until = former.away_since, former.away_until
    session.flush()


def _keep_turns(session: Session, former: Person, person: Person) -> None:
    """Let the person's seats stand in each rotation where the former row's stood: nobody is asked twice as often."""
    every = select(Membership).where(in_workspace(Membership, person.workspace_id))
    seats = {seat.pool_id: seat for seat in session.scalars(every.where(Membership.person_id == person.id))}
    for left in session.scalars(every.where(Membership.person_id == former.id)):
        seat = seats.get(left.pool_id)
        if seat is None:
            seat = Membership(
                workspace_id=left.workspace_id,
                pool_id=left.pool_id,
                person_id=person.id,
                position=left.position,
                active=left.active,
            )
            session.add(seat)
        seat.last_turn = max(seat.last_turn or 0, left.last_turn)


def _live_of(session: Session, person: Person) -> list[Handoff]:
    """Lock the handoffs, live or put off, that the person owns, is asked about or was asked about until then.

    A decision locks them before it locks anybody.
    """
    offered = select(Offer.handoff_id).where(in_workspace(Offer, person.workspace_id), Offer.person_id == person.id)
    asked = offered.where(Offer.outcome == OfferOutcome.OPEN)
    was_asked = offered.where(Offer.outcome == OfferOutcome.SNOOZED, Offer.ended_at == Handoff.ended_at)
    concerned = (
        select(Handoff)
        .where(
            Handoff.workspace_id == person.workspace_id,
            Handoff.state.in_(LIVE_STATES | {HandoffState.SNOOZED}),
            or_(Handoff.owner_id == person.id, Handoff.id.in_(asked), Handoff.id.in_(was_asked.correlate(Handoff))),
        )
        .order_by(Handoff.id)
        .with_for_update(key_share=True)
    )
    return list(session.scalars(concerned))


def _live_announced_by(session: Session, person: Person) -> list[Handoff]:
    """Return the handoffs, live or put off, that the person announced."""
    states = LIVE_STATES | {HandoffState.SNOOZED}
    announced = select(Handoff).where(in_workspace(Handoff, person.workspace_id), Handoff.announcer_id == person.id)
    return list(session.scalars(announced.where(Handoff.state.in_(states)).order_by(Handoff.id)))
