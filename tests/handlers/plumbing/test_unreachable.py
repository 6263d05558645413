"""While the database can't be used, whoever acts is told so in one sentence, and nothing they typed is lost."""

from collections.abc import Iterator

import pytest

from bot.database import Database
from tests.worlds.away import away
from tests.worlds.floor import Floor, fill, press, shown, submit, told

SENTENCE = "Baton can't reach its database right now. Nothing was saved. Please try again in a minute."
GERMAN = (
    "Baton erreicht seine Datenbank gerade nicht. Gespeichert wurde nichts. "
    "Bitte versuche es in einer Minute noch einmal."
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open the database of a bot that hardly waits for others."""
    opened = Database(database_url, patience_seconds=0.05)
    yield opened
    opened.dispose()


def test_a_press_is_answered_beside_the_card_which_works_again_afterwards(floor: Floor, database_url: str) -> None:
    card = floor.hands_over()
    with away(database_url):
        press(floor.ana, "accept", card)
        assert told(floor.ana) == SENTENCE
    press(floor.ana, "accept", card)
    assert "Accepted by @Ana Ruiz" in floor.card().text
    assert floor.ana.notices == []


def test_a_form_stays_as_it_was_filled_in_and_counts_when_it_is_submitted_again(
    floor: Floor, database_url: str
) -> None:
    press(floor.ana, "decline", floor.hands_over())
    fill(floor.ana, {"reason": {"reason": "other"}, "note": "They are my cousin"})
    with away(database_url):
        submit(floor.ana, "decline")
        assert shown(floor.ana) == "message"
        assert SENTENCE in floor.ana.modal.text
    floor.ana.closes()
    submit(floor.ana, "decline")
    assert "Offered to @Ben Okafor" in floor.card().text


def test_a_command_is_answered(floor: Floor, database_url: str) -> None:
    with away(database_url):
        floor.ana.types("/baton away", "#general")
    assert told(floor.ana) == SENTENCE


def test_a_shortcut_is_answered(floor: Floor, database_url: str) -> None:
    floor.mika.types("Name: Ivy Chen", "#general")
    message = floor.mika.sees("#general")[-1]
    with away(database_url):
        floor.mika.uses("hand_off_message", on=message)
        if floor.baton.database.is_sqlite:
            # A file that is locked can still be read, and the form only reads.
            assert shown(floor.mika) == "hand_over"
        else:
            assert told(floor.mika) == SENTENCE


def test_a_press_on_the_home_tab_is_answered_in_a_modal(floor: Floor, database_url: str) -> None:
    floor.hands_over()
    floor.ana.opens_home()
    floor.settles()
    floor.shows()
    with away(database_url):
        press(floor.ana, "accept", floor.ana.home)
        assert shown(floor.ana) == "message"
        assert SENTENCE in floor.ana.modal.text


def test_a_home_tab_is_drawn_once_slack_sends_the_event_again(floor: Floor, database_url: str) -> None:
    with away(database_url):
        floor.ana.opens_home()
        floor.sandbox.wait_for(lambda: len(floor.sandbox.deliveries("events_api")) == 2)
        floor.settles()
    floor.clock.advance(61)
    floor.sandbox.wait_for(lambda: floor.sandbox.deliveries("events_api")[-1].outcome == "acknowledged")
    floor.shows()
    assert "Nothing is waiting for you" in floor.ana.home.text


def test_the_sentence_is_in_the_readers_language_where_that_can_still_be_read(floor: Floor, database_url: str) -> None:
    floor.sandbox.people.change(floor.ana, locale="de-DE")
    floor.settles()
    with away(database_url):
        floor.ana.types("/baton away", "#general")
    assert told(floor.ana) == (GERMAN if floor.baton.database.is_sqlite else SENTENCE)
