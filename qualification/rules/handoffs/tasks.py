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


class Because(StrEnum):
    """What happened to a handoff, as its task sees it.

    `moved` is a new state, stage or owner, `contacted` a contact where the lead stands; undo and reopen put back.
    """

    MOVED = "moved"
    CONTACTED = "contacted"
    UNDONE = "undone"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Duty:
    """Whose step at which stage a task is."""

    person_id: int
    stage: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of the tasks: how the open one ends, None if it does not; whether one is made, or put back."""

    ends: TaskOutcome | None = None
    makes: bool = False
    puts_back: bool = False


def duty_of(state: HandoffState, stage: str | None, owner_id: int | None) -> Duty | None:
    """Return who works on a handoff that stands so, and at which stage; None where nobody does."""
    if state is not HandoffState.ACCEPTED or owner_id is None or stage is None:
        return None
    return Duty(owner_id, stage)


def step_of(state: HandoffState, stage: str | None, owner_id: int | None, playbook: Playbook) -> Step | None:
    """Return the next step with a handoff that stands so: only an accepted one has any, where its stage says it."""
    duty = duty_of(state, stage, owner_id)
    found = playbook.stage(duty.stage) if duty else None
    return found.next if found else None


def settle(
    because: Because, duty: Duty | None, *, has_step: bool, is_open: Duty | None, last: TaskOutcome | None
) -> Settlement:
    """Say what becomes of a handoff's tasks after something happened to it.

    `duty` is who works on it at which stage, None where nobody does; `has_step` says whether that stage asks for
    something; `is_open` is the task that is open; `last` is how the last task of that very duty ended. A lead that
    moves on, or a contact, does what was asked; what was taken away from the rep is dropped. A step that was done is
    not asked for again by undo or reopen; the one that was dropped is put back by undo as it was.
    """
    if is_open is not None and is_open == duty and has_step:
        return Settlement(ends=TaskOutcome.DONE if because is Because.CONTACTED else None)
    ends = None
    if is_open is not None:
        goes_on = duty is not None and duty.person_id == is_open.person_id
        ends = TaskOutcome.DONE if goes_on else TaskOutcome.DROPPED
    if not has_step or because is Because.CONTACTED:
        return Settlement(ends)
    if because is Because.MOVED or last is None:
        return Settlement(ends, makes=True)
    if last is TaskOutcome.DROPPED:
        return Settlement(ends, makes=because is Because.REOPENED, puts_back=because is Because.UNDONE)
    return Settlement(ends)
