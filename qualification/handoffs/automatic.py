"""Leads handed over without a person: by their score or request, or when a command asks for all that are ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification.handoffs import handover
from qualification.handoffs.handover import HandOverResult, Reason
from qualification.leads import resolution
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import Handoff, Lead, rows
from qualification.routing import assignment
from qualification.scoring import evaluation
from qualification.scoring.holds import gate_lead

# Cards of leads that do much in a short time are drawn anew once for all of it.
SETTLING: Final = timedelta(minutes=1)


def consider(
    session: UnitOfWork, leads: Sequence[Lead], *, published: Published, announcing: bool = True, now: datetime
) -> list[Handoff]:
    """Add up anew what the leads did, and hand over who is ready and stopped by no gate, if `announcing`.

    One who asked for a demo or a trial and whom a gate would hold back goes to the manager, who decides.

    The leads are locked by the caller. What was done before a lead's last handoff ended counts for the score, but not
    towards the next handoff. Returns the handoffs made.
    """
    evaluations = evaluation.evaluate(session, leads, published.playbook) if leads else {}
    evaluation.keep(session, leads, evaluations, published)
    going = (each.is_ready and (each.gate is None or each.for_a_person) for each in evaluations.values())
    if announcing and sum(going) > 1:
        assignment.lock_pools(session, leads[0].workspace_id)
    made = []
    for lead in leads:
        evaluated = evaluations[lead.id]
        if evaluated.live is not None:
            outbox.mark_stale(session, lead.workspace_id, evaluated.live, now + SETTLING)
        elif announcing and evaluated.is_ready and evaluated.gate is None:
            made.append(handover.announce(session, lead, _reason(lead), by=None, published=published, now=now))
        elif announcing and evaluated.for_a_person and evaluated.gate is not None:
            past = (evaluated.gate.name,)
            reason = _reason(lead)
            made.append(
                handover.announce(session, lead, reason, by=None, published=published, past=past, judged=False, now=now)
            )
        elif announcing and evaluated.is_ready and evaluated.gate is not None:
            gate_lead(session, lead, evaluated.gate, published, now=now)
    session.flush()
    return made


def _reason(lead: Lead) -> Reason:
    """Return what the lead wrote last; where it first came from, it says for a handoff that has nothing else."""
    return Reason(problem=lead.problem)


@dataclass(frozen=True, slots=True)
class Examined:
    """Some leads looked at: how many, who of them is ready, and up to which id; `last` is None behind the last lead."""

    count: int
    ready: tuple[int, ...]
    last: int | None


def count(session: Session, workspace_id: int) -> int:
    """Count the leads; one that was merged into another counts as that."""
    every = select(func.count()).where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None))
    return session.scalar(every) or 0


def examine(session: Session, workspace_id: int, *, after: int, limit: int) -> Examined:
    """Look at the next leads behind that id, the oldest first, by the current playbook; raises NoPlaybook.

    A lead is ready if its next activity would hand it over: its points or a request suffice, sales does not have it,
    and no gate stops it.
    """
    playbook = playbooks.current(session, workspace_id).playbook
    following = (
        select(Lead)
        .where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None), Lead.id > after)
        .order_by(Lead.id)
        .limit(limit)
    )
    found = session.scalars(following).all()
    evaluations = evaluation.evaluate(
        session, [lead for lead in found if lead.gated_by is None and lead.erased_at is None], playbook
    )
    ready = tuple(
        lead_id for lead_id, evaluated in evaluations.items() if evaluated.is_ready and evaluated.gate is None
    )
    return Examined(len(found), ready, found[-1].id if found else None)


def hand_over(session: UnitOfWork, workspace_id: int, lead_id: int, *, now: datetime) -> HandOverResult | None:
    """Hand the lead over as if it had just done something; None where it is not, or no longer, ready."""
    lead = resolution.root(session, rows.get_one(session, Lead, lead_id, workspace_id))
    if lead is None or lead.erased_at is not None or resolution.locked(session, lead) is not None:
        return None
    made = consider(session, [lead], published=playbooks.current(session, workspace_id), now=now)
    return handover.result_of(session, made[0], already=False) if made else None
