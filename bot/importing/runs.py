"""A file brought into the database, slice by slice, beside a bot that runs: where it stopped, it goes on."""

import csv
import hashlib
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final, Self, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError, OperationalError

from bot.database import Database
from bot.importing import files
from bot.importing.files import Row, Table
from qualification.intake import imports
from qualification.intake.historical_deals import Roster
from qualification.intake.imports import Imported
from qualification.rules.intake.import_map import ImportMap, Join
from qualification.rules.intake.import_rows import read_row
from qualification.rules.intake.row_errors import Flaw
from qualification.rules.leads.lead_data import GivenRow
from qualification.rules.values import expressions
from qualification.rules.values.expressions import Unworkable

# A transaction is open for about so long: a click that waits for it is not felt. On SQLite every click waits; on
# PostgreSQL only who is about one of the same leads, so that what each transaction costs anyway can be spread further.
SHORT, LONG = 0.05, 0.2
FEWEST, MOST = 25, 500
# On SQLite, whose writers do not queue, others have so long between two transactions. Who waits there looks again after
# 1, 2, 5, 10, 15, 20, 25, 25 and 25 ms: a gap longer than each of these, within their sum, is never missed.
GIVEN_WAY: Final = 0.03
_MOST_REASONS: Final = 1000
# So often a slice is tried, where the database was busy or somebody else wrote the same down at that moment.
_MOST_TRIES: Final = 5
# What a report says of a row, before its own columns.
LINE, WHY = "_line", "_why"

Read: TypeAlias = GivenRow | tuple[Flaw, ...] | None
Progress: TypeAlias = Callable[["Tally"], None]


class CannotImport(Exception):
    """A file that cannot be brought in as asked; the text says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is brought in, and how."""

    table: Table
    mapped: ImportMap
    joined: Mapping[str, "Joined"]
    sender: str
    zone: ZoneInfo
    announcing: bool
    digest: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of another file by their key, and what finds a row's key.

    `unfit` says of its rows that cannot be joined with, in the file's order, on which line they stand and why.
    """

    file: str
    value: str
    rows: Mapping[str, Mapping[str, object]]
    unfit: Sequence[tuple[int, str]]


@dataclass(slots=True)
class Tally:
    """What came of it so far: `rows` since the first row of the file, the rest since this start.

    `unjoined` counts, by what is joined, the rows whose key none of its rows has.
    """

    went_on_at: int = 0
    rows: int = 0
    left_out: int = 0
    new_leads: int = 0
    known_leads: int = 0
    activities: int = 0
    handoffs: int = 0
    flawed: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    unjoined: Counter[str] = field(default_factory=Counter)
    is_done: bool = False

    def note(self, flaws: Sequence[Flaw]) -> None:
        """Count a row that was not taken, or not wholly; of reasons that are all different, the first are enough."""
        self.flawed += 1
        found = {(flaw.field, flaw.reason) for flaw in flaws}
        self.reasons.update(found if len(self.reasons) < _MOST_REASONS else found & self.reasons.keys())


def join(mapped: ImportMap, folder: Path, columns: Sequence[str] | None) -> dict[str, Joined]:
    """Read the files that rows are joined with; raises CannotImport."""
    return {name: _joined(name, each, folder, columns) for name, each in mapped.join.items()}


def digest_of(path: Path, *said: str) -> str:
    """Return what tells a file, and what is said of how to bring it in, from any other."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update("\0".join(said).encode())
    return digest.hexdigest()


class Import:
    """One plan carried out."""

    def __init__(
        self,
        database: Database,
        workspace_id: int,
        plan: Plan,
        *,
        now: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
        progress: Progress = lambda _: None,
    ) -> None:
        """Nothing is done yet; `progress` is told after each slice."""
        self._database = database
        self._workspace_id = workspace_id
        self._plan = plan
        self._now = now
        self._pause = pause
        self._progress = progress
        self._size = FEWEST
        self._roster: Roster | None = None
        self.tally = Tally()

    def try_out(self) -> Iterator[tuple[Row, Read]]:
        """Yield every row with what it says, or why it cannot be taken; nothing is stored."""
        with self._database.snapshot() as session:
            roster = imports.roster_of(session, self._workspace_id)
        for row in self._plan.table.rows():
            read = self._read(row)
            if isinstance(read, GivenRow):
                read = imports.flaws(roster, read, self._now()) or read
            self.tally.rows += 1
            self.tally.left_out += read is None
            if isinstance(read, tuple):
                self.tally.note(read)
            self._progress(self.tally)
            yield row, read

    def run(self, report: Path, *, again: bool = False) -> Tally:
        """Bring the rows in, from where it stopped before; those that are not taken go into the report.

        Raises CannotImport where another process brings the same file in.
        """
        done, size = self._begin(again=again)
        if self.tally.is_done:
            return self.tally
        rows = ((row, self._read(row)) for row in islice(self._plan.table.rows(), done, None))
        with _Report(report, self._plan.table, size) as refused:
            together = [*islice(rows, self._size)]
            while together:
                held = self._slice(together, done, refused)
                free = time.monotonic()
                done += len(together)
                self._size = next_size(len(together), held, aim=SHORT if self._database.is_sqlite else LONG)
                self._progress(self.tally)
                # While others have their turn, the next rows are read.
                together = [*islice(rows, self._size)]
                if together and self._database.is_sqlite:
                    self._pause(max(0.0, GIVEN_WAY - (time.monotonic() - free)))
        self._end()
        return self.tally

    def _begin(self, *, again: bool) -> tuple[int, int]:
        with self._database.transaction() as session:
            run = self._run_of(session)
            if again:
                run.rows = run.flawed = run.report_bytes = 0
                run.ended_at = None
            self.tally.went_on_at = self.tally.rows = run.rows
            self.tally.flawed = run.flawed
            self.tally.is_done = run.ended_at is not None
            return run.rows, run.report_bytes

    def _slice(self, together: Sequence[tuple[Row, Read]], done: int, refused: "_Report") -> float:
        """Bring some rows in, again where something came between that passes; return as `_try` does."""
        reported = refused.size
        for left in reversed(range(_MOST_TRIES)):
            try:
                return self._try(together, done, refused)
            except (OperationalError, IntegrityError):
                if not left:
                    raise
                refused.back_to(reported)
                # What it has learnt of people was taken back with the rest.
                self._roster = None
                self._pause(GIVEN_WAY)
        raise AssertionError("a try returns or raises")

    def _try(self, together: Sequence[tuple[Row, Read]], done: int, refused: "_Report") -> float:
        """Bring some rows in; return how long others could not write, without the time that others were waited for."""
        reads = [read for _, read in together]
        flawed = {index: read for index, read in enumerate(reads) if isinstance(read, tuple)}
        places = [index for index, read in enumerate(reads) if isinstance(read, GivenRow)]
        with self._database.transaction() as session:
            run = self._run_of(session)
            began = time.monotonic()
            if run.rows != done:
                raise CannotImport("Another process brings the same file in at this moment; let it, or stop it first.")
            self._roster = imports.roster_of(session, self._workspace_id, self._roster)
            taken = imports.take(
                session,
                self._roster,
                self._plan.sender,
                [read for read in reads if isinstance(read, GivenRow)],
                announcing=self._plan.announcing,
                now=self._now(),
            )
            flawed |= {places[index]: found for index, found in taken.flawed.items()}
            for index, found in sorted(flawed.items()):
                refused.write(together[index][0], found)
            run.rows += len(together)
            run.flawed += len(flawed)
            run.report_bytes = refused.flushed()
        held = time.monotonic() - began
        self._count(taken, reads, [*flawed.values()])
        return held

    def _count(self, taken: Imported, reads: Sequence[Read], flawed: Sequence[tuple[Flaw, ...]]) -> None:
        self.tally.rows += len(reads)
        self.tally.left_out += sum(read is None for read in reads)
        self.tally.new_leads += taken.new_leads
        self.tally.known_leads += taken.known_leads
        self.tally.activities += taken.activities
        self.tally.handoffs += taken.handoffs
        for found in flawed:
            self.tally.note(found)

    def _end(self) -> None:
        with self._database.transaction() as session:
            self._run_of(session).ended_at = self._now()
        self.tally.is_done = True

    def _run_of(self, session: Any) -> Any:  # noqa: ANN401 - a session, and the record of it
        return imports.begin(
            session,
            self._workspace_id,
            self._plan.digest,
            file=self._plan.table.path.name[:300],
            sender=self._plan.sender,
            now=self._now(),
        )

    def _read(self, row: Row) -> Read:
        if row.flaw is not None:
            return (Flaw("", row.flaw),)
        cells = dict(row.cells)
        for name, joined in self._plan.joined.items():
            try:
                key = _folded(expressions.search(joined.value, cells))
            except Unworkable as unworkable:
                return (Flaw(f"join.{name}", str(unworkable)),)
            cells[name] = joined.rows.get(key, {})
            self.tally.unjoined[name] += bool(key) and key not in joined.rows
        return read_row(self._plan.mapped, cells, self._plan.zone)


def next_size(rows: int, seconds: float, *, aim: float) -> int:
    """Say how many rows go together next, where so many took so long: at most twice as many, as some take longer."""
    return max(FEWEST, min(MOST, 2 * rows, int(rows * aim / max(seconds, 0.001))))


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

    def write(self, row: Row, found: Sequence[Flaw]) -> None:
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


def _joined(name: str, wanted: Join, folder: Path, columns: Sequence[str] | None) -> Joined:
    if columns is not None and name in columns:
        raise CannotImport(f"`{name}` is a column of the file; call what it is joined with something else.")
    path = folder / wanted.file
    try:
        table = files.examine(path)
        rows, unfit = _by_key(table, wanted.key)
    except OSError as error:
        raise CannotImport(f"{path} cannot be read: {error.strerror}.") from error
    except files.NoTable as nothing:
        raise CannotImport(f"{path} holds no rows: {nothing}.") from nothing
    if table.columns is not None and wanted.key not in table.columns:
        raise CannotImport(f"{path} has no column `{wanted.key}`; it has {', '.join(table.columns)}.")
    if wanted.value is None and columns is not None and wanted.key not in columns:
        raise CannotImport(f"The file has no column `{wanted.key}` by which to join `{name}`; say its `value`.")
    return Joined(wanted.file, wanted.value or json.dumps(wanted.key), rows, unfit)


def _by_key(table: Table, key: str) -> tuple[dict[str, Mapping[str, object]], list[tuple[int, str]]]:
    """Return the table's rows by their key, the first of each, and which others there are and why."""
    rows: dict[str, Mapping[str, object]] = {}
    lines: dict[str, int] = {}
    unfit: list[tuple[int, str]] = []
    for row in table.rows():
        found = _folded(row.cells.get(key))
        if row.flaw is not None:
            unfit.append((row.line, row.flaw))
        elif not found:
            unfit.append((row.line, f"has no `{key}`"))
        elif found not in rows:
            rows[found], lines[found] = row.cells, row.line
        elif rows[found] != row.cells:
            unfit.append((row.line, f"has the `{key}` of line {lines[found]}, which is taken"))
    return rows, unfit


def _folded(found: object) -> str:
    return str(found).strip().casefold() if isinstance(found, str | int | float) else ""
