"""Programs in child processes: starts them, waits until they are ready, stops them."""

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sandbox.demo.bot_process import ROOT

PATIENCE_SECONDS = 60.0


class ChildFailed(Exception):
    """A program ended, or did not become ready."""


@contextmanager
def started(*words: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run `python -m …` from the project's root while the block lasts."""
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
            if process.stdout:
                process.stdout.close()
            if process.returncode not in {0, -signal.SIGTERM}:
                complaints.seek(0)
                sys.stderr.write(complaints.read()[-4000:])


def first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line that a program prints, when it is ready. Raises ChildFailed."""
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE_SECONDS)
    line = process.stdout.readline().strip() if ready else ""
    if not line:
        raise ChildFailed(f"{process.args!r} did not say that it is ready")
    return line
