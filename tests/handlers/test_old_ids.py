"""What earlier versions posted into Slack still works, by the ids it had: buttons, a menu, modals, a list."""

import json
from pathlib import Path

import pytest

from handlers.plumbing import old_ids
from qualification.records import Person
from tests.worlds.floor import Floor, Json, fill, press, shown, submit

STORED = Path(__file__).parent / "stored_payloads"


def stored(name: str) -> Json:
    """Read what Slack sent when somebody used what an earlier version had posted."""
    payload: Json = json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))
    return payload


def pressed(floor: Floor, name: str) -> None:
    """Dispatch a stored payload as pressed just now: a trigger lives three seconds only."""
    payload = stored(name)
    workspace = floor.sandbox.workspace()
    trigger_id = floor.sandbox.slack.triggers.issue(workspace.id, payload["user"]["id"])
    assert floor.dispatches({**payload, "trigger_id": trigger_id}).status == 200


def test_there_is_a_stored_payload_for_each_old_id() -> None:
    texts = [path.read_text(encoding="utf-8") for path in STORED.glob("*.json")]
    for old in old_ids.ACTIONS:
        assert any(f'"action_id": "{old}"' in text and '"type": "block_actions"' in text for text in texts)
        assert any(f'"callback_id": "{old}"' in text and '"type": "view_submission"' in text for text in texts)
    for old in old_ids.BUTTONS:
        assert any(f'"action_id": "{old}"' in text and '"type": "block_actions"' in text for text in texts)
    for old in old_ids.LISTS:
        assert any(f'"list\\":\\"{old}' in text for text in texts)


@pytest.mark.parametrize(("name", "opens"), [("pass_on_button", "decline"), ("not_now_button", "snooze")])
def test_an_old_button_opens_its_modal(floor: Floor, name: str, opens: str) -> None:
    floor.hands_over()
    pressed(floor, name)
    assert shown(floor.ana) == opens


def test_an_old_button_of_a_managers_queue_opens_its_modal(floor: Floor) -> None:
    floor.ana.types("/baton away", "#general")
    floor.ben.types("/baton away", "#general")
    floor.hands_over()
    pressed(floor, "assign_button")
    assert shown(floor.maya) == "reassign"


def test_an_old_menu_opens_the_modal_of_its_entry(floor: Floor) -> None:
    floor.accepted()
    pressed(floor, "not_now_in_menu")
    assert shown(floor.ana) == "snooze"


def test_an_old_modal_that_was_open_over_the_upgrade_declines(floor: Floor) -> None:
    floor.hands_over()
    assert floor.dispatches(stored("pass_on_modal")).status == 200
    offered_to = floor.stored().offered_to
    assert offered_to is not None
    assert offered_to.name == "Ben Okafor"


def test_an_old_modal_that_was_open_over_the_upgrade_snoozes(floor: Floor) -> None:
    floor.hands_over()
    assert floor.dispatches(stored("not_now_modal")).status == 200
    assert floor.stored().state == "snoozed"


def test_an_old_list_of_the_home_tab_turns_its_page(floor: Floor) -> None:
    for number in range(12):
        card = floor.hands_over(f"Company {number}")
        asked = floor.stored().offered_to
        if asked is not None and asked.slack_user_id == floor.ana.id:
            press(floor.ana, "snooze", card)
            fill(floor.ana, {"date": "2027-03-03", "note": "Later"})
            submit(floor.ana, "snooze")
    pressed(floor, "asleep_list")
    person = floor.reads(lambda session: session.query(Person).filter_by(slack_user_id=floor.ana.id).one())
    assert person.home_pages == {"snoozed": 2}
