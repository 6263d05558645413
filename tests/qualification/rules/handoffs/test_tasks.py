"""What a rep is to do next, and what becomes of it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.handoffs.states import HandoffState
from qualification.rules.handoffs.tasks import TaskChange, TaskOutcome, TaskScope, TaskTrigger, step_of, task_change
from qualification.rules.playbook.playbook import parse
from qualification.rules.playbook.schema import Step

PLAYBOOK = parse("""\
teams:
  emea: {name: EMEA, manager: maya@x.example, channel: "#sales", zone: Europe/London}
people:
  - {email: maya@x.example, name: Maya, roles: [manager]}
  - {email: ana@x.example, name: Ana, roles: [rep], team: emea}
pools:
  inbound: {name: Inbound, team: emea, members: [ana@x.example]}
rules:
  - {name: All, pool: inbound}
""")
TO_CONTACT, CONTACTED, BENS = TaskScope(1, "to-contact"), TaskScope(1, "contacted"), TaskScope(2, "to-contact")
SENT = TaskScope(1, "sent")
DONE, DROPPED = TaskOutcome.DONE, TaskOutcome.DROPPED


def test_only_an_accepted_lead_has_a_next_step_where_its_stage_says_one() -> None:
    first = step_of(HandoffState.ACCEPTED, "to-contact", 1, PLAYBOOK)
    assert first == Step(name="Make the first contact", within=timedelta(hours=4))
    assert step_of(HandoffState.ACCEPTED, "proposal-sent", 1, PLAYBOOK) is None
    assert step_of(HandoffState.ACCEPTED, "gone-from-the-playbook", 1, PLAYBOOK) is None
    assert step_of(HandoffState.ACCEPTED, "to-contact", None, PLAYBOOK) is None
    for state in set(HandoffState) - {HandoffState.ACCEPTED}:
        assert step_of(state, "to-contact", 1, PLAYBOOK) is None


@pytest.mark.parametrize(
    ("trigger", "scope", "is_open", "last", "becomes"),
    [
        # accepted, moved on, moved on to a stage that asks nothing
        (TaskTrigger.MOVED, TO_CONTACT, None, None, TaskChange(makes=True)),
        (TaskTrigger.MOVED, CONTACTED, TO_CONTACT, None, TaskChange(DONE, makes=True)),
        (TaskTrigger.MOVED, SENT, TO_CONTACT, None, TaskChange(DONE)),
        # moved back: what was done there before is asked for again
        (TaskTrigger.MOVED, TO_CONTACT, CONTACTED, DONE, TaskChange(DONE, makes=True)),
        # ended, put off, given away
        (TaskTrigger.MOVED, None, TO_CONTACT, None, TaskChange(DROPPED)),
        (TaskTrigger.MOVED, BENS, TO_CONTACT, None, TaskChange(DROPPED, makes=True)),
        # in contact where the stage stays
        (TaskTrigger.CONTACTED, CONTACTED, CONTACTED, TaskOutcome.OPEN, TaskChange(DONE)),
        (TaskTrigger.CONTACTED, CONTACTED, None, DONE, TaskChange()),
        # put back
        (TaskTrigger.UNDONE, None, TO_CONTACT, None, TaskChange(DROPPED)),
        (TaskTrigger.UNDONE, TO_CONTACT, None, DROPPED, TaskChange(puts_back=True)),
        (TaskTrigger.UNDONE, TO_CONTACT, None, DONE, TaskChange()),
        (TaskTrigger.REOPENED, TO_CONTACT, None, DROPPED, TaskChange(makes=True)),
        (TaskTrigger.REOPENED, TO_CONTACT, None, DONE, TaskChange()),
        (TaskTrigger.REOPENED, TO_CONTACT, None, None, TaskChange(makes=True)),
        # nothing new
        (TaskTrigger.MOVED, TO_CONTACT, TO_CONTACT, TaskOutcome.OPEN, TaskChange()),
    ],
)
def test_what_becomes_of_the_tasks_after_something_happened(
    trigger: TaskTrigger,
    scope: TaskScope | None,
    is_open: TaskScope | None,
    last: TaskOutcome | None,
    becomes: TaskChange,
) -> None:
    has_step = scope not in {None, SENT}
    assert task_change(trigger, scope, has_step=has_step, is_open=is_open, last=last) == becomes


@dataclass
class Kept:
    """A task as a test keeps it."""

    scope: TaskScope
    outcome: TaskOutcome = TaskOutcome.OPEN


DUTIES = st.none() | st.builds(TaskScope, st.sampled_from([1, 2]), st.sampled_from(["to-contact", "contacted", "sent"]))


@given(st.lists(st.tuples(st.sampled_from(TaskTrigger), DUTIES, st.booleans()), max_size=12))
def test_whatever_happens_at_most_one_task_is_open_and_it_is_what_the_lead_stands_for(
    course: list[tuple[TaskTrigger, TaskScope | None, bool]],
) -> None:
    """Nobody who works on nothing has a task, and no task is left behind with somebody else, or at another stage."""
    kept: list[Kept] = []
    stands: TaskScope | None = None
    for trigger, scope, presses_done in course:
        # A contact moves nothing.
        stands = stands if trigger is TaskTrigger.CONTACTED else scope
        has_step = stands is not None and stands.stage != "sent"
        is_open = next((task for task in kept if task.outcome is TaskOutcome.OPEN), None)
        same = [task for task in kept if task.scope == stands]
        settled = task_change(
            trigger,
            stands,
            has_step=has_step,
            is_open=is_open.scope if is_open else None,
            last=same[-1].outcome if same else None,
        )
        assert not (settled.makes and settled.puts_back)
        if settled.ends is not None:
            assert is_open is not None
            is_open.outcome = settled.ends
        if settled.puts_back:
            assert same[-1].outcome is DROPPED
            same[-1].outcome = TaskOutcome.OPEN
        if settled.makes:
            assert stands is not None
            kept.append(Kept(stands))
        now_open = [task for task in kept if task.outcome is TaskOutcome.OPEN]
        assert [task.scope for task in now_open] in ([], [stands])
        assert has_step or not now_open
        if presses_done and now_open:
            now_open[0].outcome = DONE
