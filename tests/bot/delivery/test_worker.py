"""The loop: woken at once, stopped gently, hindered by nothing that goes wrong."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from bot.database import Database
from bot.slack.client import Slack
from bot.worker import Worker
from qualification.records import Delivery, DeliveryState
from tests.worlds.deliveries import Desk, draw


@contextmanager
def running(worker: Worker) -> Iterator[Worker]:
    """Let a worker run while the block lasts."""
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def test_a_commit_wakes_the_worker_of_its_process_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.worker.POLL_SECONDS", 3600.0)
    worker = desk.worker()
    desk.card(desk.handoff("before it began"))
    with running(worker):
        desk.sandbox.wait_for(lambda: desk.texts() == ["before it began"])
        desk.card(desk.handoff("meanwhile"))
        desk.sandbox.wait_for(lambda: desk.texts() == ["before it began", "meanwhile"])
    assert not worker.is_alive


def test_a_commit_of_another_process_wakes_the_worker(
    desk: Desk, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL at once, by LISTEN; on SQLite by the poll."""
    if not desk.database.is_sqlite:
        monkeypatch.setattr("bot.worker.POLL_SECONDS", 3600.0)
    desk.card(desk.handoff("before it began"))
    elsewhere = Database(database_url)
    with running(desk.worker()):
        desk.sandbox.wait_for(lambda: desk.texts() == ["before it began"])
        replace(desk, database=elsewhere).card(desk.handoff("meanwhile"))
        desk.sandbox.wait_for(lambda: desk.texts() == ["before it began", "meanwhile"])
    elsewhere.dispose()


def test_stopping_finishes_what_is_in_hand_and_begins_nothing_more(desk: Desk) -> None:
    hold = desk.sandbox.fault("chat.postMessage", "hold_after", times=1)
    first, second = desk.card(desk.handoff("in hand")), desk.card(desk.handoff("not begun"))
    stop = threading.Event()
    thread = threading.Thread(target=desk.worker().run, args=(stop,))
    thread.start()
    hold.wait_until_held()
    stop.set()
    hold.release()
    thread.join()
    assert desk.delivery(first).state is DeliveryState.DELIVERED
    assert desk.delivery(second).state is DeliveryState.PENDING
    assert desk.queue(second).leased_until is None
    assert desk.texts() == ["in hand"]


def test_what_a_claim_found_before_the_stop_is_left_as_it_was(desk: Desk) -> None:
    card = desk.card(desk.handoff("not begun"))
    dispatcher = desk.dispatcher("one that stops")
    assert dispatcher.claim(desk.clock(), go_on=lambda: False) == []
    assert desk.queue(card).leased_until is None
    assert desk.delivery(card).post_began_at is None
    assert len(dispatcher.claim(desk.clock())) == 1


def test_invariant_4_a_channel_that_hangs_holds_up_no_other(desk: Desk) -> None:
    hold = desk.sandbox.fault("chat.postMessage", "hold_before", channel=desk.channel("emea"))
    with running(desk.worker()):
        desk.card(desk.handoff("slow"), "emea")
        hold.wait_until_held()
        desk.card(desk.handoff("quick"), "amer")
        desk.direct_card(desk.handoff("direct"))
        desk.sandbox.wait_for(lambda: desk.texts("amer") == ["quick"], timeout=5)
        desk.sandbox.wait_for(lambda: [each.text for each in desk.direct_messages()] == ["direct"], timeout=5)
        assert desk.texts("emea") == []
        hold.release()
        desk.sandbox.wait_for(lambda: desk.texts("emea") == ["slow"], timeout=5)


def test_the_clocks_are_looked_at_in_each_pass_until_nothing_is_due(desk: Desk) -> None:
    left = [45]

    def job(session: Session, workspace_id: int, now: datetime, *, limit: int) -> int:
        assert (workspace_id, now) == (desk.workspace_id, desk.clock())
        assert session.in_transaction()
        done = min(limit, left[0])
        left[0] -= done
        return done

    assert desk.worker(jobs=(job,)).run_once(desk.clock()) == 45
    assert left == [0]


def test_work_without_end_holds_up_no_delivery(desk: Desk) -> None:
    def job(session: Session, workspace_id: int, now: datetime, *, limit: int) -> int:
        del session, workspace_id, now
        return limit

    with running(desk.worker(jobs=(job,))):
        desk.card(desk.handoff("asked for a demo"))
        desk.sandbox.wait_for(lambda: desk.texts() == ["asked for a demo"], timeout=10)


def test_a_job_that_fails_ends_neither_the_loop_nor_the_deliveries(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    failed = threading.Event()

    def job(session: Session, workspace_id: int, now: datetime, *, limit: int) -> int:
        del session, workspace_id, now, limit
        failed.set()
        raise LookupError("ana@northwind.example")

    with running(desk.worker(jobs=(job,))) as worker:
        assert failed.wait(5)
        desk.card(desk.handoff("asked for a demo"))
        desk.sandbox.wait_for(lambda: desk.texts() == ["asked for a demo"], timeout=10)
        assert worker.is_alive
    assert "failed" in caplog.text


def test_a_database_that_fails_for_a_moment_is_tried_again(desk: Desk) -> None:
    failures = iter([OperationalError("SELECT", {}, Exception("gone")), None])

    def job(session: Session, workspace_id: int, now: datetime, *, limit: int) -> int:
        del session, workspace_id, now, limit
        failure = next(failures, None)
        if failure is not None:
            raise failure
        return 0

    with running(desk.worker(jobs=(job,))):
        desk.card(desk.handoff("asked for a demo"))
        desk.sandbox.wait_for(lambda: desk.texts() == ["asked for a demo"], timeout=10)


def test_logs_name_the_delivery_and_never_what_it_says(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    handoff = desk.handoff("ana@northwind.example asked for a demo")
    card = desk.card(handoff)
    desk.sandbox.fault("chat.postMessage", "500", times=1)
    with caplog.at_level(logging.DEBUG):
        worker = desk.worker()
        worker.run_once(desk.clock())
        desk.settle(worker)
    assert "ana@northwind.example" not in caplog.text
    (told,) = [record for record in caplog.records if getattr(record, "error", None) == "http_500"]
    assert (told.__dict__["delivery"], told.__dict__["handoff"], told.__dict__["workspace"]) == (
        card,
        handoff,
        desk.workspace_id,
    )


def test_clocks_that_fail_each_time_hold_up_no_delivery_that_waits_for_its_retry(desk: Desk) -> None:
    def job(session: Session, workspace_id: int, now: datetime, *, limit: int) -> int:
        del session, workspace_id, now, limit
        raise LookupError

    desk.sandbox.fault("chat.postMessage", "429", retry_after=5, times=1)
    desk.card(desk.handoff("asked for a demo"))
    desk.worker().run_once(desk.clock())
    assert desk.texts() == []
    desk.clock.advance(10)
    with running(desk.worker(jobs=(job,))):
        desk.sandbox.wait_for(lambda: desk.texts() == ["asked for a demo"], timeout=10)


def test_a_database_that_is_busy_at_the_start_ends_no_worker(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))])
    worker = desk.worker()
    begin = worker.begin

    def begin_late() -> None:
        for failure in failures:
            raise failure
        begin()

    monkeypatch.setattr(worker, "begin", begin_late)
    desk.card(desk.handoff("asked for a demo"))
    with running(worker):
        desk.sandbox.wait_for(lambda: desk.texts() == ["asked for a demo"], timeout=10)


def test_a_card_that_cannot_be_read_for_want_of_a_connection_is_tried_again(desk: Desk) -> None:
    failures = iter([PoolTimeout()])

    def render(session: Session, delivery: Delivery, now: datetime) -> dict[str, object]:
        for failure in failures:
            raise failure
        return draw(session, delivery, now)

    card = desk.card(desk.handoff("asked for a demo"))
    worker = desk.worker(render=render)
    with pytest.raises(PoolTimeout):
        worker.run_once(desk.clock())
    assert desk.delivery(card).state is DeliveryState.PENDING
    desk.settle(worker, 60)
    assert desk.texts() == ["asked for a demo"]


def test_facts_that_no_database_can_read_are_parked_like_a_template_that_fails(desk: Desk) -> None:
    if desk.database.is_sqlite:
        return  # its driver has one word for every fault

    def render(session: Session, delivery: Delivery, now: datetime) -> dict[str, object]:
        if delivery.subject == bad:
            session.execute(text("SELECT nothing FROM nowhere"))
        return draw(session, delivery, now)

    bad = desk.handoff("bad")
    card = desk.card(bad)
    desk.card(desk.handoff("good"))
    desk.worker(render=render).run_once(desk.clock())
    assert (desk.delivery(card).state, desk.delivery(card).last_error) == (DeliveryState.DEAD_LETTER, "cannot_be_drawn")
    assert desk.texts() == ["good"]


def test_a_fault_of_ours_that_comes_back_each_time_parks_its_own_message_and_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Slack did is not known: each time the channel is searched first."""
    call = Slack.call

    def broken(slack: Slack, method: str, **arguments: object) -> dict[str, object]:
        answer = call(slack, method, **arguments)
        if arguments.get("text") == "bad":
            del answer["ts"]
        return answer

    monkeypatch.setattr(Slack, "call", broken)
    worker = desk.worker()
    bad = desk.card(desk.handoff("bad"))
    worker.run_once(desk.clock())
    assert (desk.delivery(bad).state, desk.delivery(bad).last_error) == (DeliveryState.PENDING, "unforeseen")
    good = desk.card(desk.handoff("good"), "amer")
    desk.pass_time(worker, 60)
    assert {desk.delivery(card).state for card in (bad, good)} == {DeliveryState.DELIVERED}
    assert desk.texts() == ["bad"]

    def always(slack: Slack, method: str, **arguments: object) -> dict[str, object]:
        if arguments.get("text") == "worse":
            raise LookupError
        return call(slack, method, **arguments)

    monkeypatch.setattr(Slack, "call", always)
    worse = desk.card(desk.handoff("worse"))
    desk.card(desk.handoff("next"))
    desk.pass_time(worker, 600, step=5)
    assert (desk.delivery(worse).state, desk.delivery(worse).last_error) == (DeliveryState.DEAD_LETTER, "unforeseen")
    assert desk.texts() == ["bad", "next"]
