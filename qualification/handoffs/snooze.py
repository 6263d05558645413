"""Leads snoozed until a day, and offered again on it: to the same rep with what was said last, or by the pool."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from qualification.handoffs import undo
from qualification.handoffs.context import HandoffCommand, HandoffContext, lock_for_action
from qualification.handoffs.finish import end_open_offer, finish
from qualification.leads import merging, resolution
from qualification.leads.events import record_event
from qualification.leads.lifecycle import update_lifecycle
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook.playbooks import Published
from qualification.records import Handoff, Lead, Person, rows
from qualification.routing import assignment
from qualification.rules.handoffs.event_types import Offered, Resumed, Snoozed, SnoozeDropped
from qualification.rules.handoffs.permissions import Action
from qualification.rules.handoffs.snooze import resumes_at
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome
from qualification.rules.people.working_time import WeeklyHours
from qualification.rules.values.normalization import written


def snooze(session: UnitOfWork, command: HandoffCommand, *, day: str, note: str | None) -> None:
    """Snooze the handoff until that day (2026-12-01), with the last words; raises InvalidFields for another day.

    It is offered again when its rep begins work on that day, or the team does where it was nobody's.
    """
    context = lock_for_action(session, command)
    if not context.allows(Action.SNOOZE):
        return
    handoff = context.handoff
    resume_at = resumes_at(day, *hours_of(session, context), context.now)
    undo.remember(session, context, can_be_undone=True)
    end_open_offer(session, context, OfferOutcome.SNOOZED)
    handoff.state = HandoffState.SNOOZED
    handoff.decided_by_id = context.by.id
    handoff.ended_at = context.now
    handoff.resume_at = resume_at
    handoff.reason_note = written(note)
    record_event(
        session,
        handoff,
        Snoozed(until=resume_at, note=written(note)),
        now=context.now,
        by=context.by,
        playbook_id=context.published.id,
    )
    finish(session, context, homes=[context.by.id])


def hours_of(session: Session, context: HandoffContext) -> tuple[WeeklyHours, ZoneInfo]:
    """Return the hours and zone by which it would resume: its rep's, else the team's."""
    rep_id = context.handoff.owner_id or (context.offer.person_id if context.offer else None)
    if rep_id is not None:
        rep = rows.get_one(session, Person, rep_id, context.handoff.workspace_id)
        return people.hours_of(session, rep), people.zone_of(session, rep)
    return WeeklyHours.from_json(context.team.hours), ZoneInfo(context.team.zone)


def snoozed(session: Session, lead: Lead) -> Handoff | None:
    """Return the snoozed handoff, of the lead or of one merged into it, the latest if there are several."""
    return session.scalar(_SNOOZED, {"workspace_id": lead.workspace_id, "ids": merging.family(session, lead)})


def rep_is_gone(session: Session, handoff: Handoff) -> bool:
    """Say whether whoever had the snoozed handoff, or was asked, has no part in the playbook any more."""
    rep = _rep(session, handoff)
    return rep is not None and not (rep.active and people.is_reachable(rep))


def due(session: Session, workspace_id: int, now: datetime, limit: int) -> Sequence[Handoff]:
    """Lock what is to resume by `now`, the longest due first, and then its leads: as every decision does.

    What somebody else has locked at this moment, or has just found to be another lead, is left to the next pass.
    """
    asked = {"workspace_id": workspace_id, "now": now, "most": limit}
    handoffs = session.scalars(_DUE, asked).all()
    if not handoffs:
        return []
    of_them = {"workspace_id": workspace_id, "ids": [*{_root(session, handoff).id for handoff in handoffs}]}
    leads = session.scalars(_LOCKED_LEADS, of_them).all()
    return [handoff for handoff in handoffs if _root(session, handoff) in leads]


def resume_due(session: UnitOfWork, handoff: Handoff, published: Published, *, now: datetime) -> None:
    """Offer again what was snoozed until now; where sales has the lead otherwise, or decided about it since, it stays.

    A lead that was found to be another is offered as that one. One that must not be contacted waits for the manager.
    """
    lead = _root(session, handoff)
    instead = _instead(session, handoff, lead)
    if instead is not None:
        handoff.resume_at = None
        surfaces.enqueue_card(session, handoff, now=now)
        record_event(session, handoff, SnoozeDropped(decided=instead not in LIVE_STATES), now=now)
        return
    handoff.lead_id = lead.id
    resume(session, handoff, lead, published, Resumed(is_due=True), now=now)


def resume(
    session: UnitOfWork,
    handoff: Handoff,
    lead: Lead,
    published: Published,
    event: Resumed,
    *,
    now: datetime,
    by: Person | None = None,
) -> None:
    """Offer a snoozed handoff again: to its rep with a clock, or where they are gone or away by the pool's routing.

    Reps who were asked before it was snoozed may be asked again. `by` is who resumed it, None where the day has come or
    the lead itself came back; `event` says why. The caller has locked the handoff and the lead, which has no other
    live handoff.
    """
    rep = _rep(session, handoff)
    former_id = handoff.owner_id
    undo.forget(handoff)
    handoff.state = HandoffState.MANAGER_QUEUE
    handoff.owner_id = handoff.decided_by_id = handoff.accepted_at = handoff.contacted_at = None
    handoff.resume_at = handoff.ended_at = handoff.reason_note = None
    handoff.resumed_at = now
    lead.gated_by = None
    surfaces.enqueue_card(session, handoff, now=now)
    record_event(session, handoff, event, now=now, by=by, playbook_id=published.id)
    # What a checklist says counts once somebody has accepted.
    update_lifecycle(session, handoff, lead, published.playbook, passed=False, now=now, by=by)
    if event.is_due and lead.do_not_contact:
        assignment.queue(session, handoff, "do_not_contact", now=now)
    elif rep is not None and _is_there(rep, now):
        _offer(session, handoff, published, rep, now=now)
    else:
        assignment.offer_next(session, handoff, published, now=now)
    if former_id is not None:
        surfaces.refresh_home(session, rows.get(session, Person, former_id, handoff.workspace_id), now=now)


def _offer(session: UnitOfWork, handoff: Handoff, published: Published, rep: Person, *, now: datetime) -> None:
    """Put it before the rep who snoozed it; it takes none of their turns."""
    handoff.state = HandoffState.OFFERED
    clock = assignment.clock_for_person(session, rep, published, now=now)
    offer = assignment.make_offer(session, handoff, published, person=rep, why="resumed", clock=clock, now=now)
    record_event(session, handoff, Offered(to_id=rep.id, accept_by=offer.accept_by), now=now, playbook_id=published.id)


def _root(session: Session, handoff: Handoff) -> Lead:
    """Return the lead that the handoff's turned out to be."""
    lead = rows.get_one(session, Lead, handoff.lead_id, handoff.workspace_id)
    return resolution.root(session, lead) or lead


def _rep(session: Session, handoff: Handoff) -> Person | None:
    """Return whose it was when it was snoozed: the owner, else the rep it was offered to; None for a pool or queue."""
    if handoff.owner_id is not None:
        return rows.get_one(session, Person, handoff.owner_id, handoff.workspace_id)
    last = assignment.last_offer(session, handoff)
    if last is None or last.outcome is not OfferOutcome.SNOOZED or last.person_id is None:
        return None
    return rows.get_one(session, Person, last.person_id, handoff.workspace_id)


def _is_there(rep: Person, now: datetime) -> bool:
    return rep.active and people.is_reachable(rep) and not people.is_away(rep, now)


def _instead(session: Session, handoff: Handoff, lead: Lead) -> HandoffState | None:
    """Return how the lead, or one merged into it, is with sales, or was decided since this handoff was snoozed.

    A deal that was lost meanwhile decides nothing of the day that was promised here.
    """
    others = select(Handoff.state).where(
        rows.in_workspace(Handoff, lead.workspace_id),
        Handoff.lead_id.in_(merging.family(session, lead)),
        Handoff.id != handoff.id,
        Handoff.state.in_(LIVE_STATES) | Handoff.state.in_(_DECIDED) & (Handoff.ended_at >= handoff.ended_at),
    )
    found = session.scalars(others).all()
    return next((state for state in found if state in LIVE_STATES), found[0] if found else None)


_DECIDED: Final = frozenset({HandoffState.WON, HandoffState.DISQUALIFIED})
# Built once: to build a statement takes longer than to run it.
_IS_SNOOZED: Final[Any] = (Handoff.state == HandoffState.SNOOZED) & Handoff.resume_at.is_not(None)
_SNOOZED: Final = (
    select(Handoff)
    .where(rows.in_workspace(Handoff), Handoff.lead_id.in_(bindparam("ids", expanding=True)), _IS_SNOOZED)
    .order_by(Handoff.id.desc())
    .limit(1)
    .with_for_update(key_share=True)
)
_IS_DUE: Final = (Handoff.workspace_id == bindparam("workspace_id"), Handoff.resume_at <= bindparam("now"))
MAY_BE_DUE: Final = exists().where(*_IS_DUE)
_DUE: Final = (
    select(Handoff)
    .where(*_IS_DUE)
    .order_by(Handoff.resume_at, Handoff.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)
_LOCKED_LEADS: Final = (
    select(Lead)
    .where(rows.in_workspace(Lead), Lead.id.in_(bindparam("ids", expanding=True)))
    .order_by(Lead.id)
    .with_for_update(key_share=True)
)
