"""The message in which somebody pressed is right at once, by the press's own response_url; one writer at a time."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.slack.origins import origin_of
from qualification.handoffs import tasks
from qualification.handoffs.context import HandoffCommand
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import Pressed
from qualification.records import ChannelQueue, Delivery, DeliveryState, Task
from sandbox.people.snapshots import Message
from tests.worlds.floor import CHANNEL, Floor, fill, press, submit

ACCEPTED = "Accepted by @Ana Ruiz"


def edits(floor: Floor) -> int:
    """Count the edits by chat.update so far."""
    return len(floor.sandbox.calls("chat.update"))


def card_of(floor: Floor, message: Message) -> Delivery:
    """Return what is stored of a message."""
    return floor.reads(lambda session: session.query(Delivery).filter_by(ts=message.ts).one())


def sets(floor: Floor, message: Message, **values: object) -> None:
    """Change what is stored of a message."""
    with floor.baton.database.transaction() as session:
        session.execute(update(Delivery).where(Delivery.ts == message.ts).values(**values))


def test_whoever_presses_on_the_channels_card_sees_it_right_before_anything_is_edited(floor: Floor) -> None:
    card = floor.hands_over()
    before = edits(floor)
    press(floor.ana, "accept", card)
    assert ACCEPTED in floor.ana.looks_again(card).text
    assert edits(floor) == before
    stored = card_of(floor, card)
    assert (stored.state, stored.shown_revision) == (DeliveryState.DELIVERED, stored.desired_revision)
    floor.shows()
    assert card.ts not in [call.arguments["ts"] for call in floor.sandbox.calls("chat.update")[before:]]


def test_a_direct_card_whose_modal_is_submitted_is_right_at_once(floor: Floor) -> None:
    """Also where the modal was redrawn in between: it keeps what it was opened from."""
    floor.hands_over()
    direct = floor.ana.direct_messages[-1]
    press(floor.ana, "disqualify", direct)
    fill(floor.ana, {"reason": {"reason": "duplicate"}})
    submit(floor.ana, "disqualify")
    assert "Duplicate" in floor.ana.looks_again(direct).text
    floor.shows()
    assert "Duplicate" in floor.maya.sees(CHANNEL)[-1].text


def test_where_slack_asks_for_a_pause_the_message_is_shown_after_it(floor: Floor) -> None:
    card = floor.hands_over()
    before = edits(floor)
    floor.sandbox.fault("response_url", "429", times=1)
    press(floor.ana, "accept", card)
    assert ACCEPTED not in floor.ana.looks_again(card).text
    floor.clock.advance(timedelta(seconds=1))
    floor.sandbox.wait_for(lambda: ACCEPTED in floor.ana.looks_again(card).text)

    def recorded() -> bool:
        floor.clock.advance(timedelta(milliseconds=1))
        return card_of(floor, card).state is DeliveryState.DELIVERED

    floor.sandbox.wait_for(recorded)
    assert edits(floor) == before


def test_an_answer_that_could_come_after_its_lease_is_left_to_the_worker(floor: Floor) -> None:
    """As where so many press that Slack's answers to them take longer than the lease lasts."""
    card = floor.hands_over()
    workspace_id = floor.baton.installations[0].id
    pressed = Pressed(workspace_id, card.channel_id, card.ts, "https://slack.example/actions/1")
    sets(floor, card, state=DeliveryState.PENDING, fingerprint=None)
    with floor.baton.database.transaction() as session:
        lease = outbox.lease_pressed(session, pressed, floor.clock())
    calls = len(floor.sandbox.calls("response_url"))
    floor.clock.advance(outbox.ANSWERING - timedelta(seconds=4))
    assert floor.baton._answers.show(pressed, lease) is False  # noqa: SLF001 - as a late thread does
    assert len(floor.sandbox.calls("response_url")) == calls
    floor.shows()
    assert card_of(floor, card).state is DeliveryState.DELIVERED


def test_where_slack_asks_for_a_long_pause_the_worker_edits_before_all_other_edits(floor: Floor) -> None:
    card = floor.hands_over()
    before = edits(floor)
    floor.sandbox.fault("response_url", "429", times=1, retry_after=30)
    press(floor.ana, "accept", card)
    floor.shows()
    assert ACCEPTED in floor.ana.looks_again(card).text
    assert floor.sandbox.calls("chat.update")[before].arguments["ts"] == card.ts
    # Nothing is sent there before the pause is over.
    press(floor.ana, "undo", floor.card())
    assert len(floor.sandbox.calls("response_url")) == 1


@pytest.mark.parametrize("kind", ["500", "cut_before", "cut_after"])
def test_where_the_response_url_fails_the_worker_edits(floor: Floor, kind: str) -> None:
    card = floor.hands_over()
    floor.sandbox.fault("response_url", kind, times=1)  # type: ignore[arg-type]
    press(floor.ana, "accept", card)
    if kind.startswith("cut"):
        # Slack may still do what it did not answer: an older state must not come over a newer one.
        floor.shows()
        assert card_of(floor, card).state is DeliveryState.PENDING
        floor.clock.advance(outbox.ANSWERING)
    floor.shows()
    assert ACCEPTED in floor.ana.looks_again(card).text
    assert card_of(floor, card).state is DeliveryState.DELIVERED


def test_where_the_response_url_is_not_slacks_nothing_is_called_and_the_worker_edits(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    card = floor.hands_over()
    floor.sandbox.slack.response_urls.base = "https://hooks.slack.com.evil.example"
    press(floor.ana, "accept", card)
    assert "A response_url that isn't Slack's was not called." in caplog.messages
    assert "evil.example" not in caplog.text
    floor.shows()
    assert ACCEPTED in floor.ana.looks_again(card).text


def test_what_is_taken_back_after_an_answer_that_nobody_wrote_down_is_shown(floor: Floor) -> None:
    """The process died, or Slack's answer was lost: Slack shows what was pressed, and the rows don't know."""
    press(floor.ana, "accept", floor.hands_over())
    floor.shows()
    card = floor.ana.looks_again(floor.ana.direct_messages[-1])
    assert "Next: " in card.text
    floor.sandbox.fault("response_url", "cut_after", times=1)
    press(floor.ana, "task_done", card)
    assert "Next: " not in floor.ana.looks_again(card).text
    with floor.baton.database.transaction() as session:
        task = session.query(Task).one()
        command = HandoffCommand(task.workspace_id, floor.ana.id, task.handoff_id, floor.clock(), None)
        tasks.not_done(session, command, task_id=task.id)
    floor.clock.advance(outbox.ANSWERING)
    floor.shows()
    assert floor.ana.looks_again(card).text == card.text


def test_a_refused_press_shows_what_is_true_by_now(floor: Floor) -> None:
    card = floor.hands_over(source="webinar")
    direct = floor.ana.direct_messages
    press(floor.ben, "claim", card)
    sets(floor, card, state=DeliveryState.PENDING, fingerprint="another")
    press(floor.ana, "claim", card)
    assert floor.ana.direct_messages == direct
    assert "Ben Okafor" in floor.ana.looks_again(card).text
    assert card_of(floor, card).state is DeliveryState.DELIVERED


def test_nobody_else_writes_a_message_while_it_is_being_answered_or_for_longer_than_that_takes(floor: Floor) -> None:
    """Whoever answered it may have died; then the worker edits it, some seconds later."""
    card = floor.hands_over()
    sets(floor, card, answering_until=floor.clock() + outbox.ANSWERING)
    press(floor.ana, "accept", card)
    floor.shows()
    assert ACCEPTED not in floor.ana.looks_again(card).text
    floor.clock.advance(outbox.ANSWERING)
    floor.shows()
    assert ACCEPTED in floor.ana.looks_again(card).text


def test_a_message_that_a_worker_has_in_hand_is_left_to_it(floor: Floor) -> None:
    card = floor.hands_over()
    stored = card_of(floor, card)
    with floor.baton.database.transaction() as session:
        session.execute(
            update(ChannelQueue)
            .where(ChannelQueue.id == stored.queue_id)
            .values(delivery_id=stored.id, leased_by="a worker", leased_until=floor.clock() + timedelta(seconds=15))
        )
    press(floor.ana, "accept", card)
    assert ACCEPTED not in floor.ana.looks_again(card).text
    floor.clock.advance(timedelta(seconds=15))
    floor.shows()
    assert ACCEPTED in floor.ana.looks_again(card).text


def test_a_message_that_is_not_in_slack_any_longer_is_posted_anew(floor: Floor) -> None:
    card = floor.hands_over()
    floor.sandbox.people.delete_message(card)
    press(floor.ana, "accept", floor.ana.direct_messages[-1])
    floor.settles()
    floor.shows()
    assert ACCEPTED in floor.maya.sees(CHANNEL)[-1].text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"container": {"type": "message", "channel_id": "C1", "message_ts": "1.0"}},
        {
            "container": {"type": "message", "channel_id": "C1", "message_ts": "1.0", "is_ephemeral": True},
            "response_url": "u",
        },
        {"container": {"type": "view", "view_id": "V1"}, "response_url": "u"},
        *(
            {"view": {"type": "modal", "private_metadata": kept}}
            for kept in ("", "x", "[]", '{"origin": 1}', '{"origin": {}}')
        ),
    ],
)
def test_what_comes_from_no_message_that_stays_has_no_origin(body: dict[str, object]) -> None:
    assert origin_of(body) is None


def test_the_response_url_is_in_no_log_and_in_no_row(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    floor.sandbox.fault("response_url", "500", times=1)
    press(floor.ana, "accept", floor.hands_over())
    url = floor.sandbox.deliveries("interactive")[-1].payload["response_url"]
    ours = [each for each in caplog.records if each.name.startswith(("bot", "handlers", "qualification"))]
    assert ours
    assert url not in json.dumps([each.__dict__ for each in ours], default=repr)
