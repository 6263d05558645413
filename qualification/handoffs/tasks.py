"""The next step with an accepted lead: made, done, overdue."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, select, text
from sqlalchemy.orm import Session

from qualification.handoffs.context import HandoffCommand, HandoffContext, lock_for_action
from qualification.leads.events import record_event
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.records import IS_OPEN_TASK, Handoff, Person, Task, rows
from qualification.rules.handoffs import tasks
from qualification.rules.handoffs.event_types import TaskDone, TaskNotDone
from qualification.rules.handoffs.permissions import Action
from qualification.rules.handoffs.tasks import TaskOutcome, TaskScope, TaskTrigger, scope_of
from qualification.rules.people.working_time import add_working_time
from qualification.rules.refusals import StaleCard


def update_tasks(session: Session, context: HandoffContext, trigger: TaskTrigger) -> None:
    """Give the handoff the task that its state, stage and owner ask for, and end the one it had."""
    handoff, published, now = context.handoff, context.published, context.now
    open_task = session.scalar(_OPEN, {"workspace_id": handoff.workspace_id, "handoff_id": handoff.id})
    step = tasks.step_of(handoff.state, handoff.stage, handoff.owner_id, published.playbook)
    scope = scope_of(handoff.state, handoff.stage, handoff.owner_id)
    last = _last(session, handoff, scope)
    change = tasks.task_change(
        trigger,
        scope,
        has_step=step is not None,
        is_open=TaskScope(open_task.person_id, open_task.stage) if open_task else None,
        last=last.outcome if last else None,
    )
    if open_task is not None and change.ends is not None:
        _end(open_task, change.ends, by=context.by, now=now)
        # Only one task may be open: this one must be gone before another comes.
        session.flush()
    if change.puts_back and last is not None:
        last.outcome, last.ended_at, last.ended_by_id = TaskOutcome.OPEN, None, None
    elif change.makes and step is not None and scope is not None:
        person = rows.get_one(session, Person, scope.person_id, handoff.workspace_id)
        hours, zone = people.hours_of(session, person), people.zone_of(session, person)
        session.add(
            Task(
                workspace_id=handoff.workspace_id,
                handoff_id=handoff.id,
                person_id=person.id,
                playbook_id=published.id,
                stage=scope.stage,
                name=step.name,
                made_at=now,
                due_at=add_working_time(now, step.within, hours, zone),
                outcome=TaskOutcome.OPEN,
            )
        )
    session.flush()


def drop(session: Session, handoff: Handoff, *, by: Person | None, now: datetime) -> None:
    """Drop what is still to be done with a handoff that has ended."""
    open_task = session.scalar(_OPEN, {"workspace_id": handoff.workspace_id, "handoff_id": handoff.id})
    if open_task is not None:
        _end(open_task, TaskOutcome.DROPPED, by=by, now=now)


def done(session: UnitOfWork, command: HandoffCommand, *, task_id: int) -> None:
    """Record that the step was done, as its owner or a manager says; said twice, it is the same.

    Raises StaleCard for a step that is not asked for any more.
    """
    context = lock_for_action(session, command)
    task = _asked_about(session, context, task_id)
    if task.outcome is TaskOutcome.DONE:
        return
    if task.outcome is TaskOutcome.DROPPED:
        raise StaleCard
    _end(task, TaskOutcome.DONE, by=context.by, now=context.now)
    record_event(session, context.handoff, TaskDone(task=task.name), now=context.now, by=context.by)


def not_done(session: UnitOfWork, command: HandoffCommand, *, task_id: int) -> None:
    """Ask again for a step that was not done after all, with the time it had; said twice, it is the same.

    Raises StaleCard where the lead has moved on since.
    """
    context = lock_for_action(session, command)
    task = _asked_about(session, context, task_id)
    if task.outcome is TaskOutcome.OPEN:
        return
    handoff = context.handoff
    last = _last(session, handoff, scope_of(handoff.state, handoff.stage, handoff.owner_id))
    if last is not task or task.outcome is not TaskOutcome.DONE:
        raise StaleCard
    task.outcome, task.ended_at, task.ended_by_id = TaskOutcome.OPEN, None, None
    record_event(session, handoff, TaskNotDone(task=task.name), now=context.now, by=context.by)


def run_due(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int) -> int:
    """Mark as overdue what was to be done by `now`, the longest due first; return how many.

    The handoff is locked first, as by every decision; of two workers one does it. Nobody is called: cards and Home say
    so.
    """
    marked = 0
    for task_id, handoff_id in session.execute(_DUE, {"workspace_id": workspace_id, "now": now, "most": limit}).all():
        handoff = session.scalar(FREE_HANDOFF, {"workspace_id": workspace_id, "handoff_id": handoff_id})
        task = rows.get_fresh(session, Task, task_id, workspace_id) if handoff else None
        if task is not None and task.outcome is TaskOutcome.OPEN and not task.overdue:
            task.overdue = True
            outbox.mark_stale(session, workspace_id, handoff_id, now)
            marked += 1
    return marked


def _asked_about(session: Session, context: HandoffContext, task_id: int) -> Task:
    """Return the handoff's task that whoever presses says something of, where they may."""
    task = session.scalar(
        select(Task).where(
            rows.in_workspace(Task, context.handoff.workspace_id),
            Task.id == task_id,
            Task.handoff_id == context.handoff.id,
        )
    )
    if task is None:
        raise StaleCard
    context.allows(Action.FINISH_TASK)
    return task


def _last(session: Session, handoff: Handoff, scope: TaskScope | None) -> Task | None:
    """Return the task that was made last for this scope."""
    if scope is None:
        return None
    same = select(Task).where(
        rows.in_workspace(Task, handoff.workspace_id),
        Task.handoff_id == handoff.id,
        Task.person_id == scope.person_id,
        Task.stage == scope.stage,
    )
    return session.scalar(same.order_by(Task.id.desc()).limit(1))


def _end(task: Task, outcome: TaskOutcome, *, by: Person | None, now: datetime) -> None:
    task.outcome, task.ended_at, task.ended_by_id = outcome, now, by.id if by else None


# Built once: to build a statement takes longer than to run it.
_OPEN: Final = select(Task).where(rows.in_workspace(Task), Task.handoff_id == bindparam("handoff_id"), IS_OPEN_TASK)
# The handoff, locked unless somebody else has it locked.
FREE_HANDOFF: Final = (
    select(Handoff)
    .where(rows.in_workspace(Handoff), Handoff.id == bindparam("handoff_id"))
    .with_for_update(skip_locked=True, key_share=True)
)
_IS_DUE: Final = (
    Task.workspace_id == bindparam("workspace_id"),
    IS_OPEN_TASK,
    # In the words of the index: SQLite sees it by those alone.
    text("not task.overdue"),
    Task.due_at <= bindparam("now"),
)
MAY_BE_DUE: Final = exists().where(*_IS_DUE)
_DUE: Final = select(Task.id, Task.handoff_id).where(*_IS_DUE).order_by(Task.due_at, Task.id).limit(bindparam("most"))
