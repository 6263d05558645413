"""A response_url is called on Slack's hosts and where the Web API is, and nowhere else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import replies
from bot.slack.response_urls import NotSlacks, ResponseUrls
from sandbox.server import Sandbox

SLACKS = ResponseUrls("https://slack.com/api/")
STRANGERS = (
    "http://hooks.slack.com/actions/T1/2/3",
    "https://hooks.slack.com.evil.example/actions/T1/2/3",
    "https://hooks.slack.com@evil.example/actions",
    "https://evil.example/hooks.slack.com",
    "https://evil.example\\@hooks.slack.com/actions",
    "https://user@hooks.slack.com/actions",
    "https://hooks.slack.com:8443/actions",
    "https://app.slack.com/actions",
    "//hooks.slack.com/actions",
    "file:///etc/passwd",
    "https://[hooks.slack.com/actions",
    "None",
    "",
)


@pytest.mark.parametrize("url", STRANGERS)
def test_an_address_that_is_not_slacks_is_not_called(url: str) -> None:
    with pytest.raises(NotSlacks):
        SLACKS.post(url, {"text": "Hello"})


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_be_refused(url: str) -> None:
    with pytest.raises(NotSlacks):
        SLACKS.post(url, {"text": "Hello"})


@pytest.fixture
def machine() -> Iterator[tuple[str, list[str]]]:
    """Listen on a port of this machine that has no business with Slack; give its address and who called."""
    called: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            called.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with HTTPServer(("127.0.0.1", 0), Listening) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/actions/1", called
        server.shutdown()
        thread.join()


def test_another_port_of_the_host_of_the_web_api_is_not_called(
    sandbox: Sandbox, machine: tuple[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    url, called = machine
    replies.reply(ResponseUrls(sandbox.api_url), url, {"text": "Hello"})
    assert called == []
    assert [(record.getMessage(), record.__dict__["error"]) for record in caplog.records] == [
        ("A private reply could not be delivered.", "NotSlacks")
    ]
    # It is the address that decides: where the Web API is, the same call arrives.
    replies.reply(ResponseUrls(url), url, {"text": "Hello"})
    assert called == ["/actions/1"]
