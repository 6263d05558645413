"""Claiming deliveries: which queue is due, which delivery is first in it, and which worker has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.delivery import queue_statements as queries
from bot.delivery.find_posted import PATIENCE, key_of
from bot.delivery.operations import SHOWING, Job, Operation, methods_of, operation_of
from bot.slack.rate_limits import EVERY_METHOD, GREATEST_PAUSE, Rates, lock_rate_limits
from qualification.outbox.outbox import ANSWERING, NO_CHANNEL_ID, NO_SLACK_USER, PARENT_UNDELIVERED
from qualification.outbox.surfaces import THREAD_LINE
from qualification.records import ChannelQueue, Delivery, DeliveryState, Person, Priority, RateLimit, rows

# How long a worker keeps a queue: longer than all calls of one delivery can take.
LEASE: Final = timedelta(seconds=15)
# How long to wait between tries while Slack refuses every call.
ERROR_PAUSE: Final = timedelta(seconds=30)
# How long to wait where another transaction has the delivery locked.
BUSY_PAUSE: Final = timedelta(milliseconds=50)
# How far back a post is searched for of which it is not known when it began.
LOST_FOR: Final = timedelta(days=1)
# The number of queues that one transaction looks at, which must stay short.
GLANCE: Final = 50


@dataclass(frozen=True, slots=True)
class _Ground:
    """What holds for the whole workspace while a transaction claims deliveries."""

    now: datetime
    delivery_namespace: str
    workspace_failing: bool
    limits: Mapping[str, RateLimit]


@dataclass(frozen=True, slots=True)
class _First:
    """The first delivery of a queue, with what it needs; it `only_compares` while the rates allow no call."""

    delivery: Delivery
    parent: Delivery | None
    person: Person | None
    operation: Operation
    channel: str | None
    limits: Sequence[RateLimit]
    only_compares: bool


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
        where = {"workspace_id": self.workspace_id, "method": EVERY_METHOD}
        first: datetime | None
        paused: datetime | None
        first, paused = session.execute(queries.READY_AT, where).one()
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
        """Keep a claimed queue for its next delivery; let it go where nothing in it can be sent now.

        It goes for an edit too: other queues may have one that goes first.
        """
        ground = self._ground(session, now)
        if ground.workspace_failing:
            self.release(session, queue, now)
            return None
        return self._first(session, queue, ground, posts_only=True)

    def release(self, session: Session, queue: ChannelQueue, now: datetime, held_until: datetime | None = None) -> None:
        """Release a queue, behind those that wait; with `held_until` no worker claims it before that moment."""
        session.flush()
        pending = session.scalar(queries.ANY_PENDING, self._in(queue))
        queue.due_at = now if pending is not None else self._next_duplicate_check(session, queue)
        queue.leased_by, queue.leased_until = None, held_until

    def give_back(self, session: Session, job: Job) -> None:
        """Give back the call that a job took from the rate and did not make, since it would have changed nothing."""
        method = SHOWING[job.operation]
        rate = self._rates.methods.get(method)
        if rate is not None:
            lock_rate_limits(session, self.workspace_id, (method,))[method].free_at -= rate.interval

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

    def _first(self, session: Session, queue: ChannelQueue, ground: _Ground, *, posts_only: bool = False) -> Job | None:
        """Lease the queue for the first delivery that can be sent now, or else release it until one can."""
        person = rows.get(session, Person, queue.person_id, queue.workspace_id)
        edits: bool | None = None
        waits: datetime | None = None
        while True:
            session.flush()
            head = self._head(session, queue, ground.now, edits=edits)
            if head is None:
                _put_off(queue, min(filter(None, (waits, self._next_due(session, queue))), default=None))
                return None
            delivery, parent = head
            if not _lock(session, delivery):
                queue.leased_by, queue.leased_until = None, ground.now + BUSY_PAUSE
                return None
            if not _can_be_delivered(delivery, queue, person, parent, ground.now):
                continue
            operation = operation_of(delivery, ground.now)
            if posts_only and operation in SHOWING:
                _put_off(queue, ground.now)
                return None
            channel = delivery.channel or (person.dm_channel if person else queue.place)
            methods = methods_of(operation, delivery, opened=channel is not None)
            limits = [ground.limits[method] for method in methods if method in ground.limits]
            told_at = self._told_at(session, delivery, operation, ground.now)
            waits_until = (self._free_at(queue, delivery, operation, limits), told_at)
            free_at = max(filter(None, waits_until), default=ground.now)
            is_free = free_at <= ground.now
            if is_free or _is_worth_comparing(delivery, operation):
                first = _First(delivery, parent, person, operation, channel, limits, only_compares=not is_free)
                return self._lease(queue, first, ground)
            if operation is Operation.CHECK_DUPLICATES:
                # The search for a duplicate can wait; meanwhile the next delivery goes.
                delivery.duplicate_check_at = free_at
            elif waits is None:
                # What needs the other method may go: an edit does not wait for a thread's lines, nor they for it.
                edits, waits = delivery.ts is None, free_at
            else:
                _put_off(queue, min(waits, free_at))
                return None

    def _lease(self, queue: ChannelQueue, first: _First, ground: _Ground) -> Job:
        """Lease the queue for its first delivery, and take the calls that it needs from the rates."""
        delivery, operation = first.delivery, first.operation
        post_began_at, fingerprint = delivery.post_began_at, delivery.fingerprint
        if not first.only_compares:
            self._spend(queue, operation, first.limits, ground.now)
            _begin(delivery, operation, ground.now)
        leased_until = ground.now + LEASE
        queue.leased_by, queue.leased_until, queue.delivery_id = self.worker, leased_until, delivery.id
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
            slack_user_id=first.person.slack_user_id if first.person else None,
            channel=first.channel,
            ts=delivery.ts,
            parent_id=delivery.parent_id,
            parent_ts=first.parent.ts if first.parent else None,
            fingerprint=fingerprint,
            post_began_at=post_began_at,
            leased_until=leased_until,
            workspace_failing=ground.workspace_failing,
            failing_methods=tuple(limit.method for limit in first.limits if limit.last_error),
            only_compares=first.only_compares,
        )

    def _told_at(self, session: Session, delivery: Delivery, operation: Operation, now: datetime) -> datetime | None:
        """Return when a thread line may be posted, so that it tells what happens meanwhile too."""
        if operation is not Operation.POST or delivery.kind != THREAD_LINE or self._rates.line_waits is None:
            return None
        happened_at: datetime | None = session.scalar(
            queries.HAPPENED_AT, {"workspace_id": self.workspace_id, "event_id": delivery.subject}
        )
        # A clock that was ahead wrote what lies in the future.
        return None if happened_at is None or happened_at > now else happened_at + self._rates.line_waits

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

    def _head(
        self, session: Session, queue: ChannelQueue, now: datetime, *, edits: bool | None
    ) -> tuple[Delivery, Delivery | None] | None:
        """Return the first delivery and its parent: a message that may have a duplicate, else the first queued one.

        `edits` asks for the first to be edited only, or to be posted.
        """
        where = {**self._in(queue), "now": now, "beyond": now + 2 * ANSWERING}
        head = queries.HEAD if edits is None else queries.HEADS[edits]
        row = session.execute(queries.CHECK_DUPLICATES, where).first() or session.execute(head, where).first()
        return (row[0], row[1]) if row else None

    def _next_due(self, session: Session, queue: ChannelQueue) -> datetime | None:
        """Return when something of a queue may be due of which nothing can be sent now."""
        answered: datetime | None = session.scalar(queries.NEXT_ANSWERED, self._in(queue))
        return min(filter(None, (answered, self._next_duplicate_check(session, queue))), default=None)

    def _next_duplicate_check(self, session: Session, queue: ChannelQueue) -> datetime | None:
        moment: datetime | None = session.scalar(queries.NEXT_DUPLICATE_CHECK, self._in(queue))
        return moment

    def _in(self, queue: ChannelQueue) -> dict[str, Any]:
        return {"workspace_id": self.workspace_id, "queue_id": queue.id}


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


def _begin(delivery: Delivery, operation: Operation, now: datetime) -> None:
    """Record that Slack may show something else from now on, whether or not its answer arrives."""
    if operation is Operation.POST:
        delivery.post_began_at = now
    elif operation in SHOWING:
        delivery.fingerprint = None


def _lock(session: Session, delivery: Delivery) -> bool:
    """Lock a delivery and read it again; False where another transaction has it, since waiting could deadlock."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return (
        session.scalar(queries.LOCK_DELIVERY, {"workspace_id": delivery.workspace_id, "delivery_id": delivery.id})
        is not None
    )


def _put_off(queue: ChannelQueue, due_at: datetime | None) -> None:
    """Let a queue go until then, or until something is queued there."""
    queue.due_at, queue.leased_by, queue.leased_until = due_at, None, None


def _is_worth_comparing(delivery: Delivery, operation: Operation) -> bool:
    """Return whether an edit that must wait for its rate may need none, and nobody has found out yet.

    What is drawn anew for those who only watch, or after a new playbook, often shows the same as before.
    """
    return (
        operation in SHOWING
        and delivery.priority >= Priority.FOR_WATCHER
        and delivery.fingerprint is not None
        and delivery.differing_revision != delivery.desired_revision
    )


def _can_be_delivered(
    delivery: Delivery, queue: ChannelQueue, person: Person | None, parent: Delivery | None, now: datetime
) -> bool:
    """Return whether there is a place for it in Slack; else make it a dead letter. Mends what a wrong clock wrote."""
    hindrance = _why_undeliverable(queue, person, parent)
    if hindrance is not None:
        delivery.state, delivery.last_error, delivery.duplicate_check_at = DeliveryState.DEAD_LETTER, hindrance, None
        delivery.refused_at = delivery.refused_at or now
        return False
    if delivery.post_began_at is not None and delivery.post_began_at > now + GREATEST_PAUSE:
        # A clock that was ahead wrote it: nobody knows when the post began, so it is searched for far back.
        delivery.post_began_at = now - LOST_FOR
    return True


def _why_undeliverable(queue: ChannelQueue, person: Person | None, parent: Delivery | None) -> str | None:
    if queue.person_id is not None and (person is None or person.slack_user_id is None):
        return NO_SLACK_USER
    if queue.place.startswith("#"):
        return NO_CHANNEL_ID
    if parent is not None and parent.ts is None:
        return PARENT_UNDELIVERED
    return None
