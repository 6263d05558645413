"""A lead's history: append-only, a line an event, told in the thread under its card."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session

from qualification.outbox import outbox, surfaces
from qualification.records import Checklist, EventKind, Handoff, Lead, LeadEvent, Person
from qualification.rules.handoffs.lifecycle_moves import lifecycle_of, qualified_since
from qualification.rules.playbook.playbook import Playbook

# What the cards of a lead's earlier handoffs show too.
_OF_THE_LEAD: Final = frozenset({EventKind.HANDED_OVER, EventKind.UPDATED, EventKind.EDITED, EventKind.ANSWERED})


def tell(
    session: Session,
    handoff: Handoff,
    kind: EventKind,
    *,
    now: datetime,
    by: Person | None = None,
    playbook_id: int | None = None,
    told: bool = True,
    **facts: object,
) -> None:
    """Write the event down, and note the line Slack must show for it and every message it makes stale.

    `playbook_id` is the version that decided, the handoff's own if none is given. Not `told`, it is only kept.
    Facts are plain values; people are kept by their ids.
    """
    session.flush()
    written = event(
        handoff.workspace_id,
        handoff.lead_id,
        kind,
        at=now,
        handoff_id=handoff.id,
        actor_id=by.id if by else None,
        playbook_id=playbook_id or handoff.playbook_id,
        facts=facts,
    )
    event_id: int = session.connection().execute(_WRITE, written).scalar_one()
    if told:
        surfaces.owe_line(session, handoff, event_id, now=now)
    outbox.stale(session, handoff.id, now)
    if kind in _OF_THE_LEAD:
        for earlier in session.scalars(_HANDOFFS_OF, {"lead_id": handoff.lead_id}):
            outbox.stale(session, earlier, now)


def note(
    session: Session,
    lead: Lead,
    kind: EventKind,
    *,
    now: datetime,
    by: Person | None = None,
    playbook_id: int | None = None,
    **facts: object,
) -> None:
    """Keep an event of a lead that belongs to none of its handoffs; no line in Slack tells it."""
    session.flush()
    actor_id = by.id if by else None
    written = event(lead.workspace_id, lead.id, kind, at=now, actor_id=actor_id, playbook_id=playbook_id, facts=facts)
    session.connection().execute(_WRITE, written)


def note_arrivals(session: Session, arrived: Iterable[tuple[Lead, str | None]], *, past: bool = False) -> None:
    """Keep that these leads came in, each when it did and from whom; as `past` they are no news."""
    session.flush()
    told: dict[str, object] = {"past": True} if past else {}
    events = [
        event(lead.workspace_id, lead.id, EventKind.CAME_IN, at=lead.created_at, facts={"sender": sender, **told})
        for lead, sender in arrived
    ]
    if events:
        session.connection().execute(insert(LeadEvent), events)


def event(
    workspace_id: int,
    lead_id: int,
    kind: EventKind,
    *,
    at: datetime,
    facts: Mapping[str, object],
    handoff_id: int | None = None,
    actor_id: int | None = None,
    playbook_id: int | None = None,
) -> dict[str, Any]:
    """Return the row of an event."""
    return {
        "workspace_id": workspace_id,
        "lead_id": lead_id,
        "handoff_id": handoff_id,
        "kind": kind,
        "at": at,
        "actor_id": actor_id,
        "playbook_id": playbook_id,
        "facts": facts,
    }


def settle_lifecycle(
    session: Session,
    handoff: Handoff,
    lead: Lead,
    playbook: Playbook,
    *,
    passed: bool,
    now: datetime,
    by: Person | None = None,
) -> None:
    """Move the lead to where its handoff's state, stage and checklist put it, and keep the move.

    Here alone a handoff comes to be qualified, or is no more; the move says so, for what is counted by events.
    """
    stage = playbook.stage(handoff.stage) if handoff.stage else None
    to = lifecycle_of(handoff.state, passed, stage.lifecycle if stage else None)
    before, handoff.qualified_at = handoff.qualified_at, qualified_since(handoff.qualified_at, to, now)
    if lead.lifecycle is to:
        return
    is_qualified = handoff.qualified_at is not None
    news = {"qualified": is_qualified} if is_qualified is not (before is not None) else {}
    was, lead.lifecycle, lead.updated_at = lead.lifecycle, to, now
    tell(session, handoff, EventKind.LIFECYCLE_MOVED, now=now, by=by, told=False, was=was.value, to=to.value, **news)


def has_passed(session: Session, lead: Lead) -> bool:
    """Say whether a checklist of the lead's has passed."""
    return session.scalar(select(PASSED).where(Lead.id == lead.id)) is True


# A column beside a lead: a checklist of it has passed.
PASSED: Final = exists().where(Checklist.lead_id == Lead.id, Checklist.passed_at.is_not(None)).correlate(Lead)
# Run on the session's connection: nobody here needs the record, and to make one takes longer than to write the row.
_WRITE: Final = insert(LeadEvent).returning(LeadEvent.id)
_HANDOFFS_OF: Final = select(Handoff.id).where(Handoff.lead_id == bindparam("lead_id"))
