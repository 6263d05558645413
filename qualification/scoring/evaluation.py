"""Whether leads are ones for sales, and which gate would keep them from it: many leads in as few statements as one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from qualification.leads import contacts, merging
from qualification.leads.lifecycle import gave_more, move_lifecycle
from qualification.playbook.playbooks import Published
from qualification.records import Activity, Handoff, Lead
from qualification.records.rows import in_workspace
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.playbook.playbook import Gate, Playbook, Scoring
from qualification.rules.scoring.gates import GateInput, stopped_by
from qualification.rules.scoring.points import has_asked, is_ready, score
from qualification.scoring import activity_counts

# So many of the latest words are looked at by gates.
_WORDS: Final = 20


@dataclass(frozen=True, slots=True)
class LeadEvaluation:
    """A lead by a playbook: the points of all that it ever did, and whether it is ready for sales.

    `live` is the id of the handoff by which sales has it now. Only a lead without one can be ready: what it did since
    its last handoff ended counts, and `ended_as` is how that ended. `gate` keeps a lead that is ready from sales; it is
    None for a lead that is neither ready nor held back already. `asked` says whether it asked for a demo or a trial,
    `did_more` whether it ever did something that counts, as signing up for a newsletter doesn't.
    """

    points: int
    live: int | None
    ended_as: HandoffState | None
    is_ready: bool
    gate: Gate | None
    asked: bool
    did_more: bool

    @property
    def for_a_person(self) -> bool:
        """Whether somebody must look at it: a gate would hold back a lead that asked for a demo or a trial.

        Whoever wants no contact is held back all the same.
        """
        holds = self.gate is not None and self.gate.outcome == "hold" and not self.gate.when.do_not_contact
        return self.is_ready and self.asked and holds


def evaluate(session: Session, leads: Sequence[Lead], playbook: Playbook) -> dict[int, LeadEvaluation]:
    """Say what each of the leads comes to, by its id."""
    workspace_id = leads[0].workspace_id if leads else 0
    families = merging.families(session, workspace_id, [lead.id for lead in leads])
    ever = activity_counts.times(session, workspace_id, families, playbook.scoring)
    live, ended = _handoffs(session, workspace_id, families)
    over = {lead_id: at for lead_id, (at, _) in ended.items() if lead_id not in live}
    since = ever | activity_counts.times_since(session, workspace_id, families, over, playbook.scoring)
    ready = {lead.id for lead in leads if lead.id not in live and is_ready(playbook.scoring, since[lead.id])}
    looked_at = [lead for lead in leads if lead.id in ready or lead.gated_by is not None]
    said = latest_words(session, workspace_id, families, {lead.id for lead in looked_at}, playbook.scoring)
    emails = addresses(session, workspace_id, families, {lead.id for lead in looked_at})
    gates = {
        lead.id: stopped_by(
            playbook.gates, gate_input(lead, emails[lead.id], said[lead.id], playbook.scoring, since[lead.id])
        )
        for lead in looked_at
    }
    return {
        lead.id: LeadEvaluation(
            points=score(playbook.scoring, ever[lead.id]).points,
            live=live.get(lead.id),
            ended_as=ended[lead.id][1] if lead.id in ended else None,
            is_ready=lead.id in ready,
            gate=gates.get(lead.id),
            asked=has_asked(playbook.scoring, since[lead.id]),
            did_more=_did_more(playbook.scoring, ever[lead.id]),
        )
        for lead in leads
    }


def keep(
    session: Session, leads: Sequence[Lead], evaluations: Mapping[int, LeadEvaluation], published: Published
) -> None:
    """Store the leads' points and lifecycle, all by one statement; the records would take one each.

    The caller has locked the leads. Their versions stay as they are, so that a press which somebody makes meanwhile
    isn't refused because a score has changed.
    """
    stands = {
        lead: (evaluations[lead.id].points, published.id, _lifecycle(session, lead, evaluations[lead.id]))
        for lead in leads
    }
    moved = {lead: each for lead, each in stands.items() if each != (lead.score, lead.scored_by_id, lead.lifecycle)}
    if not moved:
        return
    session.flush()
    rows = [
        {
            "of_workspace": lead.workspace_id,
            "lead_id": lead.id,
            "points": points,
            "made_by": made_by,
            "stands": lifecycle,
        }
        for lead, (points, made_by, lifecycle) in moved.items()
    ]
    session.connection().execute(_STAND, rows)
    for lead, (points, made_by, lifecycle) in moved.items():
        set_committed_value(lead, "score", points)
        set_committed_value(lead, "scored_by_id", made_by)
        move_lifecycle(lead, lifecycle, record=None, is_stored=True)


def _lifecycle(session: Session, lead: Lead, evaluated: LeadEvaluation) -> Lifecycle:
    """Say where who is not with sales stands: a lead is whoever gave more than an address, and did what counts."""
    if evaluated.live is not None or lead.lifecycle is not Lifecycle.SUBSCRIBER:
        return lead.lifecycle
    is_lead = evaluated.asked or (evaluated.did_more and gave_more(session, lead))
    return Lifecycle.LEAD if is_lead else Lifecycle.SUBSCRIBER


def _did_more(scoring: Scoring, ever: Mapping[str, int]) -> bool:
    return any((kind.points > 0 or kind.handoff) and ever.get(kind.key, 0) > 0 for kind in scoring.activities)


def _handoffs(
    session: Session, workspace_id: int, families: Mapping[int, int]
) -> tuple[dict[int, int], dict[int, tuple[datetime, HandoffState]]]:
    """Return the live handoff of each lead that has one, and when the last that is over ended, and how."""
    live: dict[int, int] = {}
    ended: dict[int, tuple[datetime, HandoffState]] = {}
    made = select(Handoff.id, Handoff.lead_id, Handoff.state, Handoff.ended_at).where(
        in_workspace(Handoff, workspace_id), Handoff.lead_id.in_(families)
    )
    for row in session.execute(made):
        lead_id = families[row.lead_id]
        if row.state in LIVE_STATES:
            live[lead_id] = row.id
        elif lead_id not in ended or row.ended_at > ended[lead_id][0]:
            ended[lead_id] = (row.ended_at, row.state)
    return live, ended


def latest_words(
    session: Session, workspace_id: int, families: Mapping[int, int], lead_ids: Collection[int], scoring: Scoring
) -> dict[int, list[str]]:
    """Return the latest words of each of these leads that they wrote themselves; titles of pages and files aren't."""
    said: dict[int, list[str]] = {lead_id: [] for lead_id in lead_ids}
    own_words = [kind.key for kind in scoring.activities if kind.own_words]
    if not lead_ids or not own_words:
        return said
    place = func.row_number().over(partition_by=Activity.lead_id, order_by=Activity.at.desc())
    latest = (
        select(Activity.lead_id, Activity.what, Activity.at, place.label("place"))
        .where(
            in_workspace(Activity, workspace_id),
            Activity.lead_id.in_([member for member, lead_id in families.items() if lead_id in lead_ids]),
            Activity.kind.in_(own_words),
            Activity.what.is_not(None),
        )
        .subquery()
    )
    words = select(latest.c.lead_id, latest.c.what).where(latest.c.place <= _WORDS).order_by(latest.c.at.desc())
    for row in session.execute(words):
        said[families[row.lead_id]].append(row.what)
    return {lead_id: words[:_WORDS] for lead_id, words in said.items()}


def addresses(
    session: Session, workspace_id: int, families: Mapping[int, int], lead_ids: Collection[int]
) -> dict[int, list[str]]:
    """Return every address of each of these leads."""
    found: dict[int, list[str]] = {lead_id: [] for lead_id in lead_ids}
    members = [member for member, lead_id in families.items() if lead_id in lead_ids]
    for each in contacts.emails_of(session, workspace_id, members) if members else ():
        found[families[each.lead_id]].append(each.email)
    return found


def gate_input(
    lead: Lead, emails: Sequence[str], said: Sequence[str], scoring: Scoring, since: Mapping[str, int]
) -> GateInput:
    """Return what gates look at: who the lead is, what it wrote, what it asked for."""
    return GateInput(
        email=lead.email,
        emails=tuple(emails),
        said=tuple(text for text in (lead.name, lead.problem, *said) if text),
        do_not_contact=lead.do_not_contact,
        asked=has_asked(scoring, since),
    )


# Built once: to build a statement takes longer than to run it.
_STAND: Final[Any] = (
    update(Lead)
    .where(in_workspace(Lead, bindparam("of_workspace")), Lead.id == bindparam("lead_id"))
    .values(score=bindparam("points"), scored_by_id=bindparam("made_by"), lifecycle=bindparam("stands"))
)
