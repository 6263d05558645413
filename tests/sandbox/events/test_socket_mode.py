"""Socket Mode with the real client: connections, acknowledgements, cuts, refreshes."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import COMPANY, bolt, button, connected, gather, modal

Json = dict[str, Any]


@pytest.fixture
def address(sandbox: Sandbox) -> str:
    """Return the address of one connection."""
    url: str = WebClient(base_url=sandbox.api_url).apps_connections_open(app_token=sandbox.app_token())["url"]
    return url


@pytest.fixture
def socket(address: str) -> Iterator[ClientConnection]:
    with connect(address) as connection:
        yield connection


def test_a_connection_begins_with_hello(sandbox: Sandbox, socket: ClientConnection) -> None:
    hello = json.loads(socket.recv(10))
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert hello["connection_info"] == {"app_id": sandbox.workspace().app.id}


def test_an_address_works_once(address: str, socket: ClientConnection) -> None:
    assert json.loads(socket.recv(10))["type"] == "hello"
    with pytest.raises(Exception, match="403"), connect(address):
        pass


def test_a_whole_journey_runs_over_a_socket(
    sandbox: Sandbox, over_socket: App, client: WebClient, ana: Person, ben: Person
) -> None:
    def handoff(ack: Any, body: Json) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(COMPANY))
        ack()

    def submitted(ack: Any, view: Json) -> None:
        ack()
        company = view["state"]["values"]["company"]["company"]["value"]
        blocks = [{"type": "actions", "elements": [button("Claim", "claim")]}]
        client.chat_postMessage(channel="#sales-emea", text=f"New lead: {company}", blocks=blocks)

    def claim(ack: Any, body: Json) -> None:
        ack()
        text = f"<@{body['user']['id']}> has it"
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=text, blocks=[])

    over_socket.command("/handoff")(handoff)
    over_socket.view("hand_over")(submitted)
    over_socket.action("claim")(claim)
    ana.types("/handoff")
    ana.fills({"Company": "Acme"})
    ana.submits()
    (card,) = ben.sees("#sales-emea")
    ben.presses("Claim", on=card)
    assert ana.looks_again(card).text == "@Ben Okafor has it"
    assert [each.outcome for each in sandbox.deliveries("interactive")] == ["acknowledged"] * 2


def test_without_a_connection_a_command_fails_at_once(sandbox: Sandbox, ana: Person) -> None:
    ana.types("/handoff")
    assert ana.notices == ["/handoff failed because the app did not respond (it is not connected)"]
    assert [each.outcome for each in sandbox.deliveries()] == ["not_connected"]


def test_several_connections_share_the_deliveries(sandbox: Sandbox, over_socket: App, ana: Person) -> None:
    second = bolt(sandbox)
    first_heard: list[Json] = []
    second_heard: list[Json] = []
    over_socket.command("/handoff")(gather(first_heard))
    second.command("/handoff")(gather(second_heard))
    with connected(second, sandbox):
        sandbox.wait_until_connected(connections=2)
        for number in range(4):
            ana.types(f"/handoff {number}")
    texts = [[body["text"] for body in heard] for heard in (first_heard, second_heard)]
    assert texts == [["0", "2"], ["1", "3"]]


def test_each_workspace_has_connections_of_its_own(sandbox: Sandbox, over_socket: App) -> None:
    jonas = sandbox.person("Jonas Weber")
    over_socket.command("/handoff")(lambda ack: ack("from the wrong workspace"))
    jonas.types("/handoff")
    assert jonas.private_replies == []
    assert (sandbox.connections(), sandbox.connections("Fabrikam")) == (1, 0)


def test_the_client_comes_back_after_slacks_refresh(sandbox: Sandbox, over_socket: App, ana: Person) -> None:
    over_socket.command("/handoff")(lambda ack: ack("here"))
    assert sandbox.refresh_sockets() == 1
    sandbox.wait_until_connected()
    ana.types("/handoff")
    assert [each.text for each in ana.private_replies] == ["here"]


def test_the_client_comes_back_after_a_cut(sandbox: Sandbox, over_socket: App, ana: Person) -> None:
    over_socket.command("/handoff")(lambda ack: ack("here"))
    assert sandbox.drop_sockets() == 1
    assert sandbox.connections() == 0
    sandbox.wait_until_connected(timeout=30)
    ana.types("/handoff")
    assert [each.text for each in ana.private_replies] == ["here"]


def test_a_socket_dropped_behind_a_delivery_loses_the_answer(
    sandbox: Sandbox, socket: ClientConnection, ana: Person
) -> None:
    assert json.loads(socket.recv(10))["type"] == "hello"
    sandbox.disturb("drop_socket")
    ana.types("/handoff")
    assert json.loads(socket.recv(10))["payload"]["command"] == "/handoff"
    with pytest.raises(ConnectionClosed):
        socket.recv(10)
    assert ana.notices == ["/handoff failed because the app did not respond"]


def test_a_delivery_may_arrive_twice(sandbox: Sandbox, over_socket: App, ana: Person) -> None:
    heard: list[Json] = []
    over_socket.command("/handoff")(gather(heard))
    sandbox.disturb("twice")
    ana.types("/handoff")
    sandbox.wait_for(lambda: len(heard) == 2 and len(sandbox.deliveries()) == 2)
    assert heard[0]["trigger_id"] == heard[1]["trigger_id"]


def test_what_was_delivered_can_be_delivered_again(sandbox: Sandbox, over_socket: App, ana: Person) -> None:
    heard: list[Json] = []
    over_socket.command("/handoff")(gather(heard))
    ana.types("/handoff")
    (first,) = sandbox.deliveries("slash_commands")
    assert sandbox.redeliver(first)
    assert heard[0]["trigger_id"] == heard[1]["trigger_id"]
    sandbox.deliver_to("http://127.0.0.1:9/nobody")
    assert not sandbox.redeliver(first)


def test_rubbish_from_the_app_is_overlooked(socket: ClientConnection, ana: Person) -> None:
    assert json.loads(socket.recv(10))["type"] == "hello"
    for text in ("nonsense", "[]", '{"envelope_id": "unknown"}'):
        socket.send(text)

    def acknowledge() -> None:
        envelope = json.loads(socket.recv(10))
        socket.send(json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"text": "still here"}}))

    answering = threading.Thread(target=acknowledge)
    answering.start()
    ana.types("/handoff")
    answering.join(10)
    assert [each.text for each in ana.private_replies] == ["still here"]
