"""What happens to a lead within seconds is told in one message of its thread."""

import pytest
from sqlalchemy import func, select

from qualification.outbox import outbox
from qualification.records import Delivery, LeadEvent
from tests.worlds.floor import Floor, press


def replies(floor: Floor) -> list[list[str]]:
    """Return the lines of each message in the thread under the newest card."""
    return [message.text.splitlines() for message in floor.card().thread]


def test_what_happens_before_a_line_is_posted_is_told_in_it(floor: Floor) -> None:
    card = floor.hands_over()
    assert [len(lines) for lines in replies(floor)] == [2]
    press(floor.ana, "accept", card)
    press(floor.ana, "undo", floor.ana.looks_again(card))
    press(floor.ana, "accept", floor.ana.looks_again(card))
    told = replies(floor)
    assert [len(lines) for lines in told] == [2, 3]
    assert told[1][0] == told[1][2] == "Ana Ruiz accepted the lead"
    assert "undid" in told[1][1] or "took" in told[1][1]


def test_what_happens_after_a_line_was_posted_has_a_line_of_its_own(floor: Floor) -> None:
    card = floor.accepted()
    assert len(replies(floor)) == 2
    press(floor.ana, "undo", floor.ana.looks_again(card))
    assert [len(lines) for lines in replies(floor)] == [2, 1, 1]


def test_a_line_that_a_worker_has_begun_to_post_tells_nothing_more(floor: Floor) -> None:
    card = floor.hands_over()
    press(floor.ana, "accept", card)
    worker = floor.baton.workers[0]
    floor.sandbox.fault("chat.postMessage", "cut_after", times=1)
    worker.run_once(floor.clock())
    press(floor.ana, "undo", floor.ana.looks_again(card))
    for _ in range(30):
        floor.clock.advance(1)
        worker.run_once(floor.clock())
    assert [len(lines) for lines in replies(floor)] == [2, 1, 1]


def test_more_events_than_one_line_tells_get_another(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LONGEST_REPLY", 3)
    card = floor.hands_over()
    for _ in range(2):
        press(floor.ana, "accept", card)
        press(floor.ana, "undo", floor.ana.looks_again(card))
        card = floor.ana.looks_again(card)
    assert [len(lines) for lines in replies(floor)] == [2, 3, 1]


def test_every_event_of_a_thread_is_told_once(floor: Floor) -> None:
    card = floor.accepted()
    press(floor.ana, "undo", floor.ana.looks_again(card))
    press(floor.ana, "accept", floor.ana.looks_again(card))
    lines = replies(floor)
    alone = floor.reads(lambda session: session.scalar(select(func.count()).where(Delivery.kind == "thread_line")))
    joined = floor.reads(lambda session: session.scalar(select(func.count()).where(LeadEvent.told_in.is_not(None))))
    assert (len(lines), sum(map(len, lines))) == (alone, (alone or 0) + (joined or 0))
