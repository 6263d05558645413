"""Invariant 4: order and rate within a channel, and no channel at the mercy of another."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bot.worker import Worker
from qualification.outbox import retries
from qualification.records import Delivery, DeliveryState, Person, Priority
from tests.worlds.deliveries import Desk, draw


def test_invariant_4_deliveries_leave_a_channel_in_order_and_replies_follow_their_card(desk: Desk) -> None:
    worker = desk.worker()
    for number in range(3):
        handoff = desk.handoff(f"card {number}")
        desk.card(handoff)
        desk.line(handoff, number)
    desk.pass_time(worker, 10)
    assert desk.texts() == ["card 0", "card 1", "card 2", "line 0", "line 1", "line 2"]


def test_invariant_4_a_channel_gets_two_messages_at_once_and_then_one_a_second(desk: Desk) -> None:
    worker = desk.worker()
    for number in range(10):
        desk.card(desk.handoff(f"card {number}"))
    worker.run_once(desk.clock())
    assert len(desk.texts()) == 2
    desk.pass_time(worker, 3.5, step=0.25)
    assert len(desk.texts()) == 5
    desk.pass_time(worker, 10, step=0.25)
    assert len(desk.texts()) == 10
    assert all(call.ok for call in desk.sandbox.calls("chat.postMessage"))


def test_invariant_4_edits_keep_within_the_methods_rate_for_the_workspace(desk: Desk) -> None:
    worker = desk.worker()
    handoffs = [desk.handoff(str(number)) for number in range(60)]
    for number, handoff in enumerate(handoffs):
        desk.card(handoff, ("emea", "amer", "apac")[number % 3])
    desk.pass_time(worker, 30, step=3)
    for handoff in handoffs:
        desk.change(handoff, f"changed {handoff}")
    desk.pass_time(worker, 60, step=3)
    assert 30 <= desk.calls("chat.update") <= 50
    desk.pass_time(worker, 120, step=6)
    assert all(call.ok for call in desk.sandbox.calls())
    assert desk.calls("chat.update") == 60
    shown = [text for channel in ("emea", "amer", "apac") for text in desk.texts(channel)]
    assert sorted(shown) == sorted(f"changed {handoff}" for handoff in handoffs)


def test_invariant_4_a_new_offer_goes_before_edits_that_wait_for_their_rate(desk: Desk) -> None:
    worker = desk.worker()
    handoffs = [desk.handoff(str(number)) for number in range(30)]
    for handoff in handoffs:
        desk.direct_card(handoff)
    desk.pass_time(worker, 40)
    for handoff in handoffs:
        desk.change(handoff, "changed")
    worker.run_once(desk.clock())
    desk.direct_card(desk.handoff("new"))
    desk.pass_time(worker, 2)
    assert desk.direct_messages()[-1].text == "new"
    assert any(message.text != "changed" for message in desk.direct_messages()[:-1])


def test_invariant_4_a_new_card_does_not_wait_for_an_edit_that_slack_wants_later(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("first")
    desk.card(handoff)
    worker.run_once(desk.clock())
    desk.sandbox.fault("chat.update", "429", retry_after=30, times=1)
    desk.change(handoff, "changed")
    desk.pass_time(worker, 2)
    desk.card(desk.handoff("second"))
    desk.pass_time(worker, 2)
    assert desk.texts() == ["first", "second"]
    desk.pass_time(worker, 30)
    assert desk.texts() == ["changed", "second"]


@pytest.mark.parametrize("kind", ["429", "500", "cut_before"])
def test_invariant_4_a_delivery_that_waits_for_its_retry_holds_its_channel_and_no_other(desk: Desk, kind: str) -> None:
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", kind, channel=desk.channel("emea"), retry_after=7, times=1)  # type: ignore[arg-type]
    first, _ = desk.card(desk.handoff("first")), desk.card(desk.handoff("second"))
    desk.card(desk.handoff("elsewhere"), "amer")
    worker.run_once(desk.clock())
    assert desk.texts("amer") == ["elsewhere"]
    assert desk.texts("emea") == []
    assert desk.delivery(first).state is DeliveryState.PENDING
    desk.pass_time(worker, 5)
    assert desk.texts("emea") == []
    desk.pass_time(worker, 10)
    assert desk.texts("emea") == ["first", "second"]


def test_invariant_4_what_slack_will_never_take_is_parked_at_once_and_the_next_goes(desk: Desk) -> None:
    def too_long(session: Session, delivery: Delivery, now: object) -> dict[str, object]:
        drawn = draw(session, delivery, now)  # type: ignore[arg-type]
        return {"text": "x" * 50_000} if drawn["text"] == "too long" else drawn

    worker = desk.worker(render=too_long)
    handoff = desk.handoff("too long")
    bad = desk.card(handoff)
    line = desk.line(handoff, 1)
    desk.card(desk.handoff("next"))
    worker.run_once(desk.clock())
    assert desk.texts() == ["next"]
    assert (desk.delivery(bad).state, desk.delivery(bad).last_error) == (DeliveryState.DEAD_LETTER, "msg_too_long")
    assert desk.delivery(bad).refused_at == desk.clock()
    assert (desk.delivery(line).state, desk.delivery(line).last_error) == (DeliveryState.DEAD_LETTER, "parent_parked")
    desk.change(handoff, "shorter")
    worker.run_once(desk.clock())
    assert desk.texts() == ["next"]
    with desk.database.transaction() as session:
        assert retries.retry_dead_letters(session, desk.workspace_id, now=desk.clock(), errors=("msg_too_long",)) == 2
    desk.pass_time(worker, 5)
    assert desk.texts() == ["next", "shorter", "line 1"]


def test_a_channel_without_the_bot_is_parked_until_it_is_invited(desk: Desk) -> None:
    worker = desk.worker()
    workspace = desk.sandbox.workspace("Northwind")
    channel = workspace.channels[desk.channel()]
    channel.members.discard(workspace.app.bot_user_id)
    card = desk.card(desk.handoff("asked for a demo"))
    worker.run_once(desk.clock())
    assert (desk.delivery(card).state, desk.delivery(card).last_error) == (DeliveryState.DEAD_LETTER, "not_in_channel")
    channel.members.add(workspace.app.bot_user_id)
    with desk.database.transaction() as session:
        retries.retry_dead_letters(session, desk.workspace_id, now=desk.clock(), place=channel.id)
    worker.run_once(desk.clock())
    assert desk.texts() == ["asked for a demo"]


def test_blocks_that_slack_minds_go_as_text_instead(desk: Desk) -> None:
    def wrong(session: Session, delivery: Delivery, now: object) -> dict[str, object]:
        return {**draw(session, delivery, now), "blocks": [{"type": "hologram"}]}  # type: ignore[arg-type]

    worker = desk.worker(render=wrong)
    handoff = desk.handoff("asked for a demo")
    card = desk.card(handoff)
    worker.run_once(desk.clock())
    assert [(message.text, message.blocks) for message in desk.messages()] == [("asked for a demo", None)]
    desk.change(handoff, "started a trial")
    worker.run_once(desk.clock())
    assert [(message.text, message.blocks) for message in desk.messages()] == [("started a trial", None)]
    assert desk.delivery(card).state is DeliveryState.DELIVERED


@pytest.mark.parametrize("button", ["Accept", ""])
def test_where_slack_minds_the_blocks_the_buttons_stay_unless_it_minds_those(desk: Desk, button: str) -> None:
    """A button without a label is one of those."""
    element = {"type": "button", "action_id": "accept", "text": {"type": "plain_text", "text": button}}
    actions = {"type": "actions", "elements": [element]}

    def wrong(session: Session, delivery: Delivery, now: object) -> dict[str, object]:
        return {**draw(session, delivery, now), "blocks": [{"type": "hologram"}, actions]}  # type: ignore[arg-type]

    worker = desk.worker(render=wrong)
    handoff = desk.handoff("asked for a demo")
    desk.card(handoff)
    for did in ("asked for a demo", "started a trial"):
        desk.change(handoff, did)
        worker.run_once(desk.clock())
        (message,) = desk.messages()
        shown = [(block["type"], block.get("text", {}).get("text")) for block in message.blocks or ()]
        assert message.text == did
        assert shown == ([("section", did), ("actions", None)] if button else [])


def test_invariant_4_ten_refusals_park_a_message_while_slack_answers_others(desk: Desk) -> None:
    worker = desk.worker()
    desk.sandbox.fault("chat.postMessage", "500", channel=desk.channel("emea"), times=10)
    bad, good = desk.card(desk.handoff("bad")), desk.card(desk.handoff("good"))
    while desk.delivery(bad).attempts < 9:
        desk.pass_time(worker, 1)
    desk.card(desk.handoff("elsewhere"), "amer")
    desk.pass_time(worker, 60)
    assert (desk.delivery(bad).state, desk.delivery(bad).last_error) == (DeliveryState.DEAD_LETTER, "http_500")
    assert desk.delivery(good).state is DeliveryState.DELIVERED
    assert desk.texts("emea") == ["good"]


def test_a_message_for_somebody_unknown_to_slack_waits_visibly_until_slack_knows_them(desk: Desk) -> None:
    worker = desk.worker()
    user = forget(desk)
    card = desk.direct_card(desk.handoff("asked for a demo"))
    worker.run_once(desk.clock())
    assert (desk.delivery(card).state, desk.delivery(card).last_error) == (DeliveryState.DEAD_LETTER, "no_slack_user")
    with desk.database.transaction() as session:
        session.get_one(Person, desk.ana_id).slack_user_id = user
        retries.retry_dead_letters(session, desk.workspace_id, now=desk.clock(), person_id=desk.ana_id)
    worker.run_once(desk.clock())
    assert [message.text for message in desk.direct_messages()] == ["asked for a demo"]


def test_a_message_for_a_channels_name_waits_visibly_until_its_id_is_known(desk: Desk) -> None:
    worker = desk.worker()
    handoffs = [desk.handoff(did) for did in ("by name", "by id", "by both")]
    named = [
        desk.enqueue("lead_card", handoff, handoff, place="#emea", priority=Priority.NEW_MESSAGE)
        for handoff in (handoffs[0], handoffs[2])
    ]
    worker.run_once(desk.clock())
    assert {desk.delivery(card).last_error for card in named} == {"channel_not_looked_up"}
    desk.card(handoffs[1])
    desk.card(handoffs[2])
    with desk.database.transaction() as session:
        retries.move_queue(session, desk.workspace_id, place="#emea", channel=desk.channel(), now=desk.clock())
    desk.pass_time(worker, 3)
    assert sorted(desk.texts()) == ["by both", "by id", "by name"]


def forget(desk: Desk) -> str:
    """Make Ana somebody whom Slack does not know yet; return the user she will be."""
    with desk.database.transaction() as session:
        ana = session.get_one(Person, desk.ana_id)
        user = str(ana.slack_user_id)
        ana.slack_user_id = None
    return user


def test_a_turn_of_the_clock_is_the_only_thing_a_pass_waits_for(desk: Desk) -> None:
    worker: Worker = desk.worker()
    for number in range(4):
        desk.card(desk.handoff(str(number)))
    worker.run_once(desk.clock())
    assert worker.run_once(desk.clock()) == 0
    desk.clock.advance(timedelta(seconds=1))
    assert worker.run_once(desk.clock()) == 1
