"""A sandbox with a manual clock, and a small Bolt app connected by Socket Mode or signed HTTP."""

import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from slack_bolt import App, BoltRequest
from slack_sdk import WebClient

from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import MANIFEST, NOON, bolt, client_of, connected, verifier


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(MANIFEST, clock=clock, rate_limits=False) as running:
        yield running


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


@pytest.fixture
def over_http(sandbox: Sandbox) -> Iterator[App]:
    """Yield a Bolt app that the sandbox reaches over signed HTTP."""
    app = bolt(sandbox)
    verify = verifier(sandbox)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers: dict[str, str | Sequence[str]] = {name.lower(): value for name, value in self.headers.items()}
            if not verify.is_valid_request(body, {name: str(value) for name, value in headers.items()}):
                self.send_error(401)
                return
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
    """Yield a Bolt app that is connected over Socket Mode."""
    app = bolt(sandbox)
    with connected(app, sandbox):
        sandbox.wait_until_connected()
        yield app
