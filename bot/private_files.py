"""Files for their owner alone, whatever the umask: they hold people, leads and keys."""

import contextlib
import os
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077


def make(file: Path) -> None:
    """Make an empty file for its owner alone, unless one is there, which stays as it is.

    Raises nothing: whoever opens the file next meets the same error.
    """
    with contextlib.suppress(OSError):
        # Never opened where it exists: to close a SQLite database would drop the locks that this process has on it.
        os.close(os.open(file.resolve(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))


def write_new(file: Path, content: str) -> None:
    """Write a file that isn't there yet, for its owner alone; raises FileExistsError where it is, also as a link."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8") as made:
        made.write(content)


def shared(files: Iterable[Path]) -> list[Path]:
    """Return those of the files that are there, and that others than their owner may read or write."""
    return [file for file in files if file.exists() and file.stat().st_mode & _OTHERS]


def remedy(files: Sequence[Path]) -> str:
    """Say how the files become their owner's alone."""
    them = "it" if len(files) == 1 else "them"
    return f"Run chmod 600 {shlex.join(map(str, files))}, unless others are meant to read {them}."
