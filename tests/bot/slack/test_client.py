"""What goes wrong with a call is sorted into: again later, never, and somebody must look."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.slack.client import (
    ACCOUNT_ERRORS,
    FINAL_ERRORS,
    UNWELL_ERRORS,
    AccountError,
    FinalError,
    PassingError,
    ScopeError,
    Slack,
)
from sandbox.server import Sandbox

MANIFEST = json.loads((Path(__file__).parents[3] / "manifest.json").read_text())


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Start a Slack."""
    with Sandbox(MANIFEST) as sandbox:
        yield sandbox


@pytest.fixture
def slack(sandbox: Sandbox) -> Slack:
    """Give an impatient client of the first workspace."""
    return Slack(sandbox.bot_token(), base_url=sandbox.api_url, seconds=0.3)


def channel(sandbox: Sandbox) -> str:
    """Give the id of a channel that the bot is in."""
    workspace = sandbox.workspace()
    return next(
        each.id
        for each in workspace.channels.values()
        if each.kind == "channel" and workspace.app.bot_user_id in each.members
    )


def test_a_call_gives_slacks_answer(sandbox: Sandbox, slack: Slack) -> None:
    assert slack.call("auth.test")["team_id"] == sandbox.workspace().id


def test_nested_and_absent_arguments_arrive_as_they_are_meant(sandbox: Sandbox, slack: Slack) -> None:
    block = {"type": "section", "text": {"type": "plain_text", "text": "Ünïcode & <angles>"}}
    slack.call("chat.postMessage", channel=channel(sandbox), text="as text", blocks=[block], thread_ts=None)
    (call,) = sandbox.calls("chat.postMessage")
    assert call.arguments["blocks"] == [block]
    assert "thread_ts" not in call.arguments


def test_a_pause_that_slack_asks_for_is_passed_on(sandbox: Sandbox, slack: Slack) -> None:
    sandbox.fault("auth.test", "429", retry_after=17)
    with pytest.raises(PassingError) as caught:
        slack.call("auth.test")
    assert (caught.value.retry_after, caught.value.refused, caught.value.lost) == (17, True, False)


@pytest.mark.parametrize(
    ("kind", "name", "pending"),
    [
        ("500", "http_500", False),
        ("hang", "timed_out", True),
        ("cut_before", "connection_lost", True),
        ("cut_after", "connection_lost", True),
    ],
)
def test_a_call_that_may_have_been_done_says_so(
    sandbox: Sandbox, slack: Slack, kind: str, name: str, *, pending: bool
) -> None:
    sandbox.fault("auth.test", kind)  # type: ignore[arg-type]
    with pytest.raises(PassingError) as caught:
        slack.call("auth.test")
    assert (caught.value.name, caught.value.lost, caught.value.pending) == (name, True, pending)
    assert len(sandbox.calls("auth.test")) == 1, "nothing is sent twice"


def test_a_call_that_reached_nobody_was_surely_not_made() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PassingError) as caught:
        Slack("xoxb-made-up", base_url=f"http://127.0.0.1:{port}/api").call("auth.test")
    assert (caught.value.name, caught.value.lost) == ("unreachable", False)


def test_what_is_no_json_is_not_slacks_answer() -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>Please log in to the guest network</html>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            del format, args

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(PassingError) as caught:
            Slack("xoxb-made-up", base_url=f"http://127.0.0.1:{server.server_port}/api").call("auth.test")
        server.shutdown()
    assert (caught.value.name, caught.value.lost) == ("no_json", True)


def test_what_will_be_refused_each_time_is_final_and_says_where(sandbox: Sandbox, slack: Slack) -> None:
    with pytest.raises(FinalError) as caught:
        slack.call("chat.postMessage", channel="C0NOWHERE", text="hello")
    assert caught.value.name == "channel_not_found"
    with pytest.raises(FinalError) as caught:
        slack.call("chat.postMessage", channel=channel(sandbox), text="hello", blocks=[{"type": "hologram"}])
    assert caught.value.name == "invalid_blocks"
    assert "/blocks/0" in " ".join(caught.value.details)


def test_a_revoked_token_is_for_somebody_to_look_at(sandbox: Sandbox, slack: Slack) -> None:
    sandbox.revoke()
    with pytest.raises(AccountError) as caught:
        slack.call("auth.test")
    assert caught.value.name == "token_revoked"


def test_a_missing_scope_is_named() -> None:
    manifest = json.loads(json.dumps(MANIFEST))
    manifest["oauth_config"]["scopes"]["bot"].remove("chat:write")
    with Sandbox(manifest) as sandbox:
        slack = Slack(sandbox.bot_token(), base_url=sandbox.api_url)
        with pytest.raises(ScopeError) as caught:
            slack.call("chat.postMessage", channel=channel(sandbox), text="hello")
    assert caught.value.name == "missing_scope"
    assert "chat:write" in " ".join(caught.value.details)


def test_one_channel_closed_to_the_bot_is_no_trouble_of_the_whole_workspace() -> None:
    assert {"no_permission", "not_in_channel", "is_archived", "restricted_action"} <= FINAL_ERRORS


def test_no_error_is_of_two_kinds() -> None:
    assert not ACCOUNT_ERRORS & FINAL_ERRORS
    assert not UNWELL_ERRORS & (ACCOUNT_ERRORS | FINAL_ERRORS)


def test_the_clients_library_writes_no_message_into_the_log(
    sandbox: Sandbox, slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        slack.call("chat.postMessage", channel=channel(sandbox), text="ana@northwind.example")
        sandbox.fault("chat.postMessage", "cut_after")
        with pytest.raises(PassingError):
            slack.call("chat.postMessage", channel=channel(sandbox), text="ana@northwind.example")
    assert "ana@northwind.example" not in caplog.text


def test_what_slack_took_and_ignored_in_part_is_in_the_log(
    slack: Slack, slack_warnings: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    metadata = {"event_type": "a.b", "event_payload": {}}
    slack.call("chat.postMessage", channel="#general", text="x", metadata=metadata)
    assert "ignored some of it: invalid_metadata_schema" in caplog.text
    slack_warnings.clear()
