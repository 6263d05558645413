"""Invariant 3: a message to be posted ends posted once, though its answer was lost and whenever the post was done."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.delivery.find_posted import PAGE
from qualification.records import DeliveryState
from sandbox.faults import CallFaultKind
from tests.worlds.deliveries import Desk

IMPATIENT = 0.3


def test_invariant_3_a_post_that_was_done_is_found_and_never_made_again(desk: Desk) -> None:
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    worker.run_once(desk.clock())
    desk.change(handoff, "started a trial")
    desk.pass_time(worker, 15)
    assert desk.texts() == ["started a trial"]
    assert desk.calls("chat.postMessage") == 1
    assert desk.delivery(card).ts == desk.messages()[0].ts
    assert desk.delivery(card).duplicate_check_at is None


@pytest.mark.parametrize("kind", ["cut_before", "500"])
def test_invariant_3_a_post_that_was_not_done_is_made_again_after_the_search(desk: Desk, kind: CallFaultKind) -> None:
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", kind, times=1)
    card = desk.card(desk.handoff("asked for a demo"))
    worker.run_once(desk.clock())
    desk.pass_time(worker, 9)
    assert desk.calls("conversations.history") == 0, "it may still be done"
    desk.pass_time(worker, 2)
    assert desk.texts() == ["asked for a demo"]
    assert desk.delivery(card).duplicate_check_at is not None
    desk.pass_time(worker, 11)
    assert desk.calls("conversations.history") == 2
    assert desk.texts() == ["asked for a demo"]
    assert desk.delivery(card).duplicate_check_at is None
    assert worker.run_once(desk.clock()) == 0


def test_invariant_3_a_post_that_was_done_late_leaves_the_elder_of_two(desk: Desk) -> None:
    worker = desk.worker(seconds=IMPATIENT)
    hold = desk.sandbox.fault("chat.postMessage", "hold_before", times=1)
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    desk.line(handoff, 1)
    worker.run_once(desk.clock())
    desk.pass_time(worker, 11)
    assert desk.texts() == ["asked for a demo"], "its thread waits until it surely stands alone"
    elder = desk.delivery(card).ts
    hold.release()
    desk.sandbox.wait_for(lambda: len(desk.messages()) == 2)
    desk.pass_time(worker, 12)
    assert desk.texts() == ["asked for a demo", "line 1"]
    assert desk.messages()[0].ts == elder == desk.delivery(card).ts


def test_invariant_3_a_post_done_between_the_search_and_the_second_post_is_the_one_that_stays(desk: Desk) -> None:
    worker = desk.worker(seconds=IMPATIENT)
    late = desk.sandbox.fault("chat.postMessage", "hold_before", times=1)
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    worker.run_once(desk.clock())
    patient = desk.worker()
    search = desk.sandbox.fault("conversations.history", "hold_after", times=1)
    desk.clock.advance(11)
    passing = threading.Thread(target=patient.run_once, args=(desk.clock(),))
    passing.start()
    search.wait_until_held()
    late.release()
    desk.sandbox.wait_for(lambda: len(desk.messages()) == 1)
    elder = desk.messages()[0].ts
    search.release()
    passing.join()
    assert len(desk.messages()) == 2
    assert desk.delivery(card).ts != elder
    desk.change(handoff, "started a trial")
    desk.pass_time(patient, 15)
    assert [(message.ts, message.text) for message in desk.messages()] == [(elder, "started a trial")]
    assert desk.delivery(card).ts == elder


@pytest.mark.parametrize("chatter", [0, PAGE])
def test_invariant_3_the_elder_stays_however_long_the_second_post_took_to_begin(desk: Desk, chatter: int) -> None:
    """The process was suspended after its search; the first post was done meanwhile, and others wrote much."""
    worker = desk.worker(seconds=IMPATIENT)
    late = desk.sandbox.fault("chat.postMessage", "hold_before", times=1)
    handoff = desk.handoff("asked for a demo")
    desk.card(handoff)
    worker.run_once(desk.clock())
    patient = desk.worker()
    search = desk.sandbox.fault("conversations.history", "hold_after", times=1)
    desk.clock.advance(11)
    passing = threading.Thread(target=patient.run_once, args=(desk.clock(),))
    passing.start()
    search.wait_until_held()
    late.release()
    desk.sandbox.wait_for(lambda: len(desk.messages()) == 1)
    elder = desk.messages()[0].ts
    desk.clock.advance(timedelta(hours=1).total_seconds())
    desk.sandbox.limit_rates(enabled=False)
    for number in range(chatter):
        desk.slack().call("chat.postMessage", channel=desk.channel(), text=f"chatter {number}")
    desk.clock.advance(timedelta(hours=4).total_seconds())
    search.release()
    passing.join()
    assert desk.texts().count("asked for a demo") == 2
    desk.change(handoff, "started a trial")
    desk.pass_time(patient, 15)
    ours = [(each.ts, each.text) for each in desk.messages() if not each.text.startswith("chatter")]
    assert ours == [(elder, "started a trial")]


def test_invariant_3_a_post_done_after_its_worker_lost_it_leaves_one_message_whenever_it_was_done(desk: Desk) -> None:
    """To connect may take longer than any lease; a clock that leaps ends the lease of a call that is quick."""
    slow, quick = desk.dispatcher("slow"), desk.worker()
    hold = desk.sandbox.fault("chat.postMessage", "hold_before", times=1)
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    with ThreadPoolExecutor(1) as pool:
        dispatching = pool.submit(slow.dispatch, desk.take(slow), desk.clock)
        hold.wait_until_held()
        desk.clock.advance(16)
        desk.pass_time(quick, 60)
        elder = desk.delivery(card)
        assert (elder.state, elder.duplicate_check_at) == (DeliveryState.DELIVERED, None)
        hold.release()
        assert dispatching.result() is None
    assert len(desk.messages()) == 2
    desk.change(handoff, "started a trial")
    desk.pass_time(quick, 15)
    assert [(message.ts, message.text) for message in desk.messages()] == [(elder.ts, "started a trial")]


def test_invariant_3_a_reply_whose_answer_was_lost_is_searched_in_its_thread(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("asked for a demo")
    desk.card(handoff)
    worker.run_once(desk.clock())
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    desk.line(handoff, 1)
    desk.line(handoff, 2)
    desk.pass_time(worker, 20)
    assert desk.texts() == ["asked for a demo", "line 1", "line 2"]
    assert desk.calls("conversations.replies") == 1


def test_invariant_3_a_direct_message_whose_answer_was_lost_is_searched_in_its_conversation(desk: Desk) -> None:
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    desk.direct_card(desk.handoff("asked for a demo"))
    desk.pass_time(worker, 20)
    assert [message.text for message in desk.direct_messages()] == ["asked for a demo"]
    assert desk.calls("chat.postMessage") == 1


def test_a_search_goes_through_every_page(desk: Desk) -> None:
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    card = desk.card(desk.handoff("asked for a demo"))
    worker.run_once(desk.clock())
    desk.sandbox.limit_rates(enabled=False)
    for number in range(PAGE):
        desk.slack().call("chat.postMessage", channel=desk.channel(), text=f"chatter {number}")
    desk.pass_time(worker, 15, step=5)
    assert desk.calls("conversations.history") == 2
    assert desk.calls("chat.postMessage") == 1 + PAGE
    assert desk.delivery(card).state is DeliveryState.DELIVERED


def test_no_two_workspaces_or_postings_share_a_key(desk: Desk, other_desk: Desk) -> None:
    keys: set[str] = set()
    for each in (desk, other_desk):
        worker = each.worker()
        handoff = each.handoff("asked for a demo")
        card = each.card(handoff)
        worker.run_once(each.clock())
        each.slack().call("chat.delete", channel=each.channel(), ts=each.delivery(card).ts)
        each.change(handoff, "started a trial")
        each.pass_time(worker, 2)
        keys |= {call.arguments["metadata"]["event_payload"]["key"] for call in each.sandbox.calls("chat.postMessage")}
    assert len(keys) == 4


def test_an_edit_that_may_still_be_done_is_not_overtaken(desk: Desk) -> None:
    worker = desk.worker(seconds=IMPATIENT)
    handoff = desk.handoff("0")
    desk.card(handoff)
    worker.run_once(desk.clock())
    hold = desk.sandbox.fault("chat.update", "hold_before", times=1)
    desk.change(handoff, "1")
    worker.run_once(desk.clock())
    desk.change(handoff, "2")
    desk.pass_time(worker, 8)
    assert desk.texts() == ["0"]
    hold.release()
    desk.sandbox.wait_for(lambda: desk.texts() == ["1"])
    desk.pass_time(worker, 4)
    assert desk.texts() == ["2"]


KINDS: tuple[CallFaultKind, ...] = ("429", "500", "hang", "cut_before", "cut_after")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "method", ["chat.postMessage", "chat.update", "views.publish", "conversations.open", "conversations.history"]
)
def test_each_fault_of_each_method_delays_and_neither_loses_nor_doubles(
    desk: Desk, method: str, kind: CallFaultKind
) -> None:
    worker = desk.worker(seconds=IMPATIENT)
    handoff = desk.handoff("first")
    if method == "conversations.history":
        desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    if method != "chat.update":
        desk.sandbox.fault(method, kind, times=2)
    card = desk.card(handoff)
    desk.line(handoff, 1)
    desk.direct_card(handoff)
    desk.home()
    desk.pass_time(worker, 10, step=5)
    if method == "chat.update":
        desk.sandbox.fault(method, kind, times=2)
    desk.change(handoff, "last")
    desk.settle(worker)
    assert desk.texts() == ["last", "line 1"]
    assert [message.text for message in desk.direct_messages()] == ["last"]
    assert desk.sandbox.person("Ana Ruiz", "Northwind").home is not None
    assert desk.delivery(card).last_error is None


def test_what_changed_back_after_an_edit_without_an_answer_is_edited_back(desk: Desk) -> None:
    """Slack shows what nobody has written down: that it is as it was before that edit must not be believed."""
    worker = desk.worker()
    handoff = desk.handoff("asked for a demo")
    desk.card(handoff)
    desk.settle(worker)
    desk.sandbox.fault("chat.update", "cut_after", times=1)
    desk.change(handoff, "started a trial")
    worker.run_once(desk.clock())
    assert desk.texts() == ["started a trial"]
    desk.change(handoff, "asked for a demo")
    desk.pass_time(worker, 15)
    assert desk.texts() == ["asked for a demo"]


def test_what_changed_back_after_its_worker_died_while_editing_is_edited_back(desk: Desk) -> None:
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    desk.settle(desk.worker())
    desk.change(handoff, "started a trial")
    dying = desk.dispatcher("dying")
    job = desk.take(dying)
    desk.slack().call("chat.update", channel=job.channel, ts=job.ts, text="started a trial")
    desk.change(handoff, "asked for a demo")
    desk.clock.advance(timedelta(minutes=1))
    worker = desk.worker()
    worker.begin()
    desk.settle(worker)
    assert desk.texts() == ["asked for a demo"]
    assert desk.delivery(card).state is DeliveryState.DELIVERED
