"""Who may do what with a handoff, in each of its states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from qualification.rules.handoffs.states import ENDED_STATES, LIVE_STATES, HandoffState
from qualification.rules.person_ref import PersonRef
from qualification.rules.refusals import (
    AlreadyTaken,
    CannotReassign,
    Ended,
    NoReassigning,
    NotAManager,
    NoteRequired,
    NothingToUndo,
    NotInPlaybook,
    NotInPool,
    NotOwner,
    NotYours,
    OfferMoved,
    Refusal,
    Snoozed,
    StaleCard,
    UndoTooLate,
)


class Action(StrEnum):
    """What somebody may want to do with a handoff."""

    ACCEPT = "accept"
    CLAIM = "claim"
    DECLINE = "decline"
    DISQUALIFY = "disqualify"
    SNOOZE = "snooze"
    UNDO = "undo"
    REOPEN = "reopen"
    REASSIGN = "reassign"
    LOG_CONTACT = "log_contact"
    SET_STAGE = "set_stage"
    FINISH_TASK = "finish_task"
    EDIT = "edit"
    CHECKLIST = "checklist"


FITTING_STATES: Mapping[Action, frozenset[HandoffState]] = MappingProxyType(
    {
        Action.ACCEPT: frozenset({HandoffState.OFFERED, HandoffState.MANAGER_QUEUE}),
        Action.CLAIM: frozenset({HandoffState.POOLED}),
        Action.DECLINE: frozenset({HandoffState.OFFERED}),
        Action.DISQUALIFY: LIVE_STATES,
        Action.SNOOZE: LIVE_STATES,
        Action.UNDO: frozenset({HandoffState.ACCEPTED, HandoffState.DISQUALIFIED, HandoffState.SNOOZED}),
        Action.REOPEN: ENDED_STATES | {HandoffState.SNOOZED},
        Action.REASSIGN: LIVE_STATES,
        Action.LOG_CONTACT: frozenset({HandoffState.ACCEPTED}),
        Action.SET_STAGE: frozenset({HandoffState.ACCEPTED}),
        Action.FINISH_TASK: frozenset({HandoffState.ACCEPTED}),
        Action.EDIT: LIVE_STATES,
        Action.CHECKLIST: LIVE_STATES,
    }
)

_DECIDED_SO = frozenset(
    {(Action.DISQUALIFY, HandoffState.DISQUALIFIED), (Action.SNOOZE, HandoffState.SNOOZED)},
)
_ANSWERS_TO_AN_OFFER = frozenset({Action.ACCEPT, Action.CLAIM, Action.DECLINE})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting, and whether they manage the handoff's team.

    `is_here` says that the playbook names them and Slack has not deactivated them: nobody else decides anything.
    """

    person_id: int
    is_manager_of_team: bool = False
    is_admin: bool = False
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody concerned, known by id to the rules and by name to the reader."""

    person_id: int
    ref: PersonRef


@dataclass(frozen=True, slots=True)
class HandoffStatus:
    """A handoff as the guards see it.

    `offer_id` is the open offer, None when none is open. `offered_to` is the rep of that offer, or of the one the
    verdict ended or that snoozed it. `ended_at` is when that was, `resume_at` when it is offered again. `pool` is the
    name of the pool it is put before. `manager` is None when nobody manages the team: then administrators stand in.
    """

    state: HandoffState
    manager: Party | None = None
    offer_id: int | None = None
    offered_to: Party | None = None
    pool: str | None = None
    pool_member_ids: frozenset[int] = frozenset()
    owner: Party | None = None
    decided_by: Party | None = None
    undo_until: datetime | None = None
    ended_at: datetime | None = None
    resume_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody a manager wants to give a lead to."""

    party: Party
    in_playbook: bool = True
    deactivated: bool = False


def who_may(action: Action, status: HandoffStatus) -> tuple[PersonRef, ...]:
    """Name who may do this now, the closest first; a pool's members go by the pool's name, not here."""
    parties = [*_closest(action, status), status.manager]
    return tuple(dict.fromkeys(party.ref for party in parties if party is not None))


def waits_for(status: HandoffStatus, actor: Actor) -> bool:
    """Say whether it is this very person that a handoff waits for: the rep or pool it is offered to, or the manager."""
    if status.state is HandoffState.OFFERED:
        return status.offered_to is not None and status.offered_to.person_id == actor.person_id
    if status.state is HandoffState.POOLED:
        return actor.person_id in status.pool_member_ids
    return status.state is HandoffState.MANAGER_QUEUE and _manages(status, actor)


def allow(action: Action, status: HandoffStatus, actor: Actor, *, offer_id: int | None = None) -> bool:
    """Return True where there is something to do, False where this very decision of the actor stands already.

    `offer_id` is the offer on the pressed card. Raise the refusal that says who may, or what has happened meanwhile.
    For undoing and reassigning, `allow_undo` and `allow_reassign` ask more.
    """
    _require_here(actor)
    if _stands_already(action, status, actor):
        return False
    if status.state not in FITTING_STATES[action]:
        raise _misfit(action, status, actor)
    closest = {party.person_id for party in _closest(action, status) if party is not None}
    if actor.person_id in closest or _asked_as_member(action, status, actor):
        return True
    if _gone_on(status, offer_id):
        raise _moved(status)
    if not _manages(status, actor):
        raise _not_allowed(action, status)
    return True


def allow_undo(status: HandoffStatus, actor: Actor, now: datetime) -> None:
    """Let the one who decided, or a manager, take the decision back until `undo_until`; raise a refusal otherwise."""
    _require_here(actor)
    if status.undo_until is None:
        raise NothingToUndo
    allow(Action.UNDO, status, actor)
    if now > status.undo_until:
        raise UndoTooLate(until=status.undo_until)


def allow_reassign(status: HandoffStatus, actor: Actor, to: Receiver) -> None:
    """Let a manager give a live handoff to anyone in the playbook who has not got it; raise a refusal otherwise."""
    allow(Action.REASSIGN, status, actor)
    if to.deactivated:
        raise CannotReassign(to=to.party.ref, why=NoReassigning.DEACTIVATED)
    if not to.in_playbook:
        raise CannotReassign(to=to.party.ref, why=NoReassigning.NOT_IN_PLAYBOOK)
    has_it = status.owner if status.state is HandoffState.ACCEPTED else None
    if has_it is not None and has_it.person_id == to.party.person_id:
        raise CannotReassign(to=to.party.ref, why=NoReassigning.HAS_IT)


def _require_here(actor: Actor) -> None:
    """Raise NotInPlaybook for somebody who has no part here, whoever's the lead was: they learn nothing of it."""
    if not actor.is_here:
        raise NotInPlaybook


def require_note(note: str | None, *, required: bool, reason: str) -> None:
    """Raise NoteRequired where the reason asks for a note and none but blanks was written."""
    if required and not (note or "").strip():
        raise NoteRequired(reason=reason)


def _manages(status: HandoffStatus, actor: Actor) -> bool:
    return actor.is_manager_of_team or (actor.is_admin and status.manager is None)


def _closest(action: Action, status: HandoffStatus) -> tuple[Party | None, ...]:
    """Whose lead it is, whoever manages them; nobody but the manager reassigns or works through the queue."""
    if action is Action.REASSIGN or status.state in {HandoffState.POOLED, HandoffState.MANAGER_QUEUE}:
        return ()
    if action is Action.UNDO:
        return (status.decided_by,)
    if status.state is HandoffState.OFFERED:
        return (status.offered_to,)
    if status.state is HandoffState.ACCEPTED:
        return (status.owner,)
    return (status.owner, status.offered_to, status.decided_by)


def _asked_as_member(action: Action, status: HandoffStatus, actor: Actor) -> bool:
    asked = status.state is HandoffState.POOLED and actor.person_id in status.pool_member_ids
    return asked and action in {Action.CLAIM, Action.DISQUALIFY, Action.SNOOZE}


def _stands_already(action: Action, status: HandoffStatus, actor: Actor) -> bool:
    """Tell a repeated press from a late one: the first is answered by the card, the second by a refusal."""
    if action in {Action.ACCEPT, Action.CLAIM} and status.state is HandoffState.ACCEPTED:
        return status.owner is not None and status.owner.person_id == actor.person_id
    if (action, status.state) in _DECIDED_SO:
        return status.decided_by is not None and status.decided_by.person_id == actor.person_id
    return False


def _gone_on(status: HandoffStatus, offer_id: int | None) -> bool:
    return offer_id is not None and status.offer_id is not None and offer_id != status.offer_id


def _misfit(action: Action, status: HandoffStatus, actor: Actor) -> Refusal:
    """Say what has happened to a handoff whose state has no such action."""
    if action is Action.UNDO:
        return NothingToUndo()
    if status.state in FITTING_STATES[Action.REOPEN]:
        return _closed(status, actor)
    if action in _ANSWERS_TO_AN_OFFER:
        if status.state is HandoffState.ACCEPTED:
            return AlreadyTaken(owner=status.owner.ref if status.owner else None)
        return _moved(status)
    return StaleCard()


def _closed(status: HandoffStatus, actor: Actor) -> Refusal:
    """Say who closed the handoff or put it off, and who may reopen it."""
    by = status.decided_by
    closest = {party.person_id for party in _closest(Action.REOPEN, status) if party is not None}
    ref, by_reader = (by.ref, by.person_id == actor.person_id) if by else (None, False)
    may, may_reopen = who_may(Action.REOPEN, status), actor.person_id in closest or _manages(status, actor)
    if status.state is HandoffState.SNOOZED:
        return Snoozed(until=status.resume_at, by=ref, by_reader=by_reader, may=may, may_reopen=may_reopen)
    return Ended(verdict=status.state, by=ref, by_reader=by_reader, at=status.ended_at, may=may, may_reopen=may_reopen)


def _moved(status: HandoffStatus) -> OfferMoved:
    """Say who is asked now."""
    if status.state is HandoffState.POOLED:
        return OfferMoved(to=None, pool=status.pool)
    now_asked = status.offered_to if status.state is HandoffState.OFFERED else status.manager
    return OfferMoved(to=now_asked.ref if now_asked else None)


def _not_allowed(action: Action, status: HandoffStatus) -> Refusal:
    """Say who may do what this actor may not."""
    may = who_may(action, status)
    if action is Action.REASSIGN:
        return NotAManager(may=may)
    if status.state is HandoffState.POOLED and action is Action.CLAIM:
        return NotInPool(pool=status.pool or "", may=may)
    if status.state is HandoffState.ACCEPTED and action is not Action.UNDO:
        return NotOwner(owner=status.owner.ref if status.owner else None, may=may)
    return NotYours(
        may=may,
        state=status.state.value,
        offered_to=status.offered_to.ref if status.offered_to else None,
        pool=status.pool,
        by=status.decided_by.ref if status.decided_by else None,
        at=status.ended_at,
        until=status.resume_at,
    )
