"""The report of an import: a file beside the imported one with the rows that were rejected, for its owner alone."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from bot import private_files
from bot.importing.tables import Row, Table
from qualification.rules.intake.row_errors import RowError

# The report's own columns, before those of the file.
LINE, WHY = "_line", "_why"


class Report:
    """The rejected rows, each with its line and the reasons; once corrected, the report itself can be imported."""

    def __init__(self, path: Path, table: Table, size: int) -> None:
        self._table = table
        self._path = path
        self.size = size
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Cut off the rows of a slice that wasn't committed; start a new report if the old one is gone."""
        if self.size and self._path.exists() and self._path.stat().st_size >= self.size:
            self._file = self._path.open("r+b")
            self._file.truncate(self.size)
            self._file.seek(0, io.SEEK_END)
        else:
            self.size = 0
            # An older report would look like the result of this import.
            self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the report."""
        if self._file is not None:
            self._file.close()

    def write(self, row: Row, errors: Sequence[RowError]) -> None:
        """Add a rejected row."""
        why = "; ".join(f"{error.field} {error.reason}".strip() for error in errors)
        # If the file is a report itself, its own line and reason columns are replaced.
        cells = {name: cell for name, cell in row.cells.items() if name not in {LINE, WHY}}
        shown = {LINE: row.line, WHY: why} | cells
        if self._table.columns is None:
            self._put(json.dumps(shown, ensure_ascii=False, default=str) + "\n")
            return
        columns = (LINE, WHY, *(column for column in self._table.columns if column not in {LINE, WHY}))
        if not self.size:
            self._put(_csv_line(columns))
        self._put(_csv_line([*(str(shown.get(column, "")) for column in columns), *row.beyond]))

    def back_to(self, size: int) -> None:
        """Cut the report back to that size in bytes."""
        self.size = size
        if self._file is not None:
            self._file.truncate(size)
            self._file.seek(size)

    def flushed(self) -> int:
        """Flush the report to the operating system, and return its size in bytes."""
        if self._file is not None:
            self._file.flush()
        return self.size

    def _put(self, text: str) -> None:
        if self._file is None:
            private_files.make(self._path)
            self._file = self._path.open("wb")
        self.size += self._file.write(text.encode(errors="backslashreplace"))


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
