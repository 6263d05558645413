"""The statements by which deliveries are claimed, built once: building one takes longer than running it.

States are compared with literals: a bound parameter would hide a partial index from SQLite's planner.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, and_, bindparam, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from qualification.records import ChannelQueue, Delivery, LeadEvent, RateLimit, Workspace, rows

_parent = aliased(Delivery)
_workspace_id: BindParameter[int] = bindparam("workspace_id")
_now: BindParameter[datetime] = bindparam("now")
_ours = rows.in_workspace(Delivery)
_in_queue = and_(_ours, Delivery.queue_id == bindparam("queue_id"))
_pending = Delivery.state == literal_column("'pending'")
_may_have_duplicates = and_(
    Delivery.workspace_id == _workspace_id,
    Delivery.duplicate_check_at.is_not(None),
    Delivery.queue_id == bindparam("queue_id"),
    Delivery.ts.is_not(None),
)

# The first statement of each transaction that claims.
WORKSPACE: Final = select(Workspace.last_error, Workspace.delivery_namespace).where(Workspace.id == _workspace_id)

_first_ready_at = select(
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
_paused_until = (
    select(RateLimit.free_at)
    .join(Workspace, Workspace.id == RateLimit.workspace_id)
    .where(
        RateLimit.workspace_id == _workspace_id,
        RateLimit.method == bindparam("method"),
        Workspace.last_error.is_not(None),
    )
)
# The moment from which the first queue can be claimed, and until when none can while Slack refuses every call.
READY_AT: Final = select(_first_ready_at.scalar_subquery(), _paused_until.scalar_subquery())

_edit = aliased(Delivery)
_first_edit = (
    select(_edit)
    .where(
        _edit.queue_id == ChannelQueue.id,
        _edit.state == literal_column("'pending'"),
        or_(_edit.ts.is_not(None), _edit.kind == literal_column("'home'")),
    )
    .order_by(_edit.priority, _edit.sequence)
    .limit(1)
)
# The queues that are due and free. Edits share a rate: those with one go by whom their first is for, then the oldest.
# Those without one share nothing, and go first, the longest waiting before the others.
DUE_QUEUES: Final = (
    select(ChannelQueue)
    .where(
        ChannelQueue.workspace_id == _workspace_id,
        ChannelQueue.due_at <= _now,
        or_(ChannelQueue.leased_until.is_(None), ChannelQueue.leased_until <= _now),
    )
    .order_by(
        _first_edit.with_only_columns(_edit.priority).scalar_subquery().asc().nulls_first(),
        _first_edit.with_only_columns(_edit.sequence).scalar_subquery().asc().nulls_first(),
        ChannelQueue.due_at,
        ChannelQueue.answered_at.asc().nulls_first(),
        ChannelQueue.id,
    )
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
        # Beyond any lease it was written by a clock that was ahead.
        or_(
            Delivery.answering_until.is_(None),
            Delivery.answering_until <= _now,
            Delivery.answering_until > bindparam("beyond"),
        ),
        or_(
            Delivery.parent_id.is_(None),
            and_(_parent.ts.is_not(None), _parent.duplicate_check_at.is_(None)),
            and_(_parent.ts.is_(None), _parent.state == literal_column("'dead_letter'")),
        ),
    )
    .order_by(Delivery.priority, Delivery.sequence, Delivery.id)
    .limit(1)
)
# The first that is to be edited, and the first that is to be posted: they need different methods.
HEADS: Final = {True: HEAD.where(Delivery.ts.is_not(None)), False: HEAD.where(Delivery.ts.is_(None))}
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
# When the first message that is shown by a response_url may be edited, if it still has to be.
NEXT_ANSWERED: Final = select(func.min(Delivery.answering_until)).where(_in_queue, _pending)
NEXT_DUPLICATE_CHECK: Final = select(func.min(Delivery.duplicate_check_at)).where(_may_have_duplicates)

# The message of a press, where something of it is still to be shown.
PENDING_AT: Final = select(Delivery.id).where(
    Delivery.workspace_id == _workspace_id,
    Delivery.channel == bindparam("channel"),
    Delivery.ts == bindparam("ts"),
    _pending,
)

# When the event happened that a thread line tells first.
HAPPENED_AT: Final = select(LeadEvent.at).where(rows.in_workspace(LeadEvent), LeadEvent.id == bindparam("event_id"))

# A delivery, read again and locked unless another transaction has it: waiting could deadlock.
LOCK_DELIVERY: Final = (
    select(Delivery)
    .where(_ours, Delivery.id == bindparam("delivery_id"))
    .with_for_update(skip_locked=True, key_share=True)
)

# Locked when a result is recorded: the delivery first, then its queue, in the order that all code keeps.
DELIVERY: Final = select(Delivery).where(_ours, Delivery.id == bindparam("delivery_id")).with_for_update(key_share=True)
QUEUE_IN_HAND: Final = (
    select(ChannelQueue)
    .where(
        rows.in_workspace(ChannelQueue),
        ChannelQueue.id == bindparam("queue_id"),
        ChannelQueue.leased_by == bindparam("worker"),
        ChannelQueue.leased_until == bindparam("leased_until"),
    )
    .with_for_update(key_share=True)
)
