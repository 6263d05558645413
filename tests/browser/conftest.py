"""A sandbox with a small app behind it, and Chromium with its page open."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from slack_sdk import WebClient

from sandbox.clock import Clock, RealClock
from sandbox.server import Sandbox
from sandbox.workspace.seed import ChannelSeed, PersonSeed, WorkspaceSeed

Payload = dict[str, Any]
Answer = Callable[[Payload], Payload | None]

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE_MILLISECONDS = 5_000

MANIFEST: Payload = {
    "display_information": {"name": "Baton"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "Baton", "always_online": True},
        "shortcuts": [{"name": "Hand off to sales", "type": "message", "callback_id": "hand_off", "description": "…"}],
        "slash_commands": [
            {"command": "/handoff", "description": "Hand a lead over to sales", "usage_hint": "[company]"},
            {"command": "/bant", "description": "Go through the checklist", "usage_hint": "[lead]"},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "im:write", "users:read", "channels:read"]}},
    "settings": {
        "event_subscriptions": {"bot_events": ["app_home_opened"]},
        "interactivity": {"is_enabled": True},
    },
}
SEED = (
    WorkspaceSeed(
        name="Northwind",
        domain="northwind",
        people=(
            PersonSeed("Mika Sato", "mika@northwind.example", "Asia/Tokyo", "en-US", "Marketing", ("sales",)),
            PersonSeed("Ana Ruiz", "ana@northwind.example", "Europe/Madrid", "en-GB", "Sales rep", ("sales",)),
            PersonSeed(
                "Olu Adeyemi", "olu@northwind.example", "Europe/London", "en-GB", "Operations", ("sales",), admin=True
            ),
        ),
        channels=(ChannelSeed("general"), ChannelSeed("sales")),
        visitor="Ana Ruiz",
    ),
    WorkspaceSeed(
        name="Fabrikam",
        domain="fabrikam",
        people=(PersonSeed("Priya Nair", "priya@fabrikam.example", "Asia/Kolkata", title="Head of sales"),),
    ),
)


class Desk:
    """An app over signed HTTP that gives the answers a test sets, and keeps what it receives."""

    def __init__(self) -> None:
        self.received: list[Payload] = []
        self._answers: dict[str, Answer] = {}
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                answer = desk.take(body)
                content = json.dumps(answer).encode() if answer else b""
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def on(self, name: str, answer: Answer) -> None:
        """Set the answer to a command ("/handoff"), a payload type ("block_actions") or an event."""
        self._answers[name] = answer

    def take(self, body: str) -> Payload | None:
        """Keep a payload and return the answer to it."""
        if body.startswith("{"):
            payload: Payload = json.loads(body)
            name = payload["event"]["type"]
        else:
            form = {key: values[0] for key, values in parse_qs(body).items()}
            payload = json.loads(form["payload"]) if "payload" in form else form
            name = payload.get("command") or payload["type"]
        self.received.append(payload)
        answer = self._answers.get(name)
        return answer(payload) if answer else None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Yield an app that answers everything with an empty 200 until a test sets an answer."""
    with Desk() as desk:
        yield desk


@pytest.fixture
def clock() -> Clock:
    """Return the sandbox's clock: the real one."""
    return RealClock()


@pytest.fixture
def sandbox(desk: Desk, clock: Clock) -> Iterator[Sandbox]:
    """Yield a running sandbox with two workspaces, the app installed in both."""
    with Sandbox(MANIFEST, clock=clock, seed=SEED, rate_limits=False, http_endpoint=desk.url) as sandbox:
        yield sandbox


@pytest.fixture
def slack(sandbox: Sandbox) -> WebClient:
    """Return the app's client for the first workspace."""
    return WebClient(sandbox.bot_token(), base_url=sandbox.api_url, retry_handlers=[])


@pytest.fixture
def sales(sandbox: Sandbox) -> str:
    """Return the id of #sales."""
    channel = sandbox.workspace().channel_called("sales")
    assert channel is not None
    return channel.id


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield the system's Chromium, headless, with its own profile."""
    home = tmp_path_factory.mktemp("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=QUIET, env={"HOME": str(home), "TMPDIR": str(home)}
        )
        yield browser
        browser.close()


Opener = Callable[..., Page]


@pytest.fixture
def open_as(browser: Browser, sandbox: Sandbox) -> Iterator[Opener]:
    """Yield a function that opens the page as a person, in a conversation if one is named.

    The test fails if the page logs an error, or sends a request to anything but the sandbox.
    """
    troubles: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 800}, timezone_id="UTC", locale="en-GB")
    context.set_default_timeout(PATIENCE_MILLISECONDS)

    def open_page(name: str, where: str = "", *, hints: bool = False) -> Page:
        person = sandbox.person(name)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        ours = (sandbox.url, sandbox.url.replace("http", "ws", 1), "data:")
        for event in ("request", "websocket"):
            page.on(event, lambda asked: None if asked.url.startswith(ours) else troubles.append(asked.url))
        if not hints:
            page.add_init_script("localStorage.setItem('sandbox-hints-seen', 'yes')")
        page.goto(f"{sandbox.url}/#/{person.workspace.id}/{person.member.id}/{where}")
        page.get_by_test_id("topbar").wait_for()
        return page

    yield open_page
    context.close()
    assert troubles == []
