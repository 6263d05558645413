"""The demo as a program."""

import io
import json
import os
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
from sandbox.demo.run import PORT

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


class Demo:
    """A demo as somebody has it in a terminal: what it says up to its last line, and what it says at its end."""

    def __init__(self, folder: Path, *words: str) -> None:
        command = [sys.executable, "-m", "sandbox", "demo", *words]
        self.folder = folder
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            umask=0o022,
        )
        self.lines: list[str] = []
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("Ctrl-C"):
                break

    @property
    def url(self) -> str:
        """The address that it said to open."""
        return next(line for line in self.lines if line.startswith("Open ")).removeprefix("Open ")

    def pasted(self, *commands: str) -> "subprocess.CompletedProcess[str]":
        """Paste its export line and the commands into a second terminal in the same folder."""
        export = next(line.strip() for line in self.lines if "DATABASE_URL" in line)
        return subprocess.run(
            ["/bin/sh", "-ec", "\n".join((export, *commands))],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    def ended(self, number: signal.Signals = signal.SIGINT) -> str:
        """Press Ctrl-C, and give what it said then."""
        self.process.send_signal(number)
        said, errors = self.process.communicate(timeout=30)
        assert (self.process.returncode, errors) == (0, "")
        return said.strip()


def test_two_demos_at_once_have_ports_and_logs_of_their_own_and_say_that_their_data_is_gone(tmp_path: Path) -> None:
    first = Demo(tmp_path, *(() if port_is_free(PORT) else ("--port", "0")))
    second = Demo(tmp_path)
    try:
        assert second.lines[0] == f"Port {PORT} is taken, perhaps by another demo: this one takes a free port."
        assert first.url != second.url
        assert {line for line in first.lines + second.lines if "log" in line} == {
            "The bot's log is kept in demo.log.",
            f"The bot's log is kept in demo-{second.url.rpartition(':')[2]}.log.",
        }
        assert len(list(tmp_path.glob("*.log"))) == 2
    finally:
        said = [each.ended() for each in (second, first)]
    assert said == ['The demo is over, and its data is gone. make demo ARGS="--keep FOLDER" keeps it.'] * 2


def port_is_free(port: int) -> bool:
    """Tell whether a demo can have its usual port on this machine."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_what_the_demo_says_of_the_command_line_works_when_pasted(tmp_path: Path) -> None:
    demo = Demo(tmp_path, "--port", "0")
    try:
        commands = [line.strip() for line in demo.lines if line.startswith("  ") and "export" not in line]
        assert len(commands) == 2
        done = demo.pasted(*commands)
    finally:
        demo.ended()
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 rows. New leads: 3, known leads: 0." in done.stdout
    assert "EMEA: the next summary comes on" in done.stdout
    assert "Americas: the next summary comes on" in done.stdout


def test_a_demo_that_is_kept_goes_on_where_it_was(tmp_path: Path) -> None:
    said = []
    for number in (1, 2):
        demo = Demo(tmp_path, "--port", "0", "--keep", "kept")
        try:
            export = next(line for line in demo.lines if "KEY=" in line)
            named = dict(pair.split("=", 1) for pair in export.split()[1:])
            answer = httpx.post(
                f"{named['BATON']}/v1/leads",
                headers={"authorization": f"Bearer {named['KEY']}"},
                json={"email": f"lead{number}@kestrel.example"},
                trust_env=False,
            )
            state = httpx.get(f"{demo.url}/page/workspaces", trust_env=False).json()["workspaces"][0]
            said.append((named["KEY"], answer.json(), state["id"]))
        finally:
            ending = demo.ended()
        assert ending == "The demo is over. kept keeps its database and its Slack; the same command goes on with them."
    written = [tmp_path / "demo.log", *(tmp_path / "kept").iterdir()]
    assert {file.name: file.stat().st_mode & 0o777 for file in written} == dict.fromkeys(
        ("demo.log", "demo.db", "demo.db.lock", "intake-key", "personal-key", "slack.json"), 0o600
    )
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700
    (key, first, workspace), (key_again, second, workspace_again) = said
    assert (key, workspace) == (key_again, workspace_again)
    assert (first["id"], second["id"]) == (1, 2)
    kept = json.loads((tmp_path / "kept" / "slack.json").read_text(encoding="utf-8"))
    general = next(each for each in kept["workspaces"][0]["channels"].values() if each["name"] == "general")
    assert sum("*Baton is here.*" in each["text"] for each in general["messages"].values()) == 1


def test_a_kept_demo_whose_slack_was_lost_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "demo.db").touch()
    assert main(["demo", "--port", "0", "--keep", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"{tmp_path} holds a demo that was killed before its Slack could be saved. "
        "Delete the folder, or name another one.\n"
    )


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
    assert "the file that keeps the bot's log, written anew (demo.log); another demo's is left alone" in said
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
    with pytest.raises(BotFailedError, match=r"(?s)`baton playbook publish .+` failed:.+DATABASE_URL"):
        bot.prepare()
    assert not bot.runs
    assert list(tmp_path.iterdir()) == []
    bot.stop()
