"""The bot as a child process: prepared, started, watched, stopped."""

import os
import subprocess  # nosec B404  # starts the bot
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TextIO

ROOT = Path(__file__).parents[2]
PLAYBOOK = Path(__file__).with_name("playbook.yaml")
_LINES_KEPT = 40
_PATIENCE_SECONDS = 10.0


class BotFailedError(Exception):
    """The bot could not be prepared, or died; the text is what it said last."""


class BotProcess:
    """`baton …` with an environment that points it at the sandbox."""

    def __init__(self, environment: Mapping[str, str], log: TextIO, ended: Callable[[], None]) -> None:
        """Keep the environment; from another thread each line goes into `log`, and `ended` is called at the end."""
        self._environment = {**os.environ, **environment}
        self._log = log
        self._ended = ended
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._said: deque[str] = deque(maxlen=_LINES_KEPT)

    def migrate(self) -> None:
        """Bring the database up to date."""
        self._told(("migrate",))

    def prepare(self) -> str:
        """Make the database, publish the demo's playbook, and return a key for posting leads."""
        self._told(("playbook", "publish", str(PLAYBOOK)))
        return self._told(("keys", "make", "demo")).splitlines()[0]

    def _told(self, command: Sequence[str]) -> str:
        """Run a command of the bot's to its end, and return what it said."""
        done = subprocess.run(  # nosec B603  # noqa: S603 - our own program, our own arguments
            _command(command),
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            start_new_session=True,
        )
        if done.returncode:
            raise BotFailedError(f"`baton {' '.join(command)}` failed:\n{done.stdout.strip()}")
        return done.stdout.strip()

    def start(self) -> None:
        """Start the bot."""
        self._process = subprocess.Popen(  # nosec B603  # noqa: S603 - our own program, our own arguments
            _command(("run",)),
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for the demo, which then ends the bot in its own order
        )
        if self._process.stdout:
            self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
            self._reader.start()

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self._said.append(line.rstrip())
            print(line, end="", file=self._log, flush=True)
        if self._process:
            self._process.wait()
        self._ended()

    @property
    def runs(self) -> bool:
        """Whether the bot was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def failure(self) -> BotFailedError:
        """Return an error that says how the bot ended and what it said last."""
        code = None if self._process is None else self._process.poll()
        return BotFailedError(f"the bot ended with code {code}:\n" + "\n".join(self._said))

    def stop(self) -> None:
        """Ask the bot to finish what it has in hand and end; kill it if it does not."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._reader:
            self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "bot", *words]
