"""Claiming deliveries: which queue is due, which delivery is first in it, and which worker has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.delivery import queue_statements as queries
from bot.delivery.find_posted import PATIENCE, key_of
from bot.delivery.operations import Job, Operation, methods_of, operation_of
from bot.slack.rate_limits import EVERY_METHOD, Rates, lock_rate_limits
from qualification.outbox.outbox import NO_CHANNEL_ID, NO_SLACK_USER, PARENT_UNDELIVERED
from qualification.records import ChannelQueue, Delivery, DeliveryState, Person, RateLimit

# How long a worker keeps a queue: longer than all calls of one delivery can take.
LEASE: Final = timedelta(seconds=15)
# How long to wait between tries while Slack refuses every call.
ERROR_PAUSE: Final = timedelta(seconds=30)
# How long to wait where another transaction has the delivery locked.
BUSY_PAUSE: Final = timedelta(milliseconds=50)
# The number of queues that one transaction looks at, which must stay short.
GLANCE: Final = 50


@dataclass(frozen=True, slots=True)
class _Ground:
    """What holds for the whole workspace while a transaction claims deliveries."""

    now: datetime
    delivery_namespace: str
    workspace_failing: bool
    limits: Mapping[str, RateLimit]


class ChannelQueues:
    """The queues of one workspace, as one worker claims them; every method runs in the caller's transaction.

    While `leased_until` is in the future, the queue belongs to the worker `leased_by`; without a `leased_by` it is held
    back until its first delivery is tried again. A queue that waits for a rate is only due later, so that a delivery
    that comes meanwhile and needs another method can go.
    """

    def __init__(self, workspace_id: int, worker: str, rates: Rates) -> None:
        """No other worker has the name `worker`."""
        self.workspace_id = workspace_id
        self.worker = worker
        self._rates = rates

    def ready_at(self, session: Session) -> datetime | None:
        """Return the moment from which a queue can be claimed; None when nothing is queued."""
        first: datetime | None = session.scalar(queries.READY_AT, {"workspace_id": self.workspace_id})
        paused = session.scalar(queries.PAUSED_UNTIL, {"workspace_id": self.workspace_id, "method": EVERY_METHOD})
        return max(first, paused) if first and paused else first

    def claim(self, session: Session, now: datetime, limit: int) -> list[Job]:
        """Claim up to `limit` queues that are due and free, each with its first delivery.

        While Slack refuses every call, claims one queue every ERROR_PAUSE.
        """
        ground = self._ground(session, now)
        if ground.workspace_failing:
            if ground.limits[EVERY_METHOD].free_at > now:
                return []
            ground.limits[EVERY_METHOD].free_at = now + ERROR_PAUSE
            limit = 1
        jobs: list[Job] = []
        glances = GLANCE
        while len(jobs) < limit and glances > 0:
            queues = self._due(session, now, min(limit - len(jobs), glances))
            if not queues:
                break
            glances -= len(queues)
            found = (self._first(session, queue, ground) for queue in queues)
            jobs.extend([job for job in found if job is not None])
        return jobs

    def claim_next(self, session: Session, queue: ChannelQueue, now: datetime) -> Job | None:
        """Keep a claimed queue for its next delivery; let it go where nothing in it can be sent now."""
        ground = self._ground(session, now)
        if ground.workspace_failing:
            self.release(session, queue, now)
            return None
        return self._first(session, queue, ground)

    def release(self, session: Session, queue: ChannelQueue, now: datetime, held_until: datetime | None = None) -> None:
        """Release a queue, behind those that wait; with `held_until` no worker claims it before that moment."""
        session.flush()
        pending = session.scalar(queries.ANY_PENDING, {"queue_id": queue.id})
        queue.due_at = now if pending is not None else self._next_duplicate_check(session, queue)
        queue.leased_by, queue.leased_until = None, held_until

    def _ground(self, session: Session, now: datetime) -> _Ground:
        workspace = session.execute(queries.WORKSPACE, {"workspace_id": self.workspace_id}).one()
        # Locked before any queue, so that two workers never use a method's last free call twice, nor deadlock.
        limits = lock_rate_limits(session, self.workspace_id, (EVERY_METHOD, *self._rates.methods))
        return _Ground(
            now=now,
            delivery_namespace=workspace.delivery_namespace,
            workspace_failing=workspace.last_error is not None,
            limits=limits,
        )

    def _due(self, session: Session, now: datetime, most: int) -> Sequence[ChannelQueue]:
        session.flush()
        return session.scalars(queries.DUE_QUEUES, {"workspace_id": self.workspace_id, "now": now, "most": most}).all()

    def _first(self, session: Session, queue: ChannelQueue, ground: _Ground) -> Job | None:
        """Lease the queue for the first delivery that can be sent now, or else release it until one can."""
        person = session.get(Person, queue.person_id) if queue.person_id is not None else None
        while True:
            session.flush()
            head = self._head(session, queue, ground.now)
            if head is None:
                queue.due_at, queue.leased_by, queue.leased_until = (
                    self._next_duplicate_check(session, queue),
                    None,
                    None,
                )
                return None
            delivery, parent = head
            if not _lock(session, delivery):
                queue.leased_by, queue.leased_until = None, ground.now + BUSY_PAUSE
                return None
            hindrance = _why_undeliverable(queue, person, parent)
            if hindrance is not None:
                delivery.state, delivery.last_error, delivery.duplicate_check_at = (
                    DeliveryState.DEAD_LETTER,
                    hindrance,
                    None,
                )
                delivery.refused_at = delivery.refused_at or ground.now
                continue
            operation = operation_of(delivery, ground.now)
            channel = delivery.channel or (person.dm_channel if person else queue.place)
            methods = methods_of(operation, delivery, opened=channel is not None)
            limits = [ground.limits[method] for method in methods if method in ground.limits]
            free_at = self._free_at(queue, delivery, operation, limits)
            if free_at is None or free_at <= ground.now:
                break
            if operation is not Operation.CHECK_DUPLICATES:
                queue.due_at, queue.leased_by, queue.leased_until = free_at, None, None
                return None
            # The search for a duplicate can wait; meanwhile the next delivery goes.
            delivery.duplicate_check_at = free_at
        self._spend(queue, operation, limits, ground.now)
        post_began_at = delivery.post_began_at
        if operation is Operation.POST:
            delivery.post_began_at = ground.now
        leased_until = ground.now + LEASE
        queue.leased_by, queue.leased_until = self.worker, leased_until
        return Job(
            workspace_id=self.workspace_id,
            delivery_id=delivery.id,
            queue_id=queue.id,
            handoff_id=delivery.handoff_id,
            kind=delivery.kind,
            operation=operation,
            key=key_of(ground.delivery_namespace, delivery.id, delivery.posting),
            posting=delivery.posting,
            person_id=queue.person_id,
            slack_user_id=person.slack_user_id if person else None,
            channel=channel,
            ts=delivery.ts,
            parent_id=delivery.parent_id,
            parent_ts=parent.ts if parent else None,
            fingerprint=delivery.fingerprint,
            post_began_at=post_began_at,
            leased_until=leased_until,
            workspace_failing=ground.workspace_failing,
            failing_methods=tuple(limit.method for limit in limits if limit.last_error),
        )

    def _free_at(
        self, queue: ChannelQueue, delivery: Delivery, operation: Operation, limits: Sequence[RateLimit]
    ) -> datetime | None:
        waits = [limit.free_at for limit in limits]
        if operation in {Operation.POST, Operation.LOOK_BACK} and self._rates.posts and queue.posts_free_at:
            waits.append(queue.posts_free_at)
        if operation is Operation.LOOK_BACK and delivery.post_began_at:
            # Slack may still do a call that hung.
            waits.append(delivery.post_began_at + PATIENCE)
        return max(waits, default=None)

    def _spend(self, queue: ChannelQueue, operation: Operation, limits: Sequence[RateLimit], now: datetime) -> None:
        if operation in {Operation.POST, Operation.LOOK_BACK} and self._rates.posts:
            queue.posts_free_at = self._rates.posts.free_at(queue.posts_free_at, now)
        for limit in limits:
            if limit.method in self._rates.methods:
                limit.free_at = self._rates.methods[limit.method].free_at(limit.free_at, now)

    def _head(self, session: Session, queue: ChannelQueue, now: datetime) -> tuple[Delivery, Delivery | None] | None:
        """Return the first delivery and its parent: a message that may have a duplicate, else the first queued one."""
        where = {"workspace_id": self.workspace_id, "queue_id": queue.id, "now": now}
        row = session.execute(queries.CHECK_DUPLICATES, where).first() or session.execute(queries.HEAD, where).first()
        return (row[0], row[1]) if row else None

    def _next_duplicate_check(self, session: Session, queue: ChannelQueue) -> datetime | None:
        where = {"workspace_id": self.workspace_id, "queue_id": queue.id}
        moment: datetime | None = session.scalar(queries.NEXT_DUPLICATE_CHECK, where)
        return moment


def void(session: Session, workspace_id: int, worker: str | None = None) -> int:
    """Free all leased or held queues of the workspace, or only those of one worker; return how many there were."""
    queues = update(ChannelQueue).where(
        ChannelQueue.workspace_id == workspace_id, ChannelQueue.leased_until.is_not(None)
    )
    if worker is not None:
        queues = queues.where(ChannelQueue.leased_by == worker)
    queues = queues.values(leased_by=None, leased_until=None).execution_options(synchronize_session=False)
    return len(session.scalars(queues.returning(ChannelQueue.id)).all())


def holders(session: Session, workspace_id: int) -> Sequence[str]:
    """Return the names of the workers that have a queue of the workspace."""
    return session.scalars(
        select(ChannelQueue.leased_by)
        .where(
            ChannelQueue.workspace_id == workspace_id,
            ChannelQueue.leased_by.is_not(None),
            ChannelQueue.due_at.is_not(None),
        )
        .distinct()
        .order_by(ChannelQueue.leased_by)
    ).all()  # type: ignore[return-value]


def _lock(session: Session, delivery: Delivery) -> bool:
    """Lock a delivery and read it again; False where another transaction has it, since waiting could deadlock."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return session.scalar(queries.LOCK_DELIVERY, {"delivery_id": delivery.id}) is not None


def _why_undeliverable(queue: ChannelQueue, person: Person | None, parent: Delivery | None) -> str | None:
    if queue.person_id is not None and (person is None or person.slack_user_id is None):
        return NO_SLACK_USER
    if queue.place.startswith("#"):
        return NO_CHANNEL_ID
    if parent is not None and parent.ts is None:
        return PARENT_UNDELIVERED
    return None
