"""A sandbox by a clock that stands still, and a small Bolt app behind it, by Socket Mode or signed HTTP."""

import copy
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_bolt import App, BoltRequest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.clock import ManualClock
from sandbox.driver import Person
from sandbox.server import Sandbox

Json = dict[str, Any]

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MANIFEST: Json = {
    "display_information": {"name": "Baton"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "bot_user": {"display_name": "baton"},
        "slash_commands": [
            {"command": "/handoff", "description": "Hand a lead over", "usage_hint": "[company]"},
            {"command": "/lead", "description": "Find a lead", "usage_hint": "[@rep]", "should_escape": True},
        ],
        "shortcuts": [
            {"name": "Hand off to sales", "type": "message", "callback_id": "hand_off_message"},
            {"name": "Hand a lead over", "type": "global", "callback_id": "hand_off"},
        ],
    },
    "oauth_config": {
        "scopes": {
            "bot": [
                "channels:history",
                "channels:join",
                "channels:read",
                "chat:write",
                "commands",
                "groups:history",
                "groups:read",
                "im:history",
                "im:write",
                "users:read",
                "users:read.email",
            ]
        }
    },
    "settings": {
        "event_subscriptions": {
            "bot_events": [
                "app_home_opened",
                "member_joined_channel",
                "message.channels",
                "message.groups",
                "user_change",
            ]
        },
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(text: str, action_id: str, **more: object) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def asked(label: str, element: Json, **more: object) -> Json:
    return {
        "type": "input",
        "block_id": element["action_id"],
        "label": plain(label),
        "element": element,
        **more,
    }


def options(**texts: str) -> list[Json]:
    return [{"text": plain(text), "value": value} for value, text in texts.items()]


def modal(*blocks: Json, title: str = "Hand over", callback_id: str = "hand_over", **more: object) -> Json:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title),
        "submit": plain("Send"),
        "blocks": list(blocks),
        **more,
    }


COMPANY = asked("Company", {"type": "plain_text_input", "action_id": "company"})


def error_of(call: Callable[[], object]) -> Json:
    """Return the refusal that a call meets."""
    with pytest.raises(SlackApiError) as caught:
        call()
    answer: Json = caught.value.response.data
    return answer


def without_scope(scope: str) -> Json:
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].remove(scope)
    return manifest


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(MANIFEST, clock=clock, rate_limits=False) as running:
        yield running


def client_of(sandbox: Sandbox, token: str | None = None) -> WebClient:
    return WebClient(token or sandbox.bot_token(), base_url=sandbox.api_url, retry_handlers=[])


@pytest.fixture
def client(sandbox: Sandbox) -> WebClient:
    return client_of(sandbox)


@pytest.fixture
def ana(sandbox: Sandbox) -> Person:
    return sandbox.person("Ana Ruiz")


@pytest.fixture
def ben(sandbox: Sandbox) -> Person:
    return sandbox.person("Ben Okafor")


@pytest.fixture
def channel(sandbox: Sandbox) -> str:
    """Return the id of #sales-emea."""
    found = sandbox.workspace().channel_called("sales-emea")
    assert found
    return found.id


def bolt(sandbox: Sandbox) -> App:
    return App(client=client_of(sandbox), signing_secret=sandbox.signing_secret, process_before_response=True)


@pytest.fixture
def over_http(sandbox: Sandbox) -> Iterator[App]:
    """Give a Bolt app that the sandbox reaches by signed HTTP."""
    app = bolt(sandbox)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name: [value] for name, value in self.headers.items()}
            answer = app.dispatch(BoltRequest(body=body, headers=headers))
            self.send_response(answer.status)
            for name, values in answer.headers.items():
                for value in values:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write((answer.body or "").encode())

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        sandbox.deliver_to(f"http://127.0.0.1:{server.server_port}/slack/events")
        yield app
        server.shutdown()
        thread.join()


@pytest.fixture
def over_socket(sandbox: Sandbox) -> Iterator[App]:
    """Give a Bolt app that is connected by Socket Mode."""
    app = bolt(sandbox)
    handler = SocketModeHandler(app, sandbox.app_token(), ping_interval=1)
    handler.connect()
    sandbox.wait_until_connected()
    yield app
    handler.close()
