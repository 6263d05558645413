"""A clock that was wrong and is right again holds nothing back."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.delivery import wrong_clocks
from bot.due_work import DUE_WORK
from qualification.records import Delivery
from tests.worlds.deliveries import Desk


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)])
@pytest.mark.parametrize("started_again", [False, True])
def test_after_a_clock_that_was_ahead_everything_goes_on_at_once(
    desk: Desk, ahead: timedelta, *, started_again: bool
) -> None:
    """It is the worker's: while it was ahead the rates were used up, Slack asked for a pause, an answer was lost."""
    worker = desk.worker(jobs=(wrong_clocks.mend,))
    handoffs = [desk.handoff(f"asked for {number}") for number in range(25)]
    cards = [desk.card(handoff) for handoff in handoffs]
    desk.settle(worker)
    desk.sandbox.fault("chat.update", "429", times=2)
    for handoff in handoffs:
        desk.change(handoff, "asked for more")
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    lost = desk.card(desk.handoff("asked for something else"))
    worker.run_once(desk.clock() + ahead)
    with desk.database.transaction() as session:
        session.execute(update(Delivery).where(Delivery.id == cards[-1]).values(answering_until=desk.clock() + ahead))
    if started_again:
        worker = desk.worker(jobs=(wrong_clocks.mend,))
        worker.begin()
    desk.pass_time(worker, 60)
    assert {desk.delivery(card).state for card in (*cards, lost)} == {"delivered"}
    assert {text.count("asked for more") for text in desk.texts()} == {0, 1}


def test_the_worker_looks_for_such_times(desk: Desk) -> None:
    assert wrong_clocks.mend in DUE_WORK
    with desk.database.transaction() as session:
        assert wrong_clocks.mend(session, desk.workspace_id, desk.clock(), limit=1) == 0


@pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(days=1), timedelta(hours=-1), timedelta(days=-1)])
def test_a_lost_answer_is_found_again_while_the_clock_is_still_wrong(desk: Desk, off: timedelta) -> None:
    """The message carries Slack's time, and the search begins at the machine's."""
    worker = desk.worker(jobs=(wrong_clocks.mend,))
    desk.card(desk.handoff("the first, by whose answer Slack's time is known"))
    worker.run_once(desk.clock() + off)
    desk.clock.advance(2)
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    card = desk.card(desk.handoff("asked for a demo"))
    for _ in range(10):
        worker.run_once(desk.clock() + off)
        desk.clock.advance(10)
    assert desk.texts().count("asked for a demo") == 1
    assert desk.delivery(card).state == "delivered"
    assert desk.calls("chat.postMessage") == 2


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=1)])
def test_a_lost_answer_is_found_again_long_after_a_clock_that_was_ahead(desk: Desk, ahead: timedelta) -> None:
    """By the time somebody searches, the moment at which the post began is no longer in the future."""
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    card = desk.card(desk.handoff("asked for a demo"))
    worker.run_once(desk.clock() + ahead)
    desk.clock.advance((ahead + timedelta(hours=2)).total_seconds())
    again = desk.worker()
    desk.card(desk.handoff("by whose answer Slack's time is known"), "amer")
    again.begin()
    for _ in range(10):
        again.run_once(desk.clock())
        desk.clock.advance(10)
    assert desk.texts().count("asked for a demo") == 1
    assert desk.delivery(card).state == "delivered"
    assert desk.calls("chat.postMessage") == 2
