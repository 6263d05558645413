"""/pipeline: answered privately, shared with a channel on a press."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from qualification.reporting import pipeline
from qualification.reporting.figures import Pipeline
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from tests.worlds.floor import Floor, told

COMMAND = "/pipeline"
SHARE = "share_pipeline"
EXPLAIN = "measures"


def asks(who: Person, words: str = "") -> Message:
    """Ask, and return the private answer."""
    who.types(f"{COMMAND} {words}".strip(), "#general")
    return who.private_replies[-1]


def test_a_manager_reads_where_the_leads_stand_in_a_table_and_in_the_text(floor: Floor) -> None:
    floor.accepted("Acme")
    floor.hands_over("Bolt")
    answer = asks(floor.maya)
    assert "2 leads were handed over." in answer.text
    for line in ("Waiting for a rep: 1", "To contact: 1", "Won: 0"):
        assert line in answer.fallback
    kinds = [block["type"] for block in answer.blocks]
    assert {"data_table", "data_visualization"} <= set(kinds)
    assert answer.buttons == ["Share to channel", "How is this counted?"]
    assert floor.ana.private_replies == []


def test_a_rep_reads_their_own_and_the_teams_total(floor: Floor) -> None:
    floor.accepted("Acme", by=floor.ana)
    floor.hands_over("Bolt")
    answer = asks(floor.ana, "this month")
    assert "Your leads · this month" in answer.text
    assert "The team’s total: 1 waiting · 1 open" in answer.fallback


def test_what_is_shared_is_read_by_everybody_with_the_name_of_who_shared_it(floor: Floor) -> None:
    floor.accepted("Acme")
    answer = asks(floor.maya, "by rep")
    floor.maya.presses(SHARE, on=answer)
    shared = floor.ben.sees("#general")[-1]
    assert "Ana Ruiz: 1 open" in shared.fallback
    assert shared.buttons == ["How is this counted?"]
    assert any("Shared by" in str(block) for block in shared.blocks)
    assert "Shared by Maya Cohen" in shared.fallback


def test_what_a_rep_shares_is_theirs_by_name(floor: Floor) -> None:
    floor.accepted("Acme", by=floor.ana)
    floor.ana.presses(SHARE, on=asks(floor.ana))
    shared = floor.ben.sees("#general")[-1]
    assert "Ana Ruiz · all time" in shared.fallback
    assert "Ana Ruiz’s leads now: MQL 1" in shared.text
    assert "Your" not in shared.text + shared.fallback


@pytest.fixture
def much(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Let the counting wait, longer than Slack does, until the test says go."""
    go, ask = threading.Event(), pipeline.ask

    def slowly(*arguments: Any, **named: Any) -> Pipeline:
        assert go.wait(20)
        return ask(*arguments, **named)

    monkeypatch.setattr("handlers.pipeline.pipeline.ask", slowly)
    monkeypatch.setattr("handlers.plumbing.deadlines.SECONDS", 0.01)
    yield go
    go.set()


def test_what_takes_longer_than_slack_waits_is_answered_a_little_later(floor: Floor, much: threading.Event) -> None:
    floor.accepted("Acme")
    assert asks(floor.maya).text == "This takes a moment to count. The answer will appear here."
    much.set()
    floor.sandbox.wait_for(lambda: len(floor.maya.private_replies) == 2)
    answer = floor.maya.private_replies[-1]
    assert "1 lead was handed over." in answer.text
    much.clear()
    floor.maya.presses(SHARE, on=answer)
    much.set()
    floor.sandbox.wait_for(
        lambda: any("Shared by Maya Cohen" in message.fallback for message in floor.ben.sees("#general"))
    )


def test_what_goes_wrong_later_is_told_as_well(
    floor: Floor, much: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "handlers.plumbing.errors")
    asks(floor.maya, "last mont")
    much.set()
    floor.sandbox.wait_for(lambda: len(floor.maya.private_replies) == 2)
    assert "Did you mean “last month”?" in floor.maya.private_replies[-1].text
    assert [each.action for each in caplog.records if each.message == "Refused."] == [COMMAND]  # type: ignore[attr-defined]


def test_somebody_is_asked_for_by_a_mention(floor: Floor) -> None:
    floor.accepted("Acme", by=floor.ana)
    assert "Ana Ruiz · EMEA · all time" in asks(floor.maya, f"<@{floor.ana.id}>").text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("last mont", "I don’t know “last mont”. Did you mean “last month”?"),
        ("xylophone", "I don’t know “xylophone” yet. Try: this month · by rep · @name."),
    ],
)
def test_a_wrong_word_gets_the_nearest_right_one(floor: Floor, words: str, says: str) -> None:
    assert says in asks(floor.maya, words).text


def test_whom_the_playbook_does_not_name_reads_why_they_see_nothing(floor: Floor) -> None:
    floor.sandbox.person("Olu Adeyemi").types(COMMAND, "#general")
    assert "You don’t have access to these figures." in told(floor.sandbox.person("Olu Adeyemi"))


def test_an_empty_pipeline_says_so(floor: Floor) -> None:
    answer = asks(floor.maya)
    assert "No leads were handed over." in answer.text
    assert "data_table" not in [block["type"] for block in answer.blocks]


def test_how_it_is_counted_is_one_press_away_in_the_channel_too(floor: Floor) -> None:
    floor.accepted("Acme")
    floor.maya.presses(SHARE, on=asks(floor.maya))
    floor.ben.presses(EXPLAIN, on=floor.ben.sees("#general")[-1])
    assert "A rep has accepted the lead, and it is neither won nor lost yet" in floor.ben.modal.text
    assert "Sums are in EUR, at the playbook’s rates" in floor.ben.modal.text


def test_where_all_leads_are_is_told_in_one_line(floor: Floor) -> None:
    floor.accepted("Acme")
    floor.hands_over("Bolt")
    assert "The team’s leads now: MQL 2" in asks(floor.maya).fallback
