"""Who has a delivery in hand: one worker at a time, whatever becomes of it."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from bot.delivery import queue
from bot.delivery.worker_lock import Presence
from bot.slack.rate_limits import UNLIMITED
from qualification.outbox import retries
from qualification.records import ChannelQueue, DeliveryState
from tests.worlds.deliveries import Desk


def test_a_lane_in_hand_is_in_nobody_elses(desk: Desk) -> None:
    desk.card(desk.handoff("first"))
    desk.card(desk.handoff("second"))
    one, other = desk.dispatcher("one"), desk.dispatcher("other")
    desk.take(one)
    assert other.claim(desk.clock(), limit=8) == []
    desk.clock.advance(16)
    assert len(other.claim(desk.clock(), limit=8)) == 1


def test_a_worker_that_lost_its_lease_writes_nothing_down(desk: Desk) -> None:
    handoff = desk.handoff("before")
    card = desk.card(handoff)
    desk.worker().run_once(desk.clock())
    desk.change(handoff, "changed")
    slow, quick = desk.dispatcher("slow"), desk.dispatcher("quick")
    late = desk.take(slow)
    hold = desk.sandbox.fault("chat.update", "hold_after", times=1)
    with ThreadPoolExecutor(1) as pool:
        carrying = pool.submit(slow.dispatch, late, desk.clock)
        hold.wait_until_held()
        desk.clock.advance(16)
        desk.change(handoff, "changed again")
        quick.dispatch(desk.take(quick), desk.clock)
        settled = desk.delivery(card)
        hold.release()
        assert carrying.result() is None
    assert desk.texts() == ["changed again"]
    after = desk.delivery(card)
    assert (after.shown_revision, after.fingerprint, after.state) == (
        settled.shown_revision,
        settled.fingerprint,
        DeliveryState.DELIVERED,
    )


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_a_worker_that_wakes_up_after_its_lease_calls_slack_no_more(desk: Desk, method: str) -> None:
    handoff = desk.handoff("asked for a demo")
    desk.card(handoff)
    if method == "chat.update":
        desk.worker().run_once(desk.clock())
        desk.change(handoff, "started a trial")
    asleep, awake = desk.dispatcher("asleep"), desk.worker()
    job = desk.take(asleep)
    desk.clock.advance(16)
    awake.run_once(desk.clock())
    calls = desk.calls(method)
    assert asleep.dispatch(job, desk.clock) is None
    assert desk.calls(method) == calls == 1
    assert len(desk.messages()) == 1


def test_a_worker_that_takes_long_renews_its_lease_before_it_posts(desk: Desk) -> None:
    card = desk.card(desk.handoff("asked for a demo"))
    slow = desk.dispatcher("slow")
    job = desk.take(slow)
    desk.clock.advance(9)
    slow.dispatch(job, desk.clock)
    assert desk.delivery(card).state is DeliveryState.DELIVERED


def test_invariant_3_workers_side_by_side_never_post_the_same_thing(desk: Desk) -> None:
    desk.sandbox.limit_rates(enabled=False)
    for number in range(60):
        handoff = desk.handoff(f"card {number}")
        desk.card(handoff, ("emea", "amer", "apac")[number % 3])
        desk.line(handoff, number)
        desk.direct_card(handoff, (desk.ana_id, desk.maya_id)[number % 2])
    workers = [desk.worker(name=f"worker {number}", rates=UNLIMITED) for number in range(4)]
    start = threading.Barrier(len(workers))

    def work(number: int) -> int:
        start.wait()
        return sum(workers[number].run_once(desk.clock()) for _ in range(3))

    with ExitStack() as present, ThreadPoolExecutor(len(workers)) as pool:
        for worker in workers:
            present.enter_context(worker.presence())
        assert sum(pool.map(work, range(len(workers)))) == 180
    keys = Counter(
        call.arguments["metadata"]["event_payload"]["key"] for call in desk.sandbox.calls("chat.postMessage")
    )
    assert len(keys) == 180
    assert set(keys.values()) == {1}
    for channel in ("emea", "amer", "apac"):
        cards = [message.text for message in desk.messages(channel) if not message.is_reply]
        assert cards == sorted(cards, key=lambda text: int(text.split()[1]))


def test_changes_made_while_workers_are_at_work_are_shown_in_the_end(desk: Desk) -> None:
    desk.sandbox.limit_rates(enabled=False)
    handoffs = [desk.handoff("0") for _ in range(4)]
    for handoff in handoffs:
        desk.card(handoff)
        desk.direct_card(handoff)
    desk.home()
    workers = [desk.worker(name=f"worker {number}", rates=UNLIMITED) for number in range(2)]
    changed = threading.Event()

    def change(handoff: int) -> None:
        for number in range(1, 16):
            desk.change(handoff, f"{handoff}: {number}")

    def work(number: int) -> None:
        while not changed.is_set():
            workers[number].run_once(desk.clock())

    with ExitStack() as present, ThreadPoolExecutor(6) as pool:
        for worker in workers:
            present.enter_context(worker.presence())
        working = [pool.submit(work, number) for number in range(2)]
        for done in [pool.submit(change, handoff) for handoff in handoffs]:
            done.result()
        changed.set()
        for done in working:
            done.result()
    desk.settle(workers[0])
    last = {f"{handoff}: 15" for handoff in handoffs}
    assert set(desk.texts()) == last
    assert {message.text for message in desk.direct_messages()} == last
    assert len(desk.messages()) == len(desk.direct_messages()) == 4


def test_on_sqlite_a_process_that_starts_takes_back_what_another_left_in_hand(desk: Desk) -> None:
    if not desk.database.is_sqlite:
        return
    desk.card(desk.handoff("asked for a demo"))
    desk.take(desk.dispatcher("dead"))
    worker = desk.worker()
    worker.begin()
    desk.settle(worker, 20, step=1)
    assert desk.texts() == ["asked for a demo"]


def test_on_postgresql_the_leases_of_a_worker_die_with_it(desk: Desk) -> None:
    if desk.database.is_sqlite:
        return
    card = desk.card(desk.handoff("asked for a demo"))
    worker = desk.worker()
    with Presence(desk.database, "other", wake=lambda: None):
        desk.take(desk.dispatcher("other"))
        worker.run_once(desk.clock())
        assert desk.queue(card).leased_by == "other"
    worker.run_once(desk.clock())
    assert desk.queue(card).leased_by is None
    desk.settle(worker, 20, step=1)
    assert desk.texts() == ["asked for a demo"]


def test_taking_back_concerns_one_workspace(desk: Desk, other_desk: Desk) -> None:
    for each in (desk, other_desk):
        each.card(each.handoff("asked for a demo"))
        each.take(each.dispatcher("dead"))
    with desk.database.transaction() as session:
        assert queue.void(session, desk.workspace_id) == 1
    with desk.database.snapshot() as session:
        held = [queue.workspace_id for queue in session.query(ChannelQueue) if queue.leased_by]
    assert held == [other_desk.workspace_id]


def test_invariant_9_a_worker_touches_no_other_workspace(desk: Desk, other_desk: Desk) -> None:
    for each in (desk, other_desk):
        handoff = each.handoff(each.slack_workspace)
        each.card(handoff)
        each.direct_card(handoff)
        each.home()
    assert desk.worker().run_once(desk.clock()) == 3
    assert desk.texts() == ["Northwind"]
    assert other_desk.texts() == []
    assert {call.workspace_id for call in desk.sandbox.calls()} == {desk.sandbox.workspace("Northwind").id}
    with desk.database.transaction() as session:
        ours = desk.messages()[0]
        assert not retries.message_deleted(
            session,
            workspace_id=other_desk.workspace_id,
            channel=ours.channel_id,
            ts=ours.ts,
            is_ours=False,
            now=desk.clock(),
        )
        assert retries.retry_dead_letters(session, other_desk.workspace_id, now=desk.clock()) == 0


def test_invariant_10_a_pass_over_the_same_rows_at_the_same_moment_does_the_same(desk: Desk, other_desk: Desk) -> None:
    for each in (desk, other_desk):
        worker = each.worker()
        for number in range(5):
            handoff = each.handoff(f"card {number}")
            each.card(handoff, ("emea", "amer")[number % 2])
            each.line(handoff, number)
            each.direct_card(handoff)
            each.change(handoff, f"changed {number}")
        each.home()
        worker.run_once(each.clock())
    told = [
        [
            (call.method, call.arguments.get("text"), call.arguments.get("thread_ts") is None)
            for call in desk.sandbox.calls()
            if call.workspace_id == desk.sandbox.workspace(each.slack_workspace).id
        ]
        for each in (desk, other_desk)
    ]
    assert told[0] == told[1]
    assert len(told[0]) >= 8
