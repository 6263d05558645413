"""Refusals, rubbish and surprises: a clear sentence where the person is, and a reference that is in the log."""

import json
import logging

import pytest
from slack_bolt import BoltResponse
from sqlalchemy import text

from tests.worlds.floor import Floor, Json, fill, press, shown, submit, told

CARD_BUTTONS = ("accept", "claim", "decline", "disqualify", "undo", "reopen", "checklist", "log_contact", "reassign")
RUBBISH = (
    None,
    "",
    "no JSON",
    "[]",
    "null",
    "{}",
    '{"handoff": "12"}',
    '{"handoff": true}',
    '{"handoff": 0}',
    '{"handoff": 1, "offer": "x"}',
    json.dumps({"handoff": 2**63}),
    "[" * 100_000,
)


def body(answer: BoltResponse) -> Json:
    """Read an answer."""
    read: Json = json.loads(answer.body)
    return read


def breaks(floor: Floor) -> None:
    """Make everything that touches offers fail."""
    with floor.baton.database.transaction() as session:
        session.execute(text("ALTER TABLE offer RENAME TO elsewhere"))


def submission(floor: Floor, callback_id: str, *, metadata: str, values: Json) -> Json:
    """Make the payload of a modal handed in by Ana."""
    view = {
        "id": "V1",
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "blocks": [{"type": "input", "block_id": block_id} for block_id in values],
        "state": {"values": values},
    }
    made = floor.click("accept", None, by=floor.ana)
    del made["actions"]
    return {**made, "type": "view_submission", "view": view}


def refusals(floor: Floor, payload: Json, caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Hand the payload to the bot, and give what it logs as refused: where, and by what name."""
    with caplog.at_level(logging.INFO, "handlers.plumbing.errors"):
        assert floor.dispatches(payload).status == 200
    keys = [vars(record) for record in caplog.records if record.getMessage() == "Refused."]
    return [(each["action"], each["error"]) for each in keys]


@pytest.mark.parametrize("value", RUBBISH, ids=lambda value: repr(value)[:20])
def test_a_button_that_carries_rubbish_is_a_stale_card(
    floor: Floor, caplog: pytest.LogCaptureFixture, value: str | None
) -> None:
    for action_id in CARD_BUTTONS:
        caplog.clear()
        assert refusals(floor, floor.click(action_id, value, by=floor.ana), caplog) == [(action_id, "stale_card")]


def test_a_menu_that_carries_rubbish_is_a_stale_card(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    floor.accepted()
    option = {"value": json.dumps({"handoff": floor.stored().handoff_id, "do": "explode"})}
    payload = floor.click("more", None, by=floor.ana)
    payload["actions"][0]["selected_option"] = option
    assert refusals(floor, payload, caplog) == [("more", "stale_card")]


def test_a_stage_that_is_gone_is_told(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    floor.accepted()
    option = {"value": json.dumps({"handoff": floor.stored().handoff_id, "stage": "gone"})}
    payload = floor.click("stage", None, by=floor.ana)
    payload["actions"][0]["selected_option"] = option
    assert refusals(floor, payload, caplog) == [("stage", "stage_unknown")]
    assert floor.stored().stage == "to-contact"


@pytest.mark.parametrize(
    "callback_id", ["decline", "disqualify", "log_contact", "lose", "reassign", "edit_lead", "checklist", "pick_lead"]
)
@pytest.mark.parametrize("metadata", ["", "no JSON", '{"handoff": null}'])
def test_a_modal_that_carries_rubbish_says_so(floor: Floor, callback_id: str, metadata: str) -> None:
    answer = body(floor.dispatches(submission(floor, callback_id, metadata=metadata, values={})))
    assert (answer["response_action"], answer["view"]["callback_id"]) == ("update", "message")


def test_an_option_that_carries_rubbish_says_so(floor: Floor) -> None:
    chosen = {"reason": {"reason": {"type": "static_select", "selected_option": {"value": "no JSON"}}}}
    metadata = json.dumps({"handoff": 1, "offer": None})
    answer = body(floor.dispatches(submission(floor, "decline", metadata=metadata, values=chosen)))
    assert answer["view"]["callback_id"] == "message"


def test_a_lead_that_is_not_there_is_said_to_be_unknown(floor: Floor) -> None:
    metadata = json.dumps({"handoff": 4711, "offer": None})
    answer = body(floor.dispatches(submission(floor, "edit_lead", metadata=metadata, values={})))
    assert "#4711" in answer["view"]["blocks"][0]["text"]["text"]


def test_a_payload_of_another_app_or_workspace_is_refused_where_the_person_is(floor: Floor) -> None:
    elsewhere = floor.click("accept", '{"handoff": 1, "offer": 1}', by=floor.ana, view={"type": "home"})
    for astray in ({"api_app_id": "A-OTHER"}, {"team": {"id": "T-OTHER", "domain": "other"}}):
        answer = floor.dispatches({**elsewhere, **astray})
        assert answer.status == 200
    command = {
        "command": "/baton",
        "text": "",
        "team_id": "T-OTHER",
        "user_id": floor.ana.id,
        "user_name": "ana",
        "trigger_id": "1.2.3",
    }
    assert body(floor.dispatches(command))["response_type"] == "ephemeral"


def test_an_event_of_another_app_is_taken_and_dropped(floor: Floor) -> None:
    event = {"type": "app_home_opened", "user": floor.ana.id, "tab": "home"}
    payload = {"type": "event_callback", "team_id": "T-OTHER", "api_app_id": "A-OTHER", "event": event}
    assert floor.dispatches(payload).status == 200


def test_a_surprise_in_a_command_is_an_apology_with_a_reference_that_is_in_the_log(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    floor.accepted("Acme", by=floor.ana)
    breaks(floor)
    floor.ana.types("/bant Acme", "#general")
    assert "ref-1" in told(floor.ana)
    (record,) = [each for each in caplog.records if getattr(each, "reference", None) == "ref-1"]
    assert record.exc_info is not None
    assert (record.action, record.workspace) == ("/bant", floor.baton.installations[0].id)  # type: ignore[attr-defined]


def test_a_surprise_in_a_button_is_an_apology_beside_it(floor: Floor) -> None:
    card = floor.hands_over()
    breaks(floor)
    press(floor.ana, "accept", card)
    assert "ref-1" in told(floor.ana)


def test_a_surprise_in_a_submission_keeps_what_was_typed(floor: Floor) -> None:
    press(floor.ana, "decline", floor.hands_over())
    fill(floor.ana, {"reason": {"reason": "other"}, "note": "They are my cousin"})
    breaks(floor)
    submit(floor.ana, "decline")
    assert [view.callback_id for view in floor.ana.modals] == ["decline", "message"]
    assert "ref-1" in floor.ana.modal.text


def test_a_surprise_on_the_home_tab_is_an_apology_in_a_modal(floor: Floor) -> None:
    floor.hands_over()
    floor.ana.opens_home()
    floor.settles()
    floor.shows()
    breaks(floor)
    press(floor.ana, "accept", floor.ana.home)
    assert shown(floor.ana) == "message"


def test_a_surprise_in_an_event_is_sent_again_by_slack(floor: Floor) -> None:
    """What came to nothing the first time is done the second."""
    with floor.baton.database.transaction() as session:
        session.execute(text("ALTER TABLE delivery RENAME TO elsewhere"))
    floor.ana.opens_home()
    floor.sandbox.wait_for(lambda: len(floor.sandbox.deliveries("events_api")) == 2)
    floor.settles()
    with floor.baton.database.transaction() as session:
        session.execute(text("ALTER TABLE elsewhere RENAME TO delivery"))
    floor.clock.advance(61)
    floor.sandbox.wait_for(lambda: floor.sandbox.deliveries("events_api")[-1].outcome == "acknowledged")
    floor.shows()
    assert "Nothing is waiting for you" in floor.ana.home.text


def test_when_slack_does_not_open_a_modal_the_person_is_told(floor: Floor) -> None:
    card = floor.hands_over()
    floor.sandbox.fault("views.open", "500", times=1)
    press(floor.ana, "disqualify", card)
    assert told(floor.ana) == "Slack did not open the form. Please try again."
    press(floor.ana, "disqualify", card)
    assert shown(floor.ana) == "disqualify"


def test_when_slack_shows_nothing_at_all_the_press_is_still_answered(floor: Floor) -> None:
    floor.hands_over()
    floor.ben.opens_home()
    floor.settles()
    floor.shows()
    floor.sandbox.fault("views.open", "500")
    press(floor.ben, "baton_hand_over", floor.ben.home)
    assert floor.ben.notices == []


def test_refusals_and_surprises_log_nothing_about_persons(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "handlers"):
        press(floor.ben, "accept", floor.hands_over("Acme", person="Ivy Chen", email="ivy@acme.example"))
        breaks(floor)
        floor.ana.types("/bant ivy@acme.example", "#general")
    for record in caplog.records:
        if record.name.startswith("handlers"):
            assert "ivy" not in str({**vars(record), "exc_info": None, "exc_text": None}).lower()
