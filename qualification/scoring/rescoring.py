"""A new playbook counts for every lead: scores that an older one made are added up anew, some at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, false, func, or_, select
from sqlalchemy.orm import Session

from qualification.leads.events import record_lead_event
from qualification.leads.lifecycle import move_lifecycle
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import Lead, Workspace
from qualification.rules.handoffs.event_types import Released
from qualification.rules.handoffs.lifecycle_moves import lifecycle_of
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.refusals import NoPlaybook
from qualification.scoring import evaluation, holds
from qualification.scoring.evaluation import LeadEvaluation


def run_due(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int = 20) -> int:
    """Add up anew at most `limit` leads whose score the current playbook did not make; return how many.

    Nobody is announced by it. Whom a gate holds that is gone, or that they no longer meet, is let go. The rows say what
    is left to do, so that it may be broken off anywhere, and two workers never do the same one.
    """
    try:
        published = playbooks.current(session, workspace_id)
    except NoPlaybook:
        return 0
    outdated = _outdated(session, workspace_id, published, limit)
    if not outdated:
        return 0
    evaluations = evaluation.evaluate(session, outdated, published.playbook)
    for lead in outdated:
        evaluated = evaluations[lead.id]
        if lead.gated_by is not None:
            _evaluate_gates_again(session, lead, evaluated, published, now=now)
        if evaluated.live is not None and evaluated.points != lead.score:
            outbox.mark_stale(session, workspace_id, evaluated.live, now)
    evaluation.keep(session, outdated, evaluations, published)
    return len(outdated)


def left(session: Session, workspace_id: int) -> int:
    """Count the leads that are still to be added up by the current playbook."""
    version = playbooks.current(session, workspace_id).id
    others = or_(Lead.scored_by_id.is_(None), Lead.scored_by_id != version)
    count = select(func.count()).where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None), others)
    return session.scalar(count) or 0


def _outdated(session: Session, workspace_id: int, published: Published, limit: int) -> Sequence[Lead]:
    """Lock some leads whose score is older, or newer where an old playbook was published again."""
    for some in _OUTDATED:
        found = session.scalars(some, {"workspace_id": workspace_id, "current": published.id, "most": limit}).all()
        if found:
            return found
    return ()


def _evaluate_gates_again(
    session: Session, lead: Lead, evaluated: LeadEvaluation, published: Published, *, now: datetime
) -> None:
    """Keep a held lead held by whichever gate it meets now, or let it go where there is none."""
    if evaluated.gate is not None:
        holds.gate_lead(session, lead, evaluated.gate, published, now=now)
        return
    gate, lead.gated_by, lead.updated_at = lead.gated_by, None, now
    if lead.lifecycle is Lifecycle.DISQUALIFIED:
        # Where sales did not say so, the gate did.
        was = evaluated.ended_as
        to = lifecycle_of(was, checklist_passed=False, stage_lifecycle=None) if was else Lifecycle.LEAD
        move_lifecycle(lead, to, record=None)
    record_lead_event(session, lead, Released(gate=gate), now=now, playbook_id=published.id)


# One after the other each is a short walk along the index; in one they would be a sort of all that are left.
_OUTDATED: Final = tuple(
    select(Lead)
    .where(Lead.workspace_id == bindparam("workspace_id"), Lead.merged_into_id.is_(None), others)
    .order_by(Lead.scored_by_id, Lead.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
    for others in (
        Lead.scored_by_id.is_(None),
        Lead.scored_by_id < bindparam("current"),
        Lead.scored_by_id > bindparam("current"),
    )
)
_current: Final = select(Workspace.playbook_id).where(Workspace.id == bindparam("workspace_id")).scalar_subquery()
_OURS: Final = (Lead.workspace_id == bindparam("workspace_id"), Lead.merged_into_id.is_(None))
# By the least and the greatest, which stand at the ends of the index: to find that none is smaller, PostgreSQL would
# walk through the table.
MAY_BE_DUE: Final = or_(
    exists().where(*_OURS, Lead.scored_by_id.is_(None)),
    func.coalesce(select(func.min(Lead.scored_by_id)).where(*_OURS).scalar_subquery() < _current, false()),
    func.coalesce(select(func.max(Lead.scored_by_id)).where(*_OURS).scalar_subquery() > _current, false()),
)
