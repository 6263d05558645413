"""Running the demo: a database, the sandbox, the bot, one address to open."""

import contextlib
import json
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from sandbox.demo.bot_process import ROOT, BotFailedError, BotProcess
from sandbox.server import Sandbox

HOST = "127.0.0.1"
CONNECTED_WITHIN_SECONDS = 60.0
WELCOME = (
    "*Baton is here.* Marketing hands a lead over with `/handoff`; the cards stand in #sales-emea and #sales-americas. "
    "`/bant` goes through the checklist of a lead, `/baton` says what you may do."
)


def environment(sandbox: Sandbox) -> dict[str, str]:
    """Return what points a bot at the sandbox's first workspace."""
    return {
        "SLACK_BOT_TOKEN": sandbox.bot_token(),
        "SLACK_APP_TOKEN": sandbox.app_token(),
        "SLACK_SIGNING_SECRET": sandbox.signing_secret,
        "SLACK_API_URL": sandbox.api_url,
    }


def serve(*, port: int) -> int:
    """Serve the sample workspaces, for a bot started elsewhere, until Ctrl-C or SIGTERM; return the exit code."""
    with _stop_asked() as stop, _sandbox(port) as sandbox:
        _say(*(f"{name}={value}" for name, value in environment(sandbox).items()), f"Open {sandbox.url}")
        stop.wait()
    return 0


def demo(*, port: int, log: Path | None) -> int:
    """Run with the bot until Ctrl-C, SIGTERM or the bot's end; return the exit code.

    What the bot logs is kept in the file `log`, written anew; without one it is shown as it comes.
    """
    with _stop_asked() as stop, _sandbox(port) as sandbox, _opened(log) as stream:
        if log:
            _say(f"The bot's log is kept in {log}.")
        try:
            _run_with_bot(sandbox, stream, stop)
        except BotFailedError as failure:
            print(f"The demo cannot go on: {failure}", file=sys.stderr)
            return 1
    return 0


def _sandbox(port: int) -> Sandbox:
    return Sandbox(json.loads((ROOT / "manifest.json").read_text()), port=port)


def _opened(log: Path | None) -> AbstractContextManager[TextIO]:
    return log.open("w", encoding="utf-8") if log else contextlib.nullcontext(sys.stderr)


def _run_with_bot(sandbox: Sandbox, log: TextIO, stop: threading.Event) -> None:
    """Run the bot on a database that lasts as long as the demo; raise BotFailedError when it ends by itself."""
    news = threading.Event()

    def look() -> None:
        news.set()
        sandbox.stir()

    def watch() -> None:
        stop.wait()
        look()

    with tempfile.TemporaryDirectory(prefix="baton-demo-") as folder:
        intake = _free_port()
        own = {"DATABASE_URL": f"sqlite:///{Path(folder) / 'demo.db'}", "HOST": HOST, "PORT": str(intake)}
        bot = BotProcess(environment(sandbox) | own, log, ended=look)
        threading.Thread(target=watch, daemon=True).start()
        key = bot.prepare()
        try:
            bot.start()
            sandbox.wait_for(lambda: sandbox.connections() or news.is_set(), CONNECTED_WITHIN_SECONDS)
            if not news.is_set():
                sandbox.person("Olu Adeyemi").types(WELCOME, "#general")
                _say(f"Open {sandbox.url}", *_invitation(intake, key), "Ctrl-C ends the demo.")
            news.wait()
            if not stop.is_set():
                raise bot.failure()
        except TimeoutError as error:
            raise BotFailedError(f"the bot did not connect within {CONNECTED_WITHIN_SECONDS:g} s") from error
        finally:
            bot.stop()


def _free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _invitation(port: int, key: str) -> tuple[str, str]:
    """Say how leads come in by themselves: what docs/intake.md has of curl runs after this line."""
    return ("To post leads as a form does (docs/intake.md):", f"  export BATON=http://{HOST}:{port} KEY={key}")


@contextlib.contextmanager
def _stop_asked() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)
