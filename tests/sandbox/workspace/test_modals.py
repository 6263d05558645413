"""Modals and the Home tab: triggers, the stack, hashes, which typed values stay."""

from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient

from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import COMPANY, asked, button, error_of, modal, options, plain

Json = dict[str, Any]


@pytest.fixture
def commands(over_http: App) -> list[Json]:
    """Return a list that collects the commands sent to the app."""
    heard: list[Json] = []

    def handoff(ack: Ack, command: Json) -> None:
        heard.append(command)
        ack()

    over_http.command("/handoff")(handoff)
    return heard


@pytest.fixture
def trigger(ana: Person, commands: list[Json]) -> str:
    """Return a new trigger id of Ana's."""
    ana.types("/handoff")
    trigger_id: str = commands[-1]["trigger_id"]
    return trigger_id


def test_a_trigger_opens_one_modal(client: WebClient, ana: Person, trigger: str) -> None:
    view = client.views_open(trigger_id=trigger, view=modal(COMPANY, private_metadata="7"))["view"]
    assert ana.modal.title == "Hand over"
    assert (view["private_metadata"], view["root_view_id"], view["previous_view_id"]) == ("7", view["id"], None)
    assert view["state"]["values"] == {"company": {"company": {"type": "plain_text_input", "value": None}}}
    error = error_of(lambda: client.views_open(trigger_id=trigger, view=modal(COMPANY)))
    assert error["error"] == "exchanged_trigger_id"


def test_a_trigger_is_good_for_three_seconds(client: WebClient, clock: ManualClock, ana: Person, trigger: str) -> None:
    clock.advance(3.001)
    assert error_of(lambda: client.views_open(trigger_id=trigger, view=modal(COMPANY)))["error"] == (
        "expired_trigger_id"
    )
    assert ana.modals == []


def test_a_trigger_of_nobody_is_invalid(sandbox: Sandbox, client: WebClient, trigger: str) -> None:
    assert error_of(lambda: client.views_open(trigger_id="1.2.3", view=modal(COMPANY)))["error"] == (
        "invalid_trigger_id"
    )
    elsewhere = WebClient(sandbox.bot_token("Fabrikam"), base_url=sandbox.api_url)
    error = error_of(lambda: elsewhere.views_open(trigger_id=trigger, view=modal(COMPANY)))
    assert error["error"] == "invalid_trigger_id"


def test_a_wrong_view_is_refused_with_the_path(client: WebClient, trigger: str) -> None:
    too_long = modal(COMPANY, title="x" * 25)
    del too_long["submit"]
    error = error_of(lambda: client.views_open(trigger_id=trigger, view=too_long))
    assert error["error"] == "invalid_arguments"
    messages = " ".join(error["response_metadata"]["messages"])
    assert "/view/title" in messages
    assert "submit" in messages


def test_modals_stack_three_high(client: WebClient, ana: Person, commands: list[Json], trigger: str) -> None:
    client.views_open(trigger_id=trigger, view=modal(COMPANY, title="one"))
    for title in ("two", "three"):
        ana.types("/handoff")
        client.views_push(trigger_id=commands[-1]["trigger_id"], view=modal(COMPANY, title=title))
    assert [each.title for each in ana.modals] == ["one", "two", "three"]
    ana.types("/handoff")
    error = error_of(lambda: client.views_push(trigger_id=commands[-1]["trigger_id"], view=modal(COMPANY)))
    assert error["error"] == "push_limit_reached"
    ana.closes()
    assert ana.modal.title == "two"
    ana.closes(everything=True)
    assert ana.modals == []


def test_nothing_is_pushed_onto_nothing(client: WebClient, trigger: str) -> None:
    assert error_of(lambda: client.views_push(trigger_id=trigger, view=modal(COMPANY)))["error"] == "not_found"


def test_an_update_is_guarded_by_the_hash(client: WebClient, ana: Person, trigger: str) -> None:
    first = client.views_open(trigger_id=trigger, view=modal(COMPANY))["view"]
    second = client.views_update(view_id=first["id"], hash=first["hash"], view=modal(COMPANY, title="new"))["view"]
    assert second["hash"] != first["hash"]
    error = error_of(lambda: client.views_update(view_id=first["id"], hash=first["hash"], view=modal(COMPANY)))
    assert error["error"] == "hash_conflict"
    assert ana.modal.title == "new"
    ana.closes()
    assert error_of(lambda: client.views_update(view_id=first["id"], view=modal(COMPANY)))["error"] == "not_found"
    nameless = error_of(lambda: client.api_call("views.update", json={"view": modal(COMPANY)}))
    assert nameless["error"] == "invalid_arguments"


def test_an_update_keeps_what_is_typed_where_the_block_keeps_its_id(
    client: WebClient, ana: Person, trigger: str
) -> None:
    reason = asked(
        "Reason",
        {"type": "static_select", "action_id": "reason", "options": options(price="Price", time="Time")},
    )
    view = client.views_open(trigger_id=trigger, view=modal(COMPANY, reason))["view"]
    ana.fills({"Company": "Acme", "Reason": "Price"})
    renewed = {**COMPANY, "block_id": "company-2"}
    fewer = asked("Reason", {"type": "static_select", "action_id": "reason", "options": options(time="Time")})
    client.views_update(view_id=view["id"], view=modal(COMPANY, reason))
    assert ana.modal.fields == {"Company": "Acme", "Reason": "Price"}
    client.views_update(view_id=view["id"], view=modal(renewed, fewer))
    assert ana.modal.fields == {"Company": None, "Reason": None}


def test_a_view_is_found_by_the_apps_own_id(client: WebClient, ana: Person, trigger: str) -> None:
    client.views_open(trigger_id=trigger, view=modal(COMPANY, external_id="lead-1"))
    client.views_update(external_id="lead-1", view=modal(COMPANY, external_id="lead-1", title="found"))
    assert ana.modal.title == "found"


def test_the_home_tab_shows_what_was_published_last(client: WebClient, ana: Person) -> None:
    assert error_of(lambda: client.views_publish(user_id="U0", view=home("x")))["error"] == "user_not_found"
    first = client.views_publish(user_id=ana.id, view=home("1 lead"))["view"]
    client.views_publish(user_id=ana.id, view=home("2 leads"), hash=first["hash"])
    assert (ana.home.text, ana.home.buttons) == ("2 leads", ["Open"])
    stale = error_of(lambda: client.views_publish(user_id=ana.id, view=home("3 leads"), hash=first["hash"]))
    assert stale["error"] == "hash_conflict"
    assert error_of(lambda: client.views_publish(user_id=ana.id, view=modal(COMPANY)))["error"] == "invalid_arguments"


def home(text: str) -> Json:
    return {
        "type": "home",
        "blocks": [
            {"type": "section", "text": plain(text)},
            {"type": "actions", "elements": [button("Open", "open")]},
        ],
    }
