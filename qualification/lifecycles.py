"""How many leads there are at each station between marketing and sales: counted here, and nowhere else."""

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from qualification.figures import LifecycleCount
from qualification.records import Handoff, Lead
from qualification.rules.lifecycle import Lifecycle


def count(session: Session, workspace_id: int, fits: ColumnElement[bool] | None = None) -> tuple[LifecycleCount, ...]:
    """Count the leads at each station now, in the order of the way; a lead merged into another counts once.

    With `fits`, a condition on handoffs, only leads whose latest handoff meets it.
    """
    counted = (
        select(Lead.lifecycle, func.count())
        .where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None))
        .group_by(Lead.lifecycle)
    )
    if fits is not None:
        later = aliased(Handoff)
        came_back = exists().where(later.lead_id == Handoff.lead_id, later.id > Handoff.id)
        counted = counted.join(Handoff, Handoff.lead_id == Lead.id).where(
            Handoff.workspace_id == workspace_id, ~came_back, fits
        )
    found = {row[0]: row[1] for row in session.execute(counted)}
    return tuple(LifecycleCount(each.value, found.get(each, 0)) for each in Lifecycle)
