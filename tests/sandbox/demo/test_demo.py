"""The demo as a program."""

import io
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.__main__ import main
from sandbox.demo.bot_process import BotFailedError, BotProcess

ROOT = Path(__file__).parents[3]


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


LOGGED = "HTTP is open."


def test_the_demo_says_where_it_keeps_the_bots_log(tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    log.write_text("of the demo before")
    command = [sys.executable, "-m", "sandbox", "demo", "--port", "0", "--log", str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert lines[0] == f"The bot's log is kept in {log}."
    assert lines[1].startswith("Open http://127.0.0.1:")
    assert LOGGED in log.read_text()
    assert "of the demo before" not in log.read_text()


def test_a_verbose_demo_shows_the_bots_log_as_it_comes() -> None:
    command = [sys.executable, "-m", "sandbox", "demo", "--port", "0", "--verbose"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        while LOGGED not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


CURL = re.compile(
    r'^curl "\$BATON(/\S+)" -H "Authorization: Bearer \$KEY"(?:.*? -d \'(.*?)\')?$', re.DOTALL | re.MULTILINE
)


def test_what_the_guide_has_of_curl_works_against_the_demo(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "intake.md").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "sandbox", "demo", "--port", "0", "--log", str(tmp_path / "bot.log")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(4)]
        named = dict(pair.split("=", 1) for pair in lines[3].removeprefix("export ").split())
        said = []
        for path, body in CURL.findall(guide):
            verb = "POST" if body else "GET"
            headers = {"authorization": f"Bearer {named['KEY']}"}
            answer = httpx.request(verb, named["BATON"] + path, content=body, headers=headers, trust_env=False)
            said.append((verb, answer.status_code, answer.json()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert [(verb, status) for verb, status, _ in said] == [("POST", 200), ("POST", 200), ("GET", 200)]
    assert said[0][2] == {"id": 1, "lead_id": 1}
    assert (said[2][2]["score"], said[2][2]["lifecycle"], said[2][2]["company"]) == (15, "mql", "Kestrel Freight")


def test_help_tells_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "the file that keeps the bot's log, written anew (demo.log)" in said
    assert "--verbose" in said


def test_a_log_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "nowhere" / "bot.log"
    assert main(["demo", "--port", "0", "--log", str(log)]) == 1
    assert capsys.readouterr().err == f"{log} cannot be used: No such file or directory. Try another --log.\n"


def test_a_port_in_use_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 1
    assert capsys.readouterr().err == f"Port {port} cannot be used: Address already in use. Try --port 0.\n"


def test_a_bot_that_cannot_start_says_why(tmp_path: Path) -> None:
    bot = BotProcess({"DATABASE_URL": "nonsense", "SLACK_BOT_TOKEN": ""}, io.StringIO(), ended=lambda: None)
    with pytest.raises(BotFailedError, match=r"(?s)`python -m bot migrate` failed:.+DATABASE_URL"):
        bot.prepare()
    assert not bot.runs
    assert list(tmp_path.iterdir()) == []
    bot.stop()
