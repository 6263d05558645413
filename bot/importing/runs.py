"""A file brought into the database, slice by slice, beside a bot that runs: where it stopped, it goes on."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError, OperationalError

from bot.database import Database
from bot.importing.files import Row, Table
from bot.importing.joins import CannotImport, Joined, _folded
from bot.importing.report import _MOST_REASONS, _Report
from qualification.intake import imports
from qualification.intake.imports import Imported
from qualification.intake.roster import Roster
from qualification.rules.intake.import_map import ImportMap
from qualification.rules.intake.import_rows import read_row
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ImportRow
from qualification.rules.values import expressions
from qualification.rules.values.expressions import Unworkable

# A transaction is open for about so long: a click that waits for it is not felt. On SQLite every click waits; on
# PostgreSQL only who is about one of the same leads, so that what each transaction costs anyway can be spread further.
SHORT, LONG = 0.05, 0.2
FEWEST, MOST = 25, 500
# On SQLite, whose writers do not queue, others have so long between two transactions. Who waits there looks again after
# 1, 2, 5, 10, 15, 20, 25, 25 and 25 ms: a gap longer than each of these, within their sum, is never missed.
GIVEN_WAY: Final = 0.03
# So often a slice is tried, where the database was busy or somebody else wrote the same down at that moment.
_MOST_TRIES: Final = 5

Read: TypeAlias = ImportRow | tuple[RowError, ...] | None
Progress: TypeAlias = Callable[["Tally"], None]


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

    def note(self, flaws: Sequence[RowError]) -> None:
        """Count a row that was not taken, or not wholly; of reasons that are all different, the first are enough."""
        self.flawed += 1
        found = {(flaw.field, flaw.reason) for flaw in flaws}
        self.reasons.update(found if len(self.reasons) < _MOST_REASONS else found & self.reasons.keys())


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
            if isinstance(read, ImportRow):
                read = imports.errors_of(roster, read, self._now()) or read
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
                run.rows_done = run.rejected_rows = run.report_bytes = 0
                run.ended_at = None
            self.tally.went_on_at = self.tally.rows = run.rows_done
            self.tally.flawed = run.rejected_rows
            self.tally.is_done = run.ended_at is not None
            return run.rows_done, run.report_bytes

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
        places = [index for index, read in enumerate(reads) if isinstance(read, ImportRow)]
        with self._database.transaction() as session:
            run = self._run_of(session)
            began = time.monotonic()
            if run.rows_done != done:
                raise CannotImport("Another process brings the same file in at this moment; let it, or stop it first.")
            self._roster = imports.roster_of(session, self._workspace_id, self._roster)
            taken = imports.import_rows(
                session,
                self._roster,
                self._plan.sender,
                [read for read in reads if isinstance(read, ImportRow)],
                announcing=self._plan.announcing,
                now=self._now(),
            )
            flawed |= {places[index]: found for index, found in taken.rejected.items()}
            for index, found in sorted(flawed.items()):
                refused.write(together[index][0], found)
            run.rows_done += len(together)
            run.rejected_rows += len(flawed)
            run.report_bytes = refused.flushed()
        held = time.monotonic() - began
        self._count(taken, reads, [*flawed.values()])
        return held

    def _count(self, taken: Imported, reads: Sequence[Read], flawed: Sequence[tuple[RowError, ...]]) -> None:
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
            return (RowError("", row.flaw),)
        cells = dict(row.cells)
        for name, joined in self._plan.joined.items():
            try:
                key = _folded(expressions.search(joined.value, cells))
            except Unworkable as unworkable:
                return (RowError(f"join.{name}", str(unworkable)),)
            cells[name] = joined.rows.get(key, {})
            self.tally.unjoined[name] += bool(key) and key not in joined.rows
        return read_row(self._plan.mapped, cells, self._plan.zone)


def next_size(rows: int, seconds: float, *, aim: float) -> int:
    """Say how many rows go together next, where so many took so long: at most twice as many, as some take longer."""
    return max(FEWEST, min(MOST, 2 * rows, int(rows * aim / max(seconds, 0.001))))
