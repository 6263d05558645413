"""What leads do: kept once each, added up, and enough of it makes one for sales."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification import deliveries, handoffs, history, merging, publishing, scores
from qualification.handoffs import Reason
from qualification.publishing import Published
from qualification.records import Activity, EventKind, Handoff, Lead
from qualification.records.base import insert_once
from qualification.rules.gates import Applicant, stopped_by
from qualification.rules.handoff import LIVE_STATES
from qualification.rules.lifecycle import Lifecycle
from qualification.rules.playbook import Gate, Scoring
from qualification.rules.scoring import is_ready

# Cards of leads that do much in a short time are drawn anew once for all of it.
SETTLING: Final = timedelta(minutes=1)
# So many of the latest words are looked at by gates.
_WORDS: Final = 20


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
    scoring = published.playbook.scoring
    lead.score = scores.weigh(session, lead, scoring).points
    if live is not None:
        deliveries.stale(session, live.id, now + SETTLING)
        return live
    since = scores.times(session, lead, after=_last_ended(session, lead))
    if is_ready(scoring, since):
        gate = stopped_by(published.playbook.gates, _applicant(session, lead, scoring, since))
        if gate is None:
            return handoffs.announce(session, lead, _reason(lead), by=None, published=published, now=now)
        _stop(session, lead, gate, published, now=now)
    elif lead.lifecycle is Lifecycle.SUBSCRIBER and lead.score > 0:
        lead.lifecycle = Lifecycle.LEAD
    session.flush()
    return None


def _last_ended(session: Session, lead: Lead) -> datetime | None:
    """Return when the lead's last handoff ended; None where it never had one."""
    ended: datetime | None = session.scalar(
        select(func.max(Handoff.ended_at)).where(
            Handoff.lead_id.in_(merging.family(session, lead)), Handoff.state.not_in(LIVE_STATES)
        )
    )
    return ended


def _applicant(session: Session, lead: Lead, scoring: Scoring, since: Mapping[str, int]) -> Applicant:
    said = session.scalars(
        select(Activity.what)
        .where(Activity.lead_id.in_(merging.family(session, lead)), Activity.what.is_not(None))
        .order_by(Activity.at.desc())
        .limit(_WORDS)
    )
    words = [text for text in (lead.name, lead.problem, *said) if text]
    return Applicant(
        email=lead.email,
        words="\n".join(words),
        do_not_contact=lead.do_not_contact,
        asked=any(kind.handoff and since.get(kind.key, 0) > 0 for kind in scoring.activities),
    )


def _reason(lead: Lead) -> Reason:
    return Reason(problem=lead.problem, source=lead.source, campaign=lead.campaign)


def _stop(session: Session, lead: Lead, gate: Gate, published: Published, *, now: datetime) -> None:
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
