"""How many leads there are at each station between marketing and sales: counted here, and nowhere else."""

from sqlalchemy import ColumnElement, Tuple, case, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from qualification.figures import LifecycleCount
from qualification.records import Handoff, Lead
from qualification.rules.handoff import LIVE_STATES
from qualification.rules.lifecycle import Lifecycle


def count(session: Session, workspace_id: int, fits: ColumnElement[bool] | None = None) -> tuple[LifecycleCount, ...]:
    """Count the leads at each station now, in the order of the way; a lead merged into another counts once.

    With `fits`, a condition on handoffs, only leads whose live handoff meets it, or the latest where none is live.
    """
    counted = (
        select(Lead.lifecycle, func.count(Lead.id.distinct()) if fits is not None else func.count())
        .where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None))
        .group_by(Lead.lifecycle)
    )
    if fits is not None:
        other = aliased(Handoff)
        closer = exists().where(other.lead_id == Handoff.lead_id, _place(other) > _place(Handoff))
        # A handoff stays with the lead it was made of, which may turn out to be another.
        named = aliased(Lead)
        counted = (
            counted.join(named, func.coalesce(named.merged_into_id, named.id) == Lead.id)
            .join(Handoff, Handoff.lead_id == named.id)
            .where(Handoff.workspace_id == workspace_id, ~closer, fits)
        )
    found = {row[0]: row[1] for row in session.execute(counted)}
    return tuple(LifecycleCount(each.value, found.get(each, 0)) for each in Lifecycle)


def _place(handoff: type[Handoff]) -> Tuple:
    """Say how near a handoff stands to where its lead is: a live one first, then the latest."""
    return tuple_(case((handoff.state.in_(LIVE_STATES), 1), else_=0), handoff.announced_at, handoff.id)
