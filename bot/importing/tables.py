"""Rows of a file and the columns they stand under, whatever kind of file it is."""

import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from qualification.rules.values.normalization import storable

# Of a row that cannot be split this much is kept.
_LONGEST_RAW: Final = 2_000
_DELIMITERS: Final = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe"}


class NoTable(Exception):
    """A file that cannot be read as rows; the text says why in a few words."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, from 1, and its cells by column.

    `error` says why it cannot be split into cells. `beyond` holds the cells of such a row that are under no column.
    """

    line: int
    cells: Mapping[str, object]
    error: str | None = None
    beyond: tuple[str, ...] = ()


@dataclass
class Table:
    """A file of rows: its format and its columns, which are None if each row names its own.

    `at` says how many of its `size` bytes have been read; `delimiter` is None for JSON lines.
    """

    path: Path
    encoding: str
    delimiter: str | None
    size: int
    columns: tuple[str, ...] | None = None
    at: int = field(default=0, init=False)
    _header_line: int = 1

    @property
    def layout(self) -> str:
        """How the file is written, in a few words."""
        if self.delimiter is None:
            return f"JSON lines, {self.encoding}"
        name = _DELIMITERS.get(self.delimiter)
        return f"{f'{name}-separated' if name else f'separated by `{self.delimiter}`'}, {self.encoding}"

    def rows(self) -> Iterator[Row]:
        """Yield every row, reading as it goes; raises NoTable if the rest of the file is in another encoding."""
        with self.path.open("rb") as file:
            text = io.TextIOWrapper(file, encoding=self.encoding, errors="strict", newline="")
            try:
                for row in self._objects(text) if self.delimiter is None else self._records(text):
                    self.at = file.tell()
                    yield row
            except UnicodeError as error:
                message = f"it isn't all {self.encoding}; use --encoding"
                raise NoTable(message) from error
        self.at = self.size

    def _objects(self, lines: io.TextIOWrapper) -> Iterator[Row]:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                cells = json.loads(line)
            except (ValueError, RecursionError):
                cells = None
            if isinstance(cells, dict):
                yield Row(number, cells)
            else:
                yield Row(number, {"line": line.strip()[:_LONGEST_RAW]}, "isn't a JSON object")

    def _records(self, text: io.TextIOWrapper) -> Iterator[Row]:
        """Yield the records under the header; one that cannot be split is yielded as its text, with an error."""
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=self.delimiter or ",", strict=True)
        columns = self.columns or ()
        while True:
            line = lines.next_record()
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                broken = lines.give_back()
                cells = dict.fromkeys(columns, "") | {columns[0]: broken.strip()[:_LONGEST_RAW]}
                yield Row(line, cells, _broken(str(error)))
                continue
            if line <= self._header_line or not any(cell.strip() for cell in record):
                continue
            cells = dict(zip(columns, record, strict=False))
            beyond = tuple(record[len(columns) :])
            if any(cell.strip() for cell in beyond):
                yield Row(line, cells, f"has {len(record)} cells under {len(columns)} columns", beyond)
            else:
                yield Row(line, dict.fromkeys(columns, "") | cells)


def named(header: Sequence[str]) -> tuple[str, ...]:
    """Return a unique name for each column; repeated names get a number, empty ones their position."""
    written = [
        storable(cell).strip().lstrip("\ufeff") or f"column {index}" for index, cell in enumerate(header, start=1)
    ]
    taken, names = set(written), dict.fromkeys(written, 0)
    for index, name in enumerate(written):
        names[name] += 1
        if names[name] == 1:
            continue
        while (other := f"{name} ({names[name]})") in taken:
            names[name] += 1
        written[index] = other
        taken.add(other)
    return tuple(written)


class _Lines:
    """The lines of a file; after a record that cannot be split, all its lines but the first are read again."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._read = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self._record.append(line)
        self._read += 1
        return line

    def next_record(self) -> int:
        """Start the next record, and return the number of its first line, from 1."""
        self._record.clear()
        return self._read + 1

    def give_back(self) -> str:
        """Return the record's first line, and put the other lines back to be read again."""
        first, *others = self._record
        self._again.extendleft(reversed(others))
        self._read -= len(others)
        return first


def _broken(error: str) -> str:
    if "unexpected end" in error or "field larger" in error:
        return "opens a quote that is never closed"
    return f"can't be split into cells: {error}"
