"""What leads do: kept once each, added up, and enough of it makes one for sales."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification import deliveries, handoffs, history, judging, publishing
from qualification.handoffs import Reason
from qualification.publishing import Published
from qualification.records import Activity, EventKind, Handoff, Lead
from qualification.records.base import insert_once
from qualification.rules.lifecycle import Lifecycle
from qualification.rules.playbook import Gate

# Cards of leads that do much in a short time are drawn anew once for all of it.
SETTLING: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Done:
    """Something a lead did, as its sender tells it; `key` is the sender's own id of it."""

    sender: str
    key: str
    kind: str
    at: datetime
    what: str | None
    fields: Mapping[str, object]


def record(session: Session, lead: Lead, done: Done, *, now: datetime) -> tuple[Activity, bool]:
    """Keep the activity unless it is known; return it, and whether it is new."""
    is_new = insert_once(
        session,
        Activity,
        workspace_id=lead.workspace_id,
        sender=done.sender,
        external_id=done.key,
        lead_id=lead.id,
        kind=done.kind,
        at=done.at,
        received_at=now,
        what=done.what,
        fields=dict(done.fields),
    )
    kept = known(session, lead.workspace_id, done.sender, done.key)
    if kept is None:
        raise LookupError("an activity's unique key was taken, yet no such activity is there")
    return kept, is_new


def known(session: Session, workspace_id: int, sender: str, key: str) -> Activity | None:
    """Return the activity that the sender calls so, if it came before."""
    return session.scalar(
        select(Activity).where(
            Activity.workspace_id == workspace_id, Activity.sender == sender, Activity.external_id == key
        )
    )


def consider(session: Session, lead: Lead, live: Handoff | None, *, now: datetime) -> Handoff | None:
    """Add up anew what the lead did, and hand it over if it is ready and no gate stops it; return its live handoff.

    The lead is locked by the caller. What was done before its last handoff ended counts for the score, but not towards
    the next handoff.
    """
    published = publishing.current(session, lead.workspace_id)
    standing = judging.judge(session, [lead], published.playbook)[lead.id]
    lead.score, lead.scored_by_id = standing.points, published.id
    if live is not None:
        deliveries.stale(session, live.id, now + SETTLING)
        return live
    if standing.is_ready and standing.gate is None:
        return handoffs.announce(session, lead, _reason(lead), by=None, published=published, now=now)
    if standing.is_ready and standing.gate is not None:
        hold(session, lead, standing.gate, published, now=now)
    if lead.lifecycle is Lifecycle.SUBSCRIBER and lead.score > 0:
        lead.lifecycle = Lifecycle.LEAD
    session.flush()
    return None


def hold(session: Session, lead: Lead, gate: Gate, published: Published, *, now: datetime) -> None:
    """Keep the lead from sales, and say so once for each gate."""
    if lead.held_by == gate.name:
        return
    lead.held_by, lead.updated_at = gate.name, now
    if gate.outcome == "disqualify":
        lead.lifecycle = Lifecycle.DISQUALIFIED
    history.note(
        session,
        lead,
        EventKind.HELD,
        now=now,
        gate=gate.name,
        outcome=gate.outcome,
        reason=gate.reason,
        playbook_id=published.id,
    )


def _reason(lead: Lead) -> Reason:
    return Reason(problem=lead.problem, source=lead.source, campaign=lead.campaign)
