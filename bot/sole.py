"""One process to a SQLite database: a second one would take what the first has in hand for abandoned."""

import fcntl
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bot.database import Database


class AlreadyRunning(Exception):
    """Another process serves this SQLite database; the text says so in a sentence."""


class Sole:
    """The claim of one process on a SQLite file; the system lets go of it however the process ends."""

    def __init__(self, database: Database) -> None:
        """Claim nothing yet; other databases need no claim."""
        name = database.engine.url.database if database.is_sqlite else None
        self._path = Path(f"{name}.lock") if name and name != ":memory:" else None
        self._file: IO[str] | None = None

    def take(self) -> None:
        """Claim the file; raises AlreadyRunning where another process has."""
        if self._path is None:
            return
        # A file beside the database: closing the database's own file anywhere would drop SQLite's locks on it.
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            message = f"Another process already serves {self._path.with_suffix('')}; SQLite serves one. Stop it first."
            raise AlreadyRunning(message) from error
        self._file = file

    def __enter__(self) -> Self:
        """Claim the file."""
        self.take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Let go of it."""
        self.release()

    def release(self) -> None:
        """Let go, so that another process may begin."""
        if self._file is not None:
            self._file.close()
            self._file = None
