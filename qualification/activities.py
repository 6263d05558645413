"""What leads do: kept once each, added up, and enough of it makes one for sales."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from qualification import deliveries, handoffs, history, merging, scores
from qualification.handoffs import Reason
from qualification.publishing import Published
from qualification.records import Activity, EventKind, Handoff, Lead
from qualification.rules.gates import Applicant, stopped_by
from qualification.rules.handoff import LIVE_STATES
from qualification.rules.lifecycle import Lifecycle
from qualification.rules.playbook import Gate, Scoring
from qualification.rules.scoring import is_ready, score

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


@dataclass(frozen=True, slots=True)
class Known:
    """An activity that is kept, and the lead it is kept for."""

    id: int
    lead_id: int


def record(session: Session, done: Sequence[tuple[Lead, Done]], *, now: datetime) -> list[tuple[Lead, Done]]:
    """Keep the activities that are not known yet, and return those."""
    keys = [(each.sender, each.key) for _, each in done]
    there = known(session, done[0][0].workspace_id, keys) if done else {}
    fresh: dict[tuple[str, str], tuple[Lead, Done]] = {}
    for key, (lead, each) in zip(keys, done, strict=True):
        if key not in there:
            fresh.setdefault(key, (lead, each))
    rows = [
        {
            "workspace_id": lead.workspace_id,
            "sender": each.sender,
            "external_id": each.key,
            "lead_id": lead.id,
            "kind": each.kind,
            "at": each.at,
            "received_at": now,
            "what": each.what,
            "fields": dict(each.fields),
        }
        # In an order that is the same for everybody: two who keep the same ones do not wait for each other.
        for _, (lead, each) in sorted(fresh.items(), key=lambda entry: entry[0])
    ]
    if rows:
        connection = session.connection()
        connection.execute(_RECORD[connection.dialect.name], rows)
    return [*fresh.values()]


def known(session: Session, workspace_id: int, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """Return those of the activities that came before, each by its sender and what the sender calls it."""
    if not keys:
        return {}
    asked = {
        "workspace_id": workspace_id,
        "senders": {sender for sender, _ in keys},
        "ids": {key for _, key in keys},
    }
    return {(row.sender, row.external_id): Known(row.id, row.lead_id) for row in session.execute(_KNOWN, asked)}


def consider(
    session: Session,
    leads: Sequence[Lead],
    live: Mapping[int, Handoff],
    *,
    published: Published,
    announcing: bool = True,
    now: datetime,
) -> None:
    """Add up anew what the leads did, and hand over who is ready and stopped by no gate, if `announcing`.

    The leads are locked by the caller, who gives the live handoffs of those that have one, by the lead's id. What was
    done before a lead's last handoff ended counts for the score, but not towards the next handoff.
    """
    if not leads:
        return
    scoring = published.playbook.scoring
    ever = scores.times_all(session, [lead.id for lead in leads])
    ended = _last_ended(session, leads) if announcing else {}
    stands: dict[Lead, tuple[int, Lifecycle]] = {}
    ready: list[tuple[Lead, Mapping[str, int]]] = []
    for lead in leads:
        done = ever.get(lead.id, {})
        points, lifecycle = score(scoring, done).points, lead.lifecycle
        if lead.id in live:
            deliveries.stale(session, live[lead.id].id, now + SETTLING)
        else:
            if lead.id in ended:
                done = scores.times(session, lead, after=ended[lead.id])
            if announcing and is_ready(scoring, done):
                ready.append((lead, done))
            elif lifecycle is Lifecycle.SUBSCRIBER and points > 0:
                lifecycle = Lifecycle.LEAD
        stands[lead] = points, lifecycle
    _write(session, stands)
    for lead, done in ready:
        gate = stopped_by(published.playbook.gates, _applicant(session, lead, scoring, done))
        if gate is None:
            handoffs.announce(session, lead, _reason(lead), by=None, published=published, now=now)
        else:
            _stop(session, lead, gate, published, now=now)
    session.flush()


def _write(session: Session, stands: Mapping[Lead, tuple[int, Lifecycle]]) -> None:
    """Write down where leads stand, all by one statement: the records would take one each, for their versions.

    The leads are locked, so no version is compared.
    """
    moved = {lead: each for lead, each in stands.items() if each != (lead.score, lead.lifecycle)}
    if not moved:
        return
    rows = [{"lead_id": lead.id, "points": points, "stands": lifecycle} for lead, (points, lifecycle) in moved.items()]
    session.connection().execute(_STAND, rows)
    for lead, (points, lifecycle) in moved.items():
        for name, value in (("score", points), ("lifecycle", lifecycle), ("version", lead.version + 1)):
            set_committed_value(lead, name, value)


def _last_ended(session: Session, leads: Sequence[Lead]) -> dict[int, datetime]:
    """Return when the last handoff of each lead ended, for those that had one."""
    kept_by = merging.families(session, [lead.id for lead in leads])
    ended: dict[int, datetime] = {}
    for row in session.execute(_ENDED, {"ids": [*kept_by]}):
        kept = kept_by[row.lead_id]
        ended[kept] = max(ended.get(kept, row.ended_at), row.ended_at)
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


# Built once: to build a statement takes longer than to run it.
_RECORD: Final = {
    "sqlite": sqlite.insert(Activity).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Activity).on_conflict_do_nothing(),
}
_STAND: Final = (
    update(Lead)
    .where(Lead.id == bindparam("lead_id"))
    .values(score=bindparam("points"), lifecycle=bindparam("stands"), version=Lead.version + 1)
)
_KNOWN: Final = select(Activity.id, Activity.lead_id, Activity.sender, Activity.external_id).where(
    Activity.workspace_id == bindparam("workspace_id"),
    Activity.sender.in_(bindparam("senders", expanding=True)),
    Activity.external_id.in_(bindparam("ids", expanding=True)),
)
_ENDED: Final = (
    select(Handoff.lead_id, func.max(Handoff.ended_at).label("ended_at"))
    .where(Handoff.lead_id.in_(bindparam("ids", expanding=True)), Handoff.state.not_in(LIVE_STATES))
    .group_by(Handoff.lead_id)
)
