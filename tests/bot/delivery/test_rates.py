"""Slack's rates: only calls that are made count, and whoever waits for a rate gets their turn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.database import LONG_AGO
from bot.delivery.answer_pace import AnswerPace
from bot.slack.rate_limits import GREATEST_PAUSE, SLACK_RATES, lock_rate_limits
from bot.worker import Worker
from qualification.outbox import outbox
from qualification.records import DeliveryState, Handoff, Priority, RateLimit
from qualification.rules.handoffs.states import HandoffState
from sandbox.clock import ManualClock
from sandbox.rate_limits import Limits
from tests.worlds.deliveries import START, Desk

LATER = START + timedelta(minutes=4)
POSTS, UPDATES = SLACK_RATES.posts, SLACK_RATES.methods["chat.update"]


def free_at(desk: Desk) -> timedelta:
    """Tell how far the rate of edits is used, as the time until a rested one would be free."""
    limit = desk.reads(lambda session, _: session.query(RateLimit).filter_by(method="chat.update").one_or_none())
    return (limit.free_at if limit else LONG_AGO) - desk.clock()


def test_redraws_that_change_nothing_take_nothing_from_the_rate(desk: Desk) -> None:
    """As after a playbook was published: thirty cards are drawn, and the next press is shown at once."""
    handoffs = [desk.handoff(f"asked for {number}") for number in range(30)]
    cards = [desk.card(handoff) for handoff in handoffs]
    worker = desk.worker()
    desk.settle(worker)
    used, edits = free_at(desk), desk.calls("chat.update")
    with desk.database.transaction() as session:
        outbox.mark_all_stale(session, desk.workspace_id, desk.clock())
    worker.run_once(desk.clock())
    assert desk.calls("chat.update") == edits
    assert {desk.delivery(card).state for card in cards} == {"delivered"}
    assert free_at(desk) <= max(used, -UPDATES.interval * (UPDATES.burst - 2))
    desk.change(handoffs[-1], "asked for more")
    worker.run_once(desk.clock())
    assert desk.calls("chat.update") == edits + 1


def use_up(desk: Desk, worker: Worker) -> None:
    """Use the rate of edits up, after a minute of rest."""
    handoffs = [desk.handoff(f"uses {number}") for number in range(UPDATES.burst)]
    for handoff in handoffs:
        desk.card(handoff, "apac")
    desk.settle(worker)
    desk.clock.advance(timedelta(minutes=1))
    for handoff in handoffs:
        desk.change(handoff, "used")
    worker.run_once(desk.clock())


def edited(desk: Desk, worker: Worker) -> list[str]:
    """Let everything be edited; return the words of the edits from now on, in their order."""
    before = desk.calls("chat.update")
    desk.settle(worker, step=UPDATES.interval.total_seconds())
    return [call.arguments["text"] for call in desk.sandbox.calls("chat.update")[before:]]


def test_an_edit_goes_by_whom_it_is_for_and_then_the_oldest_whatever_place_it_is_in(desk: Desk) -> None:
    """Who acted, then who must act, then who watches; a channel with many cards does not come first each time."""
    offered, acted, watched, other = (desk.handoff(word) for word in ("offered", "acted", "watched", "other"))
    cards = [desk.card(offered), desk.direct_card(acted), desk.direct_card(watched), desk.card(other, "amer")]
    worker = desk.worker()
    desk.settle(worker)
    use_up(desk, worker)
    desk.change(watched, "for who watches")
    desk.change(offered, "for who must act, first")
    desk.change(other, "for who must act, second")
    desk.change(acted, "for who acted", by=desk.ana_id)
    assert {desk.delivery(card).state for card in cards} == {DeliveryState.PENDING}
    assert edited(desk, worker) == [
        "for who acted",
        "for who must act, first",
        "for who must act, second",
        "for who watches",
    ]


def test_a_manager_must_act_on_what_is_in_their_queue(desk: Desk) -> None:
    queued, watched = desk.handoff("queued"), desk.handoff("watched")
    with desk.database.transaction() as session:
        session.get_one(Handoff, watched).state = HandoffState.ACCEPTED
    desk.direct_card(queued, desk.maya_id)
    desk.direct_card(watched, desk.ana_id)
    worker = desk.worker()
    desk.settle(worker)
    use_up(desk, worker)
    desk.change(watched, "for who watches")
    desk.change(queued, "for the manager")
    assert edited(desk, worker) == ["for the manager", "for who watches"]


def test_whoever_acts_on_one_card_finds_the_other_before_all_that_wait(desk: Desk) -> None:
    """As where twenty cards wait in the channel, and somebody presses in their direct messages."""
    waiting = [desk.handoff(f"waits {number}") for number in range(20)]
    pressed = desk.handoff("pressed")
    for handoff in (*waiting, pressed):
        desk.card(handoff)
    desk.direct_card(pressed)
    worker = desk.worker()
    desk.settle(worker)
    use_up(desk, worker)
    for handoff in waiting:
        desk.change(handoff, "changed by the clock")
    desk.change(pressed, "accepted", by=desk.ana_id)
    assert edited(desk, worker)[:2] == ["accepted", "accepted"]


def test_what_a_playbook_redraws_comes_behind_everything_else(desk: Desk) -> None:
    redrawn, watched = desk.handoff("before"), desk.handoff("before")
    desk.card(redrawn)
    desk.direct_card(watched)
    worker = desk.worker()
    desk.settle(worker)
    use_up(desk, worker)
    with desk.database.transaction() as session:
        session.get_one(Handoff, redrawn).did = "redrawn"
        outbox.mark_all_stale(session, desk.workspace_id, desk.clock())
    desk.change(watched, "changed later")
    assert edited(desk, worker) == ["changed later", "redrawn"]


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_what_changes_while_slack_is_told_goes_by_whom_the_change_is_for(desk: Desk, method: str) -> None:
    handoff = desk.handoff("before")
    card = desk.card(handoff)
    worker = desk.worker()
    if method == "chat.update":
        desk.settle(worker)
        desk.change(handoff, "changed by the clock")
    hold = desk.sandbox.fault(method, "hold_after", times=1)
    with ThreadPoolExecutor(1) as pool:
        passing = pool.submit(worker.run_once, desk.clock())
        hold.wait_until_held()
        desk.change(handoff, "accepted", by=desk.ana_id)
        # Nothing else is tried meanwhile: the rate of edits is used up.
        with desk.database.transaction() as session:
            lock_rate_limits(session, desk.workspace_id, ("chat.update",))["chat.update"].free_at = LATER
        hold.release()
        passing.result()
    assert (desk.delivery(card).state, desk.delivery(card).priority) == (DeliveryState.PENDING, Priority.FOR_ACTOR)


def test_what_shows_the_same_is_found_out_while_the_rate_allows_no_edit(desk: Desk) -> None:
    same, other = desk.direct_card(desk.handoff("the same")), desk.handoff("before")
    differs = desk.direct_card(other)
    worker = desk.worker()
    desk.settle(worker)
    use_up(desk, worker)
    edits = desk.calls("chat.update")
    with desk.database.transaction() as session:
        session.get_one(Handoff, other).did = "after"
        outbox.mark_all_stale(session, desk.workspace_id, desk.clock())
    worker.run_once(desk.clock())
    assert desk.delivery(same).state is DeliveryState.DELIVERED
    assert desk.delivery(differs).state is DeliveryState.PENDING
    assert desk.calls("chat.update") == edits
    assert edited(desk, worker) == ["after"]


@given(
    wanted=st.lists(st.floats(0, 4), min_size=1, max_size=60),
    late=st.lists(st.floats(0, 0.99), min_size=60, max_size=60),
)
def test_messages_that_arrive_up_to_a_second_late_keep_within_slacks_rate(
    wanted: list[float], late: list[float]
) -> None:
    """Whatever is to be posted when: what arrives closer together than it was sent finds one more allowed."""
    assert POSTS is not None
    free_at: datetime | None = None
    now, arrivals = START, []
    for pause, delay in zip(wanted, late, strict=False):
        now = max(now + timedelta(seconds=pause), free_at or START)
        free_at = POSTS.free_at(free_at, now)
        arrivals.append(now + timedelta(seconds=delay))
    clock = ManualClock(START)
    limits = Limits(clock, enabled=True)
    for arrival in sorted(arrivals):
        clock.advance(arrival - clock())
        limits.count_post("C1")


@given(
    wanted=st.lists(st.floats(0, 2), min_size=1, max_size=60),
    late=st.lists(st.floats(0, 0.99), min_size=60, max_size=60),
)
def test_answers_that_arrive_up_to_a_second_late_keep_within_the_rate_of_messages(
    wanted: list[float], late: list[float]
) -> None:
    pace = AnswerPace(SLACK_RATES.answers)
    now, arrivals = START, []
    for pause, delay in zip(wanted, late, strict=False):
        now += timedelta(seconds=pause)
        at = pace.reserve("C1", now, now + timedelta(seconds=2))
        if at is not None:
            assert now <= at <= now + timedelta(seconds=2)
            arrivals.append(at + timedelta(seconds=delay))
    clock = ManualClock(START)
    limits = Limits(clock, enabled=True)
    for arrival in sorted(arrivals):
        clock.advance(arrival - clock())
        limits.count_answer("C1")


def test_an_answer_waits_for_the_pause_that_slack_asks_for_and_no_clock_makes_it_wait_longer() -> None:
    pace = AnswerPace(None)
    soon = START + timedelta(seconds=2)
    pace.refused("C1", START, timedelta(seconds=1))
    assert pace.reserve("C1", START, soon) == START + timedelta(seconds=1)
    pace.refused("C1", START, timedelta(hours=1))
    assert pace.reserve("C1", START, soon) is None
    assert pace.reserve("C1", START + GREATEST_PAUSE, START + GREATEST_PAUSE) == START + GREATEST_PAUSE
    # That pause was written while the clock was an hour ahead.
    assert pace.reserve("C1", START - timedelta(hours=1), soon) == START - timedelta(hours=1)
    assert pace.reserve("C2", START, soon) == START


def test_after_slack_refused_a_post_the_second_one_follows_a_whole_second_after_the_first(desk: Desk) -> None:
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", "429", times=1)
    for number in range(3):
        desk.card(desk.handoff(f"card {number}"))
    worker.run_once(desk.clock())
    desk.pass_time(worker, 5, step=0.1)
    posts = [call.at for call in desk.sandbox.calls("chat.postMessage") if call.ok]
    assert [call.ok for call in desk.sandbox.calls("chat.postMessage")] == [False, True, True, True]
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(posts))


def test_a_card_is_edited_before_the_lines_of_a_thread_that_wait_for_their_rate(desk: Desk) -> None:
    handoff = desk.handoff()
    card = desk.card(handoff)
    worker = desk.worker()
    desk.settle(worker)
    lines = [desk.line(handoff, number) for number in range(10)]
    worker.run_once(desk.clock())
    assert desk.delivery(lines[-1]).state == "pending"
    desk.change(handoff, "asked for more")
    worker.run_once(desk.clock())
    assert desk.delivery(card).state == "delivered"
    assert desk.delivery(lines[-1]).state == "pending"
    desk.settle(worker)
    assert [desk.delivery(line).state for line in lines] == ["delivered"] * 10


def test_lines_of_a_thread_are_posted_before_edits_that_wait_for_their_rate(desk: Desk) -> None:
    handoffs = [desk.handoff(f"asked for {number}") for number in range(20)]
    for handoff in handoffs:
        desk.card(handoff)
    worker = desk.worker()
    desk.settle(worker)
    desk.clock.advance(timedelta(minutes=1))
    for handoff in handoffs:
        desk.change(handoff, "asked for more")
    worker.run_once(desk.clock())
    line = desk.line(handoffs[0], 1)
    worker.run_once(desk.clock())
    assert desk.delivery(line).state == "delivered"
