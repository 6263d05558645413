"""The statements by which deliveries are claimed, built once: building one takes longer than running it.

States are compared with literals: a bound parameter would hide a partial index from SQLite's planner.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, and_, bindparam, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from qualification.records import ChannelQueue, Delivery, RateLimit, Workspace

_parent = aliased(Delivery)
_workspace_id: BindParameter[int] = bindparam("workspace_id")
_now: BindParameter[datetime] = bindparam("now")
_in_queue = Delivery.queue_id == bindparam("queue_id")
_pending = Delivery.state == literal_column("'pending'")
_may_have_duplicates = and_(
    Delivery.workspace_id == _workspace_id,
    Delivery.duplicate_check_at.is_not(None),
    _in_queue,
    Delivery.ts.is_not(None),
)

# The first statement of each transaction that claims.
WORKSPACE: Final = select(Workspace.last_error, Workspace.delivery_namespace).where(Workspace.id == _workspace_id)

# The moment from which the first queue can be claimed.
READY_AT: Final = select(
    func.min(
        case(
            (
                or_(ChannelQueue.leased_until.is_(None), ChannelQueue.leased_until < ChannelQueue.due_at),
                ChannelQueue.due_at,
            ),
            else_=ChannelQueue.leased_until,
        )
    )
).where(ChannelQueue.workspace_id == _workspace_id, ChannelQueue.due_at.is_not(None))
PAUSED_UNTIL: Final = (
    select(RateLimit.free_at)
    .join(Workspace, Workspace.id == RateLimit.workspace_id)
    .where(
        RateLimit.workspace_id == _workspace_id,
        RateLimit.method == bindparam("method"),
        Workspace.last_error.is_not(None),
    )
)

# The queues that are due and free, the longest waiting first.
DUE_QUEUES: Final = (
    select(ChannelQueue)
    .where(
        ChannelQueue.workspace_id == _workspace_id,
        ChannelQueue.due_at <= _now,
        or_(ChannelQueue.leased_until.is_(None), ChannelQueue.leased_until <= _now),
    )
    .order_by(ChannelQueue.due_at, ChannelQueue.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)

# The first queued delivery of a queue; a reply waits until its parent is posted and has no duplicate.
HEAD: Final = (
    select(Delivery, _parent)
    .outerjoin(_parent, _parent.id == Delivery.parent_id)
    .where(
        _in_queue,
        _pending,
        or_(
            Delivery.parent_id.is_(None),
            and_(_parent.ts.is_not(None), _parent.duplicate_check_at.is_(None)),
            and_(_parent.ts.is_(None), _parent.state == literal_column("'dead_letter'")),
        ),
    )
    .order_by(Delivery.priority, Delivery.sequence, Delivery.id)
    .limit(1)
)
# The order keeps PostgreSQL from reading the table from its start.
ANY_PENDING: Final = (
    select(Delivery.id).where(_in_queue, _pending).order_by(Delivery.priority, Delivery.sequence).limit(1)
)

# The messages that may have a duplicate.
CHECK_DUPLICATES: Final = (
    select(Delivery, _parent)
    .outerjoin(_parent, _parent.id == Delivery.parent_id)
    .where(_may_have_duplicates, Delivery.duplicate_check_at <= _now)
    .order_by(Delivery.duplicate_check_at, Delivery.id)
    .limit(1)
)
NEXT_DUPLICATE_CHECK: Final = select(func.min(Delivery.duplicate_check_at)).where(_may_have_duplicates)

# A delivery, read again and locked unless another transaction has it: waiting could deadlock.
LOCK_DELIVERY: Final = (
    select(Delivery).where(Delivery.id == bindparam("delivery_id")).with_for_update(skip_locked=True, key_share=True)
)

# Locked when a result is recorded: the delivery first, then its queue, in the order that all code keeps.
DELIVERY: Final = select(Delivery).where(Delivery.id == bindparam("delivery_id")).with_for_update(key_share=True)
QUEUE_IN_HAND: Final = (
    select(ChannelQueue)
    .where(
        ChannelQueue.id == bindparam("queue_id"),
        ChannelQueue.leased_by == bindparam("worker"),
        ChannelQueue.leased_until == bindparam("leased_until"),
    )
    .with_for_update(key_share=True)
)
