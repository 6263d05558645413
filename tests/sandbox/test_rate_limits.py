"""Slack's rate limits, counted by the sandbox's clock."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.sandbox.parts import MANIFEST, client_of


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    with Sandbox(MANIFEST, clock=clock) as running:
        yield running


def seconds_to_wait(error: SlackApiError) -> int:
    assert (error.response.status_code, error.response["error"]) == (429, "ratelimited")
    headers = {name.lower(): value for name, value in error.response.headers.items()}
    return int(headers["retry-after"])


def test_a_channel_takes_one_message_a_second_after_a_short_burst(
    client: WebClient, clock: ManualClock, channel: str
) -> None:
    for _ in range(3):
        client.chat_postMessage(channel=channel, text="x")
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=channel, text="x")
    assert seconds_to_wait(refused.value) == 1
    assert client.chat_postMessage(channel="#general", text="another channel")["ok"]
    clock.advance(1)
    client.chat_postMessage(channel=channel, text="x")
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=channel, text="x")


def test_each_method_has_its_tier_per_workspace(sandbox: Sandbox, client: WebClient, clock: ManualClock) -> None:
    for _ in range(10):
        client.users_list()
    clock.advance(20)
    for _ in range(10):
        client.users_list()
    with pytest.raises(SlackApiError) as refused:
        client.users_list()
    assert seconds_to_wait(refused.value) == 40
    assert client.auth_test()["ok"]
    assert client_of(sandbox, sandbox.bot_token("Fabrikam")).users_list()["ok"]
    clock.advance(40)
    assert client.users_list()["ok"]


def test_edits_are_of_the_third_tier(client: WebClient, channel: str) -> None:
    ts = client.chat_postMessage(channel=channel, text="x")["ts"]
    for number in range(50):
        client.chat_update(channel=channel, ts=ts, text=str(number))
    with pytest.raises(SlackApiError) as refused:
        client.chat_update(channel=channel, ts=ts, text="one too many")
    assert seconds_to_wait(refused.value) == 60


def test_the_limits_can_be_switched_off(sandbox: Sandbox, client: WebClient, channel: str) -> None:
    sandbox.limit_rates(enabled=False)
    for _ in range(5):
        client.chat_postMessage(channel=channel, text="x")
    sandbox.limit_rates(enabled=True)
    for _ in range(3):
        client.chat_postMessage(channel=channel, text="x")
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=channel, text="x")
