"""Every statement of the product names its workspace: decision 0036.

A statement is read as text, once for each text. Its tables fall into groups: two tables are in one group where the
statement compares a key of the one with the same key of the other, or their `workspace_id`. In each group a
`workspace_id` must be compared with a value. Which rows then belong together is what the foreign keys promise.
"""

import re
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext
from sqlalchemy.orm import Session

from qualification.records import Base
from qualification.records.rows import EVERY_WORKSPACE

ROOT: Final = Path(__file__).parent.parent
# Code whose statements are checked; those of tests and migrations are not.
ROOMS: Final = tuple(f"{ROOT / room}/" for room in ("qualification", "bot", "handlers"))
OTHERS: Final = tuple(f"{ROOT / room}/" for room in ("tests", "migrations", "sandbox"))

_TABLES: Final = frozenset(name for name, table in Base.metadata.tables.items() if "workspace_id" in table.columns)
# What a column's value identifies: the row that a foreign key points to, or the row itself.
_KEYS: Final = {(name, "id"): f"{name}.id" for name in Base.metadata.tables} | {
    (table.name, key.parent.name): key.target_fullname
    for table in Base.metadata.tables.values()
    for key in (element for constraint in table.foreign_key_constraints for element in constraint.elements)
    if key.column.name == "id"
}
_TOKEN: Final = re.compile(
    r"'(?:[^']|'')*'"
    r"|(?P<parameter>\?|%\(\w+\)s(?:::\w+)?|%s|\$\d+)"
    r"|(?P<name>\w+(?:\.\w+)*)"
    r'|"[^"]*"|<=|>=|!=|<>|\|\||::|\S'
)
_AFTER_FROM: Final = frozenset({"WHERE", "GROUP", "ORDER", "LIMIT", "SET", "RETURNING", "HAVING"})
_COMPOUND: Final = frozenset({"UNION", "INTERSECT", "EXCEPT"})
# What SQLAlchemy makes of a condition that nothing meets: then no row is read.
_NOTHING: Final = (["0", "=", "1"], ["FALSE"])


@dataclass(eq=False)
class _Scope:
    """A SELECT, UPDATE or DELETE, with its tables by the names that it gives them."""

    parent: "_Scope | None"
    is_empty: bool = False
    tables: dict[str, "_Table"] = field(default_factory=dict)

    def find(self, name: str) -> "_Table | None":
        return self.tables.get(name) or (self.parent.find(name) if self.parent else None)


@dataclass(eq=False)
class _Table:
    """A table where a statement names it, and the table that stands for its group."""

    name: str
    is_compared: bool = False
    group: "_Table | None" = None

    @property
    def leader(self) -> "_Table":
        return self.group.leader if self.group else self

    def join(self, other: "_Table") -> None:
        if self.leader is not other.leader:
            other.leader.is_compared |= self.leader.is_compared
            self.leader.group = other.leader


@dataclass
class _Position:
    """How far the reading of a scope has come."""

    scope: _Scope
    depth: int = 0
    in_from: bool = False
    expects_table: bool = False


class _Reader:
    """Reads one statement, and says which of its tables no `workspace_id` is compared for."""

    def __init__(self, statement: str) -> None:
        found = list(_TOKEN.finditer(statement))
        self._tokens = [each.group() for each in found]
        self._kinds = [each.lastgroup for each in found]
        self._every: list[tuple[_Scope, _Table]] = []
        self._compared: list[tuple[_Scope, str]] = []
        self._equal: list[tuple[_Scope, str, str]] = []

    def unnamed(self) -> list[str]:
        self._read(0, _Scope(None))
        for scope, column in self._compared:
            table, name = self._column(scope, column)
            if table is not None and (name == "workspace_id" or (table.name, name) == ("workspace", "id")):
                table.leader.is_compared = True
        for scope, left, right in self._equal:
            (one, its), (other, theirs) = self._column(scope, left), self._column(scope, right)
            if one is None or other is None:
                continue
            key = _KEYS.get((one.name, its))
            if key is not None and key == _KEYS.get((other.name, theirs)):
                one.join(other)
        return sorted({each.name for scope, each in self._every if not (each.leader.is_compared or scope.is_empty)})

    def _column(self, scope: _Scope, column: str) -> tuple[_Table | None, str]:
        table, _, name = column.rpartition(".")
        if table:
            return scope.find(table), name
        return (next(iter(scope.tables.values())), name) if len(scope.tables) == 1 else (None, name)

    def _read(self, at: int, scope: _Scope, *, nested: bool = False) -> int:
        """Read up to the parenthesis that closes the scope, and return where that is."""
        state = _Position(scope)
        while at < len(self._tokens):
            token = self._tokens[at]
            if token == "(" and self._word(at + 1) in {"SELECT", "WITH"}:
                at, state.expects_table = self._read(at + 1, _Scope(state.scope), nested=True), False
            elif token == "(":
                state.depth += 1
            elif token == ")" and nested and state.depth == 0:
                return at
            elif token == ")":
                state.depth -= 1
            elif token == "," and state.depth == 0:
                state.expects_table = state.in_from
            elif self._kind(at) == "name":
                at = self._read_name(at, state)
            at += 1
        return at

    def _read_name(self, at: int, state: "_Position") -> int:
        """Read a name or a word of SQL, and return where it ends."""
        word = self._word(at)
        if state.expects_table and word not in {"LATERAL", "ONLY"}:
            state.expects_table = False
            return self._table(at, state.scope)
        if word == "JOIN" or (state.depth == 0 and self._opens(at)):
            state.expects_table = True
            state.in_from |= word != "JOIN"
        elif state.depth == 0 and word in _AFTER_FROM:
            state.in_from = False
            state.scope.is_empty |= any(
                [self._word(at + 1 + place) for place in range(len(nothing))] == nothing for nothing in _NOTHING
            )
        elif state.depth == 0 and word in _COMPOUND:
            state.in_from, state.scope = False, _Scope(state.scope.parent)
        else:
            self._compare(at, state.scope)
        return at

    def _opens(self, at: int) -> bool:
        """Say whether a table's name follows: after FROM, and after UPDATE where that begins the statement."""
        word = self._word(at)
        return (
            (word == "FROM" and self._word(at - 1) != "DISTINCT") or word == "USING" or (word == "UPDATE" and at == 0)
        )

    def _table(self, at: int, scope: _Scope) -> int:
        name = self._tokens[at]
        if self._word(at + 1) == "(":
            return at
        last = at
        alias = name
        if self._word(at + 1) == "AS":
            last, alias = at + 2, self._tokens[at + 2]
        scope.tables[alias] = table = _Table(name)
        if name in _TABLES and alias != EVERY_WORKSPACE:
            self._every.append((scope, table))
        return last

    def _compare(self, at: int, scope: _Scope) -> None:
        after = at + 3 if self._tokens[at + 1 : at + 3] == ["+", "0"] else at + 1
        operator, compared = self._word(after), after + 1
        if operator == "IN" and self._word(compared) == "(":
            compared += 1
        elif operator != "=" or not self._is_condition(at):
            return
        if self._kind(compared) == "parameter":
            self._compared.append((scope, self._tokens[at]))
        elif operator == "=" and self._kind(compared) == "name":
            self._equal.append((scope, self._tokens[at], self._tokens[compared]))

    def _is_condition(self, at: int) -> bool:
        """Say that this isn't what SET writes."""
        while at > 0 and self._word(at) not in {"WHERE", "ON", "AND", "SET", "WHEN"}:
            at -= 1
        return self._word(at) != "SET"

    def _word(self, at: int) -> str:
        return self._tokens[at].upper() if 0 <= at < len(self._tokens) else ""

    def _kind(self, at: int) -> str | None:
        return self._kinds[at] if at < len(self._kinds) else None


def unnamed_tables(statement: str) -> list[str]:
    """Return the tables of a SELECT, UPDATE or DELETE for which no `workspace_id` is compared with a value."""
    if not statement.lstrip()[:6].upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return []
    return _Reader(statement).unnamed()


class Watch:
    """Notes each statement of the product that doesn't name its workspace, and where it comes from."""

    def __init__(self) -> None:
        """Begin with nothing noted."""
        self.offences: list[str] = []
        self._unnamed: dict[str, list[str]] = {}
        self._flushing = threading.local()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch every engine of this process."""
        listeners = ((Engine, "before_cursor_execute", self._execute), (Session, "before_flush", self._flush))
        for target, name, listener in listeners:
            event.listen(target, name, listener)
        try:
            yield
        finally:
            for target, name, listener in listeners:
                event.remove(target, name, listener)

    def _flush(self, session: Session, *_: object) -> None:
        self._flushing.session = weakref.ref(session)

    def _execute(
        self,
        connection: Connection,
        cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        *_: object,
    ) -> None:
        del connection, cursor, parameters
        tables = self._unnamed.get(statement)
        if tables is None:
            tables = self._unnamed[statement] = unnamed_tables(statement)
        if not tables or context is None or self._is_exempt(context):
            return
        origin = _origin(sys._getframe(1))  # noqa: SLF001 - it has no other name
        if origin is not None:
            self.offences.append(f"{', '.join(tables)}: {origin}: {' '.join(statement.split())}")

    def _is_exempt(self, context: ExecutionContext) -> bool:
        options = context.execution_options
        if options.get(EVERY_WORKSPACE) or getattr(options.get("_sa_orm_load_options"), "_refresh_state", None):
            return True
        # What the unit of work writes is a row that a statement read before.
        flushed = getattr(self._flushing, "session", lambda: None)()
        return flushed is not None and flushed._flushing  # noqa: SLF001 - the events don't tell of a flush that fails


def _origin(frame: FrameType | None) -> str | None:
    """Return the place in the product that a statement comes from; None where tests or migrations issue it."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(ROOMS):
            return f"{file.removeprefix(f'{ROOT}/')}:{frame.f_lineno}"
        if file.startswith(OTHERS) and file != __file__:
            return None
        frame = frame.f_back
    return None
