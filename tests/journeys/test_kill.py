"""Killed at any point of a delivery: one message and a true card, within twenty seconds of the restart.

Real processes and the real clock. Where one dies is chosen by Slack, which holds its answer before or after it has done
what was asked.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
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
from tests.journeys.office import CHANNEL, MANIFEST, PLAYBOOK

ROOT = Path(__file__).parents[2]
PROMISED_SECONDS = 20.0
ALWAYS = PLAYBOOK.replace('mon-fri: "09:00-17:00"', 'mon-sun: "00:00-24:00"')


@pytest.fixture
def sandbox(database_url: str) -> Iterator[Sandbox]:
    """Start a Slack by the real clock, and publish a playbook whose people it knows."""
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


@contextmanager
def running(sandbox: Sandbox, database_url: str, command: str = "run") -> Iterator[subprocess.Popen[bytes]]:
    """Run the bot as a process of its own; whatever is left of it is killed."""
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
    process = subprocess.Popen([sys.executable, "-m", "bot", command], cwd=ROOT, env=environment)
    try:
        if command != "worker":
            sandbox.wait_until_connected(timeout=PROMISED_SECONDS)
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        # Else the next process's connection may be taken for there while it is this one's.
        sandbox.wait_for(lambda: sandbox.connections() == 0, PROMISED_SECONDS)


def hands_over(sandbox: Sandbox, company: str) -> None:
    """Let Mika hand a lead over."""
    mika = sandbox.person("Mika Sato")
    mika.types("/handoff", "#general")
    mika.fills({"Company": company, "What they did": "Asked for a demo"})
    mika.submits()
    assert mika.modal.title == "Handed over"


def cards(sandbox: Sandbox, company: str) -> list[Message]:
    """Return what stands in the channel of that company."""
    return [
        message
        for message in sandbox.person("Maya Cohen").sees(CHANNEL)
        if company in message.text and message.thread_ts in {None, message.ts}
    ]


def true_card(sandbox: Sandbox, company: str, words: str) -> None:
    """Wait until one card stands there and says the words, in the promised time; its thread follows, each line once."""

    def card() -> bool:
        found = cards(sandbox, company)
        return len(found) == 1 and words in found[0].text

    def thread() -> bool:
        lines = [reply.text for reply in cards(sandbox, company)[0].thread]
        return card() and len(lines) >= 2 and len(lines) == len(set(lines))

    sandbox.wait_for(card, PROMISED_SECONDS)
    # Where a post may have been made twice, its thread waits until that is known.
    sandbox.wait_for(thread, 2 * PROMISED_SECONDS)


@pytest.mark.parametrize("held", ["hold_before", "hold_after"])
def test_invariant_3_killed_while_posting_it_leaves_one_message(
    sandbox: Sandbox, database_url: str, held: Literal["hold_before", "hold_after"]
) -> None:
    channel = next(each.id for each in sandbox.workspace().channels.values() if each.name == CHANNEL.removeprefix("#"))
    fault = sandbox.fault("chat.postMessage", held, times=1, channel=channel)
    with running(sandbox, database_url) as process:
        hands_over(sandbox, "Acme")
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
    fault.abandon()
    with running(sandbox, database_url):
        true_card(sandbox, "Acme", "Offered to @Ana Ruiz")


@pytest.mark.parametrize("held", ["hold_before", "hold_after"])
def test_killed_while_editing_it_leaves_a_true_card(
    sandbox: Sandbox, database_url: str, held: Literal["hold_before", "hold_after"]
) -> None:
    ana = sandbox.person("Ana Ruiz")
    with running(sandbox, database_url) as process:
        hands_over(sandbox, "Globex")
        true_card(sandbox, "Globex", "Offered to @Ana Ruiz")
        fault = sandbox.fault("chat.update", held, times=1)
        ana.presses("Accept", on=cards(sandbox, "Globex")[0])
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
    fault.abandon()
    with running(sandbox, database_url):
        true_card(sandbox, "Globex", "Accepted by @Ana Ruiz")


def test_what_was_acknowledged_is_kept_when_it_is_killed_at_once(sandbox: Sandbox, database_url: str) -> None:
    with running(sandbox, database_url) as process:
        hands_over(sandbox, "Initech")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running(sandbox, database_url):
        true_card(sandbox, "Initech", "Offered to @Ana Ruiz")


def test_asked_to_end_it_finishes_what_is_in_hand(sandbox: Sandbox, database_url: str) -> None:
    fault = sandbox.fault("chat.postMessage", "hold_after", times=1)
    with running(sandbox, database_url) as process:
        hands_over(sandbox, "Umbrella")
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGTERM)
        fault.release()
        assert process.wait(PROMISED_SECONDS) == 0
    with running(sandbox, database_url):
        true_card(sandbox, "Umbrella", "Offered to @Ana Ruiz")


@pytest.mark.parametrize("held", ["hold_before", "hold_after"])
def test_killed_while_posting_a_summary_it_leaves_one(
    sandbox: Sandbox, database_url: str, held: Literal["hold_before", "hold_after"]
) -> None:
    database = Database(database_url)
    with database.transaction() as session:
        session.execute(update(Summary).values(due_at=sandbox.clock() - timedelta(seconds=20)))
    database.dispose()
    fault = sandbox.fault("chat.postMessage", held, times=1)
    with running(sandbox, database_url) as process:
        fault.wait_until_held(PROMISED_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
    fault.abandon()
    with running(sandbox, database_url):
        sandbox.wait_for(lambda: bool(cards(sandbox, "EMEA")), PROMISED_SECONDS)
        hands_over(sandbox, "Hooli")
        true_card(sandbox, "Hooli", "Offered to @Ana Ruiz")
        assert len([each for each in cards(sandbox, "EMEA") if each.fallback.startswith("EMEA · ")]) == 1
