"""The states of a handoff, the outcomes of an offer, and who may do what in which state."""

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
    NotInPool,
    NotOwner,
    NotYours,
    OfferMoved,
    PutOff,
    Refusal,
    StaleCard,
    UndoTooLate,
)


class Action(StrEnum):
    """What somebody may want to do with a handoff."""

    ACCEPT = "accept"
    CLAIM = "claim"
    PASS_ON = "pass_on"  # noqa: S105 - no password
    DISQUALIFY = "disqualify"
    NOT_NOW = "not_now"
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
        Action.ACCEPT: frozenset({HandoffState.OFFERED, HandoffState.QUEUED}),
        Action.CLAIM: frozenset({HandoffState.POOLED}),
        Action.PASS_ON: frozenset({HandoffState.OFFERED}),
        Action.DISQUALIFY: LIVE_STATES,
        Action.NOT_NOW: LIVE_STATES,
        Action.UNDO: frozenset({HandoffState.ACCEPTED, HandoffState.DISQUALIFIED, HandoffState.NOT_NOW}),
        Action.REOPEN: ENDED_STATES | {HandoffState.NOT_NOW},
        Action.REASSIGN: LIVE_STATES,
        Action.LOG_CONTACT: frozenset({HandoffState.ACCEPTED}),
        Action.SET_STAGE: frozenset({HandoffState.ACCEPTED}),
        Action.FINISH_TASK: frozenset({HandoffState.ACCEPTED}),
        Action.EDIT: LIVE_STATES,
        Action.CHECKLIST: LIVE_STATES,
    }
)

_DECIDED_SO = frozenset(
    {(Action.DISQUALIFY, HandoffState.DISQUALIFIED), (Action.NOT_NOW, HandoffState.NOT_NOW)},
)
_ANSWERS_TO_AN_OFFER = frozenset({Action.ACCEPT, Action.CLAIM, Action.PASS_ON})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting, and whether they manage the handoff's team."""

    person_id: int
    is_manager_of_team: bool = False
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody concerned, known by id to the rules and by name to the reader."""

    person_id: int
    ref: PersonRef


@dataclass(frozen=True, slots=True)
class Standing:
    """A handoff as the guards see it.

    `offer_id` is the open offer, None when none is open. `offered_to` is the rep of that offer, or of the one the
    verdict ended or that put it off. `ended_at` is when that was, `wake_at` when it is offered again. `pool` is the
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
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody a manager wants to give a lead to."""

    party: Party
    in_playbook: bool = True
    deactivated: bool = False


def who_may(action: Action, standing: Standing) -> tuple[PersonRef, ...]:
    """Name who may do this now, the closest first; a pool's members go by the pool's name, not here."""
    parties = [*_closest(action, standing), standing.manager]
    return tuple(dict.fromkeys(party.ref for party in parties if party is not None))


def waits_for(standing: Standing, actor: Actor) -> bool:
    """Say whether it is this very person that a handoff waits for: the rep or pool it is offered to, or the manager."""
    if standing.state is HandoffState.OFFERED:
        return standing.offered_to is not None and standing.offered_to.person_id == actor.person_id
    if standing.state is HandoffState.POOLED:
        return actor.person_id in standing.pool_member_ids
    return standing.state is HandoffState.QUEUED and _manages(standing, actor)


def allow(action: Action, standing: Standing, actor: Actor, *, offer_id: int | None = None) -> bool:
    """Return True where there is something to do, False where this very decision of the actor stands already.

    `offer_id` is the offer on the pressed card. Raise the refusal that says who may, or what has happened meanwhile.
    For undoing and reassigning, `allow_undo` and `allow_reassign` ask more.
    """
    if _stands_already(action, standing, actor):
        return False
    if standing.state not in FITTING_STATES[action]:
        raise _misfit(action, standing, actor)
    closest = {party.person_id for party in _closest(action, standing) if party is not None}
    if actor.person_id in closest or _asked_as_member(action, standing, actor):
        return True
    if _gone_on(standing, offer_id):
        raise _moved(standing)
    if not _manages(standing, actor):
        raise _not_allowed(action, standing)
    return True


def allow_undo(standing: Standing, actor: Actor, now: datetime) -> None:
    """Let the one who decided, or a manager, take the decision back until `undo_until`; raise a refusal otherwise."""
    if standing.undo_until is None:
        raise NothingToUndo
    allow(Action.UNDO, standing, actor)
    if now > standing.undo_until:
        raise UndoTooLate(until=standing.undo_until)


def allow_reassign(standing: Standing, actor: Actor, to: Receiver) -> None:
    """Let a manager give a live handoff to anyone in the playbook who has not got it; raise a refusal otherwise."""
    allow(Action.REASSIGN, standing, actor)
    if to.deactivated:
        raise CannotReassign(to=to.party.ref, why=NoReassigning.DEACTIVATED)
    if not to.in_playbook:
        raise CannotReassign(to=to.party.ref, why=NoReassigning.NOT_IN_PLAYBOOK)
    has_it = standing.owner if standing.state is HandoffState.ACCEPTED else None
    if has_it is not None and has_it.person_id == to.party.person_id:
        raise CannotReassign(to=to.party.ref, why=NoReassigning.HAS_IT)


def require_note(note: str | None, *, required: bool, reason: str) -> None:
    """Raise NoteRequired where the reason asks for a note and none but blanks was written."""
    if required and not (note or "").strip():
        raise NoteRequired(reason=reason)


def _manages(standing: Standing, actor: Actor) -> bool:
    return actor.is_manager_of_team or (actor.is_admin and standing.manager is None)


def _closest(action: Action, standing: Standing) -> tuple[Party | None, ...]:
    """Whose lead it is, whoever manages them; nobody but the manager reassigns or works through the queue."""
    if action is Action.REASSIGN or standing.state in {HandoffState.POOLED, HandoffState.QUEUED}:
        return ()
    if action is Action.UNDO:
        return (standing.decided_by,)
    if standing.state is HandoffState.OFFERED:
        return (standing.offered_to,)
    if standing.state is HandoffState.ACCEPTED:
        return (standing.owner,)
    return (standing.owner, standing.offered_to, standing.decided_by)


def _asked_as_member(action: Action, standing: Standing, actor: Actor) -> bool:
    asked = standing.state is HandoffState.POOLED and actor.person_id in standing.pool_member_ids
    return asked and action in {Action.CLAIM, Action.DISQUALIFY, Action.NOT_NOW}


def _stands_already(action: Action, standing: Standing, actor: Actor) -> bool:
    """Tell a repeated press from a late one: the first is answered by the card, the second by a refusal."""
    if action in {Action.ACCEPT, Action.CLAIM} and standing.state is HandoffState.ACCEPTED:
        return standing.owner is not None and standing.owner.person_id == actor.person_id
    if (action, standing.state) in _DECIDED_SO:
        return standing.decided_by is not None and standing.decided_by.person_id == actor.person_id
    return False


def _gone_on(standing: Standing, offer_id: int | None) -> bool:
    return offer_id is not None and standing.offer_id is not None and offer_id != standing.offer_id


def _misfit(action: Action, standing: Standing, actor: Actor) -> Refusal:
    """Say what has happened to a handoff whose state has no such action."""
    if action is Action.UNDO:
        return NothingToUndo()
    if standing.state in FITTING_STATES[Action.REOPEN]:
        return _closed(standing, actor)
    if action in _ANSWERS_TO_AN_OFFER:
        if standing.state is HandoffState.ACCEPTED:
            return AlreadyTaken(owner=standing.owner.ref if standing.owner else None)
        return _moved(standing)
    return StaleCard()


def _closed(standing: Standing, actor: Actor) -> Refusal:
    """Say who closed the handoff or put it off, and who may reopen it."""
    by = standing.decided_by
    closest = {party.person_id for party in _closest(Action.REOPEN, standing) if party is not None}
    ref, by_reader = (by.ref, by.person_id == actor.person_id) if by else (None, False)
    may, may_reopen = who_may(Action.REOPEN, standing), actor.person_id in closest or _manages(standing, actor)
    if standing.state is HandoffState.NOT_NOW:
        return PutOff(until=standing.wake_at, by=ref, by_reader=by_reader, may=may, may_reopen=may_reopen)
    return Ended(
        verdict=standing.state, by=ref, by_reader=by_reader, at=standing.ended_at, may=may, may_reopen=may_reopen
    )


def _moved(standing: Standing) -> OfferMoved:
    """Say who is asked now."""
    if standing.state is HandoffState.POOLED:
        return OfferMoved(to=None, pool=standing.pool)
    now_asked = standing.offered_to if standing.state is HandoffState.OFFERED else standing.manager
    return OfferMoved(to=now_asked.ref if now_asked else None)


def _not_allowed(action: Action, standing: Standing) -> Refusal:
    """Say who may do what this actor may not."""
    may = who_may(action, standing)
    if action is Action.REASSIGN:
        return NotAManager(may=may)
    if standing.state is HandoffState.POOLED and action is Action.CLAIM:
        return NotInPool(pool=standing.pool or "", may=may)
    if standing.state is HandoffState.ACCEPTED and action is not Action.UNDO:
        return NotOwner(owner=standing.owner.ref if standing.owner else None, may=may)
    return NotYours(
        may=may,
        state=standing.state.value,
        offered_to=standing.offered_to.ref if standing.offered_to else None,
        pool=standing.pool,
        by=standing.decided_by.ref if standing.decided_by else None,
        at=standing.ended_at,
        until=standing.wake_at,
    )
