"""A file imported slice by slice beside a running bot; after a stop it goes on where it stopped."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError, OperationalError

from bot.database import Database
from bot.importing import trial
from bot.importing.joins import CannotImport, Joined, fold_key
from bot.importing.report import Report
from bot.importing.tables import Row, Table
from bot.importing.trial import Read, TriedRow, TriedTally
from qualification.intake import imports
from qualification.intake.imports import Imported
from qualification.intake.roster import Roster
from qualification.rules.intake.import_guess import Guess
from qualification.rules.intake.import_map import ImportMap
from qualification.rules.intake.import_rows import read_row
from qualification.rules.intake.row_errors import RowError
from qualification.rules.intake.row_shapes import NO_RECORD, FileShape, shape_of
from qualification.rules.leads.lead_input import ImportRow
from qualification.rules.values import expressions
from qualification.rules.values.expressions import Unworkable

# A transaction lasts about this many seconds, so that nobody notices a click that waits for it. On SQLite every click
# waits: SHORT. On PostgreSQL only clicks on the same leads wait, and longer transactions cost less per row: LONG.
SHORT, LONG = 0.05, 0.2
# The fewest and the most rows of a slice.
FEWEST, MOST = 25, 500
# The gap in seconds between two transactions on SQLite, whose writers don't queue. A waiting writer tries again after
# 1, 2, 5, 10, 15, 20, 25, 25 and 25 ms, so it never misses a gap that is longer than each of these.
GAP: Final = 0.03
# A slice is tried this often when the database is busy or another transaction adds the same rows.
_MOST_TRIES: Final = 5
# So many rows show what records of a file look like.
_SAMPLE: Final = 200
# Different reasons are counted up to this number.
_MOST_REASONS: Final = 1000

Progress: TypeAlias = Callable[["Tally"], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """A file to import, and how; `digest` identifies both. `guess` is there where no map says what the columns mean."""

    table: Table
    mapped: ImportMap
    joined: Mapping[str, Joined]
    sender: str
    zone: ZoneInfo
    announcing: bool
    digest: str
    guess: Guess | None = None


@dataclass(slots=True)
class Tally:
    """The result so far: `rows` and `rejected` count from the first row of the file, the rest from this start.

    `unjoined` counts, by the name of the joined file, the rows whose key that file doesn't have. `went_on_at` is the
    number of rows that were imported before this start. `lost` counts the fields that leads were imported without.
    """

    went_on_at: int = 0
    rows: int = 0
    left_out: int = 0
    new_leads: int = 0
    known_leads: int = 0
    activities: int = 0
    handoffs: int = 0
    rejected: int = 0
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    unjoined: Counter[str] = field(default_factory=Counter)
    is_done: bool = False
    tried: TriedTally = field(default_factory=TriedTally)

    def count_tried(self, row: TriedRow) -> None:
        """Count a row that was tried."""
        self.rows += 1
        self.left_out += row.is_left_out
        if row.errors:
            self.reject(row.errors)
        if row.lead is not None:
            self.new_leads += row.lead.is_new
            self.known_leads += not row.lead.is_new
            self.activities += row.lead.activities
            self.handoffs += row.lead.has_deal
            self.lost.update(row.lead.lost)
        self.tried.count(row)

    def reject(self, errors: Sequence[RowError]) -> None:
        """Count a row that was rejected, wholly or in part, and its reasons; after many, no new reason is added."""
        self.rejected += 1
        found = dict.fromkeys((error.field, error.reason) for error in errors)
        if len(self.reasons) >= _MOST_REASONS:
            found = {each: None for each in found if each in self.reasons}
        self.reasons.update(found.keys())


def digest_of(path: Path, *options: str) -> str:
    """Return a SHA-256 of the file's content and the options of its import, in hexadecimal."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update("\0".join(options).encode())
    return digest.hexdigest()


class _RolledBackError(Exception):
    """Raised to undo what a transaction has tried."""


class Import:
    """Carries out one plan."""

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
        """Do nothing yet; `progress` is called after each slice, `pause` with seconds to wait."""
        self._database = database
        self._workspace_id = workspace_id
        self._plan = plan
        self._now = now
        self._pause = pause
        self._progress = progress
        self._size = FEWEST
        self._roster: Roster | None = None
        self._shape = FileShape()
        self.tally = Tally()

    def sample(self) -> list[ImportRow]:
        """Return the first rows that can be read, and learn from them what records of this file look like."""
        rows = islice(self._plan.table.rows(), _SAMPLE)
        read = [(row.cells, found) for row in rows if isinstance(found := self._read(row), ImportRow)]
        self.tally.unjoined.clear()
        self._shape = shape_of(read)
        return [found for _, found in read]

    def try_out(self) -> Iterator[TriedRow]:
        """Import every row, slice by slice, and undo each slice at once: nothing is stored, and nobody waits for long.

        People who come again in a later slice are known by what told them apart, not by all that a lead is known by.
        """
        self.sample()
        seen: set[int] = set()
        rows = ((row, self._read(row)) for row in self._plan.table.rows())
        while together := [*islice(rows, self._size)]:
            began = time.monotonic()
            tried = self._tried(together, seen)
            self._size = next_size(
                len(together), time.monotonic() - began, aim=SHORT if self._database.is_sqlite else LONG
            )
            for each in tried:
                self.tally.count_tried(each)
            self._progress(self.tally)
            yield from tried
            if self._database.is_sqlite:
                self._pause(GAP)

    def _tried(self, together: Sequence[tuple[Row, Read]], seen: set[int]) -> list[TriedRow]:
        """Import a slice in a transaction that is rolled back."""
        tried: list[TriedRow] = []
        with suppress(_RolledBackError), self._database.transaction() as session:
            roster = imports.roster_of(session, self._workspace_id)
            tried = trial.try_rows(
                session,
                roster,
                self._plan.sender,
                together,
                announcing=self._plan.announcing,
                now=self._now(),
                seen=seen,
            )
            raise _RolledBackError
        return tried

    def run(self, report: Path, *, again: bool = False) -> Tally:
        """Import the rows from where an earlier run stopped; rejected rows go into the report.

        With `again` it starts at the first row. Raises CannotImport if another process imports the same file, NoTable
        if the file turns out to be unreadable.
        """
        done, size = self._begin(again=again)
        if self.tally.is_done:
            return self.tally
        self.sample()
        rows = ((row, self._read(row)) for row in islice(self._plan.table.rows(), done, None))
        with Report(report, self._plan.table, size) as rejects:
            together = [*islice(rows, self._size)]
            while together:
                held = self._slice(together, done, rejects)
                free = time.monotonic()
                done += len(together)
                self._size = next_size(len(together), held, aim=SHORT if self._database.is_sqlite else LONG)
                self._progress(self.tally)
                # The next rows are read while others write.
                together = [*islice(rows, self._size)]
                if together and self._database.is_sqlite:
                    self._pause(max(0.0, GAP - (time.monotonic() - free)))
        self._end()
        return self.tally

    def _begin(self, *, again: bool) -> tuple[int, int]:
        with self._database.transaction() as session:
            run = self._run_of(session)
            if again:
                run.rows_done = run.rejected_rows = run.report_bytes = 0
                run.ended_at = None
            run.withdrawn_at = None
            self.tally.went_on_at = self.tally.rows = run.rows_done
            self.tally.rejected = run.rejected_rows
            self.tally.is_done = run.ended_at is not None
            return run.rows_done, run.report_bytes

    def _slice(self, together: Sequence[tuple[Row, Read]], done: int, rejects: Report) -> float:
        """Import a slice, trying again after errors that pass; return as `_try` does."""
        reported = rejects.size
        for left in reversed(range(_MOST_TRIES)):
            try:
                return self._try(together, done, rejects)
            except (OperationalError, IntegrityError):
                if not left:
                    raise
                rejects.back_to(reported)
                # People that the roster added were rolled back with the rest.
                self._roster = None
                self._pause(GAP)
        raise AssertionError("a try returns or raises")

    def _try(self, together: Sequence[tuple[Row, Read]], done: int, rejects: Report) -> float:
        """Import a slice in one transaction; return the seconds for which it kept others from writing."""
        reads = [read for _, read in together]
        rejected = {index: read for index, read in enumerate(reads) if isinstance(read, tuple)}
        places = [index for index, read in enumerate(reads) if isinstance(read, ImportRow)]
        with self._database.transaction() as session:
            run = self._run_of(session)
            began = time.monotonic()
            if run.rows_done != done:
                raise CannotImport("Another process brings the same file in at this moment; let it, or stop it first.")
            self._roster = imports.roster_of(session, self._workspace_id, self._roster)
            imported = imports.import_rows(
                session,
                self._roster,
                self._plan.sender,
                [read for read in reads if isinstance(read, ImportRow)],
                announcing=self._plan.announcing,
                now=self._now(),
                run=run,
            )
            rejected |= {places[index]: errors for index, errors in imported.rejected.items()}
            for index, errors in sorted((_lost_fields(imported, places) | rejected).items()):
                rejects.write(together[index][0], errors)
            run.rows_done += len(together)
            run.rejected_rows += len(rejected)
            run.report_bytes = rejects.flushed()
        held = time.monotonic() - began
        self._count(imported, reads, [*rejected.values()])
        return held

    def _count(self, imported: Imported, reads: Sequence[Read], rejected: Sequence[tuple[RowError, ...]]) -> None:
        self.tally.rows += len(reads)
        self.tally.left_out += sum(read is None for read in reads)
        self.tally.new_leads += imported.new_leads
        self.tally.known_leads += imported.known_leads
        self.tally.activities += imported.activities
        self.tally.handoffs += imported.handoffs
        self.tally.lost += imported.lost
        for errors in rejected:
            self.tally.reject(errors)

    def _end(self) -> None:
        with self._database.transaction() as session:
            self._run_of(session).ended_at = self._now()
        self.tally.is_done = True

    def _run_of(self, session: Any) -> Any:  # noqa: ANN401 - a session, and the run's record
        return imports.begin(
            session,
            self._workspace_id,
            self._plan.digest,
            file=self._plan.table.path.name[:300],
            sender=self._plan.sender,
            now=self._now(),
        )

    def _read(self, row: Row) -> Read:
        if row.error is not None:
            return (RowError("", row.error),)
        cells = dict(row.cells)
        for name, joined in self._plan.joined.items():
            try:
                key = fold_key(expressions.search(joined.value, cells))
            except Unworkable as unworkable:
                return (RowError(f"join.{name}", str(unworkable)),)
            cells[name] = joined.rows.get(key, {})
            self.tally.unjoined[name] += bool(key) and key not in joined.rows
        read = read_row(self._plan.mapped, cells, self._plan.zone)
        return (NO_RECORD,) if isinstance(read, ImportRow) and self._shape.is_remark(row.cells, read) else read


def _lost_fields(imported: Imported, places: Sequence[int]) -> dict[int, tuple[RowError, ...]]:
    """Return what of each row's lead could not be read, by the row's place in its slice."""
    return {
        places[index]: tuple(RowError(f"lead.{loss.field}", loss.reason) for loss in row.lead.losses)
        for index, row in enumerate(imported.fitted)
        if row.lead.losses
    }


def next_size(rows: int, seconds: float, *, aim: float) -> int:
    """Return the size of the next slice after `rows` took `seconds`, to take `aim` seconds: at most twice as many."""
    return max(FEWEST, min(MOST, 2 * rows, int(rows * aim / max(seconds, 0.001))))
