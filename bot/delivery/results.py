"""Recording the outcome of a job: only the worker that still has the queue may do it."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from bot.delivery import queue_statements as queries
from bot.delivery.find_posted import PATIENCE
from bot.delivery.operations import (
    SHOWING,
    Differs,
    Failed,
    Found,
    Job,
    MessageDeleted,
    NoDuplicate,
    Operation,
    Outcome,
    Posted,
    Refused,
    Shown,
    Undrawable,
)
from bot.delivery.queue import ERROR_PAUSE, LEASE, ChannelQueues
from bot.slack.client import FinalError, PassingError, ScopeError
from bot.slack.rate_limits import EVERY_METHOD, GREATEST_PAUSE, lock_rate_limits
from qualification.outbox import outbox, retries, statements
from qualification.outbox.outbox import (
    CANNOT_BE_DRAWN,
    PARENT_UNDELIVERED,
    UNFORESEEN,
)
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import ChannelQueue, Delivery, DeliveryState, Priority, RateLimit, Workspace, rows

log = logging.getLogger(__name__)

# A message that Slack refuses this often in a row, while it answers others, becomes a dead letter.
REFUSALS: Final = 10
LONGEST_PAUSE: Final = timedelta(seconds=30)


class LeaseLostError(Exception):
    """Another worker has the queue by now: the outcome of this one must not be recorded."""


def record_result(
    session: Session, queues: ChannelQueues, job: Job, outcome: Outcome, now: datetime, *, go_on: bool
) -> Job | None:
    """Record the outcome of a job; with `go_on` return the queue's next job, claimed. Raises LeaseLostError."""
    was_deleted = isinstance(outcome, Posted | Found) and retries.was_deleted(
        session, workspace_id=job.workspace_id, channel=outcome.channel, ts=outcome.ts
    )
    # The thread is locked before the queue, as by everybody.
    if isinstance(outcome, MessageDeleted):
        retries.lock_thread(session, job.workspace_id, outcome.delivery_id)
    elif was_deleted:
        retries.lock_thread(session, job.workspace_id, job.delivery_id)
    delivery, queue = _in_hand(session, queues, job)
    # The parent was deleted meanwhile, so the reply is queued again, for the parent's next posting.
    overtaken = job.parent_id is not None and delivery.posting != job.posting and isinstance(outcome, Posted | Found)
    held_until = None if overtaken else _write(session, delivery, job, outcome, now)
    if was_deleted and not overtaken:
        # Somebody deleted the message before its row said where it is.
        session.flush()
        retries.post_anew(session, job.workspace_id, delivery.id)
        session.expire(delivery)
    if isinstance(outcome, Posted | Shown) and _was_done(outcome):
        queue.answered_at = now
    if isinstance(outcome, Shown) and not outcome.sent and not job.only_compares:
        queues.give_back(session, job)
    if job.failing_methods and _was_done(outcome):
        for method, limit in lock_rate_limits(session, job.workspace_id, ()).items():
            limit.last_error = None if method in job.failing_methods else limit.last_error
    if go_on and held_until is None:
        return queues.claim_next(session, queue, now)
    queues.release(session, queue, now, held_until)
    return None


def record_late_post(session: UnitOfWork, job: Job, posted: Posted, now: datetime) -> None:
    """Record that a worker posted after it had lost its lease: whoever has the message now searches for a duplicate.

    Whoever took it over may have searched before this post reached Slack.
    """
    where = {"workspace_id": job.workspace_id, "delivery_id": job.delivery_id}
    delivery = session.scalars(queries.DELIVERY, where).one()
    if delivery.posting != job.posting or delivery.ts == posted.ts:
        return
    delivery.duplicate_check_at = now
    outbox.make_due(session, job.workspace_id, delivery.queue_id, now=now)


def renew(session: Session, queues: ChannelQueues, job: Job, now: datetime) -> Job:
    """Extend the lease of a job that takes long; return the job with its new lease. Raises LeaseLostError."""
    _, queue = _in_hand(session, queues, job)
    queue.leased_until = now + LEASE
    return replace(job, leased_until=now + LEASE)


def begin_again(session: Session, queues: ChannelQueues, job: Job, now: datetime, *, duplicate: bool) -> Job:
    """Renew the lease of a job whose post begins only now; return the job with its new lease. Raises LeaseLostError.

    With `duplicate` an earlier post may still be done, so a search for a duplicate is due later.
    """
    delivery, _ = _in_hand(session, queues, job)
    delivery.post_began_at = now
    if duplicate:
        delivery.duplicate_check_at = now + PATIENCE
    return renew(session, queues, job, now)


def record_workspace_error(session: Session, workspace_id: int, error: str | None, now: datetime) -> None:
    """Record why Slack refuses every call of the workspace; None records that it answers again."""
    workspace = session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    if error is None:
        workspace.last_error = workspace.last_error_at = None
        return
    workspace.last_error, workspace.last_error_at = error, workspace.last_error_at or now
    lock_rate_limits(session, workspace_id, (EVERY_METHOD,))[EVERY_METHOD].free_at = now + ERROR_PAUSE


def _in_hand(session: Session, queues: ChannelQueues, job: Job) -> tuple[Delivery, ChannelQueue]:
    """Lock the delivery, then its queue, in the order that all code keeps. Raises LeaseLostError."""
    delivery = session.scalars(
        queries.DELIVERY, {"workspace_id": job.workspace_id, "delivery_id": job.delivery_id}
    ).one()
    queue = session.scalar(
        queries.QUEUE_IN_HAND,
        {
            "workspace_id": job.workspace_id,
            "queue_id": job.queue_id,
            "worker": queues.worker,
            "leased_until": job.leased_until,
        },
    )
    if queue is None:
        raise LeaseLostError
    return delivery, queue


def _write(session: Session, delivery: Delivery, job: Job, outcome: Outcome, now: datetime) -> datetime | None:
    """Change the delivery as the outcome says; return until when the queue must wait, None if it needn't."""
    match outcome:
        case Posted(channel, ts, revision, fingerprint):
            delivery.channel, delivery.ts, delivery.post_began_at = channel, ts, None
            delivery.duplicate_check_at = now + PATIENCE if delivery.duplicate_check_at else None
            record_shown(delivery, revision, fingerprint)
            _free_replies(session, delivery)
        case Shown(revision, fingerprint):
            record_shown(delivery, revision, fingerprint)
        case Differs(revision):
            delivery.differing_revision = revision
        case Found():
            _write_found(session, delivery, outcome, now)
        case NoDuplicate():
            delivery.duplicate_check_at = None
        case MessageDeleted(delivery_id):
            session.flush()
            retries.post_anew(session, job.workspace_id, delivery_id)
            session.expire(delivery)
        case Undrawable(error):
            log.error("A message can't be rendered.", extra=_keys(job, error))
            _not_begun(delivery, job)
            _make_dead_letter(delivery, CANNOT_BE_DRAWN, now)
        case Failed(error):
            return _try_again(session, delivery, job, UNFORESEEN, now, answered=True, pending=True)
        case Refused():
            return _refused(session, delivery, job, outcome, now)
    return None


def _write_found(session: Session, delivery: Delivery, found: Found, now: datetime) -> None:
    """Record where the message is; what it shows is not known, so it is rendered and edited again."""
    delivery.duplicate_check_at = now if found.duplicates else now + PATIENCE if delivery.duplicate_check_at else None
    delivery.channel, delivery.ts, delivery.post_began_at = found.channel, found.ts, None
    delivery.fingerprint = None
    delivery.desired_revision = max(delivery.desired_revision, delivery.shown_revision + 1)
    if delivery.state is not DeliveryState.DEAD_LETTER:
        delivery.state = DeliveryState.PENDING
    _well(delivery)
    _free_replies(session, delivery)


def _refused(session: Session, delivery: Delivery, job: Job, refused: Refused, now: datetime) -> datetime | None:
    error = refused.error
    is_lost = isinstance(error, PassingError) and error.lost
    if not (is_lost and (refused.posting or job.operation in SHOWING)):
        _not_begun(delivery, job)
    if isinstance(error, FinalError):
        log.warning("Slack rejects this request for good: %s.", error, extra=_keys(job, error.name))
        if job.operation is Operation.CHECK_DUPLICATES:
            delivery.duplicate_check_at = None
        else:
            _make_dead_letter(delivery, error.name, now)
        return None
    log.info("Slack didn't accept this request; it will be tried again.", extra=_keys(job, error.name))
    if isinstance(error, ScopeError):
        _without_scope(session, delivery, job, error, now)
        return None
    if not isinstance(error, PassingError):
        return now
    if error.retry_after is not None:
        return _slower(session, delivery, job, error, now)
    return _try_again(session, delivery, job, error.name, now, answered=error.refused, pending=error.pending)


def _try_again(
    session: Session, delivery: Delivery, job: Job, error: str, now: datetime, *, answered: bool, pending: bool
) -> datetime | None:
    """Hold the queue back, longer each time; after REFUSALS tries make it a dead letter, if Slack answers others."""
    if job.operation is Operation.CHECK_DUPLICATES:
        delivery.duplicate_check_at = now + LONGEST_PAUSE
        return None
    delivery.attempts += 1
    delivery.refused_at = delivery.refused_at or now
    delivery.last_error = error
    if delivery.attempts >= REFUSALS and (answered or _answers_others(session, delivery, now)):
        log.warning("Slack refused this request too often; it is not tried again.", extra=_keys(job, error))
        _make_dead_letter(delivery, error, now)
        return None
    pause = min(timedelta(seconds=2 ** min(delivery.attempts - 1, 10)), LONGEST_PAUSE)
    # An edit that Slack may still do must not come after the next edit.
    return now + (max(pause, PATIENCE) if pending else pause)


def _slower(session: Session, delivery: Delivery, job: Job, error: PassingError, now: datetime) -> datetime | None:
    """Wait as long as Slack asks: after a post only in its queue, after any other method in the whole workspace."""
    free_at = now + min(timedelta(seconds=error.retry_after or 1), GREATEST_PAUSE)
    delivery.last_error = error.name if job.operation is not Operation.CHECK_DUPLICATES else None
    if error.method == "chat.postMessage":
        queue = rows.get_one(session, ChannelQueue, delivery.queue_id, delivery.workspace_id)
        # The next post after this one is due a whole interval later.
        queue.posts_free_at = max(queue.posts_free_at or free_at, free_at)
        return free_at
    _pause(session, job, error.method, free_at)
    return None


def _without_scope(session: Session, delivery: Delivery, job: Job, error: ScopeError, now: datetime) -> None:
    """Try the method again every ERROR_PAUSE, until the app has the scope; other methods go on."""
    log.error("Slack refuses a method until the app is granted its scope: %s.", error, extra=_keys(job, error.name))
    _pause(session, job, error.method, now + ERROR_PAUSE).last_error = ", ".join((error.name, *error.details))
    if job.operation is Operation.CHECK_DUPLICATES:
        delivery.duplicate_check_at = now + ERROR_PAUSE
    else:
        delivery.refused_at, delivery.last_error = delivery.refused_at or now, error.name


def _pause(session: Session, job: Job, method: str, free_at: datetime) -> RateLimit:
    """Keep every queue from calling the method before `free_at`."""
    session.flush()
    limit = lock_rate_limits(session, job.workspace_id, (method,))[method]
    limit.free_at = max(limit.free_at, free_at)
    return limit


def _was_done(outcome: Outcome) -> bool:
    """Return whether Slack did what it was asked to."""
    return isinstance(outcome, Posted | Found | NoDuplicate) or (isinstance(outcome, Shown) and outcome.sent)


def record_shown(delivery: Delivery, revision: int, fingerprint: str) -> None:
    """Record that Slack shows this revision; what changed since is still pending."""
    delivery.shown_revision, delivery.fingerprint = revision, fingerprint
    if delivery.state is not DeliveryState.DEAD_LETTER:
        delivery.state = DeliveryState.PENDING if delivery.desired_revision > revision else DeliveryState.DELIVERED
    _well(delivery)


def _free_replies(session: Session, delivery: Delivery) -> None:
    """Queue the replies that became dead letters because this message did; a reply has no replies itself."""
    if delivery.parent_id is None:
        of_it = {"workspace": delivery.workspace_id, "parent": delivery.id}
        session.execute(_FREE_REPLIES, of_it, execution_options={"synchronize_session": False})


def _well(delivery: Delivery) -> None:
    """Forget refusals, since Slack took it; whatever makes it stale says how soon it is to be edited.

    What changed meanwhile keeps the priority that the change gave it; it is no new message any more.
    """
    delivery.attempts, delivery.refused_at, delivery.last_error = 0, None, None
    if delivery.state is DeliveryState.DELIVERED:
        delivery.priority = Priority.BACKGROUND
    else:
        delivery.priority = max(delivery.priority, Priority.FOR_ACTOR)


def _not_begun(delivery: Delivery, job: Job) -> None:
    """Forget that a post or an edit began, since it was certainly not made; an earlier post is still searched for."""
    if job.operation is Operation.POST:
        delivery.post_began_at = None
    elif job.operation in SHOWING and delivery.posting == job.posting:
        delivery.fingerprint = job.fingerprint


def _make_dead_letter(delivery: Delivery, reason: str, now: datetime) -> None:
    delivery.state, delivery.last_error = DeliveryState.DEAD_LETTER, reason
    delivery.attempts, delivery.refused_at = 0, delivery.refused_at or now


def _answers_others(session: Session, delivery: Delivery, now: datetime) -> bool:
    """Return whether Slack took a message in another queue lately, and after it first refused this one.

    Only then is the message itself at fault: an outage reaches one queue sooner than another.
    """
    since = max(delivery.refused_at or now, now - 2 * LONGEST_PAUSE)
    elsewhere = session.scalar(
        select(ChannelQueue.id)
        .where(ChannelQueue.workspace_id == delivery.workspace_id, ChannelQueue.answered_at > since)
        .limit(1)
    )
    return elsewhere is not None


def _keys(job: Job, error: str) -> dict[str, object]:
    return {
        "action": job.operation.value,
        "workspace": job.workspace_id,
        "handoff": job.handoff_id,
        "delivery": job.delivery_id,
        "kind": job.kind,
        "error": error,
    }


# Built once: building a statement takes longer than running it.
_FREE_REPLIES: Final = (
    update(Delivery)
    .where(
        rows.in_workspace(Delivery, bindparam("workspace")),
        Delivery.id.in_(
            select(Delivery.id)
            .where(
                rows.in_workspace(Delivery, bindparam("workspace")),
                Delivery.parent_id == bindparam("parent"),
                statements.IS_DEAD_LETTER,
                Delivery.last_error == PARENT_UNDELIVERED,
            )
            .with_for_update(skip_locked=True, key_share=True)
        ),
    )
    .values(state=DeliveryState.PENDING, refused_at=None, last_error=None)
)
