"""The next step with an accepted lead: made, done, dropped, overdue."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from qualification.handoffs import decisions, progress, snooze, tasks
from qualification.records import Delivery, Task
from qualification.rules.refusals import Ended, NotOwner, StaleCard
from qualification.views import search
from tests.worlds.desk import MORNING, Desk
from tests.worlds.playbook import PLAYBOOK


def outcomes(desk: Desk) -> list[tuple[str, str]]:
    """Tell every task by its stage and how it stands, the first one first."""
    return [(task.stage, task.outcome.value) for task in sorted(desk.all(Task), key=lambda task: task.id)]


def task_id(desk: Desk, handoff_id: int) -> int:
    task = desk.card(handoff_id).task
    assert task is not None
    return task.task_id


def test_on_acceptance_the_rep_gets_the_next_step_with_a_due_time_in_their_working_hours(desk: Desk) -> None:
    desk.now = datetime(2026, 11, 27, 15, tzinfo=UTC)  # a Friday afternoon
    handoff_id = desk.accepted()
    task = desk.card(handoff_id).task
    assert task is not None
    assert (task.name, task.due_at, task.overdue) == (
        "Make the first contact",
        datetime(2026, 11, 30, 11, tzinfo=UTC),
        False,
    )
    (stored,) = desk.all(Task)
    assert (stored.person_id, stored.made_at) == (desk.person("UANA").id, desk.now)


def test_one_that_was_claimed_has_it_too(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered(source="webinar")
    assert desk.card(handoff_id).task is None
    desk.does(decisions.claim, by="UBEN", handoff_id=handoff_id, offer_id=offer_id)
    assert desk.card(handoff_id).task is not None
    assert desk.all(Task)[0].person_id == desk.person("UBEN").id


def test_the_list_of_open_leads_tells_it(desk: Desk) -> None:
    handoff_id = desk.accepted()
    lines, _ = desk.reads(lambda session: search.mine(session, desk.person("UANA")))
    assert [line.task for line in lines] == [desk.card(handoff_id).task]


def test_the_first_contact_does_it_and_the_next_stage_asks_for_the_next(desk: Desk) -> None:
    handoff_id = desk.accepted()
    desk.later(hours=1)
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=None)
    assert outcomes(desk) == [("to-contact", "done"), ("contacted", "open")]
    done, _ = sorted(desk.all(Task), key=lambda task: task.id)
    assert (done.ended_at, done.ended_by_id) == (desk.now, desk.person("UANA").id)
    assert "task_done" not in desk.kinds(handoff_id)


def test_a_contact_where_the_lead_stays_does_the_step_and_asks_for_none(desk: Desk) -> None:
    handoff_id = desk.accepted()
    for _ in range(3):
        desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=None)
    assert outcomes(desk) == [("to-contact", "done"), ("contacted", "done")]


def test_moved_on_and_back_the_step_is_asked_for_again(desk: Desk) -> None:
    handoff_id = desk.accepted()
    for stage in ("opportunity", "to-contact", "to-contact"):
        desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage=stage)
    assert outcomes(desk) == [("to-contact", "done"), ("to-contact", "open")]


@pytest.mark.parametrize("how", ["disqualified", "lost", "won", "put off", "given away", "undone"])
def test_what_ends_or_is_given_away_or_undone_drops_it(desk: Desk, how: str) -> None:
    handoff_id = desk.accepted()
    about = {"by": "UMAYA", "handoff_id": handoff_id}
    match how:
        case "disqualified":
            desk.does(decisions.disqualify, **about, offer_id=None, reason="no-need", note=None)
        case "lost":
            desk.does(progress.lose, **about, reason="price", note=None)
        case "won":
            desk.does(progress.set_stage, **about, stage="won")
        case "put off":
            desk.does(snooze.snooze, **about, offer_id=None, day="2027-03-03", note=None)
        case "given away":
            desk.does(decisions.reassign, **about, to="UBEN")
        case _:
            desk.does(decisions.undo, **about)
    assert outcomes(desk) == [("to-contact", "dropped")]
    assert desk.card(handoff_id).task is None


def test_undo_puts_the_step_back_as_it_was_and_reopen_gives_it_its_whole_time(desk: Desk) -> None:
    handoff_id = desk.accepted()
    was = desk.card(handoff_id).task
    desk.later(hours=1)
    about = {"handoff_id": handoff_id, "by": "UANA"}
    desk.does(decisions.disqualify, **about, offer_id=None, reason="no-need", note=None)
    desk.does(decisions.undo, **about)
    assert desk.card(handoff_id).task == was
    desk.does(decisions.disqualify, **about, offer_id=None, reason="no-need", note=None)
    desk.does(decisions.reopen, **about)
    task = desk.card(handoff_id).task
    assert task is not None
    assert task.due_at == desk.now + timedelta(hours=4)


def test_a_step_that_was_done_is_not_asked_for_again_by_undo_or_reopen(desk: Desk) -> None:
    handoff_id = desk.accepted()
    desk.does(tasks.done, by="UANA", handoff_id=handoff_id, task_id=task_id(desk, handoff_id))
    about = {"handoff_id": handoff_id, "by": "UANA"}
    for put_back in (decisions.undo, decisions.reopen):
        desk.does(decisions.disqualify, **about, offer_id=None, reason="no-need", note=None)
        desk.does(put_back, **about)
    assert outcomes(desk) == [("to-contact", "done")]


def test_who_is_given_the_lead_has_the_step_anew_once_they_accept(desk: Desk) -> None:
    handoff_id = desk.accepted()
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    desk.later(hours=1)
    desk.does(decisions.accept, by="UBEN", handoff_id=handoff_id, offer_id=desk.card(handoff_id).offer_id)
    assert outcomes(desk) == [("to-contact", "dropped"), ("to-contact", "open")]
    task = desk.card(handoff_id).task
    assert task is not None
    assert task.due_at == desk.now + timedelta(hours=4)


def test_what_was_not_done_after_all_is_asked_for_again_with_the_time_it_had(desk: Desk) -> None:
    handoff_id = desk.accepted()
    was = desk.card(handoff_id).task
    about = {"by": "UANA", "handoff_id": handoff_id, "task_id": task_id(desk, handoff_id)}
    desk.does(tasks.done, **about)
    done = desk.card(handoff_id).task
    assert done is not None
    assert (done.task_id, done.done_at) == (about["task_id"], desk.now)
    lines, _ = desk.reads(lambda session: search.mine(session, desk.person("UANA")))
    assert [line.task for line in lines] == [done]
    desk.later(hours=1)
    desk.does(tasks.not_done, **about)
    desk.does(tasks.not_done, **about)
    assert desk.card(handoff_id).task == was
    assert desk.kinds(handoff_id).count("task_not_done") == 1


def test_overdue_meanwhile_it_is_so_again(desk: Desk) -> None:
    handoff_id = desk.accepted()
    about = {"by": "UANA", "handoff_id": handoff_id, "task_id": task_id(desk, handoff_id)}
    desk.does(tasks.done, **about)
    desk.later(days=2)
    desk.ticks()
    assert not desk.all(Task)[0].overdue
    desk.does(tasks.not_done, **about)
    desk.ticks()
    task = desk.card(handoff_id).task
    assert task is not None
    assert (task.overdue, task.done_at) == (True, None)


def test_a_step_of_a_stage_that_the_lead_has_left_is_not_asked_for_again(desk: Desk) -> None:
    handoff_id = desk.accepted()
    about = {"by": "UANA", "handoff_id": handoff_id, "task_id": task_id(desk, handoff_id)}
    desk.does(tasks.done, **about)
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="opportunity")
    assert desk.card(handoff_id).task is None
    with pytest.raises(StaleCard):
        desk.does(tasks.not_done, **about)
    with pytest.raises(NotOwner):
        desk.does(tasks.not_done, **{**about, "by": "UBEN"})
    assert outcomes(desk) == [("to-contact", "done")]


def test_it_is_done_once_however_often_it_is_pressed(desk: Desk) -> None:
    handoff_id = desk.accepted()
    pressed = task_id(desk, handoff_id)

    def press(_: int) -> None:
        desk.does(tasks.done, by="UANA", handoff_id=handoff_id, task_id=pressed)

    with ThreadPoolExecutor(4) as hands:
        list(hands.map(press, range(4)))
    assert outcomes(desk) == [("to-contact", "done")]
    assert desk.kinds(handoff_id).count("task_done") == 1
    assert desk.events(handoff_id)[-1].facts == {"task": "Make the first contact"}


def test_only_the_owner_or_a_manager_says_that_it_is_done(desk: Desk) -> None:
    handoff_id = desk.accepted()
    pressed = task_id(desk, handoff_id)
    with pytest.raises(NotOwner):
        desk.does(tasks.done, by="UBEN", handoff_id=handoff_id, task_id=pressed)
    desk.does(tasks.done, by="UMAYA", handoff_id=handoff_id, task_id=pressed)
    assert outcomes(desk) == [("to-contact", "done")]


def test_a_step_that_is_asked_for_no_more_is_refused(desk: Desk) -> None:
    handoff_id, other = desk.accepted(), desk.accepted("Globex", by="UMAYA")
    pressed = task_id(desk, handoff_id)
    with pytest.raises(StaleCard):
        desk.does(tasks.done, by="UANA", handoff_id=other, task_id=pressed)
    desk.does(decisions.disqualify, by="UANA", handoff_id=handoff_id, offer_id=None, reason="no-need", note=None)
    with pytest.raises(Ended):
        desk.does(tasks.done, by="UANA", handoff_id=handoff_id, task_id=pressed)
    desk.does(decisions.reopen, by="UANA", handoff_id=handoff_id)
    with pytest.raises(StaleCard):
        desk.does(tasks.done, by="UANA", handoff_id=handoff_id, task_id=pressed)


def test_it_is_overdue_once_its_time_is_over_and_its_cards_are_drawn_anew_once(desk: Desk) -> None:
    handoff_id = desk.accepted()
    desk.later(minutes=5)
    assert desk.ticks() == 1  # the time to undo
    desk.now = MORNING + timedelta(hours=4) - timedelta(seconds=1)
    assert desk.ticks() == 0

    def wanted() -> int:
        (card,) = desk.all(Delivery, Delivery.kind == "direct_card")
        return card.desired_revision

    was, lines = wanted(), len(desk.events(handoff_id))
    desk.later(seconds=1)
    assert (desk.ticks(), desk.ticks()) == (1, 0)
    task = desk.card(handoff_id).task
    assert task is not None
    assert task.overdue
    assert wanted() == was + 1
    assert len(desk.events(handoff_id)) == lines
    desk.later(days=9)
    assert desk.ticks() == 0


def test_what_is_done_in_time_is_never_overdue(desk: Desk) -> None:
    handoff_id = desk.accepted()
    desk.does(tasks.done, by="UANA", handoff_id=handoff_id, task_id=task_id(desk, handoff_id))
    desk.later(days=9)
    desk.ticks()
    (task,) = desk.all(Task)
    assert (task.outcome, task.overdue) == ("done", False)


def test_many_workers_mark_each_once(desk: Desk) -> None:
    for number in range(6):
        desk.accepted(f"Company {number}")
    desk.now = MORNING + timedelta(hours=30)

    def look(_: int) -> int:
        with desk.database.transaction() as session:
            return tasks.run_due(session, desk.workspace_id, desk.now, limit=2)

    with ThreadPoolExecutor(4) as workers:
        done = sum(workers.map(look, range(12)))
    done += sum(iter(lambda: look(0), 0))
    assert done == 6
    assert all(task.overdue for task in desk.all(Task))


def test_a_stage_without_a_step_asks_for_nothing(desk: Desk) -> None:
    desk.publishes(
        PLAYBOOK
        + """
stages:
  - {key: new, name: New}
  - {key: proposed, name: Proposed, next: {name: "Ask what they think", within: 8h}}
  - {key: won, name: Won, ends: won}
  - {key: lost, name: Lost, ends: lost}
"""
    )
    handoff_id = desk.accepted()
    assert desk.card(handoff_id).task is None
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="proposed")
    task = desk.card(handoff_id).task
    assert task is not None
    assert task.name == "Ask what they think"


def test_a_task_keeps_its_name_and_its_time_when_the_playbook_changes(desk: Desk) -> None:
    handoff_id = desk.accepted()
    was = desk.card(handoff_id).task
    desk.publishes(
        PLAYBOOK
        + """
stages:
  - {key: to-contact, name: To contact, next: {name: "Ring them", within: 1h}}
  - {key: won, name: Won, ends: won}
  - {key: lost, name: Lost, ends: lost}
"""
    )
    assert desk.card(handoff_id).task == was


def test_somebody_known_by_another_row_from_now_on_keeps_their_tasks(desk: Desk) -> None:
    handoff_id = desk.accepted()
    named = PLAYBOOK.replace("{slack: UANA, name", "{email: ana@x.example, name").replace("UANA", "ana@x.example")
    desk.publishes(named)
    both = PLAYBOOK.replace("{slack: UANA, name", "{email: ana@x.example, slack: UANA, name")
    desk.publishes(both.replace("[UANA, ", "[ana@x.example, "))
    (task,) = desk.all(Task)
    assert task.person_id == desk.handoff(handoff_id).owner_id == desk.person("UANA").id
