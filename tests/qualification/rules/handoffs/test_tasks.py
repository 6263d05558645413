"""What a rep is to do next, and what becomes of it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.handoffs.states import HandoffState
from qualification.rules.handoffs.tasks import Because, Duty, Settlement, TaskOutcome, settle, step_of
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
TO_CONTACT, CONTACTED, BENS = Duty(1, "to-contact"), Duty(1, "contacted"), Duty(2, "to-contact")
SENT = Duty(1, "sent")
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
    ("because", "duty", "is_open", "last", "becomes"),
    [
        # accepted, moved on, moved on to a stage that asks nothing
        (Because.MOVED, TO_CONTACT, None, None, Settlement(makes=True)),
        (Because.MOVED, CONTACTED, TO_CONTACT, None, Settlement(DONE, makes=True)),
        (Because.MOVED, SENT, TO_CONTACT, None, Settlement(DONE)),
        # moved back: what was done there before is asked for again
        (Because.MOVED, TO_CONTACT, CONTACTED, DONE, Settlement(DONE, makes=True)),
        # ended, put off, given away
        (Because.MOVED, None, TO_CONTACT, None, Settlement(DROPPED)),
        (Because.MOVED, BENS, TO_CONTACT, None, Settlement(DROPPED, makes=True)),
        # in contact where the stage stays
        (Because.CONTACTED, CONTACTED, CONTACTED, TaskOutcome.OPEN, Settlement(DONE)),
        (Because.CONTACTED, CONTACTED, None, DONE, Settlement()),
        # put back
        (Because.UNDONE, None, TO_CONTACT, None, Settlement(DROPPED)),
        (Because.UNDONE, TO_CONTACT, None, DROPPED, Settlement(puts_back=True)),
        (Because.UNDONE, TO_CONTACT, None, DONE, Settlement()),
        (Because.REOPENED, TO_CONTACT, None, DROPPED, Settlement(makes=True)),
        (Because.REOPENED, TO_CONTACT, None, DONE, Settlement()),
        (Because.REOPENED, TO_CONTACT, None, None, Settlement(makes=True)),
        # nothing new
        (Because.MOVED, TO_CONTACT, TO_CONTACT, TaskOutcome.OPEN, Settlement()),
    ],
)
def test_what_becomes_of_the_tasks_after_something_happened(
    because: Because,
    duty: Duty | None,
    is_open: Duty | None,
    last: TaskOutcome | None,
    becomes: Settlement,
) -> None:
    has_step = duty not in {None, SENT}
    assert settle(because, duty, has_step=has_step, is_open=is_open, last=last) == becomes


@dataclass
class Kept:
    """A task as a test keeps it."""

    duty: Duty
    outcome: TaskOutcome = TaskOutcome.OPEN


DUTIES = st.none() | st.builds(Duty, st.sampled_from([1, 2]), st.sampled_from(["to-contact", "contacted", "sent"]))


@given(st.lists(st.tuples(st.sampled_from(Because), DUTIES, st.booleans()), max_size=12))
def test_whatever_happens_at_most_one_task_is_open_and_it_is_what_the_lead_stands_for(
    course: list[tuple[Because, Duty | None, bool]],
) -> None:
    """Nobody who works on nothing has a task, and no task is left behind with somebody else, or at another stage."""
    kept: list[Kept] = []
    stands: Duty | None = None
    for because, duty, presses_done in course:
        # A contact moves nothing.
        stands = stands if because is Because.CONTACTED else duty
        has_step = stands is not None and stands.stage != "sent"
        is_open = next((task for task in kept if task.outcome is TaskOutcome.OPEN), None)
        same = [task for task in kept if task.duty == stands]
        settled = settle(
            because,
            stands,
            has_step=has_step,
            is_open=is_open.duty if is_open else None,
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
        assert [task.duty for task in now_open] in ([], [stands])
        assert has_step or not now_open
        if presses_done and now_open:
            now_open[0].outcome = DONE
