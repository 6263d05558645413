"""Connections to Slack that this process opens, against a Slack that can break them."""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from slack_bolt import BoltResponse
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import connection as library

from bot.slack.socket_mode import CONNECTIONS, Connection, SocketMode
from sandbox.server import Sandbox

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0

Listener = Callable[[dict[str, Any]], BoltResponse]


@pytest.fixture
def slack() -> Iterator[Sandbox]:
    """Start a Slack with the bot's own manifest."""
    with Sandbox(json.loads((ROOT / "manifest.json").read_text())) as sandbox:
        yield sandbox


@pytest.fixture
def connect(slack: Sandbox) -> Iterator[Callable[[Listener], SocketMode]]:
    """Connect a listener to Slack, and close everything afterwards."""
    opened: list[SocketMode] = []

    def connect(listener: Listener) -> SocketMode:
        def dispatch(payload: dict[str, Any], _: Mapping[str, str]) -> BoltResponse:
            return listener(payload)

        web = WebClient(base_url=slack.api_url, timeout=5, retry_handlers=[])
        link = SocketMode(app_token=slack.app_token(), web=web, dispatch=dispatch)
        opened.append(link)
        link.start()
        return link

    yield connect
    for link in opened:
        link.stop()


def answering(text: str) -> Listener:
    """Answer every command with a private text."""
    return lambda _: BoltResponse(status=200, body={"text": text})


def test_slacks_word_for_a_refused_token_is_in_the_log(slack: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    web = WebClient(base_url=slack.api_url, timeout=5, retry_handlers=[])
    link = SocketMode(app_token="xapp-made-up", web=web, dispatch=lambda *_: BoltResponse(status=200))
    link.start()
    slack.wait_for(lambda: any(getattr(each, "error", None) == "invalid_auth" for each in caplog.records))
    link.stop()


def test_two_connections_stand_and_a_command_is_answered(
    slack: Sandbox, connect: Callable[[Listener], SocketMode], caplog: pytest.LogCaptureFixture
) -> None:
    def look_again(_: logging.LogRecord) -> bool:
        """Let `slack.wait_for` look at the link too, which nothing that happens in Slack tells of."""
        slack.stir()
        return True

    caplog.set_level(logging.INFO, "bot.slack.socket_mode")
    caplog.handler.addFilter(look_again)
    link = connect(answering("Here you are."))
    slack.wait_for(lambda: link.connected == CONNECTIONS, PATIENCE)
    assert slack.connections() == CONNECTIONS
    ana = slack.person("Ana Ruiz")
    ana.types("/baton", "#general")
    assert [reply.text for reply in ana.private_replies] == ["Here you are."]


def test_broken_connections_are_opened_again(slack: Sandbox, connect: Callable[[Listener], SocketMode]) -> None:
    connect(answering("Still here."))
    slack.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)
    slack.drop_sockets()
    slack.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)
    ana = slack.person("Ana Ruiz")
    ana.types("/baton", "#general")
    assert [reply.text for reply in ana.private_replies] == ["Still here."]


def test_slack_may_ask_to_connect_anew(slack: Sandbox, connect: Callable[[Listener], SocketMode]) -> None:
    connect(answering("Still here."))
    slack.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)
    assert slack.refresh_sockets() == CONNECTIONS
    slack.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)
    ana = slack.person("Ana Ruiz")
    ana.types("/baton", "#general")
    assert [reply.text for reply in ana.private_replies] == ["Still here."]


def test_a_slack_that_is_down_at_the_start_is_waited_for(
    slack: Sandbox, connect: Callable[[Listener], SocketMode]
) -> None:
    slack.fault("apps.connections.open", "500", times=3)
    connect(answering("There you are."))
    slack.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)


def test_what_is_in_hand_is_answered_before_it_closes(
    slack: Sandbox, connect: Callable[[Listener], SocketMode]
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(_: dict[str, Any]) -> BoltResponse:
        entered.set()
        leave.wait(PATIENCE)
        return BoltResponse(status=200, body={"text": "Finished."})

    link = connect(slow)
    slack.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)
    ana = slack.person("Ana Ruiz")
    typing = threading.Thread(target=ana.types, args=("/baton", "#general"))
    typing.start()
    assert entered.wait(PATIENCE)
    stopping = threading.Thread(target=link.stop)
    stopping.start()
    leave.set()
    typing.join(PATIENCE)
    stopping.join(PATIENCE)
    assert [reply.text for reply in ana.private_replies] == ["Finished."]
    assert slack.connections() == 0


def test_it_can_be_stopped_while_slack_is_down(slack: Sandbox, connect: Callable[[Listener], SocketMode]) -> None:
    fault = slack.fault("apps.connections.open", "500")
    link = connect(answering("Never."))
    slack.wait_for(lambda: slack.calls("apps.connections.open"))
    stopping = threading.Thread(target=link.stop)
    stopping.start()
    stopping.join(PATIENCE)
    assert not stopping.is_alive()
    assert fault.times is None
    assert link.connected == 0


def single(slack: Sandbox, stopping: threading.Event) -> Connection:
    """Make one connection by itself, not yet started."""
    return Connection(slack.app_token(), WebClient(base_url=slack.api_url, timeout=5, retry_handlers=[]), stopping)


def connect_first(connection: Connection) -> None:
    """Start it, and return once Slack has greeted it."""
    greeted = threading.Event()
    connection.message_listeners.append(lambda *_: greeted.set())
    connection.start()
    assert greeted.wait(PATIENCE)


class ReaderFirst:
    """A lock of a connection, had only after the connection's own reader has closed it."""

    def __init__(self, session: library.Connection) -> None:
        self._session = session

    def __enter__(self) -> None:
        link, self._session.sock = self._session.sock, None
        if link is not None:
            link.close()

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


def test_a_connection_that_breaks_while_it_is_closed_is_closed_all_the_same(slack: Sandbox) -> None:
    connection = single(slack, threading.Event())
    connect_first(connection)
    session = connection.current_session
    assert session is not None
    session.sock_send_lock = ReaderFirst(session)  # type: ignore[assignment]
    connection.close()
    assert not connection.is_connected()
    assert not connection.current_session_runner.is_alive()
    assert not connection.message_processor.is_alive()


@pytest.mark.parametrize("broken", [False, True], ids=["for the first time", "again"])
def test_a_connection_that_is_just_being_opened_is_closed_all_the_same(
    slack: Sandbox, monkeypatch: pytest.MonkeyPatch, *, broken: bool
) -> None:
    entered, leave, opens = threading.Event(), threading.Event(), library.Connection.connect

    def late(session: library.Connection) -> None:
        opens(session)
        entered.set()
        assert leave.wait(PATIENCE)

    stopping = threading.Event()
    connection = single(slack, stopping)
    if broken:
        connect_first(connection)
    monkeypatch.setattr(library.Connection, "connect", late)
    if broken:
        slack.drop_sockets()
    else:
        connection.start()
    assert entered.wait(PATIENCE)
    stopping.set()
    closing = threading.Thread(target=connection.close)
    closing.start()
    assert connection.current_session_runner.event.wait(PATIENCE)
    leave.set()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    slack.wait_for(lambda: slack.connections() == 0)
    assert not connection.is_connected()
    for runner in (connection.current_app_monitor, connection.current_session_runner, connection.message_processor):
        assert not runner.is_alive()
