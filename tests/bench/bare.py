"""The floor of every write: one transaction that writes as many rows as a click of Baton's, with no logic."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    event,
    func,
    insert,
    select,
    update,
)

from bot.database import Database
from qualification.records import Base

TABLE = Table("bare", MetaData(), Column("id", Integer, primary_key=True), Column("note", String(200)))
# Rows to change in turn, so that concurrent transactions change different rows.
SPARE = 2_000
_CHANGE = update(TABLE).where(TABLE.c.id == bindparam("row")).values(note=bindparam("new"))
NOTE = "as long as a row of Baton's is: some text, some numbers, some moments. " * 2


@dataclass(frozen=True, slots=True)
class Work:
    """The database work of a click: rows inserted and rows changed, each counted once, and statements executed."""

    inserted: int
    changed: int
    reads: int
    writes: int

    @property
    def rows(self) -> int:
        """All rows written."""
        return self.inserted + self.changed


def work_of(database: Database, act: Callable[[], object]) -> Work:
    """Run an action; return the rows it changed and the statements it executed."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]).lstrip().upper())

    before = _rows(database)
    event.listen(database.engine, "before_cursor_execute", note)
    act()
    event.remove(database.engine, "before_cursor_execute", note)
    after = _rows(database)
    writes = [each for each in statements if each.startswith(("INSERT", "UPDATE", "DELETE"))]
    return Work(
        inserted=len(after.keys() - before.keys()),
        changed=sum(row != after.get(key) for key, row in before.items()),
        reads=sum(each.startswith("SELECT") for each in statements),
        writes=len(writes),
    )


def _key(table: Table) -> list[int]:
    return [place for place, column in enumerate(table.columns) if column.primary_key]


def _rows(database: Database) -> dict[tuple[object, ...], tuple[object, ...]]:
    with database.snapshot() as session:
        return {
            (table.name, *(row.tuple()[place] for place in _key(table))): tuple(map(repr, row))
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table))
        }


class BareTransaction:
    """A callable that writes the rows, one statement each, and commits. Safe to call from several threads.

    With `at_once`, one statement inserts all rows and another changes all rows, as is possible for a list.
    """

    def __init__(self, url: str, inserted: int, changed: int, *, at_once: bool = False) -> None:
        """Make the table and the rows to change, in a database opened with Baton's settings."""
        self._database = Database(url)
        self._engine = self._database.engine
        self._inserted, self._changed = inserted, changed
        self._at_once = at_once
        self._numbers = count()
        # Without a lock the benchmark would measure SQLite's busy handling.
        self._alone: AbstractContextManager[object] = threading.Lock() if self._database.is_sqlite else nullcontext()
        with self._engine.begin() as connection:
            TABLE.create(connection, checkfirst=True)
            if not connection.scalar(select(func.count()).select_from(TABLE)):
                connection.execute(insert(TABLE), [{"note": NOTE}] * SPARE)

    def __call__(self) -> None:
        """Write and commit."""
        number = next(self._numbers)
        with self._alone, self._engine.begin() as connection:
            self._write(connection, number)

    def _write(self, connection: Connection, number: int) -> None:
        rows = [(number * self._changed + each) % SPARE + 1 for each in range(self._changed)]
        if self._at_once:
            for statement, given in (
                (insert(TABLE), [{"note": NOTE}] * self._inserted),
                (_CHANGE, [{"row": row, "new": f"{NOTE}{number}"} for row in rows]),
            ):
                if given:
                    connection.execute(statement, given)
            return
        # Built on each call, as a listener would, and as in earlier measurements of the floor.
        for _ in range(self._inserted):
            connection.execute(insert(TABLE).values(note=NOTE))
        for row in rows:
            connection.execute(update(TABLE).where(TABLE.c.id == row).values(note=f"{NOTE}{number}"))

    def dispose(self) -> None:
        """Close the connections."""
        self._database.dispose()
