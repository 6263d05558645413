"""A Slack, and a terminal in an empty folder whose settings point at it."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.commands import baton
from bot.database import Database
from sandbox.clock import RealClock
from sandbox.server import Sandbox
from tests.bot.cli.terminal import INIT, Command, Start
from tests.warm import Program, WarmProcess

ROOT = Path(__file__).parents[3]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Start a Slack that goes by the machine's clock, as the process does."""
    with Sandbox(json.loads((ROOT / "manifest.json").read_text(encoding="utf-8")), clock=RealClock()) as started:
        yield started


@pytest.fixture
def environ(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Point a process at that Slack and an empty database; nothing of this machine's own settings is left."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "LOG_"))}
    return inherited | {
        "SLACK_BOT_TOKEN": sandbox.bot_token(),
        "SLACK_APP_TOKEN": sandbox.app_token(),
        "SLACK_API_URL": sandbox.api_url,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'baton.db'}",
        "HOST": "127.0.0.1",
        "PORT": "0",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def command(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command that ends by itself, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - set(environ):
        monkeypatch.delenv(name)

    def command(*words: str, **changed: str) -> Result:
        done = CliRunner().invoke(baton, words, env=environ | changed, prog_name="baton")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return command


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path, warm: WarmProcess) -> Iterator[Start]:
    """Start a command that goes on, and make sure that it ends."""
    with ExitStack() as started:

        def start(*words: str, **changed: str) -> Program:
            return started.enter_context(warm.start("bot", *words, folder=tmp_path, environment=environ | changed))

        yield start


@pytest.fixture
def ready(command: Command, sqlite_template: Path, tmp_path: Path) -> Command:
    """Take the steps of the operator's guide up to a published playbook; the tables are there already."""
    shutil.copy(sqlite_template, tmp_path / "baton.db")
    for words in (INIT, ("playbook", "publish")):
        done = command(*words)
        assert done.exit_code == 0, done.stderr
    return command


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Open the database of the commands."""
    return Database(f"sqlite:///{tmp_path / 'baton.db'}")
