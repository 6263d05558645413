"""The demo as a program."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.__main__ import main
from sandbox.demo.bot_process import BotFailedError, BotProcess

ROOT = Path(__file__).parents[2]


def test_the_sandbox_alone_prints_one_address_and_stops_on_sigterm() -> None:
    command = [sys.executable, "-m", "sandbox", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(5)]
        address = lines[-1].removeprefix("Open ")
        names = [line.partition("=")[0] for line in lines[:-1]]
        people = httpx.get(f"{address}/page/workspaces", trust_env=False).json()["workspaces"][0]["people"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert names == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL"]
    assert people[0]["name"] == "Ana Ruiz"


def test_a_port_in_use_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert capsys.readouterr().err == f"Port {port} cannot be used: Address already in use. Try --port 0.\n"


def test_a_bot_that_cannot_start_says_why(tmp_path: Path) -> None:
    bot = BotProcess({"DATABASE_URL": "nonsense", "SLACK_BOT_TOKEN": ""}, ended=lambda: None)
    with pytest.raises(BotFailedError, match=r"(?s)`python -m bot migrate` failed:.+DATABASE_URL"):
        bot.prepare()
    assert not bot.runs
    assert list(tmp_path.iterdir()) == []
    bot.stop()
