"""What becomes of a handoff: accepted, claimed, declined, disqualified, undone, reopened, given to somebody."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.handoffs import snooze
from qualification.handoffs import undo as decision_undo
from qualification.handoffs.context import HandoffCommand, HandoffContext, lock_for_action
from qualification.handoffs.finish import concerned, end_open_offer, finish, refresh_homes
from qualification.leads import merging
from qualification.leads.events import record_event
from qualification.leads.titles import lead_title
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.records import Handoff, Offer
from qualification.records.rows import in_workspace
from qualification.routing import assignment
from qualification.rules.field_errors import FieldFault
from qualification.rules.handoffs import event_types
from qualification.rules.handoffs.permissions import (
    Action,
    Party,
    Receiver,
    allow_reassign,
    allow_undo,
    require_note,
)
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome
from qualification.rules.handoffs.tasks import TaskTrigger
from qualification.rules.playbook.playbook import Reason
from qualification.rules.refusals import AlreadyHandedOver, InvalidFields, StaleCard, UnknownPerson
from qualification.rules.values.normalization import written


def accept(session: UnitOfWork, command: HandoffCommand) -> None:
    """Make the actor the owner: the rep it was offered to, or a manager."""
    context = lock_for_action(session, command)
    if context.allows(Action.ACCEPT):
        _own(session, context, claimed=False)


def claim(session: UnitOfWork, command: HandoffCommand) -> None:
    """Make the first of the pool who presses the owner."""
    context = lock_for_action(session, command)
    if context.allows(Action.CLAIM):
        _own(session, context, claimed=True)


def decline(session: UnitOfWork, command: HandoffCommand, *, reason: str, note: str | None) -> None:
    """End the offer as not mine; the turn is given back, and the next rep is asked at once."""
    context = lock_for_action(session, command, deals=True)
    if not context.allows(Action.DECLINE):
        return
    chosen = checked_reason(context.published.playbook.pass_on_reason(reason), note)
    surfaces.enqueue_own_card(session, context.handoff, now=context.now)
    offer = _expected(context.offer)
    assignment.end_offer(session, offer, OfferOutcome.DECLINED, now=context.now)
    offer.reason, offer.reason_note = chosen.key, written(note)
    assignment.give_credit(session, offer)
    record_event(
        session,
        context.handoff,
        event_types.Declined(reason=chosen.name, note=written(note)),
        now=context.now,
        by=context.by,
        playbook_id=context.published.id,
    )
    refresh_homes(session, context, [offer.person_id])
    assignment.offer_next(session, context.handoff, context.published, now=context.now)


def disqualify(session: UnitOfWork, command: HandoffCommand, *, reason: str, note: str | None) -> None:
    """End the handoff with a reason from the playbook."""
    context = lock_for_action(session, command)
    if not context.allows(Action.DISQUALIFY):
        return
    chosen = checked_reason(context.published.playbook.disqualify_reason(reason), note)
    handoff = context.handoff
    decision_undo.remember(session, context, can_be_undone=True)
    end_open_offer(session, context, OfferOutcome.DISQUALIFIED)
    handoff.state = HandoffState.DISQUALIFIED
    handoff.decided_by_id = context.by.id
    handoff.ended_at = context.now
    handoff.reason, handoff.reason_note = chosen.key, written(note)
    record_event(
        session,
        handoff,
        event_types.Disqualified(reason=chosen.name, note=written(note)),
        now=context.now,
        by=context.by,
        playbook_id=context.published.id,
    )
    finish(session, context, homes=concerned(context))


def undo(session: UnitOfWork, command: HandoffCommand) -> None:
    """Take the last decision back, with the offer, its turn and the time left on its clock.

    An acceptance, a disqualification or a snooze can be undone.
    """
    context = lock_for_action(session, command, brings_back=True, deals=True)
    allow_undo(context.status, context.actor, context.now)
    _require_no_other(session, context)
    was = context.handoff.state
    decision_undo.restore(session, context, fresh_clock=False)
    record_event(session, context.handoff, event_types.Undone(was=was), now=context.now, by=context.by)
    finish(session, context, trigger=TaskTrigger.UNDONE, homes=concerned(context))


def reopen(session: UnitOfWork, command: HandoffCommand) -> None:
    """Put a handoff that ended, or is snoozed, back where it was before; an open offer gets its whole time again.

    A snoozed one whose rep has left meanwhile is offered to somebody else, as on the day it would have been resumed.
    """
    context = lock_for_action(session, command, brings_back=True, deals=True)
    context.allows(Action.REOPEN)
    _require_no_other(session, context)
    handoff = context.handoff
    was = handoff.state
    if was is HandoffState.SNOOZED and snooze.rep_is_gone(session, handoff):
        event = event_types.Resumed(is_due=False)
        snooze.resume(session, handoff, context.lead, context.published, event, by=context.by, now=context.now)
        return
    decision_undo.restore(session, context, fresh_clock=True)
    record_event(session, handoff, event_types.Reopened(was=was), now=context.now, by=context.by)
    finish(session, context, trigger=TaskTrigger.REOPENED, homes=concerned(context))


def reassign(session: UnitOfWork, command: HandoffCommand, *, to: str, note: str | None = None) -> None:
    """Put the handoff before anybody a manager names, who must accept it like any other offer.

    The turn of a rep who is passed over this way is given back; the one named takes none.
    """
    context = lock_for_action(session, command, deals=True)
    receiver = people.by_slack_user(session, command.workspace_id, to)
    if receiver is None:
        raise UnknownPerson
    allow_reassign(
        context.status,
        context.actor,
        Receiver(
            party=Party(person_id=receiver.id, ref=people.ref(receiver)),
            in_playbook=receiver.active,
            deactivated=not people.is_reachable(receiver),
        ),
    )
    handoff, now = context.handoff, context.now
    if context.offer is not None:
        assignment.end_offer(session, context.offer, OfferOutcome.WITHDRAWN, now=now)
        assignment.give_credit(session, context.offer)
    former = handoff.owner_id
    decision_undo.forget(handoff)
    handoff.state = HandoffState.OFFERED
    handoff.owner_id = handoff.decided_by_id = handoff.accepted_at = handoff.contacted_at = None
    assignment.make_offer(
        session,
        handoff,
        context.published,
        person=receiver,
        why="manager",
        clock=assignment.clock_for_person(session, receiver, context.published, now=now),
        now=now,
    )
    event = event_types.Reassigned(to_id=receiver.id, note=written(note))
    record_event(session, handoff, event, now=now, by=context.by)
    finish(session, context, homes=(former, *concerned(context)))


def end_undo(session: UnitOfWork, handoff: Handoff, *, now: datetime) -> None:
    """Close the time in which the last decision can be undone; every card loses its button."""
    handoff.undo_until = None
    outbox.mark_stale(session, handoff.workspace_id, handoff.id, now)


def checked_reason(reason: Reason | None, note: str | None) -> Reason:
    """Return the reason; raises InvalidFields for an unknown one, NoteRequired where it asks for a note."""
    if reason is None:
        raise InvalidFields({"reason": FieldFault.UNKNOWN_CHOICE})
    require_note(note, required=reason.note_required, reason=reason.name)
    return reason


def _own(session: UnitOfWork, context: HandoffContext, *, claimed: bool) -> None:
    """Make the actor the owner; the offer keeps its clock's remainder for an undo."""
    handoff, person = context.handoff, context.by
    decision_undo.remember(session, context, can_be_undone=True)
    if context.offer is not None:
        assignment.end_offer(session, context.offer, OfferOutcome.ACCEPTED, now=context.now)
        if context.offer.person_id not in {None, person.id}:
            assignment.give_credit(session, context.offer)
    handoff.state = HandoffState.ACCEPTED
    handoff.owner_id = handoff.decided_by_id = person.id
    handoff.accepted_at = context.now
    handoff.stage = handoff.stage or context.published.playbook.first_stage.key
    surfaces.enqueue_direct_card(session, handoff, person, now=context.now)
    event = event_types.Accepted(claimed=claimed)
    record_event(session, handoff, event, now=context.now, by=person, playbook_id=context.published.id)
    finish(session, context)


def _require_no_other(session: Session, context: HandoffContext) -> None:
    """Raise AlreadyHandedOver where the lead, or one merged into it, has another live handoff by now."""
    ids = merging.family(session, context.lead)
    other = session.scalar(
        select(Handoff)
        .where(in_workspace(Handoff, context.handoff.workspace_id))
        .where(Handoff.lead_id.in_(ids), Handoff.id != context.handoff.id, Handoff.state.in_(LIVE_STATES))
        .limit(1)
    )
    if other is not None:
        raise AlreadyHandedOver(
            lead=lead_title(session, other, contact=False),
            owner=people.ref_of(session, other.workspace_id, other.owner_id),
        )


def _expected(offer: Offer | None) -> Offer:
    if offer is None:
        raise StaleCard
    return offer
