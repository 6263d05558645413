"""The payloads that the app gets when a person acts, and what it may answer."""

import threading
from datetime import date, time
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient

from sandbox.clock import ManualClock
from sandbox.people.driver import Answer, Person
from sandbox.people.snapshots import DriverError
from sandbox.server import Sandbox
from tests.sandbox.parts import COMPANY, asked, button, gather, modal, options, plain

Json = dict[str, Any]

EVERYTHING = [
    COMPANY,
    asked(
        "Size",
        {"type": "number_input", "action_id": "size", "is_decimal_allowed": False, "min_value": "1"},
    ),
    asked("E-mail", {"type": "email_text_input", "action_id": "email"}),
    asked("Site", {"type": "url_text_input", "action_id": "site"}, optional=True),
    asked("Source", {"type": "static_select", "action_id": "source", "options": options(demo="Demo", web="Website")}),
    asked("Heat", {"type": "radio_buttons", "action_id": "heat", "options": options(hot="Hot", cold="Cold")}),
    asked("Wants", {"type": "checkboxes", "action_id": "wants", "options": options(a="Alpha", b="Beta", c="Gamma")}),
    asked("Owner", {"type": "users_select", "action_id": "owner"}),
    asked("By", {"type": "datepicker", "action_id": "by"}),
    asked("At", {"type": "timepicker", "action_id": "at"}),
]
ANSWERS: dict[str, Answer] = {
    "Company": "O'Neil & Sons <3",
    "Size": 120,
    "E-mail": "pat@oneil.example",
    "Source": "Website",
    "Heat": "Hot",
    "Wants": ["Alpha", "Gamma"],
    "Owner": "Ben Okafor",
    "By": date(2026, 12, 1),
    "At": time(14, 30),
}


class Desk:
    """A Bolt app that opens a modal on /handoff and keeps what it receives."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.view = modal(COMPANY)
        self.submissions: list[Json] = []
        self.closings: list[Json] = []
        self.actions: list[Json] = []
        self.answer: Json = {}
        app.command("/handoff")(self.command)
        app.view("hand_over")(self.submitted)
        app.view_closed("hand_over")(self.closed)
        app.action({"type": "block_actions", "action_id": "go"})(self.acted)

    def command(self, ack: Ack, client: WebClient, body: Json) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=self.view)
        ack()

    def submitted(self, ack: Ack, body: Json) -> None:
        self.submissions.append(body)
        ack(**self.answer)

    def closed(self, ack: Ack, body: Json) -> None:
        self.closings.append(body)
        ack()

    def acted(self, ack: Ack, body: Json) -> None:
        self.actions.append(body)
        ack()


@pytest.fixture
def desk(over_http: App) -> Desk:
    return Desk(over_http)


def test_a_command_carries_who_where_and_what(sandbox: Sandbox, over_http: App, ana: Person, channel: str) -> None:
    bodies: list[Json] = []
    over_http.command("/handoff")(gather(bodies))
    ana.types("/handoff  Acme  GmbH ", "#sales-emea")
    (body,) = bodies
    assert (body["command"], body["text"]) == ("/handoff", "Acme  GmbH")
    assert (body["user_id"], body["user_name"]) == (ana.id, "ana.ruiz")
    assert (body["channel_id"], body["channel_name"]) == (channel, "sales-emea")
    assert (body["team_id"], body["api_app_id"]) == (sandbox.workspace().id, sandbox.workspace().app.id)
    assert body["response_url"].startswith(f"{sandbox.url}/actions/")


def test_mentions_arrive_as_ids_where_the_manifest_says_so(over_http: App, ana: Person, ben: Person) -> None:
    bodies: list[Json] = []
    for command in ("/lead", "/handoff"):
        over_http.command(command)(gather(bodies))
        ana.types(f"{command} @Ben Okafor and @nobody")
    assert [body["text"] for body in bodies] == [f"<@{ben.id}|ben.okafor> and @nobody", "@Ben Okafor and @nobody"]


def test_an_unknown_command_and_one_in_a_thread_reach_nobody(
    sandbox: Sandbox, desk: Desk, client: WebClient, ana: Person, channel: str
) -> None:
    client.chat_postMessage(channel=channel, text="card")
    ana.types("/unheard of")
    ana.types("/handoff", thread=ana.sees(channel)[0])
    assert ana.notices == ["/unheard is not a valid command.", "/handoff is not supported in threads. Sorry!"]
    assert (sandbox.deliveries("slash_commands"), desk.submissions) == ([], [])


def test_every_input_arrives_as_slack_writes_it(desk: Desk, ana: Person, ben: Person) -> None:
    desk.view = modal(*EVERYTHING, private_metadata="7")
    ana.types("/handoff")
    ana.fills(ANSWERS)
    ana.submits()
    (body,) = desk.submissions
    assert (body["type"], body["user"]["id"], body["view"]["private_metadata"]) == ("view_submission", ana.id, "7")
    website = {"text": plain("Website"), "value": "web"}
    assert body["view"]["state"]["values"] == {
        "company": {"company": {"type": "plain_text_input", "value": "O'Neil & Sons <3"}},
        "size": {"size": {"type": "number_input", "value": "120"}},
        "email": {"email": {"type": "email_text_input", "value": "pat@oneil.example"}},
        "site": {"site": {"type": "url_text_input", "value": None}},
        "source": {"source": {"type": "static_select", "selected_option": website}},
        "heat": {"heat": {"type": "radio_buttons", "selected_option": {"text": plain("Hot"), "value": "hot"}}},
        "wants": {
            "wants": {
                "type": "checkboxes",
                "selected_options": [{"text": plain("Alpha"), "value": "a"}, {"text": plain("Gamma"), "value": "c"}],
            }
        },
        "owner": {"owner": {"type": "users_select", "selected_user": ben.id}},
        "by": {"by": {"type": "datepicker", "selected_date": "2026-12-01"}},
        "at": {"at": {"type": "timepicker", "selected_time": "14:30"}},
    }
    assert ana.modals == []


def test_slacks_own_client_checks_before_it_sends(desk: Desk, ana: Person) -> None:
    desk.view = modal(*EVERYTHING)
    ana.types("/handoff")
    ana.fills({**ANSWERS, "Company": " ", "Size": "1.5", "E-mail": "nobody", "Site": "oneil.example", "Wants": []})
    ana.submits()
    assert ana.modal.errors == {
        "Company": "Please complete this required field.",
        "Size": "Please enter a whole number.",
        "E-mail": "Please enter a valid email address.",
        "Site": "Please enter a valid URL.",
        "Wants": "Please complete this required field.",
    }
    assert desk.submissions == []
    ana.fills({"Company": "Acme", "Size": 0, "E-mail": "a@b.example", "Site": None, "Wants": "Beta"})
    ana.submits()
    assert ana.modal.errors == {"Size": "Please enter a number no less than 1."}


def test_errors_stand_at_their_fields_until_they_are_mended(desk: Desk, ana: Person) -> None:
    desk.answer = {"response_action": "errors", "errors": {"company": "Never heard of them."}}
    ana.types("/handoff")
    ana.fills({"Company": "Acme"})
    ana.submits()
    assert ana.modal.errors == {"Company": "Never heard of them."}
    ana.fills({"Company": "Globex"})
    assert ana.modal.errors == {}
    desk.answer = {}
    ana.submits()
    assert ana.modals == []


def test_a_submission_may_be_answered_with_another_view(desk: Desk, ana: Person) -> None:
    ana.types("/handoff")
    ana.fills({"Company": "Acme"})
    desk.answer = {"response_action": "push", "view": modal(COMPANY, title="Sure?")}
    ana.submits()
    assert [each.title for each in ana.modals] == ["Hand over", "Sure?"]
    desk.answer = {"response_action": "update", "view": modal(COMPANY, title="Really?")}
    ana.fills({"Company": "Acme"})
    ana.submits()
    assert [each.title for each in ana.modals] == ["Hand over", "Really?"]
    desk.answer = {"response_action": "clear"}
    ana.fills({"Company": "Acme"})
    ana.submits()
    assert ana.modals == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "push", "view": {"type": "home", "blocks": []}},
        {"response_action": "update", "view": modal(COMPANY, title="x" * 25)},
    ],
)
def test_an_answer_that_makes_no_sense_shows_the_failure_line(
    sandbox: Sandbox, desk: Desk, ana: Person, answer: Json
) -> None:
    desk.answer = answer
    ana.types("/handoff")
    ana.fills({"Company": "Acme"})
    ana.submits()
    assert ana.modal.failure == "We had some trouble connecting. Try again?"
    assert len(sandbox.complaints) == 1


def test_an_answer_after_three_seconds_is_too_late(
    sandbox: Sandbox, over_http: App, clock: ManualClock, ana: Person
) -> None:
    arrived, let_go = threading.Event(), threading.Event()

    def slow(ack: Ack) -> None:
        arrived.set()
        let_go.wait(10)
        ack("too late")

    over_http.command("/handoff")(slow)
    typing = threading.Thread(target=ana.types, args=("/handoff",))
    typing.start()
    assert arrived.wait(10)
    clock.advance(3)
    typing.join(10)
    let_go.set()
    assert ana.notices == ["/handoff failed because the app did not respond"]
    assert ana.private_replies == []
    assert [each.outcome for each in sandbox.deliveries("slash_commands")] == ["http_timeout"]


def test_a_submission_that_nobody_takes_leaves_the_modal_open(sandbox: Sandbox, desk: Desk, ana: Person) -> None:
    ana.types("/handoff")
    ana.fills({"Company": "Acme"})
    sandbox.deliver_to("http://127.0.0.1:9/slack/events")
    ana.submits()
    assert ana.modal.failure == "We had some trouble connecting. Try again?"
    assert ana.modal.fields == {"Company": "Acme"}
    assert desk.submissions == []


def test_a_click_on_a_message_carries_the_message_and_the_action(
    desk: Desk, client: WebClient, ana: Person, channel: str
) -> None:
    metadata = {"event_type": "e", "event_payload": {"key": "1"}}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button("Go", "go", value='{"handoff":7}')]}]
    ts = client.chat_postMessage(channel=channel, text="card", blocks=blocks, metadata=metadata)["ts"]
    ana.presses("Go", on=ana.sees(channel)[0])
    (body,) = desk.actions
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False}
    assert (body["channel"], body["message"]["ts"]) == ({"id": channel, "name": "sales-emea"}, ts)
    assert body["message"]["metadata"] == metadata
    (action,) = body["actions"]
    assert (action["type"], action["action_id"], action["block_id"]) == ("button", "go", "b")
    assert (action["value"], action["text"]) == ('{"handoff":7}', plain("Go"))
    assert (body["trigger_id"], body["response_url"]) != ("", "")


@pytest.mark.parametrize(
    ("element", "picked", "shape"),
    [
        (
            {"type": "static_select", "options": options(won="Won", lost="Lost")},
            "Won",
            {"selected_option": {"text": plain("Won"), "value": "won"}},
        ),
        (
            {"type": "overflow", "options": options(edit="Edit", more="More")},
            "More",
            {"selected_option": {"text": plain("More"), "value": "more"}},
        ),
        (
            {"type": "radio_buttons", "options": options(yes="Yes", no="No")},
            "No",
            {"selected_option": {"text": plain("No"), "value": "no"}},
        ),
        ({"type": "datepicker"}, date(2026, 12, 1), {"selected_date": "2026-12-01"}),
        ({"type": "timepicker"}, "09:05", {"selected_time": "09:05"}),
    ],
    ids=["static_select", "overflow", "radio_buttons", "datepicker", "timepicker"],
)
def test_a_choice_on_a_message_arrives_as_slack_writes_it(  # noqa: PLR0917 - fixtures
    desk: Desk, client: WebClient, ana: Person, channel: str, element: Json, picked: Any, shape: Json
) -> None:
    blocks = [{"type": "section", "text": plain("Stage"), "accessory": {**element, "action_id": "go"}}]
    client.chat_postMessage(channel=channel, text="card", blocks=blocks)
    ana.picks(picked, on=ana.sees(channel)[0])
    (body,) = desk.actions
    assert body["actions"][0].items() >= shape.items()


def test_a_click_in_a_modal_carries_what_is_typed(desk: Desk, ana: Person) -> None:
    verdict = {"type": "radio_buttons", "action_id": "go", "options": options(yes="Yes", no="No")}
    desk.view = modal(COMPANY, {**asked("Verdict", verdict, dispatch_action=True), "block_id": "verdict"})
    ana.types("/handoff")
    ana.fills({"Company": "Acme"})
    assert desk.actions == []
    ana.picks("Yes")
    (body,) = desk.actions
    assert body["container"] == {"type": "view", "view_id": ana.modal.view_id}
    assert body["view"]["state"]["values"]["company"]["company"]["value"] == "Acme"
    assert body["view"]["state"]["values"]["verdict"]["go"]["selected_option"]["value"] == "yes"
    assert "response_url" not in body


def test_a_click_may_push_a_view(desk: Desk, client: WebClient, ana: Person) -> None:
    desk.view = modal({"type": "actions", "elements": [button("More", "more")]})
    desk.app.action("more")(
        lambda ack, body: (client.views_push(trigger_id=body["trigger_id"], view=modal(COMPANY, title="More")), ack())
    )
    ana.types("/handoff")
    ana.presses("More")
    assert [each.title for each in ana.modals] == ["Hand over", "More"]


@pytest.mark.parametrize("everything", [False, True])
def test_a_closing_is_told_where_the_view_asks_for_it(desk: Desk, ana: Person, *, everything: bool) -> None:
    desk.view = modal(COMPANY, notify_on_close=True, private_metadata="7")
    ana.types("/handoff")
    ana.closes(everything=everything)
    (body,) = desk.closings
    assert (body["type"], body["is_cleared"]) == ("view_closed", everything)
    assert body["view"]["private_metadata"] == "7"
    desk.view = modal(COMPANY)
    ana.types("/handoff")
    ana.closes()
    assert len(desk.closings) == 1


def test_shortcuts_carry_their_message_or_none(over_http: App, client: WebClient, ana: Person, channel: str) -> None:
    bodies: list[Json] = []
    for callback_id in ("hand_off", "hand_off_message"):
        over_http.shortcut(callback_id)(gather(bodies))
    client.chat_postMessage(channel=channel, text="They want a demo")
    ana.uses("Hand a lead over")
    ana.uses("Hand off to sales", on=ana.sees(channel)[0])
    first, second = bodies
    assert (first["type"], first["callback_id"], "message" in first) == ("shortcut", "hand_off", False)
    assert (second["type"], second["message"]["text"]) == ("message_action", "They want a demo")
    assert second["channel"]["id"] == channel
    with pytest.raises(DriverError, match="no global shortcut 'x'; there are: hand_off"):
        ana.uses("x")


def test_two_people_press_the_same_button_at_the_same_instant(
    over_http: App, client: WebClient, ana: Person, ben: Person, channel: str
) -> None:
    both = threading.Barrier(2)
    pressed: list[str] = []

    def claim(ack: Ack, body: Json) -> None:
        both.wait(10)
        pressed.append(body["user"]["id"])
        ack()

    over_http.action("claim")(claim)
    blocks = [{"type": "actions", "elements": [button("Claim", "claim")]}]
    client.chat_postMessage(channel=channel, text="card", blocks=blocks)
    card = ana.sees(channel)[0]
    pressing = [threading.Thread(target=each.presses, args=("Claim",), kwargs={"on": card}) for each in (ana, ben)]
    for each in pressing:
        each.start()
    for each in pressing:
        each.join(10)
    assert sorted(pressed) == sorted([ana.id, ben.id])


def test_a_stale_card_can_still_be_pressed_as_it_was_seen(
    desk: Desk, client: WebClient, ana: Person, channel: str
) -> None:
    blocks = [{"type": "actions", "elements": [button("Go", "go", value="old")]}]
    ts = client.chat_postMessage(channel=channel, text="card", blocks=blocks)["ts"]
    (seen,) = ana.sees(channel)
    client.chat_update(channel=channel, ts=ts, text="taken", blocks=[])
    ana.presses("Go", on=seen)
    (body,) = desk.actions
    assert (body["actions"][0]["value"], body["message"]["text"]) == ("old", "taken")
