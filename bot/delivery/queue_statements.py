"""The statements by which deliveries are claimed, built once: building one takes longer than running it.

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

# The first statement of each transaction that claims.
WORKSPACE: Final = select(Workspace.trouble, Workspace.seal).where(Workspace.id == _workspace_id)

# The moment from which the first lane can be claimed.
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

# The lanes that are due and free, the longest waiting first.
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

# The first queued delivery of a lane; a reply waits until its parent is posted and has no duplicate.
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
# The order keeps PostgreSQL from reading the table from its start.
ANY_OWED: Final = select(Delivery.id).where(_in_lane, _owed).order_by(Delivery.urgency, Delivery.sequence).limit(1)

# The messages that may have a duplicate.
RECHECK: Final = (
    select(Delivery, _parent)
    .outerjoin(_parent, _parent.id == Delivery.parent_id)
    .where(_rechecked, Delivery.recheck_at <= _now)
    .order_by(Delivery.recheck_at, Delivery.id)
    .limit(1)
)
NEXT_RECHECK: Final = select(func.min(Delivery.recheck_at)).where(_rechecked)

# A delivery, read again and locked unless another transaction has it: waiting could deadlock.
LOCK_DELIVERY: Final = (
    select(Delivery)
    .where(Delivery.id == bindparam("delivery_id"))
    .with_for_update(skip_locked=True, key_share=True)
    .execution_options(populate_existing=True)
)

# Locked when a result is recorded: the delivery first, then its lane, in the order that all code keeps.
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
