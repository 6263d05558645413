"""Answers to commands and clicks: in the acknowledgement, and on response URLs."""

from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse

from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import button

Json = dict[str, Any]
CARD = [{"type": "actions", "elements": [button("Accept", "accept", value="7")]}]


@pytest.fixture
def urls(over_http: App) -> list[str]:
    """Return a list that collects the response URLs of commands and clicks."""
    gathered: list[str] = []

    def take(ack: Ack, body: Json) -> None:
        gathered.append(body["response_url"])
        ack()

    over_http.command("/handoff")(take)
    over_http.action("accept")(take)
    return gathered


def answer(url: str, **payload: object) -> WebhookResponse:
    return WebhookClient(url, retry_handlers=[]).send_dict(payload)


def test_an_acknowledged_command_may_answer_privately_or_to_all(
    sandbox: Sandbox, over_http: App, ana: Person, ben: Person
) -> None:
    answers: list[object] = ["only you", {"text": "all of you", "response_type": "in_channel"}]
    over_http.command("/handoff")(lambda ack: ack(answers.pop(0)))
    ana.types("/handoff", "#sales-emea")
    ana.types("/handoff", "#sales-emea")
    assert [each.text for each in ana.private_replies] == ["only you"]
    assert ben.private_replies == []
    assert [each.text for each in ben.sees("#sales-emea")] == ["all of you"]
    assert sandbox.complaints == []


def test_an_answer_that_slack_cannot_show_is_told_to_the_person_and_kept(
    sandbox: Sandbox, over_http: App, ana: Person
) -> None:
    over_http.command("/handoff")(lambda ack: ack(blocks=[{"type": "button"}]))
    ana.types("/handoff")
    assert ana.notices == ["/handoff failed with the error “invalid_command_response”"]
    (complaint,) = sandbox.complaints
    assert complaint.startswith("answer to /handoff: invalid_blocks [ERROR]")


def test_a_response_url_works_five_times(urls: list[str], ana: Person) -> None:
    ana.types("/handoff", "#sales-emea")
    statuses = [answer(urls[0], text=str(number)) for number in range(6)]
    assert [(each.status_code, each.body) for each in statuses[:5]] == [(200, "ok")] * 5
    assert statuses[5].status_code == 404
    assert "used_url" in statuses[5].body
    assert [each.text for each in ana.private_replies] == ["0", "1", "2", "3", "4"]


def test_a_response_url_works_for_half_an_hour(urls: list[str], ana: Person, clock: ManualClock) -> None:
    ana.types("/handoff")
    clock.advance(30 * 60)
    assert answer(urls[0], text="in time").status_code == 200
    clock.advance(1)
    late = answer(urls[0], text="late")
    assert (late.status_code, "expired_url" in late.body) == (404, True)
    assert answer(urls[0] + "0", text="x").status_code == 404


def test_an_answer_with_a_fault_is_refused_and_not_counted(urls: list[str], ana: Person) -> None:
    ana.types("/handoff")
    for payload in ({}, {"blocks": [{"type": "rainbow"}]}, {"txt": "x"}):
        assert '"ok":false' in answer(urls[0], **payload).body
    for number in range(5):
        assert answer(urls[0], text=str(number)).status_code == 200


def test_a_click_is_answered_beside_or_in_place_of_its_message(
    urls: list[str], client: WebClient, ana: Person, ben: Person, channel: str
) -> None:
    client.chat_postMessage(channel=channel, text="card", blocks=CARD)
    (card,) = ana.sees(channel)
    ana.presses("Accept", on=card)
    answer(urls[0], text="only you", replace_original=False)
    answer(urls[0], text="taken", replace_original=True)
    assert [each.text for each in ana.private_replies] == ["only you"]
    assert [each.text for each in ben.sees(channel)] == ["taken"]
    answer(urls[0], delete_original=True)
    assert ben.sees(channel) == []


def test_a_private_reply_can_be_pressed_replaced_and_deleted(urls: list[str], ana: Person) -> None:
    ana.types("/handoff", "#sales-emea")
    answer(urls[0], text="pick", blocks=CARD)
    (reply,) = ana.private_replies
    ana.presses("Accept", on=reply)
    answer(urls[1], text="thank you", replace_original=True)
    (changed,) = ana.private_replies
    assert (changed.text, changed.ts, changed.buttons) == ("thank you", reply.ts, [])
    answer(urls[1], delete_original=True)
    assert ana.private_replies == []


def test_private_replies_are_in_no_history(urls: list[str], client: WebClient, ana: Person, channel: str) -> None:
    ana.types("/handoff", "#sales-emea")
    answer(urls[0], text="only you")
    assert client.conversations_history(channel=channel)["messages"] == []


def test_a_fault_may_strike_response_urls(sandbox: Sandbox, urls: list[str], ana: Person) -> None:
    ana.types("/handoff")
    sandbox.fault("response_url", "500", times=1)
    assert answer(urls[0], text="lost").status_code == 500
    assert ana.private_replies == []
    assert [(call.status, call.response_url) for call in sandbox.calls("response_url")] == [(500, urls[0])]
