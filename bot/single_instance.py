"""One process to a SQLite database: a second one would take what the first has in hand for abandoned."""

import fcntl
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bot import private_files
from bot.database import Database


class AlreadyRunning(Exception):
    """Another process serves this SQLite database; the text says so in a sentence."""


class Unclaimable(Exception):
    """The folder of the SQLite database is not there, or closed to us; the text says so in a sentence."""


class SingleInstance:
    """The claim of one process on a SQLite file; the system lets go of it however the process ends."""

    def __init__(self, database: Database) -> None:
        """Claim nothing yet; other databases need no claim."""
        self._path = None if database.file is None else Path(f"{database.file.resolve()}.lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Claim the file; raises AlreadyRunning where another process has, Unclaimable where nobody can."""
        if self._path is None:
            return
        # A file beside the database's own, wherever links lead: to close that one anywhere would drop SQLite's locks.
        try:
            private_files.make(self._path)
            file = self._path.open("a")
        except OSError as error:
            raise Unclaimable(f"{self._path} cannot be written: {error.strerror}. See DATABASE_URL.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            message = f"Another process already serves {self._path.with_suffix('')}; SQLite serves one. Stop it first."
            raise AlreadyRunning(message) from error
        self._file = file

    def __enter__(self) -> Self:
        """Claim the file."""
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Let go of it."""
        self.release()

    def release(self) -> None:
        """Let go, so that another process may begin."""
        if self._file is not None:
            self._file.close()
            self._file = None
