"""The statements by which deliveries are taken up, built once: to build one takes longer than to run it.

States are compared with literals: a bound parameter would hide a partial index from SQLite's planner.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, and_, bindparam, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from qualification.records import Delivery, Lane, Pace, Workspace

_parent = aliased(Delivery)
_workspace_id: BindParameter[int] = bindparam("workspace_id")
_now: BindParameter[datetime] = bindparam("now")
_in_lane = Delivery.lane_id == bindparam("lane_id")
_owed = Delivery.state == literal_column("'owed'")
_rechecked = and_(
    Delivery.workspace_id == _workspace_id, Delivery.recheck_at.is_not(None), _in_lane, Delivery.ts.is_not(None)
)

# What every transaction of a worker begins with.
WORKSPACE: Final = select(Workspace.trouble, Workspace.seal).where(Workspace.id == _workspace_id)

# When the first lane can be taken up.
READY_AT: Final = select(
    func.min(
        case((or_(Lane.leased_until.is_(None), Lane.leased_until < Lane.due_at), Lane.due_at), else_=Lane.leased_until)
    )
).where(Lane.workspace_id == _workspace_id, Lane.due_at.is_not(None))
PAUSED_UNTIL: Final = (
    select(Pace.free_at)
    .join(Workspace, Workspace.id == Pace.workspace_id)
    .where(Pace.workspace_id == _workspace_id, Pace.method == bindparam("method"), Workspace.trouble.is_not(None))
)

# The lanes that are due and in nobody's hands, those that wait longest first.
DUE_LANES: Final = (
    select(Lane)
    .where(
        Lane.workspace_id == _workspace_id,
        Lane.due_at <= _now,
        or_(Lane.leased_until.is_(None), Lane.leased_until <= _now),
    )
    .order_by(Lane.due_at, Lane.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)

# What stands first in a lane; a reply waits until its message stands, and stands alone.
HEAD: Final = (
    select(Delivery, _parent)
    .outerjoin(_parent, _parent.id == Delivery.parent_id)
    .where(
        _in_lane,
        _owed,
        or_(
            Delivery.parent_id.is_(None),
            and_(_parent.ts.is_not(None), _parent.recheck_at.is_(None)),
            and_(_parent.ts.is_(None), _parent.state == literal_column("'parked'")),
        ),
    )
    .order_by(Delivery.urgency, Delivery.sequence, Delivery.id)
    .limit(1)
)
# Ordered, so that PostgreSQL is not tempted to read the table from its start.
ANY_OWED: Final = select(Delivery.id).where(_in_lane, _owed).order_by(Delivery.urgency, Delivery.sequence).limit(1)

# The messages that may have a twin.
RECHECK: Final = (
    select(Delivery, _parent)
    .outerjoin(_parent, _parent.id == Delivery.parent_id)
    .where(_rechecked, Delivery.recheck_at <= _now)
    .order_by(Delivery.recheck_at, Delivery.id)
    .limit(1)
)
NEXT_RECHECK: Final = select(func.min(Delivery.recheck_at)).where(_rechecked)

# A delivery read anew and locked, unless somebody is changing it: to wait could be to wait for each other.
LOCK_DELIVERY: Final = (
    select(Delivery)
    .where(Delivery.id == bindparam("delivery_id"))
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)

# What a worker settles: the delivery first, then its lane, in the order in which everybody locks them.
DELIVERY: Final = select(Delivery).where(Delivery.id == bindparam("delivery_id")).with_for_update(key_share=True)
LANE_IN_HAND: Final = (
    select(Lane)
    .where(
        Lane.id == bindparam("lane_id"),
        Lane.leased_by == bindparam("worker"),
        Lane.leased_until == bindparam("leased_until"),
    )
    .with_for_update(key_share=True)
)
