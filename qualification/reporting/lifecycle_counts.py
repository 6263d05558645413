"""The number of leads at each lifecycle station, from marketing to sales: counted here, and nowhere else."""

from collections import Counter
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal_column, select, tuple_
from sqlalchemy.orm import Session, aliased

from qualification.records import Handoff, Lead, nearness, nearness_columns
from qualification.records.rows import in_workspace
from qualification.reporting.figures import LifecycleCount
from qualification.rules.leads.lifecycle import Lifecycle


def count(session: Session, workspace_id: int, fits: ColumnElement[bool] | None = None) -> tuple[LifecycleCount, ...]:
    """Count the workspace's leads at each station now, in the order of the stations; merged leads count as one.

    With `fits`, a condition on handoffs, counts only leads whose nearest handoff meets it: the live one, else the
    latest.
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
    """Count the leads that are not part of any merge."""
    other = aliased(Handoff)
    nearer = tuple_(*nearness_columns(other)) > tuple_(*nearness_columns(Handoff))
    counted = (
        select(Lead.lifecycle, func.count())
        .join(Handoff, Handoff.lead_id == Lead.id)
        .where(
            Handoff.workspace_id == workspace_id,
            Lead.merged_into_id.is_(None),
            Lead.id.not_in(_merged(workspace_id).with_only_columns(Lead.merged_into_id)),
            ~exists().where(other.lead_id == Handoff.lead_id, nearer),
            fits,
        )
        .group_by(Lead.lifecycle)
    )
    return {row[0]: row[1] for row in session.execute(counted)}


def _of_families(session: Session, workspace_id: int, fits: ColumnElement[bool]) -> Counter[Lifecycle]:
    """Count each lead that others were merged into, and others into those, once; their handoffs still name them all.

    Follows the merges in Python: they are few, and a recursive query would be slow.
    """
    merged = _merged(workspace_id)
    ids = merged.with_only_columns(Lead.id).union(merged.with_only_columns(Lead.merged_into_id))
    members = select(Lead.id, Lead.merged_into_id, Lead.lifecycle).where(
        in_workspace(Lead, workspace_id), Lead.id.in_(ids)
    )
    family = {lead.id: lead for lead in session.execute(members)}
    columns = (Handoff.lead_id, Handoff.state, Handoff.announced_at, Handoff.id)
    made = select(*columns, fits.label("fits")).where(in_workspace(Handoff, workspace_id), Handoff.lead_id.in_(ids))
    nearest: dict[int, Any] = {}
    handoff: Any
    for handoff in session.execute(made) if family else ():
        lead = family[handoff.lead_id]
        while lead.merged_into_id is not None:
            lead = family[lead.merged_into_id]
        nearest[lead.id] = max(nearest.get(lead.id, handoff), handoff, key=nearness)
    return Counter(family[lead_id].lifecycle for lead_id, handoff in nearest.items() if handoff.fits)


def _merged(workspace_id: int) -> Select[Lead]:
    """Select the workspace's leads that were merged into others."""
    # Plus nothing: either engine might search all leads by an index of the workspace, and not the few that were merged.
    of_workspace = Lead.workspace_id + literal_column("0") == workspace_id
    return select(Lead).where(Lead.merged_into_id.is_not(None), of_workspace)
