"""What becomes of a handoff: accepted, claimed, passed on, disqualified, undone, reopened, given to somebody."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification import deliveries, history, people, routing, showing
from qualification.cards import lead_title
from qualification.cases import Case, take
from qualification.history import settle_lifecycle
from qualification.records import EventKind, Handoff, Offer, Person
from qualification.rules.clocks import working_time_between
from qualification.rules.handoff import (
    LIVE_STATES,
    Action,
    HandoffState,
    OfferOutcome,
    Party,
    Receiver,
    allow_reassign,
    allow_undo,
    require_note,
)
from qualification.rules.playbook import Reason
from qualification.rules.refusals import AlreadyHandedOver, FieldFault, InvalidFields, StaleCard, UnknownPerson


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
    routing.end_offer(session, offer, OfferOutcome.PASSED_ON, now=now)
    offer.reason, offer.reason_note = chosen.key, _text(note)
    routing.give_credit(session, offer)
    history.tell(
        session,
        case.handoff,
        EventKind.PASSED_ON,
        now=now,
        by=case.by,
        playbook_id=case.published.id,
        reason=chosen.name,
        note=_text(note),
    )
    _refresh(session, offer.person_id, now=now)
    routing.offer_next(session, case.handoff, case.published, now=now)


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
    _remember(session, case, now=now)
    if case.offer is not None:
        routing.end_offer(session, case.offer, OfferOutcome.DISQUALIFIED, now=now)
        if case.offer.person_id != case.by.id:
            routing.give_credit(session, case.offer)
    handoff.state = HandoffState.DISQUALIFIED
    handoff.decided_by_id = case.by.id
    handoff.ended_at = now
    handoff.reason, handoff.reason_note = chosen.key, _text(note)
    history.tell(
        session,
        handoff,
        EventKind.DISQUALIFIED,
        now=now,
        by=case.by,
        playbook_id=case.published.id,
        reason=chosen.name,
        note=_text(note),
    )
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, now=now, by=case.by)
    _refresh_all(session, case, now=now)


def undo(session: Session, *, workspace_id: int, by: str, handoff_id: int, now: datetime) -> None:
    """Take the last acceptance or disqualification back, with the offer, its turn and the time left on its clock."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now, with_lead=True)
    allow_undo(case.standing, case.actor, now)
    _require_alone(session, case)
    was = case.handoff.state
    _restore(session, case, fresh_clock=False, now=now)
    history.tell(session, case.handoff, EventKind.UNDONE, now=now, by=case.by, was=was.value)
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, now=now, by=case.by)
    _refresh_all(session, case, now=now)


def reopen(session: Session, *, workspace_id: int, by: str, handoff_id: int, now: datetime) -> None:
    """Put an ended handoff back where it was before its verdict; a waiting offer gets its whole time again."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now, with_lead=True)
    case.allows(Action.REOPEN)
    _require_alone(session, case)
    handoff = case.handoff
    was = handoff.state
    _restore(session, case, fresh_clock=True, now=now)
    history.tell(session, handoff, EventKind.REOPENED, now=now, by=case.by, was=was.value)
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, now=now, by=case.by)
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
        raise UnknownPerson(who=to)
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
        routing.end_offer(session, case.offer, OfferOutcome.WITHDRAWN, now=now)
        routing.give_credit(session, case.offer)
    former = handoff.owner_id
    _forget(handoff)
    handoff.state = HandoffState.OFFERED
    handoff.owner_id = handoff.decided_by_id = handoff.accepted_at = None
    routing.make_offer(
        session,
        handoff,
        case.published,
        person=receiver,
        why="manager",
        clock=routing.clock_for_person(session, receiver, case.published, now=now),
        now=now,
    )
    history.tell(session, handoff, EventKind.REASSIGNED, now=now, by=case.by, to_id=receiver.id, note=_text(note))
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, now=now, by=case.by)
    _refresh(session, former, now=now)
    _refresh_all(session, case, now=now)


def end_undo(session: Session, handoff: Handoff, *, now: datetime) -> None:
    """Close the time in which the last decision can be undone; every card loses its button."""
    handoff.undo_until = None
    deliveries.stale(session, handoff.id, now)


def _own(session: Session, case: Case, *, now: datetime, claimed: bool) -> None:
    """Make the actor the owner; the offer keeps its clock's remainder for an undo."""
    handoff, person = case.handoff, case.by
    _remember(session, case, now=now)
    if case.offer is not None:
        routing.end_offer(session, case.offer, OfferOutcome.ACCEPTED, now=now)
        if case.offer.person_id not in {None, person.id}:
            routing.give_credit(session, case.offer)
    handoff.state = HandoffState.ACCEPTED
    handoff.owner_id = handoff.decided_by_id = person.id
    handoff.accepted_at = now
    handoff.stage = handoff.stage or case.published.playbook.first_stage.key
    showing.owe_direct_card(session, handoff, person, now=now)
    history.tell(
        session, handoff, EventKind.ACCEPTED, now=now, by=person, playbook_id=case.published.id, claimed=claimed
    )
    settle_lifecycle(session, case.handoff, case.lead, case.published.playbook, now=now, by=case.by)


def _require_alone(session: Session, case: Case) -> None:
    """Raise AlreadyHandedOver where the lead came back meanwhile and is in somebody's hands."""
    handoff = case.handoff
    other = session.scalar(
        select(Handoff).where(
            Handoff.lead_id == handoff.lead_id, Handoff.id != handoff.id, Handoff.state.in_(LIVE_STATES)
        )
    )
    if other is not None:
        raise AlreadyHandedOver(lead=lead_title(session, other), owner=people.ref_of(session, other.owner_id))


def _remember(session: Session, case: Case, *, now: datetime) -> None:
    """Keep what the decision replaces, so that it can be undone or reopened."""
    handoff = case.handoff
    left = None
    if case.offer is not None and case.offer.accept_by is not None:
        hours, zone = routing.hours_of_offer(session, case.offer)
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
    handoff.undo_until = now + case.published.playbook.clocks.undo_within


def _restore(session: Session, case: Case, *, fresh_clock: bool, now: datetime) -> None:
    """Put back what the last decision replaced."""
    handoff = case.handoff
    before: dict[str, Any] | None = handoff.before
    if before is None:
        raise StaleCard
    handoff.state = HandoffState(before["state"])
    handoff.owner_id = before["owner_id"]
    handoff.decided_by_id = before["decided_by_id"]
    handoff.accepted_at = datetime.fromisoformat(before["accepted_at"]) if before["accepted_at"] else None
    handoff.stage = before["stage"]
    handoff.ended_at = handoff.reason = handoff.reason_note = None
    _forget(handoff)
    if before["offer_id"] is not None:
        offer = session.get_one(Offer, before["offer_id"])
        _put_back(session, case, offer, before["seconds_left"], fresh_clock=fresh_clock, now=now)


def _put_back(
    session: Session, case: Case, offer: Offer, seconds_left: float | None, *, fresh_clock: bool, now: datetime
) -> None:
    """Open the offer again, its turn counted again and its clock running."""
    offer.outcome = OfferOutcome.OPEN
    offer.ended_at = None
    showing.refresh_pool(session, offer, now=now)
    routing.take_credit_back(session, offer)
    if seconds_left is None:
        return
    if not fresh_clock:
        clock = routing.clock_again(session, offer, timedelta(seconds=seconds_left), now=now)
    elif offer.person_id is not None:
        person = session.get_one(Person, offer.person_id)
        clock = routing.clock_for_person(session, person, case.published, now=now)
    else:
        clock = routing.clock_for_team(session, case.handoff.team_id, case.published, now=now)
    offer.remind_at, offer.accept_by, offer.next_at = clock.remind_at, clock.accept_by, clock.next_at


def _forget(handoff: Handoff) -> None:
    handoff.before = None
    handoff.undo_until = None


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


def _text(note: str | None) -> str | None:
    return (note or "").strip() or None


def _refresh(session: Session, person_id: int | None, *, now: datetime) -> None:
    showing.refresh_home(session, session.get(Person, person_id) if person_id is not None else None, now=now)


def _refresh_all(session: Session, case: Case, *, now: datetime) -> None:
    """Draw anew the Home tabs of those whom the change concerns."""
    concerned = {case.by.id, case.handoff.owner_id, case.offer.person_id if case.offer else None}
    for person_id in sorted(each for each in concerned if each is not None):
        _refresh(session, person_id, now=now)
