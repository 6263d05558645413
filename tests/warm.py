"""Programs that start from a process which has imported them already: in milliseconds, and still as processes.

A test process has one such process; each program is a fork of it, with an environment, a folder and a standard error of
its own. What it is forked from has a single thread and opens nothing.
"""

import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).parents[1]
PROGRAMS: Final = ("bot.__main__", "tests.bot.delivery.deliver", "tests.faults.program")
MESSAGE_BYTES: Final = 100_000


class Program:
    """A program that was started, in the words of `subprocess.Popen`."""

    def __init__(self, pid: int, report: socket.socket, stderr: int) -> None:
        """Take over what leads to it: its number, the socket that tells how it ended, and what it writes."""
        self.pid = pid
        self.returncode: int | None = None
        self.stderr = os.fdopen(stderr, encoding="utf-8")
        self._report = report

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        return self._look(0)

    def wait(self, seconds: float | None = None) -> int:
        """Return how it ended; raises TimeoutError where it runs on for so long."""
        ended = self._look(seconds)
        if ended is None:
            raise TimeoutError(f"process {self.pid} runs on after {seconds} s")
        return ended

    def last_words(self, seconds: float) -> str:
        """Wait for its end, killing it if it runs on, and return what it wrote to standard error and nobody read."""
        killing = threading.Timer(seconds, self.kill)
        killing.start()
        written = self.stderr.read()
        killing.cancel()
        self.wait()
        return written

    def __enter__(self) -> Self:
        """Let it run while the block lasts."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Kill it if it still runs, and close what leads to it."""
        self.kill()
        self.wait()
        self.stderr.close()
        self._report.close()

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._report], [], [], seconds)[0]:
            self.returncode = int(self._report.recv(64))
        return self.returncode


class WarmProcess:
    """The process that the programs of one test process are forked from."""

    def __init__(self) -> None:
        """Start it."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()]
            )

    def start(
        self, module: str, *arguments: str, folder: Path = ROOT, environment: Mapping[str, str] | None = None
    ) -> Program:
        """Start `python -m module` with arguments, in a folder, with an environment in place of this process's own."""
        report, their_report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stderr, their_stderr = os.pipe()
        asked = {
            "module": module,
            "arguments": arguments,
            "folder": str(folder),
            "environment": dict(os.environ if environment is None else environment),
        }
        socket.send_fds(self._control, [json.dumps(asked).encode()], [their_report.fileno(), their_stderr])
        their_report.close()
        os.close(their_stderr)
        return Program(int(report.recv(64)), report, stderr)

    def close(self) -> None:
        """End it."""
        self._control.close()
        self._process.wait()


def next_program(control: socket.socket) -> Mapping[str, Any] | None:
    """Fork a process for each message, in which this returns what to run; None where nobody can send any more."""
    # Those that watch over programs are nobody's to wait for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 2)
        if not message:
            return None
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            report, stderr = descriptors
            if (pid := os.fork()) == 0:
                os.close(report)
                os.dup2(stderr, sys.stderr.fileno())
                os.close(stderr)
                asked: Mapping[str, Any] = json.loads(message)
                return asked
            os.close(stderr)
            watch(pid, socket.socket(fileno=report))
        for each in descriptors:
            os.close(each)


def watch(pid: int, report: socket.socket) -> None:
    """Tell a program's number, wait for its end, tell how it ended, and end as well."""
    try:
        report.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        report.send(str(os.waitstatus_to_exitcode(status)).encode())
    finally:
        os._exit(0)


def main() -> None:
    """Import what the programs import, then run what is asked for: one program in each process."""
    for name in PROGRAMS:
        importlib.import_module(name)
        # It runs as `__main__`.
        del sys.modules[name]
    asked = next_program(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = [asked["module"], *asked["arguments"]]
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
