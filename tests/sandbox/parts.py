"""Parts that the tests of the sandbox share: a manifest, blocks, clients, a Bolt app."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient, signature
from slack_sdk.errors import SlackApiError

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
    """Return the body of the refusal that a Web API call gets."""
    with pytest.raises(SlackApiError) as caught:
        call()
    answer: Json = caught.value.response.data
    return answer


def without_scope(scope: str) -> Json:
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].remove(scope)
    return manifest


def client_of(sandbox: Sandbox, token: str | None = None) -> WebClient:
    return WebClient(token or sandbox.bot_token(), base_url=sandbox.api_url, retry_handlers=[])


def bolt(sandbox: Sandbox) -> App:
    """Make a Bolt app for the first workspace. It checks no signatures: `verifier` does, by the sandbox's clock."""
    return App(client=client_of(sandbox), request_verification_enabled=False, process_before_response=True)


class SandboxTime(signature.Clock):
    """The sandbox's clock in the form that slack_sdk's signature verifier takes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def now(self) -> float:
        return self._sandbox.clock.unix()


def verifier(sandbox: Sandbox) -> signature.SignatureVerifier:
    return signature.SignatureVerifier(sandbox.signing_secret, SandboxTime(sandbox))


@contextmanager
def connected(app: App, sandbox: Sandbox) -> Iterator[None]:
    """Keep the app connected over Socket Mode."""
    handler: Any = SocketModeHandler(app, sandbox.app_token(), ping_interval=1)
    handler.connect()
    yield
    # The client closes when its read ends: at once after a cut, after three seconds without one.
    handler.client.auto_reconnect_enabled = False
    sandbox.drop_sockets()
    handler.close()


def gather(bodies: list[Json]) -> Callable[..., None]:
    """Return a listener that appends each body to `bodies` and acknowledges it."""

    def listener(ack: Ack, body: Json) -> None:
        bodies.append(body)
        ack()

    return listener
