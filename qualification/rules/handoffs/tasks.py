"""What a rep is to do next with a lead: one step, by the stage the lead stands at."""

from dataclasses import dataclass
from enum import StrEnum

from qualification.rules.handoffs.states import HandoffState
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.playbook.schema import Step


class TaskOutcome(StrEnum):
    """How a task ended; open until then."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class TaskTrigger(StrEnum):
    """What happened to a handoff, as its task sees it.

    `moved` is a new state, stage or owner, `contacted` a contact where the lead stands; undo and reopen put back.
    """

    MOVED = "moved"
    CONTACTED = "contacted"
    UNDONE = "undone"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class TaskScope:
    """Whose step at which stage a task is."""

    person_id: int
    stage: str


@dataclass(frozen=True, slots=True)
class TaskChange:
    """What becomes of the tasks: how the open one ends, None if it does not; whether one is made, or put back."""

    ends: TaskOutcome | None = None
    makes: bool = False
    puts_back: bool = False


def scope_of(state: HandoffState, stage: str | None, owner_id: int | None) -> TaskScope | None:
    """Return who works on a handoff that stands so, and at which stage; None where nobody does."""
    if state is not HandoffState.ACCEPTED or owner_id is None or stage is None:
        return None
    return TaskScope(owner_id, stage)


def step_of(state: HandoffState, stage: str | None, owner_id: int | None, playbook: Playbook) -> Step | None:
    """Return the next step with a handoff that stands so: only an accepted one has any, where its stage says it."""
    scope = scope_of(state, stage, owner_id)
    found = playbook.stage(scope.stage) if scope else None
    return found.next if found else None


def task_change(
    trigger: TaskTrigger,
    scope: TaskScope | None,
    *,
    has_step: bool,
    is_open: TaskScope | None,
    last: TaskOutcome | None,
) -> TaskChange:
    """Say what becomes of a handoff's tasks after something happened to it.

    `scope` is who works on it at which stage, None where nobody does; `has_step` says whether that stage asks for
    something; `is_open` is the task that is open; `last` is how the last task of that very scope ended. A lead that
    moves on, or a contact, does what was asked; what was taken away from the rep is dropped. A step that was done is
    not asked for again by undo or reopen; the one that was dropped is put back by undo as it was.
    """
    if is_open is not None and is_open == scope and has_step:
        return TaskChange(ends=TaskOutcome.DONE if trigger is TaskTrigger.CONTACTED else None)
    ends = None
    if is_open is not None:
        goes_on = scope is not None and scope.person_id == is_open.person_id
        ends = TaskOutcome.DONE if goes_on else TaskOutcome.DROPPED
    if not has_step or trigger is TaskTrigger.CONTACTED:
        return TaskChange(ends)
    if trigger is TaskTrigger.MOVED or last is None:
        return TaskChange(ends, makes=True)
    if last is TaskOutcome.DROPPED:
        return TaskChange(ends, makes=trigger is TaskTrigger.REOPENED, puts_back=trigger is TaskTrigger.UNDONE)
    return TaskChange(ends)
