"""What is stored is what Slack shows: posted once, edited in place, and only where something changed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from qualification.outbox import retries
from qualification.records import DeliveryState
from tests.bot.connections import in_use
from tests.worlds.deliveries import Desk, draw
from tests.worlds.waiting import until_waiting


def test_a_card_is_posted_once_and_edited_in_place(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    worker.run_once(desk.clock())
    assert desk.texts() == ["asked for a demo"]
    desk.change(handoff, "started a trial")
    worker.run_once(desk.clock())
    assert desk.texts() == ["started a trial"]
    assert desk.messages()[0].ts == desk.delivery(card).ts
    assert desk.delivery(card).state is DeliveryState.DELIVERED
    assert worker.run_once(desk.clock()) == 0


def test_a_person_gets_direct_messages_in_one_conversation_opened_once(desk: Desk) -> None:
    worker = desk.worker()
    for did in ("asked for a demo", "started a trial"):
        desk.direct_card(desk.handoff(did))
    worker.run_once(desk.clock())
    assert [message.text for message in desk.direct_messages()] == ["asked for a demo", "started a trial"]
    assert desk.calls("conversations.open") == 1


def test_a_home_tab_is_published(desk: Desk) -> None:
    desk.home()
    desk.worker().run_once(desk.clock())
    home = desk.sandbox.person("Ana Ruiz", "Northwind").home
    assert home is not None
    assert "Ana Ruiz" in str(home)


def test_invariant_5_an_edit_that_would_change_nothing_is_not_sent(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    desk.home()
    worker.run_once(desk.clock())
    drawn = desk.delivery(card).fingerprint
    desk.change(handoff, "asked for a demo")
    desk.home()
    assert worker.run_once(desk.clock()) == 2
    assert desk.calls("chat.update") == 0
    assert desk.calls("views.publish") == 1
    assert desk.delivery(card).fingerprint == drawn
    assert desk.delivery(card).state is DeliveryState.DELIVERED


def test_invariant_5_the_same_state_drawn_twice_gives_the_same_bytes(desk: Desk) -> None:
    worker = desk.worker()
    cards = [desk.card(desk.handoff("asked for a demo"), channel) for channel in ("emea", "amer")]
    worker.run_once(desk.clock())
    first, second = (desk.delivery(card).fingerprint for card in cards)
    assert first == second
    bodies = [call.arguments for call in desk.sandbox.calls("chat.postMessage")]
    assert bodies[0]["blocks"] == bodies[1]["blocks"]


def test_fifty_changes_in_a_burst_make_few_edits_and_the_last_one_is_true(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("0")
    card = desk.card(handoff)
    worker.run_once(desk.clock())
    for number in range(1, 51):
        desk.change(handoff, str(number))
        if number % 10 == 0:
            worker.run_once(desk.clock())
    desk.settle(worker)
    assert desk.texts() == ["50"]
    assert desk.calls("chat.update") == 5
    assert desk.delivery(card).shown_revision == desk.delivery(card).desired_revision


def test_a_change_during_the_call_is_shown_by_the_next(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("before")
    desk.card(handoff)
    hold = desk.sandbox.fault("chat.postMessage", "hold_after", times=1)
    passing = threading.Thread(target=worker.run_once, args=(desk.clock(),))
    passing.start()
    hold.wait_until_held()
    desk.change(handoff, "during")
    hold.release()
    passing.join()
    assert desk.texts() == ["during"]
    assert desk.calls("chat.postMessage") == 1


def test_a_card_deleted_by_hand_is_posted_anew_with_its_thread_when_it_changes(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    desk.line(handoff, 1)
    worker.run_once(desk.clock())
    first = desk.delivery(card).ts
    delete(desk, card)
    desk.change(handoff, "started a trial")
    desk.pass_time(worker, 10)
    standing = [message for message in desk.messages() if not message.tombstone and message.thread_ts != first]
    assert [message.text for message in standing] == ["started a trial", "line 1"]
    assert standing[1].thread_ts == standing[0].ts == desk.delivery(card).ts
    assert desk.delivery(card).posting == 1


def test_a_card_deleted_by_hand_is_posted_anew_when_slack_tells_of_it(desk: Desk) -> None:
    worker = desk.worker()
    card = desk.card(desk.handoff("asked for a demo"))
    worker.run_once(desk.clock())
    ts, channel = str(desk.delivery(card).ts), str(desk.delivery(card).channel)
    delete(desk, card)
    assert desk.texts() == []
    with desk.database.transaction() as session:
        assert retries.message_deleted(session, channel=channel, ts=ts, **deletion(desk))
        assert not retries.message_deleted(session, channel=channel, ts="1.0", **deletion(desk))
    worker.run_once(desk.clock())
    assert desk.texts() == ["asked for a demo"]


@pytest.mark.parametrize("answer", ["of the post", "of the search"])
def test_a_card_deleted_before_its_row_says_where_it_is_is_posted_anew(desk: Desk, answer: str) -> None:
    """Slack tells of the deletion while the answer is under way, or while the database can't take it."""
    card = desk.card(desk.handoff("asked for a demo"))
    dispatcher = desk.dispatcher("slow")
    if answer == "of the search":
        desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
        dispatcher.dispatch(desk.take(dispatcher), desk.clock)
        desk.clock.advance(timedelta(seconds=15))
    hold = desk.sandbox.fault(
        "conversations.history" if answer == "of the search" else "chat.postMessage", "hold_after", times=1
    )
    posting = threading.Thread(target=dispatcher.dispatch, args=(desk.take(dispatcher), desk.clock))
    posting.start()
    hold.wait_until_held()
    (message,) = desk.messages()
    desk.slack().call("chat.delete", channel=message.channel_id, ts=message.ts)
    with desk.database.transaction() as session:
        assert not retries.message_deleted(session, channel=message.channel_id, ts=message.ts, **deletion(desk))
    hold.release()
    posting.join()
    desk.settle(desk.worker(), 60)
    assert desk.texts() == ["asked for a demo"]
    assert desk.delivery(card).posting == 1


def test_of_a_deletion_that_is_told_while_the_post_is_recorded_one_waits_for_the_other(desk: Desk) -> None:
    """On PostgreSQL neither sees what the other has not committed."""
    if desk.database.is_sqlite:
        return

    def hears() -> bool:
        with desk.database.transaction() as session:
            return retries.message_deleted(session, channel="C1", ts="1.0", **deletion(desk))

    with ThreadPoolExecutor(1) as hands:
        with desk.database.transaction() as session:
            assert not retries.was_deleted(session, workspace_id=desk.workspace_id, channel="C1", ts="1.0")
            hearing = hands.submit(hears)
            until_waiting(session, hearing)
        assert not hearing.result()


def test_a_reply_to_a_card_deleted_by_hand_brings_the_card_back(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    worker.run_once(desk.clock())
    delete(desk, card)
    desk.line(handoff, 1)
    desk.pass_time(worker, 5)
    assert desk.texts() == ["asked for a demo", "line 1"]
    assert desk.messages()[1].thread_ts == desk.delivery(card).ts


def test_a_template_that_fails_parks_its_message_alone_and_has_another_chance_after_a_restart(desk: Desk) -> None:
    def broken(session: object, delivery: object, now: object) -> dict[str, object]:
        drawn = draw(session, delivery, now)  # type: ignore[arg-type]
        if drawn["text"] == "breaks it":
            raise LookupError("no such fact")
        return drawn

    worker = desk.worker(render=broken)
    bad, good = desk.card(desk.handoff("breaks it")), desk.card(desk.handoff("asked for a demo"))
    worker.run_once(desk.clock())
    assert desk.texts() == ["asked for a demo"]
    assert (desk.delivery(bad).state, desk.delivery(bad).last_error) == (DeliveryState.DEAD_LETTER, "cannot_be_drawn")
    assert desk.delivery(good).state is DeliveryState.DELIVERED
    mended = desk.worker()
    desk.clock.advance(1)
    mended.begin()
    mended.run_once(desk.clock())
    assert desk.texts() == ["asked for a demo", "breaks it"]


def test_invariant_2_no_connection_is_held_while_slack_is_called(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("before")
    desk.card(handoff)
    for method in ("chat.postMessage", "chat.update"):
        hold = desk.sandbox.fault(method, "hold_before", times=1)
        passing = threading.Thread(target=worker.run_once, args=(desk.clock(),))
        passing.start()
        hold.wait_until_held()
        assert in_use(desk.database) == 0
        hold.release()
        passing.join()
        desk.change(handoff, "after")
        desk.clock.advance(timedelta(seconds=5))


def deletion(desk: Desk) -> dict[str, Any]:
    """Return what is told of each deletion of a message of ours."""
    return {"workspace_id": desk.workspace_id, "is_ours": True, "now": desk.clock()}


def delete(desk: Desk, delivery_id: int) -> None:
    """Delete a message as an administrator of Slack would."""
    delivery = desk.delivery(delivery_id)
    desk.slack().call("chat.delete", channel=delivery.channel, ts=delivery.ts)


def test_a_card_deleted_while_a_reply_to_it_is_posted_brings_that_reply_back_too(desk: Desk) -> None:
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    desk.worker().run_once(desk.clock())
    line = desk.line(handoff, 1)
    first, dispatcher = desk.delivery(card), desk.dispatcher("slow")
    hold = desk.sandbox.fault("chat.postMessage", "hold_after", times=1)
    posting = threading.Thread(target=dispatcher.dispatch, args=(desk.take(dispatcher), desk.clock))
    posting.start()
    hold.wait_until_held()
    delete(desk, card)
    with desk.database.transaction() as session:
        retries.message_deleted(session, channel=str(first.channel), ts=str(first.ts), **deletion(desk))
    hold.release()
    posting.join()
    assert desk.delivery(line).ts is None
    desk.settle(desk.worker(), 60)
    standing = [message for message in desk.messages() if not message.tombstone and message.thread_ts != first.ts]
    assert [message.text for message in standing] == ["asked for a demo", "line 1"]
    assert standing[1].thread_ts == standing[0].ts == desk.delivery(card).ts


def test_replies_parked_with_their_card_follow_it_once_it_is_posted(desk: Desk) -> None:
    worker = desk.worker()
    desk.sandbox.people.archive("emea", workspace=desk.sandbox.workspace("Northwind"))
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    line = desk.line(handoff, 1)
    worker.run_once(desk.clock())
    assert desk.delivery(line).last_error == "parent_parked"
    desk.sandbox.workspace("Northwind").channels[desk.channel()].archived = False
    assert desk.card(handoff) == card
    desk.pass_time(worker, 5)
    assert desk.texts() == ["asked for a demo", "line 1"]
