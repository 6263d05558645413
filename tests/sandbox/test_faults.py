"""Faults on demand in Web API calls."""

import threading
from collections.abc import Callable
from http.client import RemoteDisconnected
from typing import Any

import pytest
from slack_bolt.error import BoltError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.sandbox.parts import bolt

BROKEN = (RemoteDisconnected, ConnectionError, OSError)


class Caller:
    """A call in its own thread, and its result."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.ended: object = None
        self._thread = threading.Thread(target=self._run, args=(call,))
        self._thread.start()

    def _run(self, call: Callable[[], Any]) -> None:
        try:
            self.ended = call()
        except BROKEN as error:
            self.ended = error

    def join(self) -> object:
        self._thread.join(10)
        assert not self._thread.is_alive()
        return self.ended


def test_a_429_says_when_to_come_back_and_does_nothing(
    sandbox: Sandbox, client: WebClient, ana: Person, channel: str
) -> None:
    sandbox.fault("chat.postMessage", "429", times=1, retry_after=7)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=channel, text="x")
    assert (refused.value.response.status_code, refused.value.response["error"]) == (429, "ratelimited")
    assert {name.lower(): value for name, value in refused.value.response.headers.items()}["retry-after"] == "7"
    assert ana.sees(channel) == []
    assert client.chat_postMessage(channel=channel, text="x")["ok"]


def test_a_500_does_nothing_and_strikes_every_method_if_told_so(
    sandbox: Sandbox, client: WebClient, channel: str
) -> None:
    fault = sandbox.fault("*", "500")
    calls: list[Callable[[], object]] = [client.auth_test, lambda: client.chat_postMessage(channel=channel, text="x")]
    for call in calls:
        with pytest.raises(SlackApiError) as refused:
            call()
        assert refused.value.response.status_code == 500
    assert fault.struck == 2
    sandbox.heal()
    assert client.auth_test()["ok"]


@pytest.mark.parametrize(("kind", "posted"), [("cut_before", 0), ("cut_after", 1)])
def test_a_cut_loses_the_answer_before_or_after_the_thing_is_done(  # noqa: PLR0917 - fixtures
    sandbox: Sandbox, client: WebClient, ana: Person, channel: str, kind: Any, posted: int
) -> None:
    sandbox.fault("chat.postMessage", kind, times=1)
    with pytest.raises(BROKEN):
        client.chat_postMessage(channel=channel, text="x")
    assert len(ana.sees(channel)) == posted
    (call,) = sandbox.calls("chat.postMessage")
    assert (call.status, call.answer, call.done) == (None, None, bool(posted))


@pytest.mark.parametrize(("kind", "posted"), [("hold_before", 0), ("hold_after", 1)])
def test_a_held_call_waits_until_it_is_released(  # noqa: PLR0917 - fixtures
    sandbox: Sandbox, client: WebClient, ana: Person, channel: str, kind: Any, posted: int
) -> None:
    fault = sandbox.fault("chat.postMessage", kind, times=1)
    caller = Caller(lambda: client.chat_postMessage(channel=channel, text="x")["ts"])
    fault.wait_until_held()
    assert len(ana.sees(channel)) == posted
    assert caller.ended is None
    fault.release()
    (message,) = sandbox.wait_for(lambda: ana.sees(channel))
    assert caller.join() == message.ts


@pytest.mark.parametrize(("kind", "posted"), [("hold_before", 0), ("hold_after", 1)])
def test_an_abandoned_call_is_cut_where_it_was_held(  # noqa: PLR0917 - fixtures
    sandbox: Sandbox, client: WebClient, ana: Person, channel: str, kind: Any, posted: int
) -> None:
    fault = sandbox.fault("chat.postMessage", kind, times=1)
    caller = Caller(lambda: client.chat_postMessage(channel=channel, text="x"))
    fault.wait_until_held()
    fault.abandon()
    assert isinstance(caller.join(), BROKEN)
    assert len(ana.sees(channel)) == posted


def test_a_call_that_hangs_gets_no_answer(sandbox: Sandbox, channel: str, ana: Person) -> None:
    impatient = WebClient(sandbox.bot_token(), base_url=sandbox.api_url, retry_handlers=[], timeout=1)
    fault = sandbox.fault("chat.postMessage", "hang", times=1)
    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel=channel, text="x")
    fault.wait_until_held()
    fault.abandon()
    assert ana.sees(channel) == []


def test_a_call_whose_caller_is_gone_lands_late(sandbox: Sandbox, channel: str, ana: Person) -> None:
    impatient = WebClient(sandbox.bot_token(), base_url=sandbox.api_url, retry_handlers=[], timeout=1)
    fault = sandbox.fault("chat.postMessage", "hold_before", times=1)
    with pytest.raises(TimeoutError):
        impatient.chat_postMessage(channel=channel, text="late")
    fault.release()
    (message,) = sandbox.wait_for(lambda: ana.sees(channel))
    assert message.text == "late"


def test_a_fault_may_concern_one_channel_only(sandbox: Sandbox, client: WebClient, channel: str) -> None:
    sandbox.fault("chat.postMessage", "500", channel=channel)
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=channel, text="x")
    assert client.chat_postMessage(channel="#general", text="x")["ok"]


def test_a_stopping_sandbox_lets_go_of_what_it_holds(sandbox: Sandbox, client: WebClient) -> None:
    fault = sandbox.fault("auth.test", "hold_before")
    caller = Caller(client.auth_test)
    fault.wait_until_held()
    sandbox.stop()
    assert isinstance(caller.join(), BROKEN)


def test_a_bolt_app_does_not_start_while_slack_is_down(sandbox: Sandbox) -> None:
    sandbox.fault("auth.test", "500")
    with pytest.raises(BoltError):
        bolt(sandbox)


@pytest.mark.parametrize("end", ["release", "abandon"])
def test_a_held_call_is_under_way_until_it_is_answered_or_cut(
    sandbox: Sandbox, client: WebClient, channel: str, end: str
) -> None:
    journal = sandbox.slack.journal
    hold = sandbox.fault("chat.postMessage", "hold_after", times=1)
    caller = Caller(lambda: client.chat_postMessage(channel=channel, text="x"))
    hold.wait_until_held()
    assert journal.under_way() == 1
    getattr(hold, end)()
    caller.join()
    assert journal.under_way() == 0
