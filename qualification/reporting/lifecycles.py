"""How many leads there are at each station between marketing and sales: counted here, and nowhere else."""

from collections import Counter
from typing import Any, Final

from sqlalchemy import ColumnElement, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from qualification.records import Handoff, Lead, nearness, nearness_columns
from qualification.reporting.figures import LifecycleCount
from qualification.rules.leads.lifecycle import Lifecycle


def count(session: Session, workspace_id: int, fits: ColumnElement[bool] | None = None) -> tuple[LifecycleCount, ...]:
    """Count the leads at each station now, in the order of the way; a lead merged into another counts once, as that.

    With `fits`, a condition on handoffs, only leads whose nearest handoff meets it: the live one, else the latest.
    """
    found: Counter[Lifecycle] = Counter()
    if fits is None:
        whole = select(Lead.lifecycle, func.count()).where(
            Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None)
        )
        found.update({row[0]: row[1] for row in session.execute(whole.group_by(Lead.lifecycle))})
    else:
        found.update(_of_single_leads(session, workspace_id, fits))
        found.update(_of_families(session, workspace_id, fits))
    return tuple(LifecycleCount(each.value, found[each]) for each in Lifecycle)


def _of_single_leads(session: Session, workspace_id: int, fits: ColumnElement[bool]) -> dict[Lifecycle, int]:
    """Count the leads that no other was merged with."""
    other = aliased(Handoff)
    nearer = tuple_(*nearness_columns(other)) > tuple_(*nearness_columns(Handoff))
    counted = (
        select(Lead.lifecycle, func.count())
        .join(Handoff, Handoff.lead_id == Lead.id)
        .where(
            Handoff.workspace_id == workspace_id,
            Lead.merged_into_id.is_(None),
            Lead.id.not_in(_MERGED.with_only_columns(Lead.merged_into_id)),
            ~exists().where(other.lead_id == Handoff.lead_id, nearer),
            fits,
        )
        .group_by(Lead.lifecycle)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


def _of_families(session: Session, workspace_id: int, fits: ColumnElement[bool]) -> Counter[Lifecycle]:
    """Count the leads that others were merged into, and others into those: a handoff stays with what it was made of.

    Here and not in the database: to follow each into what it became is no work, and a query that did would be slow.
    """
    ids = _MERGED.with_only_columns(Lead.id).union(_MERGED.with_only_columns(Lead.merged_into_id))
    members = select(Lead.id, Lead.merged_into_id, Lead.lifecycle).where(Lead.id.in_(ids))
    family = {lead.id: lead for lead in session.execute(members)}
    columns = (Handoff.lead_id, Handoff.state, Handoff.announced_at, Handoff.id, Handoff.workspace_id)
    made = select(*columns, fits.label("fits")).where(Handoff.lead_id.in_(ids))
    nearest: dict[int, Any] = {}
    handoff: Any
    for handoff in session.execute(made) if family else ():
        lead = family[handoff.lead_id]
        while lead.merged_into_id is not None:
            lead = family[lead.merged_into_id]
        nearest[lead.id] = max(nearest.get(lead.id, handoff), handoff, key=nearness)
    return Counter(
        family[lead_id].lifecycle
        for lead_id, handoff in nearest.items()
        if handoff.fits and handoff.workspace_id == workspace_id
    )


# The leads that turned out to be others: of every workspace, which a small index knows.
_MERGED: Final = select(Lead).where(Lead.merged_into_id.is_not(None))
