"""Running the demo: a database, the sandbox, the bot, one address to open."""

import contextlib
import errno
import fcntl
import json
import os
import shlex
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from sandbox.demo import keeping
from sandbox.demo.bot_process import ROOT, BotFailedError, BotProcess
from sandbox.demo.keeping import PRIVATE, Folder
from sandbox.server import Sandbox

HOST = "127.0.0.1"
PORT = 3999
PEOPLE = Path(__file__).with_name("people.csv")
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


def serve(*, port: int | None) -> int:
    """Serve the sample workspaces, for a bot started elsewhere, until Ctrl-C or SIGTERM; return the exit code."""
    with _stop_asked() as stop, _sandbox(port) as sandbox:
        _say(*(f"{name}={value}" for name, value in environment(sandbox).items()), f"Open {sandbox.url}")
        stop.wait()
    return 0


def demo(*, port: int | None, log: Path | None, keep: Path | None = None) -> int:
    """Run with the bot until Ctrl-C, SIGTERM or the bot's end; return the exit code.

    What the bot logs is kept in the file `log`, written anew; without one it is shown as it comes. Database and Slack
    are kept in the folder `keep`, and gone on with where they are there already; without one they end with the demo.
    """
    with _stop_asked() as stop, keeping.folder(keep) as folder:
        saved = folder.saved()
        with _sandbox(port, saved and saved[0]) as sandbox, _opened(log, sandbox) as stream:
            try:
                _run_with_bot(sandbox, stream, stop, folder, saved and saved[1])
            except BotFailedError as failure:
                print(f"The demo cannot go on: {failure}", file=sys.stderr)
                return 1
    _say(
        f"\nThe demo is over. {keep} keeps its database and its Slack; the same command goes on with them."
        if keep
        else '\nThe demo is over, and its data is gone. make demo ARGS="--keep FOLDER" keeps it.'
    )
    return 0


def _sandbox(port: int | None, saved: bytes | None = None) -> Sandbox:
    """Make the Slack on its usual port, on a free one where that is taken, or on the one that was asked for."""
    places = (ROOT / "manifest.json", ROOT / "bot" / "manifest.json")
    manifest = json.loads(next(file for file in places if file.exists()).read_text(encoding="utf-8"))
    if port is not None:
        return Sandbox(manifest, port=port, saved=saved)
    try:
        return Sandbox(manifest, port=PORT, saved=saved)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        _say(f"Port {PORT} is taken, perhaps by another demo: this one takes a free port.")
        return Sandbox(manifest, port=0, saved=saved)


def _opened(log: Path | None, sandbox: Sandbox) -> AbstractContextManager[TextIO]:
    """Open the log for this demo alone; where another demo writes it, one that is named by the port."""
    if log is None:
        return contextlib.nullcontext(sys.stderr)
    log.touch(mode=PRIVATE)
    stream = log.open("a", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        return _opened(log.with_stem(f"{log.stem}-{sandbox.url.rpartition(':')[2]}"), sandbox)
    stream.truncate(0)
    _say(f"The bot's log is kept in {log}.")
    return stream


def _run_with_bot(sandbox: Sandbox, log: TextIO, stop: threading.Event, folder: Folder, key: str | None) -> None:
    """Run the bot on the folder's database; `key` is that of a demo to go on with. Raises BotFailedError at its end."""
    news = threading.Event()

    def look() -> None:
        news.set()
        sandbox.stir()

    def watch() -> None:
        stop.wait()
        look()

    intake = _free_port()
    ours = environment(sandbox) | {
        "DATABASE_URL": f"sqlite:///{folder.database}",
        "BATON_KEY": folder.personal_key(),
    }
    bot = BotProcess(ours | {"HOST": HOST, "PORT": str(intake)}, log, ended=look)
    threading.Thread(target=watch, daemon=True).start()
    goes_on = key is not None
    if key is None:
        key = bot.prepare()
        folder.keep_key(key)
    else:
        bot.migrate()
    try:
        bot.start()
        sandbox.wait_for(lambda: sandbox.connections() or news.is_set(), CONNECTED_WITHIN_SECONDS)
        if not news.is_set():
            if not goes_on:
                sandbox.person("Olu Adeyemi").types(WELCOME, "#general")
            _say(f"Open {sandbox.url}", *_invitation(intake, key), *_command_line(ours), _ending(folder))
        news.wait()
        if not stop.is_set():
            raise bot.failure()
    except TimeoutError as error:
        raise BotFailedError(f"the bot did not connect within {CONNECTED_WITHIN_SECONDS:g} s") from error
    finally:
        bot.stop()
        if folder.kept:
            folder.save(sandbox.save())


def _free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def _invitation(port: int, key: str) -> tuple[str, str]:
    """Say how leads come in by themselves: what docs/intake.md has of curl runs after this line."""
    return ("To post leads as a form does (docs/intake.md):", f"  export BATON=http://{HOST}:{port} KEY={key}")


def _command_line(ours: Mapping[str, str]) -> tuple[str, ...]:
    """Say how the bot's commands are run on this demo; the tokens are among it, lest those of a .env are used."""
    program = Path(sys.executable).with_name("baton")
    baton = _here(program) if program.exists() else f"{sys.executable} -m bot"
    return (
        "To import a file and preview the daily summary, in a second terminal in this folder:",
        "  export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in ours.items()),
        f"  {baton} import {_here(PEOPLE)}",
        f"  {baton} summary preview",
    )


def _here(file: Path) -> str:
    """Write a path as short as it can be typed in this folder."""
    here = Path.cwd()
    return shlex.quote(os.path.relpath(file, here) if file.is_relative_to(here) else str(file))


def _ending(folder: Folder) -> str:
    if folder.kept:
        return f"Ctrl-C ends the demo; {folder.path} keeps its data."
    return 'Ctrl-C ends the demo, and its data is gone. make demo ARGS="--keep FOLDER" keeps it.'


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
