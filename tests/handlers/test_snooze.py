"""Leads put off from their card, resumed, reopened; and the next step that is done."""

from datetime import timedelta

import pytest

from qualification.records import Task
from qualification.rules.handoffs.tasks import TaskOutcome
from sandbox.people.snapshots import DriverError, Message
from tests.worlds.floor import Floor, errors, fill, held, press, shown, submit, told


def puts_off(floor: Floor, card: Message, day: str = "2027-03-03") -> None:
    press(floor.ana, "snooze", card)
    fill(floor.ana, {"date": day, "note": "Budget comes in March"})
    submit(floor.ana, "snooze")


def test_a_lead_is_put_off_from_its_card_with_a_day_and_last_words(floor: Floor) -> None:
    card = floor.hands_over()
    press(floor.ana, "snooze", card)
    assert held(floor.ana, "date") == "2027-02-24"
    fill(floor.ana, {"date": "2027-03-03", "note": "Budget comes in March"})
    submit(floor.ana, "snooze")
    stored = floor.stored()
    assert (stored.state, stored.lifecycle) == ("snoozed", "nurture")
    text = floor.card().text
    assert "Not now, comes back" in text
    assert "Budget comes in March" in text
    assert "Ana Ruiz put the lead off" in floor.card().thread[-1].text


def test_a_day_that_is_over_is_told_beside_it_and_nothing_is_lost(floor: Floor) -> None:
    press(floor.ana, "snooze", floor.hands_over())
    fill(floor.ana, {"date": "2026-11-20", "note": "Budget comes in March"})
    submit(floor.ana, "snooze")
    assert errors(floor.ana) == {"date"}
    assert held(floor.ana, "note") == "Budget comes in March"
    fill(floor.ana, {"date": "2036-11-20"})
    submit(floor.ana, "snooze")
    assert "two years" in " ".join(floor.ana.modal.errors.values())
    assert floor.stored().state == "offered"


def test_an_accepted_lead_is_put_off_from_the_cards_menu(floor: Floor) -> None:
    press(floor.ana, "more", floor.accepted(), do="snooze")
    submit(floor.ana, "snooze")
    assert (floor.stored().state, floor.stored().owner) == ("snoozed", floor.stored().decided_by)


def test_it_is_undone_for_five_minutes_and_reopened_afterwards(floor: Floor) -> None:
    puts_off(floor, floor.hands_over())
    press(floor.ana, "undo", floor.card())
    assert floor.stored().state == "offered"
    puts_off(floor, floor.card())
    floor.clock.advance(timedelta(minutes=6))
    floor.shows()
    with pytest.raises(DriverError):
        press(floor.ana, "undo", floor.card())
    press(floor.ana, "reopen", floor.card())
    assert (floor.stored().state, floor.stored().resume_at) == ("offered", None)


def test_on_its_day_the_rep_is_told_by_a_new_message_with_buttons(floor: Floor) -> None:
    puts_off(floor, floor.hands_over())
    floor.clock.advance(timedelta(days=99))
    floor.shows()
    resumed = floor.ana.direct_messages[-1]
    assert "is back. It was put off until now." in resumed.text
    assert "Budget comes in March" in resumed.text
    press(floor.ana, "accept", resumed)
    floor.shows()
    assert floor.stored().state == "accepted"
    assert "Accept" not in floor.ana.looks_again(resumed).buttons


def test_whoever_may_not_put_it_off_is_told_who_may(floor: Floor) -> None:
    press(floor.ben, "snooze", floor.hands_over())
    assert "@Ana Ruiz" in told(floor.ben)
    assert shown(floor.ben) is None


def test_a_press_on_a_card_that_sleeps_meanwhile_says_until_when(floor: Floor) -> None:
    card = floor.hands_over()
    puts_off(floor, card)
    press(floor.maya, "accept", card)
    assert "put this lead off. It comes back" in told(floor.maya)


def tasks(floor: Floor) -> list[TaskOutcome]:
    return floor.reads(lambda session: [task.outcome for task in session.query(Task).order_by(Task.id)])


def test_the_next_step_is_done_from_the_direct_card_and_pressed_twice_it_is_the_same(floor: Floor) -> None:
    floor.accepted()
    direct = floor.ana.direct_messages[-1]
    assert "Next: Make the first contact" in direct.text
    press(floor.ana, "task_done", direct)
    press(floor.ana, "task_done", direct)
    assert tasks(floor) == ["done"]
    floor.shows()
    assert "Next: Make the first contact" not in floor.ana.looks_again(direct).text
    press(floor.ana, "task_not_done", floor.ana.looks_again(direct))
    assert tasks(floor) == ["open"]
    floor.shows()
    assert "Next: Make the first contact" in floor.ana.looks_again(direct).text
    lines = [reply.text for reply in floor.card().thread]
    assert len([line for line in lines if "Ana Ruiz finished: Make the first contact" in line]) == 1


def test_the_next_step_is_done_from_home(floor: Floor) -> None:
    floor.accepted()
    floor.ana.opens_home()
    floor.settles()
    floor.shows()
    press(floor.ana, "task_done", floor.ana.home)
    assert tasks(floor) == ["done"]
    floor.shows()
    assert "Done" in floor.ana.home.text
    press(floor.ana, "task_not_done", floor.ana.home)
    assert tasks(floor) == ["open"]


def test_only_the_owner_and_the_manager_say_that_it_is_done(floor: Floor) -> None:
    floor.accepted()
    direct = floor.ana.direct_messages[-1]
    (value,) = [each["accessory"]["value"] for each in direct.blocks if "accessory" in each]
    floor.dispatches(floor.click("task_done", value, by=floor.ben))
    assert tasks(floor) == ["open"]
    floor.dispatches(floor.click("task_done", value, by=floor.maya))
    assert tasks(floor) == ["done"]
