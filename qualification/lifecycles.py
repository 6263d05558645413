"""How many leads there are at each station between marketing and sales: counted here, and nowhere else."""

from sqlalchemy import ColumnElement, Subquery, func, select
from sqlalchemy.orm import Session, aliased

from qualification.figures import LifecycleCount
from qualification.records import NEAREST, Handoff, Lead
from qualification.rules.lifecycle import Lifecycle


def count(session: Session, workspace_id: int, fits: ColumnElement[bool] | None = None) -> tuple[LifecycleCount, ...]:
    """Count the leads at each station now, in the order of the way; a lead merged into another counts once, as that.

    With `fits`, a condition on handoffs, only leads whose nearest handoff meets it: the live one, else the latest.
    """
    counted = (
        select(Lead.lifecycle, func.count())
        .where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None))
        .group_by(Lead.lifecycle)
    )
    if fits is not None:
        ranked = _ranked(workspace_id, fits)
        counted = counted.join(ranked, ranked.c.lead_id == Lead.id).where(ranked.c.place == 1, ranked.c.fits)
    found = {row[0]: row[1] for row in session.execute(counted)}
    return tuple(LifecycleCount(each.value, found.get(each, 0)) for each in Lifecycle)


def _ranked(workspace_id: int, fits: ColumnElement[bool]) -> Subquery:
    """Select every handoff with its place among those of its lead, 1 for the nearest.

    A handoff stays with the lead it was made of, which may turn out to be another, and that one another again: those on
    the way stand here too, and are leads no more.
    """
    merged = (
        select(Lead.id, Lead.merged_into_id.label("into_id"))
        .where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_not(None))
        .cte("merged", recursive=True)
    )
    further = aliased(Lead)
    merged = merged.union_all(
        select(merged.c.id, further.merged_into_id)
        .join(further, further.id == merged.c.into_id)
        .where(further.merged_into_id.is_not(None))
    )
    lead_id = func.coalesce(merged.c.into_id, Handoff.lead_id)
    return (
        select(
            lead_id.label("lead_id"),
            fits.label("fits"),
            func.row_number().over(partition_by=lead_id, order_by=NEAREST).label("place"),
        )
        .outerjoin(merged, merged.c.id == Handoff.lead_id)
        .where(Handoff.workspace_id == workspace_id)
        .subquery()
    )
