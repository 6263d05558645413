"""Files of rows: CSV with any delimiter, TSV or JSON lines, in any encoding."""

import codecs
import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from charset_normalizer import from_bytes

DELIMITERS: Final = (",", ";", "\t", "|")
# How much of a file, in characters and in records, shows its delimiter.
_SAMPLE: Final = 200_000
_SAMPLE_RECORDS: Final = 50
# Bytes of a chunk in which a file's encoding is looked for, and of the text kept before the letters that decide.
_CHUNK: Final = 1 << 20
_BEFORE: Final = 1000
# A longer cell comes from a quotation mark that was never closed.
_LONGEST_CELL: Final = 100_000
_LONGEST_RAW: Final = 2_000
# The encodings that exports use besides Unicode. Among all encodings, a rare one would often fit better by chance.
_LIKELY: Final = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2", "koi8_r"),
    *("cp932", "gb18030", "big5", "euc_kr", "euc_jp"),
)
# Text is UTF-16 if more than one byte in ten is zero: in Western text every second one is.
_OFTEN: Final = 10
# Text is damaged UTF-8 if it has more than ten valid letters for each invalid one.
_MANY: Final = 10
# A smaller share of letters outside ASCII is too little to guess an encoding by frequency.
_FEW: Final = 0.3
_WESTERN_SIGNS: Final = frozenset(
    "\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u20ac\u00a0\u00a7\u00ab\u00b0\u00bb\u00b4"
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


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


def examine(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Table:
    """Return the file's table, with the encoding and delimiter that weren't given found out.

    The encoding is that of the byte order mark, else UTF-8 if the whole file is valid UTF-8, else the likeliest one by
    its letters. The delimiter is the one that splits most of the first records into the same number of cells. Raises
    NoTable, and OSError if the file cannot be read.
    """
    csv.field_size_limit(_LONGEST_CELL)
    size = path.stat().st_size
    encoding = encoding or _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            sample = file.read(_SAMPLE)
    except (UnicodeError, LookupError) as error:
        message = f"it can't be read as {encoding}"
        raise NoTable(message) from error
    begins = sample.lstrip("\ufeff \t\r\n")[:1]
    if not begins:
        raise NoTable("it is empty")
    if begins == "[" and delimiter is None:
        raise NoTable("it is one JSON list; write each of its objects on a line of its own (jq -c '.[]')")
    if begins == "{" and delimiter is None:
        return Table(path, encoding, None, size)
    first = sample.lstrip("\ufeff").splitlines()[0]
    declared = first.removeprefix("sep=") if first.startswith("sep=") else None
    delimiter = delimiter or (declared if declared and len(declared) == 1 else None) or _delimiter(sample)
    line, columns = _header(path, encoding, delimiter, after=0 if declared is None else 1)
    return Table(path, encoding, delimiter, size, columns, _header_line=line)


def _header(path: Path, encoding: str, delimiter: str, *, after: int) -> tuple[int, tuple[str, ...]]:
    """Return the line and the cells of the first record that isn't empty, after the first `after` lines."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            before = 0
            for record in reader:
                if before >= after and any(cell.strip(" \ufeff") for cell in record):
                    return before + 1, _named(record)
                before = reader.line_num
        except UnicodeError as error:
            message = f"it isn't all {encoding}; use --encoding"
            raise NoTable(message) from error
        except csv.Error:
            pass
    raise NoTable("its first line can't be split into cells; use --delimiter")


def _encoding(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                return encoding
        if head[:_SAMPLE].count(b"\0") * _OFTEN > len(head[:_SAMPLE]):
            return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
        chunk = head
        try:
            while chunk:
                decoder.decode(chunk)
                before, chunk = chunk, file.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            # The invalid letter may begin at the end of the chunk before.
            part = before[-_BEFORE:] + chunk
            if _is_damaged(before + chunk):
                raise NoTable("it is UTF-8 with a few invalid characters; correct them, or use --encoding") from None
            return _by_letters(part)
    return "utf-8"


def _is_damaged(chunk: bytes) -> bool:
    """Say whether this is UTF-8 but for a few letters: text in another encoding is hardly ever valid by chance."""
    text = chunk.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(not char.isascii() for char in text) - wrong
    return right > _MANY * wrong


def _by_letters(chunk: bytes) -> str:
    """Guess the encoding from the bytes outside ASCII, the only ones that differ between encodings.

    A few accents among plain letters, as in Western Europe, are too few to guess by frequency: that is cp1252.
    """
    first = next(index for index, byte in enumerate(chunk) if byte >= 0x80)  # noqa: PLR2004 - beyond ASCII
    part = chunk[max(0, first - _BEFORE) : first + _SAMPLE]
    western = part.decode("cp1252", errors="replace")
    special = [char for char in western if not char.isascii()]
    if len(special) < _FEW * len(western) and all(char.isalpha() or char in _WESTERN_SIGNS for char in special):
        return "cp1252"
    best = from_bytes(part, cp_isolation=[*_LIKELY]).best()
    return best.encoding if best is not None and best.encoding != "ascii" else "cp1252"


def _delimiter(sample: str) -> str:
    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(record) for record in _records_of(sample, delimiter) if record][:_SAMPLE_RECORDS]
        alike = max((widths.count(width), width) for width in set(widths)) if widths else (0, 0)
        return (alike[0], alike[1]) if alike[1] > 1 else (0, 0)

    return max(DELIMITERS, key=score)


def _records_of(sample: str, delimiter: str) -> list[list[str]]:
    records = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            records.append(record)
            if len(records) > _SAMPLE_RECORDS:
                break
    except csv.Error:
        return []
    return records


def _named(header: list[str]) -> tuple[str, ...]:
    """Return a unique name for each column; repeated names get a number, empty ones their position."""
    written = [cell.strip().lstrip("\ufeff") or f"column {index}" for index, cell in enumerate(header, start=1)]
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
