"""What becomes of a handoff: accepted, claimed, passed on, disqualified, undone, reopened, given to somebody."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.handoffs import snooze, tasks
from qualification.handoffs import undo as undoing
from qualification.handoffs.context import Case, take
from qualification.leads import events, merging
from qualification.leads.events import settle_lifecycle
from qualification.leads.titles import lead_title
from qualification.outbox import outbox, surfaces
from qualification.people import people
from qualification.records import EventKind, Handoff, Offer, Person
from qualification.routing import assignment
from qualification.rules.field_errors import FieldFault
from qualification.rules.handoffs.permissions import Action, Party, Receiver, allow_reassign, allow_undo, require_note
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome
from qualification.rules.handoffs.tasks import Because
from qualification.rules.playbook.playbook import Reason
from qualification.rules.refusals import AlreadyHandedOver, InvalidFields, StaleCard, UnknownPerson
from qualification.rules.values.normalization import written


def accept(
    session: Session, *, workspace_id: int, by: str, handoff_id: int, offer_id: int | None, now: datetime
) -> None:
    """Make whoever presses the owner: the rep it was offered to, or a manager."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    if case.allows(Action.ACCEPT, offer_id):
        _own(session, case, now=now, claimed=False)


def claim(
    session: Session, *, workspace_id: int, by: str, handoff_id: int, offer_id: int | None, now: datetime
) -> None:
    """Make the first of the pool who presses the owner."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    if case.allows(Action.CLAIM, offer_id):
        _own(session, case, now=now, claimed=True)


def pass_on(
    session: Session,
    *,
    workspace_id: int,
    by: str,
    handoff_id: int,
    offer_id: int | None,
    reason: str,
    note: str | None,
    now: datetime,
) -> None:
    """End the offer as not mine; the turn is given back, and the next rep is asked at once."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    if not case.allows(Action.PASS_ON, offer_id):
        return
    chosen = checked_reason(case.published.playbook.pass_on_reason(reason), note)
    offer = _expected(case.offer)
    assignment.end_offer(session, offer, OfferOutcome.PASSED_ON, now=now)
    offer.reason, offer.reason_note = chosen.key, written(note)
    assignment.give_credit(session, offer)
    events.tell(
        session,
        case.handoff,
        EventKind.PASSED_ON,
        now=now,
        by=case.by,
        playbook_id=case.published.id,
        reason=chosen.name,
        note=written(note),
    )
    _refresh(session, offer.person_id, now=now)
    assignment.offer_next(session, case.handoff, case.published, now=now)


def disqualify(
    session: Session,
    *,
    workspace_id: int,
    by: str,
    handoff_id: int,
    offer_id: int | None,
    reason: str,
    note: str | None,
    now: datetime,
) -> None:
    """End the handoff with a reason from the playbook."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    if not case.allows(Action.DISQUALIFY, offer_id):
        return
    chosen = checked_reason(case.published.playbook.disqualify_reason(reason), note)
    handoff = case.handoff
    undoing.remember(session, case, undo_until=now + case.published.playbook.clocks.undo_within, now=now)
    if case.offer is not None:
        assignment.end_offer(session, case.offer, OfferOutcome.DISQUALIFIED, now=now)
        if case.offer.person_id != case.by.id:
            assignment.give_credit(session, case.offer)
    handoff.state = HandoffState.DISQUALIFIED
    handoff.decided_by_id = case.by.id
    handoff.ended_at = now
    handoff.reason, handoff.reason_note = chosen.key, written(note)
    events.tell(
        session,
        handoff,
        EventKind.DISQUALIFIED,
        now=now,
        by=case.by,
        playbook_id=case.published.id,
        reason=chosen.name,
        note=written(note),
    )
    tasks.settle(session, handoff, case.published, by=case.by, now=now)
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, passed=case.passed, now=now, by=case.by)
    _refresh_all(session, case, now=now)


def undo(session: Session, *, workspace_id: int, by: str, handoff_id: int, now: datetime) -> None:
    """Take the last decision back, with the offer, its turn and the time left on its clock.

    What can be undone is an acceptance, a disqualification, or that a lead was put off.
    """
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now, with_lead=True)
    allow_undo(case.standing, case.actor, now)
    _require_alone(session, case)
    was = case.handoff.state
    undoing.restore(session, case, fresh_clock=False, now=now)
    events.tell(session, case.handoff, EventKind.UNDONE, now=now, by=case.by, was=was.value)
    tasks.settle(session, case.handoff, case.published, because=Because.UNDONE, by=case.by, now=now)
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, passed=case.passed, now=now, by=case.by)
    _refresh_all(session, case, now=now)


def reopen(session: Session, *, workspace_id: int, by: str, handoff_id: int, now: datetime) -> None:
    """Put a handoff that ended, or sleeps, back where it was before; a waiting offer gets its whole time again.

    One that sleeps and whose rep is gone meanwhile is offered to somebody else, as on the day it would have woken.
    """
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now, with_lead=True)
    case.allows(Action.REOPEN)
    _require_alone(session, case)
    handoff = case.handoff
    was = handoff.state
    if was is HandoffState.NOT_NOW and snooze.rep_is_gone(session, handoff):
        snooze.wake(session, handoff, case.lead, case.published, by=case.by, now=now)
        return
    undoing.restore(session, case, fresh_clock=True, now=now)
    events.tell(session, handoff, EventKind.REOPENED, now=now, by=case.by, was=was.value)
    tasks.settle(session, handoff, case.published, because=Because.REOPENED, by=case.by, now=now)
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, passed=case.passed, now=now, by=case.by)
    _refresh_all(session, case, now=now)


def reassign(
    session: Session,
    *,
    workspace_id: int,
    by: str,
    handoff_id: int,
    to: str,
    note: str | None = None,
    now: datetime,
) -> None:
    """Put the handoff before anybody a manager names, who must accept it like any other offer.

    The turn of a rep who is passed over this way is given back; the one named takes none.
    """
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    receiver = people.by_slack_user(session, workspace_id, to)
    if receiver is None:
        raise UnknownPerson
    allow_reassign(
        case.standing,
        case.actor,
        Receiver(
            party=Party(person_id=receiver.id, ref=people.ref(receiver)),
            in_playbook=receiver.active,
            deactivated=receiver.deactivated,
        ),
    )
    handoff = case.handoff
    if case.offer is not None:
        assignment.end_offer(session, case.offer, OfferOutcome.WITHDRAWN, now=now)
        assignment.give_credit(session, case.offer)
    former = handoff.owner_id
    undoing.forget(handoff)
    handoff.state = HandoffState.OFFERED
    handoff.owner_id = handoff.decided_by_id = handoff.accepted_at = handoff.contacted_at = None
    assignment.make_offer(
        session,
        handoff,
        case.published,
        person=receiver,
        why="manager",
        clock=assignment.clock_for_person(session, receiver, case.published, now=now),
        now=now,
    )
    events.tell(session, handoff, EventKind.REASSIGNED, now=now, by=case.by, to_id=receiver.id, note=written(note))
    tasks.settle(session, handoff, case.published, by=case.by, now=now)
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, passed=case.passed, now=now, by=case.by)
    _refresh(session, former, now=now)
    _refresh_all(session, case, now=now)


def end_undo(session: Session, handoff: Handoff, *, now: datetime) -> None:
    """Close the time in which the last decision can be undone; every card loses its button."""
    handoff.undo_until = None
    outbox.stale(session, handoff.id, now)


def _own(session: Session, case: Case, *, now: datetime, claimed: bool) -> None:
    """Make the actor the owner; the offer keeps its clock's remainder for an undo."""
    handoff, person = case.handoff, case.by
    undoing.remember(session, case, undo_until=now + case.published.playbook.clocks.undo_within, now=now)
    if case.offer is not None:
        assignment.end_offer(session, case.offer, OfferOutcome.ACCEPTED, now=now)
        if case.offer.person_id not in {None, person.id}:
            assignment.give_credit(session, case.offer)
    handoff.state = HandoffState.ACCEPTED
    handoff.owner_id = handoff.decided_by_id = person.id
    handoff.accepted_at = now
    handoff.stage = handoff.stage or case.published.playbook.first_stage.key
    surfaces.owe_direct_card(session, handoff, person, now=now)
    events.tell(
        session, handoff, EventKind.ACCEPTED, now=now, by=person, playbook_id=case.published.id, claimed=claimed
    )
    tasks.settle(session, handoff, case.published, by=person, now=now)
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, passed=case.passed, now=now, by=case.by)


def _require_alone(session: Session, case: Case) -> None:
    """Raise AlreadyHandedOver where the lead, or one merged into it, came back meanwhile and is in somebody's hands."""
    ids = merging.family(session, case.lead)
    other = session.scalar(
        select(Handoff)
        .where(Handoff.lead_id.in_(ids), Handoff.id != case.handoff.id, Handoff.state.in_(LIVE_STATES))
        .limit(1)
    )
    if other is not None:
        raise AlreadyHandedOver(lead=lead_title(session, other), owner=people.ref_of(session, other.owner_id))


def checked_reason(reason: Reason | None, note: str | None) -> Reason:
    """Return the reason; raises what is wrong with it or with the note."""
    if reason is None:
        raise InvalidFields({"reason": FieldFault.UNKNOWN_CHOICE})
    require_note(note, required=reason.note_required, reason=reason.name)
    return reason


def _expected(offer: Offer | None) -> Offer:
    if offer is None:
        raise StaleCard
    return offer


def _refresh(session: Session, person_id: int | None, *, now: datetime) -> None:
    surfaces.refresh_home(session, session.get(Person, person_id) if person_id is not None else None, now=now)


def _refresh_all(session: Session, case: Case, *, now: datetime) -> None:
    """Draw anew the Home tabs of those whom the change concerns."""
    concerned = {case.by.id, case.handoff.owner_id, case.offer.person_id if case.offer else None}
    for person_id in sorted(each for each in concerned if each is not None):
        _refresh(session, person_id, now=now)
