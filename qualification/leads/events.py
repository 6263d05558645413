"""A lead's history: append-only, a row an event, told in the thread under its card.

Imported history is written in bulk by `intake/historical_deals.py`, and told nowhere. Baton posts no outgoing events
(webhooks to other systems) yet: they would be queued here, where each event is written, in the same transaction.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, insert, select
from sqlalchemy.orm import Session

from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Checklist, Delivery, Handoff, Lead, LeadEvent, Person, rows
from qualification.rules.handoffs.event_codec import from_json, to_json
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import CameIn, Event

# The cards of a lead's earlier handoffs show these too.
_OF_THE_LEAD: Final = frozenset(
    {EventKind.HANDED_OVER, EventKind.UPDATED, EventKind.EDITED, EventKind.ANSWERED, EventKind.ADDRESS_MOVED}
)


def record_event(
    session: UnitOfWork,
    handoff: Handoff,
    event: Event,
    *,
    now: datetime,
    by: Person | None = None,
    playbook_id: int | None = None,
    in_thread: bool = True,
) -> None:
    """Write the event down, have the thread tell it, and mark every message stale that shows the handoff.

    What happens before the line of an earlier event is posted is told in that line.
    `playbook_id` is the version that decided; by default the handoff's own. Without `in_thread` no line tells it.
    """
    session.flush()
    told_in = surfaces.join_line(session, handoff, now=now) if in_thread else None
    row = event_row(
        handoff.workspace_id,
        handoff.lead_id,
        event,
        at=now,
        handoff_id=handoff.id,
        actor_id=by.id if by else None,
        playbook_id=playbook_id or handoff.playbook_id,
        told_in=told_in,
    )
    event_id: int = session.connection().execute(_WRITE, row).scalar_one()
    if in_thread and told_in is None:
        surfaces.enqueue_line(session, handoff, event_id, now=now)
    outbox.mark_stale(session, handoff.workspace_id, handoff.id, now, by=by.id if by else None)
    if event.kind in _OF_THE_LEAD:
        _mark_all_stale(session, handoff.workspace_id, handoff.lead_id, now)


def record_of_lead(
    session: UnitOfWork,
    lead: Lead,
    live: Handoff | None,
    event: Event,
    *,
    now: datetime,
    by: Person | None = None,
    in_thread: bool = True,
) -> None:
    """Write down what changed of a lead in the history of its live handoff, or in its own; all its cards are stale."""
    if live is not None:
        record_event(session, live, event, now=now, by=by, in_thread=in_thread)
        return
    record_lead_event(session, lead, event, now=now, by=by)
    _mark_all_stale(session, lead.workspace_id, lead.id, now)


def _mark_all_stale(session: UnitOfWork, workspace_id: int, lead_id: int, now: datetime) -> None:
    for handoff_id in session.scalars(_HANDOFFS_OF, {"workspace_id": workspace_id, "lead_id": lead_id}):
        outbox.mark_stale(session, workspace_id, handoff_id, now)


def record_lead_event(
    session: Session,
    lead: Lead,
    event: Event,
    *,
    now: datetime,
    by: Person | None = None,
    playbook_id: int | None = None,
) -> None:
    """Write down an event of a lead that belongs to none of its handoffs; no line in Slack tells it."""
    session.flush()
    actor_id = by.id if by else None
    row = event_row(lead.workspace_id, lead.id, event, at=now, actor_id=actor_id, playbook_id=playbook_id)
    session.connection().execute(_WRITE, row)


def record_arrivals(session: Session, arrived: Iterable[tuple[Lead, str | None]], *, past: bool = False) -> None:
    """Write down that these leads came in, each at its own time and from its sender; `past` ones are no news."""
    session.flush()
    rows = [
        event_row(lead.workspace_id, lead.id, CameIn(sender=sender, past=past), at=lead.created_at)
        for lead, sender in arrived
    ]
    if rows:
        session.connection().execute(insert(LeadEvent), rows)


def event_row(
    workspace_id: int,
    lead_id: int,
    event: Event,
    *,
    at: datetime,
    handoff_id: int | None = None,
    actor_id: int | None = None,
    playbook_id: int | None = None,
    told_in: int | None = None,
) -> dict[str, Any]:
    """Return the row of an event."""
    return {
        "workspace_id": workspace_id,
        "lead_id": lead_id,
        "handoff_id": handoff_id,
        "kind": event.kind,
        "at": at,
        "actor_id": actor_id,
        "playbook_id": playbook_id,
        "facts": to_json(event),
        "told_in": told_in,
    }


def event_of(stored: LeadEvent | Row[Any]) -> Event:
    """Return the event that a row tells; the row has `kind` and `facts`."""
    return from_json(stored.kind, stored.facts)


def lines_about(session: Session, handoff: Handoff, lead_ids: Collection[int]) -> list[int]:
    """Return the deliveries of the handoff's thread that tell of one of these leads as another one of its company."""
    rows_of = session.execute(_JOINED, {"workspace_id": handoff.workspace_id, "handoff_id": handoff.id}).all()
    found = [row for row in rows_of if row.other in lead_ids]
    told_in = [row.told_in for row in found if row.told_in is not None]
    own = [row.id for row in found if row.told_in is None]
    given = {"workspace_id": handoff.workspace_id, "handoff_id": handoff.id, "events": own}
    return [*told_in, *(session.scalars(_LINES, given) if own else ())]


def has_passed(session: Session, lead: Lead) -> bool:
    """Say whether a checklist of the lead's has passed."""
    return session.scalar(select(PASSED).where(rows.in_workspace(Lead, lead.workspace_id), Lead.id == lead.id)) is True


# A column beside a lead: a checklist of it has passed.
PASSED: Final = exists().where(Checklist.lead_id == Lead.id, Checklist.passed_at.is_not(None)).correlate(Lead)
# What SQL reads of stored events, so that nobody else does: a gate's name, and whether an arrival is news.
GATE_NAME: Final = LeadEvent.facts["gate"].as_string()
IS_NEWS: Final = LeadEvent.facts["past"].as_boolean().is_not(True)
# Run on the session's connection: nobody here needs the record, and to make one takes longer than to write the row.
_WRITE: Final = insert(LeadEvent).returning(LeadEvent.id)
_JOINED: Final = select(LeadEvent.id, LeadEvent.told_in, LeadEvent.facts["other"].as_integer().label("other")).where(
    rows.in_workspace(LeadEvent),
    LeadEvent.handoff_id == bindparam("handoff_id"),
    LeadEvent.kind == EventKind.COMPANY_JOINED,
)
_LINES: Final = select(Delivery.id).where(
    rows.in_workspace(Delivery),
    Delivery.handoff_id == bindparam("handoff_id"),
    Delivery.kind == surfaces.THREAD_LINE,
    Delivery.subject.in_(bindparam("events", expanding=True)),
)
_HANDOFFS_OF: Final = select(Handoff.id).where(rows.in_workspace(Handoff), Handoff.lead_id == bindparam("lead_id"))
