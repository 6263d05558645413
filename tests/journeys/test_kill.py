"""A bot killed at any point of a delivery leaves one message and a correct card, within 20 s of its restart.

Uses real processes and the real clock. The sandbox chooses where the bot dies: it holds a call before or after doing
its work.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import update

from bot.app import build
from bot.database import Database
from bot.settings import Settings
from qualification.organisation import publishing
from qualification.records import Summary
from sandbox.clock import RealClock
from sandbox.people.snapshots import Message
from sandbox.server import Sandbox
from tests.warm import Program, WarmProcess
from tests.worlds.office import CHANNEL, MANIFEST
from tests.worlds.playbook import TWO_REPS

PROMISED_SECONDS = 20.0
ALWAYS = TWO_REPS.replace('mon-fri: "09:00-17:00"', 'mon-sun: "00:00-24:00"')


@pytest.fixture
def sandbox(database_url: str) -> Iterator[Sandbox]:
    """Start a Slack with the real clock, and publish a playbook for its people."""
    with Sandbox(MANIFEST, clock=RealClock()) as sandbox:
        database = Database(database_url)
        settings = Settings(
            database_url=database_url,
            bot_token=sandbox.bot_token(),
            app_token=sandbox.app_token(),
            slack_api_url=sandbox.api_url,
        )
        bot = build(settings, database=database)
        with database.transaction() as session:
            publishing.publish(
                session, workspace_id=bot.installations[0].id, text=ALWAYS, by="a journey", now=sandbox.clock()
            )
        while bot.directories[0].look_up():
            pass
        database.dispose()
        yield sandbox


Running = Callable[[], AbstractContextManager[Program]]


@pytest.fixture
def running(sandbox: Sandbox, database_url: str, warm: WarmProcess) -> Running:
    """Return a function that runs the bot as its own process, and kills it at the end if it still runs."""

    @contextmanager
    def running() -> Iterator[Program]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "SLACK_BOT_TOKEN": sandbox.bot_token(),
            "SLACK_APP_TOKEN": sandbox.app_token(),
            "SLACK_API_URL": sandbox.api_url,
            "PORT": str(port),
            "LOG_LEVEL": "warning",
        }
        with warm.start("bot", "run", environment=environment) as process:
            sandbox.wait_until_connected(timeout=PROMISED_SECONDS)
            yield process
        # Otherwise the next process could be taken for connected while this connection is still open.
        sandbox.wait_for(lambda: sandbox.connections() == 0, PROMISED_SECONDS)

    return running


def hands_over(sandbox: Sandbox, company: str) -> None:
    """Let Mika hand a lead over."""
    mika = sandbox.person("Mika Sato")
    mika.types("/handoff", "#general")
    mika.fills({"Company": company, "What they did": "Asked for a demo"})
    mika.submits()
    assert mika.modal.title == "Handed over"


def cards(sandbox: Sandbox, company: str) -> list[Message]:
    """Return the channel's messages about a company."""
    return [
        message
        for message in sandbox.person("Maya Cohen").sees(CHANNEL)
        if company in message.text and message.thread_ts in {None, message.ts}
    ]


def true_card(sandbox: Sandbox, company: str, words: str) -> None:
    """Wait until the one card contains the text, within the promised time, and its thread has each line once."""

    def card() -> bool:
        found = cards(sandbox, company)
        return len(found) == 1 and words in found[0].text

    def thread() -> bool:
        lines = [line for reply in cards(sandbox, company)[0].thread for line in reply.text.splitlines()]
        return card() and len(lines) >= 2 and len(lines) == len(set(lines))

    sandbox.wait_for(card, PROMISED_SECONDS)
    # If a message may have been posted twice, its thread waits until that is known.
    sandbox.wait_for(thread, 2 * PROMISED_SECONDS)


@pytest.mark.parametrize("held", ["hold_before", "hold_after"])
def test_invariant_3_killed_while_posting_it_leaves_one_message(
    sandbox: Sandbox, running: Running, held: Literal["hold_before", "hold_after"]
) -> None:
    channel = next(each.id for each in sandbox.workspace().channels.values() if each.name == CHANNEL.removeprefix("#"))
    fault = sandbox.fault("chat.postMessage", held, times=1, channel=channel)
    with running() as process:
        hands_over(sandbox, "Acme")
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
    fault.abandon()
    with running():
        true_card(sandbox, "Acme", "Offered to @Ana Ruiz")


@pytest.mark.parametrize("held", ["hold_before", "hold_after"])
def test_killed_while_editing_it_leaves_a_true_card(
    sandbox: Sandbox, running: Running, held: Literal["hold_before", "hold_after"]
) -> None:
    ana = sandbox.person("Ana Ruiz")
    with running() as process:
        hands_over(sandbox, "Globex")
        true_card(sandbox, "Globex", "Offered to @Ana Ruiz")
        fault = sandbox.fault("chat.update", held, times=1)
        ana.presses("Accept", on=cards(sandbox, "Globex")[0])
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
    fault.abandon()
    with running():
        true_card(sandbox, "Globex", "Accepted by @Ana Ruiz")


def test_what_was_acknowledged_is_kept_when_it_is_killed_at_once(sandbox: Sandbox, running: Running) -> None:
    with running() as process:
        hands_over(sandbox, "Initech")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running():
        true_card(sandbox, "Initech", "Offered to @Ana Ruiz")


def test_asked_to_end_it_finishes_what_is_in_hand(sandbox: Sandbox, running: Running) -> None:
    fault = sandbox.fault("chat.postMessage", "hold_after", times=1)
    with running() as process:
        hands_over(sandbox, "Umbrella")
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGTERM)
        fault.release()
        assert process.wait(PROMISED_SECONDS) == 0
    with running():
        true_card(sandbox, "Umbrella", "Offered to @Ana Ruiz")


@pytest.mark.parametrize("held", ["hold_before", "hold_after"])
def test_killed_while_posting_a_summary_it_leaves_one(
    sandbox: Sandbox, database_url: str, running: Running, held: Literal["hold_before", "hold_after"]
) -> None:
    database = Database(database_url)
    with database.transaction() as session:
        session.execute(update(Summary).values(due_at=sandbox.clock() - timedelta(seconds=20)))
    database.dispose()
    fault = sandbox.fault("chat.postMessage", held, times=1)
    with running() as process:
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
    fault.abandon()
    with running():
        sandbox.wait_for(lambda: bool(cards(sandbox, "EMEA")), PROMISED_SECONDS)
        hands_over(sandbox, "Hooli")
        true_card(sandbox, "Hooli", "Offered to @Ana Ruiz")
        assert len([each for each in cards(sandbox, "EMEA") if each.fallback.startswith("EMEA · ")]) == 1
