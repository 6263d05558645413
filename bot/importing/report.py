"""What was not taken of a file, kept beside it."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, Self

from bot.importing.files import Row, Table
from qualification.rules.intake.row_errors import RowError

# What a report says of a row, before its own columns.
LINE, WHY = "_line", "_why"
_MOST_REASONS: Final = 1000


class _Report:
    """The rows that were not taken, each with its line and why: mended there, they can be brought in from there."""

    def __init__(self, path: Path, table: Table, size: int) -> None:
        self._table = table
        self._path = path
        self.size = size
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Cut off what was written of a slice that was not committed; a report that is gone begins anew."""
        if self.size and self._path.exists() and self._path.stat().st_size >= self.size:
            self._file = self._path.open("r+b")
            self._file.truncate(self.size)
            self._file.seek(0, io.SEEK_END)
        else:
            self.size = 0
            # It would be taken for what comes of this start.
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, row: Row, found: Sequence[RowError]) -> None:
        """Add a row."""
        why = "; ".join(f"{flaw.field} {flaw.reason}".strip() for flaw in found)
        # What the report of an earlier import said is over.
        said = {LINE: row.line, WHY: why} | {name: cell for name, cell in row.cells.items() if name not in {LINE, WHY}}
        if self._table.columns is None:
            self._put(json.dumps(said, ensure_ascii=False, default=str) + "\n")
            return
        columns = (LINE, WHY, *(column for column in self._table.columns if column not in {LINE, WHY}))
        if not self.size:
            self._put(_written(columns))
        self._put(_written([*(str(said.get(column, "")) for column in columns), *row.beyond]))

    def back_to(self, size: int) -> None:
        """Forget what was written beyond that size."""
        self.size = size
        if self._file is not None:
            self._file.truncate(size)
            self._file.seek(size)

    def flushed(self) -> int:
        """Hand what was written to the system, and return how much it is in bytes."""
        if self._file is not None:
            self._file.flush()
        return self.size

    def _put(self, text: str) -> None:
        if self._file is None:
            self._file = self._path.open("wb")
        self.size += self._file.write(text.encode(errors="backslashreplace"))


def _written(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
