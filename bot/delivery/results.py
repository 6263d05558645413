"""Writing down what came of a delivery: by the worker that still has it in hand, and by no other."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from bot.delivery import queue_statements as queries
from bot.delivery.find_posted import PATIENCE
from bot.delivery.operations import Act, Alone, Failed, Found, Gone, Outcome, Posted, Refused, Shown, Task, Undrawable
from bot.delivery.queue import LEASE, TROUBLE_PAUSE, Lanes
from bot.slack.client import FinalError, PassingError, ScopeError
from bot.slack.rate_limits import EVERY_METHOD, lock_paces
from qualification.outbox import statements
from qualification.outbox.outbox import (
    CANNOT_BE_DRAWN,
    PARENT_PARKED,
    REPLY_OR_EDIT,
    UNFORESEEN,
    lock_thread,
    post_anew,
)
from qualification.records import Delivery, DeliveryState, Lane, Pace, Workspace

log = logging.getLogger(__name__)

# A message that Slack refused so often in a row, while it answered others, is parked.
REFUSALS: Final = 10
LONGEST_PAUSE: Final = timedelta(seconds=30)


class LeaseLostError(Exception):
    """The lane is in other hands by now: what this worker did or found must not be written down."""


def settle(session: Session, lanes: Lanes, task: Task, outcome: Outcome, now: datetime, *, go_on: bool) -> Task | None:
    """Write down what came of a task; with `go_on` return the lane's next one, kept in hand. Raises LeaseLostError."""
    if isinstance(outcome, Gone):
        lock_thread(session, outcome.delivery_id)
    delivery, lane = _in_hand(session, lanes, task)
    # The message it replies to was deleted meanwhile: it is owed anew, under the next one.
    overtaken = task.parent_id is not None and delivery.posting != task.posting and isinstance(outcome, Posted | Found)
    held_until = None if overtaken else _write(session, delivery, task, outcome, now)
    if isinstance(outcome, Posted | Shown) and _was_done(outcome):
        lane.answered_at = now
    if task.mistrusted and _was_done(outcome):
        for method, pace in lock_paces(session, task.workspace_id, ()).items():
            pace.trouble = None if method in task.mistrusted else pace.trouble
    if go_on and held_until is None:
        return lanes.take_next(session, lane, now)
    lanes.let_go(session, lane, now, held_until)
    return None


def renew(session: Session, lanes: Lanes, task: Task, now: datetime) -> Task:
    """Extend the lease of a task that took its time; return the task as it is then. Raises LeaseLostError."""
    _, lane = _in_hand(session, lanes, task)
    lane.leased_until = now + LEASE
    return replace(task, leased_until=now + LEASE)


def begin_again(session: Session, lanes: Lanes, task: Task, now: datetime, *, twin: bool) -> Task:
    """Renew a task whose post begins only now; with `twin` an earlier one may still be done: it is looked for later."""
    delivery, _ = _in_hand(session, lanes, task)
    delivery.began_at = now
    if twin:
        delivery.recheck_at = now + PATIENCE
    return renew(session, lanes, task, now)


def note_trouble(session: Session, workspace_id: int, trouble: str | None, now: datetime) -> None:
    """Note that Slack refuses every call of the workspace, and why, or with None that it answers again."""
    workspace = session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    if trouble is None:
        workspace.trouble = workspace.trouble_at = None
        return
    workspace.trouble, workspace.trouble_at = trouble, workspace.trouble_at or now
    lock_paces(session, workspace_id, (EVERY_METHOD,))[EVERY_METHOD].free_at = now + TROUBLE_PAUSE


def _in_hand(session: Session, lanes: Lanes, task: Task) -> tuple[Delivery, Lane]:
    """Lock the delivery, then its lane, in the order in which everybody locks them."""
    delivery = session.scalars(queries.DELIVERY, {"delivery_id": task.delivery_id}).one()
    lane = session.scalar(
        queries.LANE_IN_HAND, {"lane_id": task.lane_id, "worker": lanes.worker, "leased_until": task.leased_until}
    )
    if lane is None:
        raise LeaseLostError
    return delivery, lane


def _write(session: Session, delivery: Delivery, task: Task, outcome: Outcome, now: datetime) -> datetime | None:
    """Change the row as the outcome says; return until when the lane must wait, if it must."""
    match outcome:
        case Posted(channel, ts, wanted, fingerprint):
            delivery.channel, delivery.ts, delivery.began_at = channel, ts, None
            delivery.recheck_at = now + PATIENCE if delivery.recheck_at else None
            _show(delivery, wanted, fingerprint)
            _free_replies(session, delivery)
        case Shown(wanted, fingerprint):
            _show(delivery, wanted, fingerprint)
        case Found(channel, ts, twins):
            delivery.recheck_at = now if twins else now + PATIENCE if delivery.recheck_at else None
            delivery.channel, delivery.ts, delivery.began_at = channel, ts, None
            # What it shows is not known: it is drawn again.
            delivery.fingerprint, delivery.wanted = None, max(delivery.wanted, delivery.shown + 1)
            if delivery.state is not DeliveryState.PARKED:
                delivery.state = DeliveryState.OWED
            _well(delivery)
            _free_replies(session, delivery)
        case Alone():
            delivery.recheck_at = None
        case Gone(delivery_id):
            session.flush()
            post_anew(session, delivery_id)
            session.expire(delivery)
        case Undrawable(error):
            log.error("A message cannot be drawn.", extra=_keys(task, error))
            _not_begun(delivery, task)
            _park(delivery, CANNOT_BE_DRAWN, now)
        case Failed(error):
            return _try_again(session, delivery, task, UNFORESEEN, now, answered=True, pending=True)
        case Refused():
            return _refused(session, delivery, task, outcome, now)
    return None


def _refused(session: Session, delivery: Delivery, task: Task, refused: Refused, now: datetime) -> datetime | None:
    error = refused.error
    if not (refused.posting and isinstance(error, PassingError) and error.lost):
        _not_begun(delivery, task)
    if isinstance(error, FinalError):
        log.warning("Slack will never take this: %s.", error, extra=_keys(task, error.name))
        if task.act is Act.RECHECK:
            delivery.recheck_at = None
        else:
            _park(delivery, error.name, now)
        return None
    log.info("Slack did not take this now.", extra=_keys(task, error.name))
    if isinstance(error, ScopeError):
        _without_scope(session, delivery, task, error, now)
        return None
    if not isinstance(error, PassingError):
        return now
    if error.retry_after is not None:
        return _slower(session, delivery, task, error, now)
    return _try_again(session, delivery, task, error.name, now, answered=error.refused, pending=error.pending)


def _try_again(
    session: Session, delivery: Delivery, task: Task, trouble: str, now: datetime, *, answered: bool, pending: bool
) -> datetime | None:
    """Hold the place back for a while, longer each time; after ten times park what Slack takes from others."""
    if task.act is Act.RECHECK:
        delivery.recheck_at = now + LONGEST_PAUSE
        return None
    delivery.attempts += 1
    delivery.refused_at = delivery.refused_at or now
    delivery.trouble = trouble
    if delivery.attempts >= REFUSALS and (answered or _answers_others(session, delivery, now)):
        log.warning("This was refused too often.", extra=_keys(task, trouble))
        _park(delivery, trouble, now)
        return None
    pause = min(timedelta(seconds=2 ** min(delivery.attempts - 1, 10)), LONGEST_PAUSE)
    # An edit that may still be done must not be done after the next one.
    return now + (max(pause, PATIENCE) if pending else pause)


def _slower(session: Session, delivery: Delivery, task: Task, error: PassingError, now: datetime) -> datetime | None:
    """Wait as long as Slack asks: for a post in its place, for any other method in the whole workspace."""
    free_at = now + timedelta(seconds=error.retry_after or 1)
    delivery.trouble = error.name if task.act is not Act.RECHECK else None
    if error.method == "chat.postMessage":
        return free_at
    _pause(session, task, error.method, free_at)
    return None


def _without_scope(session: Session, delivery: Delivery, task: Task, error: ScopeError, now: datetime) -> None:
    """Ask for the method again seldom, until the app is granted its scope; whatever takes other methods goes on."""
    log.error("Slack refuses a method until the app is granted its scope: %s.", error, extra=_keys(task, error.name))
    _pause(session, task, error.method, now + TROUBLE_PAUSE).trouble = ", ".join((error.name, *error.details))
    if task.act is Act.RECHECK:
        delivery.recheck_at = now + TROUBLE_PAUSE
    else:
        delivery.refused_at, delivery.trouble = delivery.refused_at or now, error.name


def _pause(session: Session, task: Task, method: str, free_at: datetime) -> Pace:
    """Let nobody call the method before then, whatever for."""
    session.flush()
    pace = lock_paces(session, task.workspace_id, (method,))[method]
    pace.free_at = max(pace.free_at, free_at)
    return pace


def _was_done(outcome: Outcome) -> bool:
    """Say whether Slack did what it was asked for."""
    return isinstance(outcome, Posted | Found | Alone) or (isinstance(outcome, Shown) and outcome.sent)


def _show(delivery: Delivery, wanted: int, fingerprint: str) -> None:
    delivery.shown, delivery.fingerprint = wanted, fingerprint
    if delivery.state is not DeliveryState.PARKED:
        delivery.state = DeliveryState.OWED if delivery.wanted > wanted else DeliveryState.SETTLED
    _well(delivery)


def _free_replies(session: Session, delivery: Delivery) -> None:
    """Owe the replies that were parked because this message was; a reply has none itself."""
    if delivery.parent_id is None:
        session.execute(_FREE_REPLIES, {"parent": delivery.id}, execution_options={"synchronize_session": False})


def _well(delivery: Delivery) -> None:
    """Forget refusals: Slack took it. From now on it is edited, behind new messages."""
    delivery.attempts, delivery.refused_at, delivery.trouble = 0, None, None
    delivery.urgency = max(delivery.urgency, REPLY_OR_EDIT)


def _not_begun(delivery: Delivery, task: Task) -> None:
    """Forget that a post began, since it surely was not made; an earlier one is searched for all the same."""
    if task.act is Act.POST:
        delivery.began_at = None


def _park(delivery: Delivery, reason: str, now: datetime) -> None:
    delivery.state, delivery.trouble = DeliveryState.PARKED, reason
    delivery.attempts, delivery.refused_at = 0, delivery.refused_at or now


def _answers_others(session: Session, delivery: Delivery, now: datetime) -> bool:
    """Say whether Slack took something elsewhere since it first refused this delivery, and lately.

    An outage begins in one place sooner than in another: that says nothing of this message.
    """
    since = max(delivery.refused_at or now, now - 2 * LONGEST_PAUSE)
    elsewhere = session.scalar(
        select(Lane.id).where(Lane.workspace_id == delivery.workspace_id, Lane.answered_at > since).limit(1)
    )
    return elsewhere is not None


def _keys(task: Task, error: str) -> dict[str, object]:
    return {
        "action": task.act.value,
        "workspace": task.workspace_id,
        "handoff": task.handoff_id,
        "delivery": task.delivery_id,
        "kind": task.kind,
        "error": error,
    }


# Built once: to build a statement takes longer than to run it.
_FREE_REPLIES: Final = (
    update(Delivery)
    .where(
        Delivery.id.in_(
            select(Delivery.id)
            .where(
                Delivery.parent_id == bindparam("parent"),
                statements.IS_PARKED,
                Delivery.trouble == PARENT_PARKED,
            )
            .with_for_update(skip_locked=True, key_share=True)
        )
    )
    .values(state=DeliveryState.OWED, refused_at=None, trouble=None)
)
