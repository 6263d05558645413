"""Claiming deliveries: which lane is due, which delivery is first in it, and which worker has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.delivery import queue_statements as queries
from bot.delivery.find_posted import PATIENCE, key_of
from bot.delivery.operations import Job, Operation, methods_of, operation_of
from bot.slack.rate_limits import EVERY_METHOD, Rates, lock_paces
from qualification.outbox.outbox import NO_CHANNEL_ID, NO_SLACK_USER, PARENT_PARKED
from qualification.records import Delivery, DeliveryState, Lane, Pace, Person

# How long a worker keeps a lane: longer than all calls of one delivery can take.
LEASE: Final = timedelta(seconds=15)
# How long to wait between tries while Slack refuses every call.
TROUBLE_PAUSE: Final = timedelta(seconds=30)
# How long to wait where another transaction has the delivery locked.
BUSY_PAUSE: Final = timedelta(milliseconds=50)
# The number of lanes that one transaction looks at, which must stay short.
GLANCE: Final = 50


@dataclass(frozen=True, slots=True)
class _Ground:
    """What holds for the whole workspace while a transaction claims deliveries."""

    now: datetime
    seal: str
    troubled: bool
    paces: Mapping[str, Pace]


class Lanes:
    """The lanes of one workspace, as one worker claims them; every method runs in the caller's transaction.

    While `leased_until` is in the future, the lane belongs to the worker `leased_by`; without a `leased_by` it is held
    back until its first delivery is tried again. A lane that waits for a rate is only due later, so that a delivery
    that comes meanwhile and needs another method can go.
    """

    def __init__(self, workspace_id: int, worker: str, rates: Rates) -> None:
        """No other worker has the name `worker`."""
        self.workspace_id = workspace_id
        self.worker = worker
        self._rates = rates

    def ready_at(self, session: Session) -> datetime | None:
        """Return the moment from which a lane can be claimed; None when nothing is queued."""
        first: datetime | None = session.scalar(queries.READY_AT, {"workspace_id": self.workspace_id})
        paused = session.scalar(queries.PAUSED_UNTIL, {"workspace_id": self.workspace_id, "method": EVERY_METHOD})
        return max(first, paused) if first and paused else first

    def claim(self, session: Session, now: datetime, limit: int) -> list[Job]:
        """Claim up to `limit` lanes that are due and free, each with its first delivery.

        While Slack refuses every call, claims one lane every TROUBLE_PAUSE.
        """
        ground = self._ground(session, now)
        if ground.troubled:
            if ground.paces[EVERY_METHOD].free_at > now:
                return []
            ground.paces[EVERY_METHOD].free_at = now + TROUBLE_PAUSE
            limit = 1
        jobs: list[Job] = []
        glances = GLANCE
        while len(jobs) < limit and glances > 0:
            lanes = self._due(session, now, min(limit - len(jobs), glances))
            if not lanes:
                break
            glances -= len(lanes)
            found = (self._first(session, lane, ground) for lane in lanes)
            jobs.extend([job for job in found if job is not None])
        return jobs

    def take_next(self, session: Session, lane: Lane, now: datetime) -> Job | None:
        """Keep a claimed lane for its next delivery; let it go where nothing in it can be sent now."""
        ground = self._ground(session, now)
        if ground.troubled:
            self.let_go(session, lane, now)
            return None
        return self._first(session, lane, ground)

    def let_go(self, session: Session, lane: Lane, now: datetime, held_until: datetime | None = None) -> None:
        """Release a lane, behind those that wait; with `held_until` no worker claims it before that moment."""
        session.flush()
        owed = session.scalar(queries.ANY_OWED, {"lane_id": lane.id})
        lane.due_at = now if owed is not None else self._next_recheck(session, lane)
        lane.leased_by, lane.leased_until = None, held_until

    def _ground(self, session: Session, now: datetime) -> _Ground:
        workspace = session.execute(queries.WORKSPACE, {"workspace_id": self.workspace_id}).one()
        # Locked before any lane, so that two workers never use a method's last free call twice, nor deadlock.
        paces = lock_paces(session, self.workspace_id, (EVERY_METHOD, *self._rates.methods))
        return _Ground(now=now, seal=workspace.seal, troubled=workspace.trouble is not None, paces=paces)

    def _due(self, session: Session, now: datetime, most: int) -> Sequence[Lane]:
        session.flush()
        return session.scalars(queries.DUE_LANES, {"workspace_id": self.workspace_id, "now": now, "most": most}).all()

    def _first(self, session: Session, lane: Lane, ground: _Ground) -> Job | None:
        """Lease the lane for the first delivery that can be sent now, or else release it until one can."""
        person = session.get(Person, lane.person_id) if lane.person_id is not None else None
        while True:
            session.flush()
            head = self._head(session, lane, ground.now)
            if head is None:
                lane.due_at, lane.leased_by, lane.leased_until = self._next_recheck(session, lane), None, None
                return None
            delivery, parent = head
            if not _lock(session, delivery):
                lane.leased_by, lane.leased_until = None, ground.now + BUSY_PAUSE
                return None
            hindrance = _hindrance(lane, person, parent)
            if hindrance is not None:
                delivery.state, delivery.trouble, delivery.recheck_at = DeliveryState.PARKED, hindrance, None
                delivery.refused_at = delivery.refused_at or ground.now
                continue
            operation = operation_of(delivery, ground.now)
            channel = delivery.channel or (person.dm_channel if person else lane.place)
            methods = methods_of(operation, delivery, opened=channel is not None)
            paces = [ground.paces[method] for method in methods if method in ground.paces]
            free_at = self._free_at(lane, delivery, operation, paces)
            if free_at is None or free_at <= ground.now:
                break
            if operation is not Operation.RECHECK:
                lane.due_at, lane.leased_by, lane.leased_until = free_at, None, None
                return None
            # The search for a duplicate can wait; meanwhile the next delivery goes.
            delivery.recheck_at = free_at
        self._spend(lane, operation, paces, ground.now)
        began_at = delivery.began_at
        if operation is Operation.POST:
            delivery.began_at = ground.now
        leased_until = ground.now + LEASE
        lane.leased_by, lane.leased_until = self.worker, leased_until
        return Job(
            workspace_id=self.workspace_id,
            delivery_id=delivery.id,
            lane_id=lane.id,
            handoff_id=delivery.handoff_id,
            kind=delivery.kind,
            operation=operation,
            key=key_of(ground.seal, delivery.id, delivery.posting),
            posting=delivery.posting,
            person_id=lane.person_id,
            slack_user_id=person.slack_user_id if person else None,
            channel=channel,
            ts=delivery.ts,
            parent_id=delivery.parent_id,
            parent_ts=parent.ts if parent else None,
            fingerprint=delivery.fingerprint,
            began_at=began_at,
            leased_until=leased_until,
            troubled=ground.troubled,
            mistrusted=tuple(pace.method for pace in paces if pace.trouble),
        )

    def _free_at(self, lane: Lane, delivery: Delivery, operation: Operation, paces: Sequence[Pace]) -> datetime | None:
        waits = [pace.free_at for pace in paces]
        if operation in {Operation.POST, Operation.LOOK_BACK} and self._rates.posts and lane.posts_free_at:
            waits.append(lane.posts_free_at)
        if operation is Operation.LOOK_BACK and delivery.began_at:
            # Slack may still do a call that hung.
            waits.append(delivery.began_at + PATIENCE)
        return max(waits, default=None)

    def _spend(self, lane: Lane, operation: Operation, paces: Sequence[Pace], now: datetime) -> None:
        if operation in {Operation.POST, Operation.LOOK_BACK} and self._rates.posts:
            lane.posts_free_at = self._rates.posts.free_at(lane.posts_free_at, now)
        for pace in paces:
            if pace.method in self._rates.methods:
                pace.free_at = self._rates.methods[pace.method].free_at(pace.free_at, now)

    def _head(self, session: Session, lane: Lane, now: datetime) -> tuple[Delivery, Delivery | None] | None:
        """Return the first delivery and its parent: a message that may have a duplicate, else the first queued one."""
        where = {"workspace_id": self.workspace_id, "lane_id": lane.id, "now": now}
        row = session.execute(queries.RECHECK, where).first() or session.execute(queries.HEAD, where).first()
        return (row[0], row[1]) if row else None

    def _next_recheck(self, session: Session, lane: Lane) -> datetime | None:
        where = {"workspace_id": self.workspace_id, "lane_id": lane.id}
        moment: datetime | None = session.scalar(queries.NEXT_RECHECK, where)
        return moment


def void(session: Session, workspace_id: int, worker: str | None = None) -> int:
    """Free all leased or held lanes of the workspace, or only those of one worker; return how many there were."""
    lanes = update(Lane).where(Lane.workspace_id == workspace_id, Lane.leased_until.is_not(None))
    if worker is not None:
        lanes = lanes.where(Lane.leased_by == worker)
    lanes = lanes.values(leased_by=None, leased_until=None).execution_options(synchronize_session=False)
    return len(session.scalars(lanes.returning(Lane.id)).all())


def holders(session: Session, workspace_id: int) -> Sequence[str]:
    """Return the names of the workers that have a lane of the workspace."""
    return session.scalars(
        select(Lane.leased_by)
        .where(Lane.workspace_id == workspace_id, Lane.leased_by.is_not(None), Lane.due_at.is_not(None))
        .distinct()
        .order_by(Lane.leased_by)
    ).all()  # type: ignore[return-value]


def _lock(session: Session, delivery: Delivery) -> bool:
    """Lock a delivery and read it again; False where another transaction has it, since waiting could deadlock."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    return session.scalar(queries.LOCK_DELIVERY, {"delivery_id": delivery.id}) is not None


def _hindrance(lane: Lane, person: Person | None, parent: Delivery | None) -> str | None:
    if lane.person_id is not None and (person is None or person.slack_user_id is None):
        return NO_SLACK_USER
    if lane.place.startswith("#"):
        return NO_CHANNEL_ID
    if parent is not None and parent.ts is None:
        return PARENT_PARKED
    return None
