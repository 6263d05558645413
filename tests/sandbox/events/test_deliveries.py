"""Events and their retries, signatures, and deliveries that fail on the way to the app."""

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from websockets.sync.client import connect

from sandbox.clock import ManualClock
from sandbox.events.signed_http import sign
from sandbox.journal import Delivery
from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import MANIFEST, client_of, gather, without_scope

Json = dict[str, Any]
NOBODY = "http://127.0.0.1:9/slack/events"


def events(sandbox: Sandbox, kind: str) -> list[Delivery]:
    found = sandbox.deliveries("events_api")
    return [each for each in found if each.payload["event"]["type"] == kind and each.outcome is not None]


def test_a_request_is_signed_as_slack_documents_it() -> None:
    # The example of docs.slack.dev/authentication/verifying-requests-from-slack.
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body)
    assert signature == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def test_an_endpoint_with_another_secret_takes_nothing(sandbox: Sandbox, over_http: App, ana: Person) -> None:
    heard: list[Json] = []
    over_http.command("/handoff")(gather(heard))
    sandbox.workspace().app.signing_secret = "another"
    ana.types("/handoff")
    assert heard == []
    assert ana.notices == ["/handoff failed because the app did not respond"]
    assert [each.outcome for each in sandbox.deliveries()] == ["http_error"]


def test_home_openings_are_told(sandbox: Sandbox, over_http: App, client: WebClient, ana: Person) -> None:
    def opened(event: Json, body: Json) -> None:
        view = {"type": "home", "blocks": [{"type": "divider"}]}
        client.views_publish(user_id=event["user"], view=view)
        assert body["event_id"].startswith("Ev")

    over_http.event("app_home_opened")(opened)
    ana.opens_home()
    sandbox.wait_for(lambda: events(sandbox, "app_home_opened"))
    assert ana.home.text == ""
    ana.opens_home()
    first, second = sandbox.wait_for(
        lambda: len(events(sandbox, "app_home_opened")) > 1 and events(sandbox, "app_home_opened")
    )
    assert "view" not in first.payload["event"]
    assert second.payload["event"]["view"]["type"] == "home"
    assert first.payload["event"]["tab"] == "home"


def test_changed_people_are_told(sandbox: Sandbox, over_http: App, ana: Person) -> None:
    users: list[Json] = []
    over_http.event("user_change")(lambda event: users.append(event["user"]))
    sandbox.people.change(ana, tz="America/Lima")
    sandbox.people.deactivate(ana)
    sandbox.wait_for(lambda: len(users) == 2)
    assert {(user["id"], user.get("tz"), user["deleted"]) for user in users} == {
        (ana.id, "America/Lima", False),
        (ana.id, None, True),
    }


def test_new_members_of_channels_are_told(sandbox: Sandbox, over_http: App, channel: str) -> None:
    bodies: list[Json] = []
    over_http.event("member_joined_channel")(gather(bodies))
    newcomer = sandbox.people.add(
        "Nour Haddad", workspace=sandbox.workspace(), email="nour@northwind.example", channels=["sales-emea"]
    )
    (body,) = sandbox.wait_for(lambda: bodies)
    event = body["event"]
    assert (event["user"], event["channel"], event["channel_type"]) == (newcomer.id, channel, "C")


def test_messages_their_edits_and_their_ends_are_told(
    sandbox: Sandbox, over_http: App, client: WebClient, ana: Person, channel: str
) -> None:
    over_http.event("message")(lambda: None)
    ana.types("hello <everybody> & @Ben Okafor", "#sales-emea")
    card = client.chat_postMessage(channel=channel, text="card")["ts"]
    client.chat_update(channel=channel, ts=card, text="edited")
    client.chat_postMessage(channel=channel, text="line", thread_ts=card)
    sandbox.people.delete_message(ana.sees(channel)[1])
    sandbox.people.delete_message(ana.sees(channel)[0])
    sent = sandbox.wait_for(lambda: len(events(sandbox, "message")) == 6 and events(sandbox, "message"))
    shapes = [each.payload["event"] for each in sorted(sent, key=lambda each: each.payload["event"]["event_ts"])]
    assert [each.get("subtype") for each in shapes] == [
        None,
        None,
        "message_changed",
        None,
        "message_changed",
        "message_deleted",
    ]
    typed, posted, edited, _, buried, deleted = shapes
    assert typed["text"].startswith("hello &lt;everybody&gt; &amp; <@U")
    assert (typed["user"], posted["bot_id"]) == (ana.id, sandbox.workspace().app.bot_id)
    assert (edited["message"]["text"], edited["previous_message"]["text"]) == ("edited", "card")
    assert buried["message"]["subtype"] == "tombstone"
    assert (deleted["deleted_ts"], deleted["channel"], deleted["channel_type"]) == (typed["ts"], channel, "channel")


def test_direct_messages_are_not_told_without_a_subscription(sandbox: Sandbox, over_http: App, ana: Person) -> None:
    heard: list[Json] = []
    over_http.event("message")(gather(heard))
    ana.types("hello, bot")
    assert [each.text for each in ana.direct_messages] == ["hello, bot"]
    assert (sandbox.deliveries(), heard) == ([], [])


def test_an_event_needs_its_scope(clock: ManualClock) -> None:
    with Sandbox(without_scope("users:read"), clock=clock, http_endpoint=NOBODY) as sandbox:
        sandbox.people.change(sandbox.person("Ana Ruiz"), title="CEO")
        assert sandbox.deliveries() == []


def test_an_event_that_nobody_takes_is_repeated_three_times(clock: ManualClock) -> None:
    with Sandbox(MANIFEST, clock=clock, http_endpoint=NOBODY) as sandbox:
        sandbox.person("Ana Ruiz").opens_home()
        sandbox.wait_for(lambda: len(events(sandbox, "app_home_opened")) == 2)
        clock.advance(60)
        sandbox.wait_for(lambda: len(events(sandbox, "app_home_opened")) == 3)
        clock.advance(300)
        sent = sandbox.wait_for(
            lambda: len(events(sandbox, "app_home_opened")) == 4 and events(sandbox, "app_home_opened")
        )
        clock.advance(3600)
    assert [each.attempt for each in sent] == [0, 1, 2, 3]
    assert {each.outcome for each in sent} == {"connection_failed"}
    assert len({each.payload["event_id"] for each in sent}) == 1
    assert [(each.at - sent[0].at).total_seconds() for each in sent] == [0, 0, 60, 360]


def test_a_repeat_says_which_it_is_and_why(sandbox: Sandbox, over_http: App, ana: Person) -> None:
    headers: list[tuple[object, object]] = []

    def opened(request: Any) -> None:
        retry = request.headers.get("x-slack-retry-num"), request.headers.get("x-slack-retry-reason")
        headers.append(retry)
        if len(headers) == 1:
            raise RuntimeError("once")

    over_http.event("app_home_opened")(opened)
    ana.opens_home()
    sandbox.wait_for(lambda: len(headers) == 2)
    assert headers == [(None, None), (["1"], ["http_error"])]


def test_a_repeat_over_another_socket_says_so_in_the_envelope(sandbox: Sandbox, ana: Person) -> None:
    def address() -> str:
        url: str = WebClient(base_url=sandbox.api_url).apps_connections_open(app_token=sandbox.app_token())["url"]
        return url

    with connect(address()) as first, connect(address()) as second:
        hellos = [json.loads(each.recv(10)) for each in (first, second)]
        assert [each["num_connections"] for each in hellos] == [1, 2]
        sandbox.disturb("drop_socket")
        ana.opens_home()
        lost, repeated = (json.loads(each.recv(10)) for each in (first, second))
        second.send(json.dumps({"envelope_id": repeated["envelope_id"]}))
        sent = sandbox.wait_for(
            lambda: len(events(sandbox, "app_home_opened")) == 2 and events(sandbox, "app_home_opened")
        )
    assert (lost["type"], lost["retry_attempt"], lost["accepts_response_payload"]) == ("events_api", 0, False)
    assert (repeated["retry_attempt"], repeated["retry_reason"]) == (1, "connection_failed")
    assert lost["payload"]["event_id"] == repeated["payload"]["event_id"]
    assert lost["envelope_id"] != repeated["envelope_id"]
    assert [each.outcome for each in sent] == ["connection_failed", "acknowledged"]


def test_two_deliveries_may_arrive_in_the_wrong_order(sandbox: Sandbox, over_http: App, ana: Person) -> None:
    titles: list[str] = []
    over_http.event("user_change")(lambda event: titles.append(event["user"]["profile"]["title"]))
    sandbox.disturb("out_of_order")
    sandbox.people.change(ana, title="first")
    sandbox.people.change(ana, title="second")
    sandbox.wait_for(lambda: len(titles) == 2)
    assert titles == ["second", "first"]


def test_a_payload_of_somebody_else_is_not_the_sandboxes(sandbox: Sandbox) -> None:
    request = Request(f"{sandbox.url}/slack/events", data=b"{}", method="POST")  # noqa: S310 - our own server
    with pytest.raises(Exception, match="404"):
        urlopen(request)  # noqa: S310 - our own server


def test_two_workspaces_keep_their_news_apart(sandbox: Sandbox) -> None:
    client_of(sandbox, sandbox.bot_token("Fabrikam")).chat_postMessage(channel="#general", text="for Fabrikam")
    assert sandbox.person("Ana Ruiz").sees("#general") == []
    assert [each.text for each in sandbox.person("Jonas Weber").sees("#general")] == ["for Fabrikam"]
