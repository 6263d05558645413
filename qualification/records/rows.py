"""How statements name their workspace: rows by their id, and the condition that other statements add."""

from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, UnaryExpression, bindparam, inspect, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql import FromClause, operators
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.operators import OperatorType

from qualification.records.base import Base

# The execution option of the few statements that by nature read every workspace.
EVERY_WORKSPACE: Final = "every_workspace"

R = TypeVar("R", bound=Base)

_PLUS: Final[operators.custom_op[Any]] = operators.custom_op("+")


class _Guard(UnaryExpression[int]):
    """A column that SQLite compares, but chooses no index by: it knows no figures, and would often take a worse one."""

    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> "_Guard":
        """Need no parentheses."""
        del against
        return self


@compiles(_Guard)
def _compile_guard(guard: _Guard, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as SQLAlchemy calls it
    return compiler.process(guard.element, **options)


@compiles(_Guard, "sqlite")
def _compile_guard_on_sqlite(guard: _Guard, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - as SQLAlchemy calls it
    return f"+{compiler.process(guard.element, **options)}"


def in_workspace(record: Any, workspace_id: Any = None) -> ColumnElement[bool]:  # noqa: ANN401 - a record, a table, or an alias
    """Return the condition that the record's rows are of the workspace, by which no index is chosen.

    `workspace_id` is an id, a bound parameter or a column; without it, it is the parameter `workspace_id`.
    """
    column = (record.c if isinstance(record, FromClause) else inspect(record).selectable.c).workspace_id
    guard = _Guard(column, operator=_PLUS, type_=column.type)
    return guard == (bindparam("workspace_id", type_=column.type) if workspace_id is None else workspace_id)


def get(session: Session, record: type[R], row_id: int | None, workspace_id: int) -> R | None:
    """Return the row with that id if it is of the workspace, else None; what the session knows is not read again.

    A row of another workspace is like one that isn't there, and so is None.
    """
    if row_id is None:
        return None
    known: Any = session.identity_map.get((record, (row_id,), None))
    if known is not None and not inspect(known).expired:
        there: R | None = known if known.workspace_id == workspace_id else None
    else:
        there = session.scalar(_by_id(record), {"id": row_id, "workspace_id": workspace_id})
    return there


def get_one(session: Session, record: type[R], row_id: int | None, workspace_id: int) -> R:
    """Return the same; raises LookupError where there is no such row."""
    return _must_exist(get(session, record, row_id, workspace_id))


def get_fresh(session: Session, record: type[R], row_id: int, workspace_id: int) -> R | None:
    """Return the row as it is now, even where the session knows it."""
    row: R | None = session.scalar(_fresh_by_id(record), {"id": row_id, "workspace_id": workspace_id})
    return row


def lock_one(session: Session, record: type[R], row_id: int | None, workspace_id: int) -> R:
    """Lock the row until the commit, but not its key, and return it as it is now; raises LookupError without one."""
    row: R | None = session.scalar(_locked_by_id(record), {"id": row_id, "workspace_id": workspace_id})
    return _must_exist(row)


def _must_exist(row: R | None) -> R:
    if row is None:
        raise LookupError("a row that another one names is not in its workspace")
    return row


# Built once for each record: to build a statement takes longer than to run it.
@cache
def _by_id(record: Any) -> Select[Any]:  # noqa: ANN401 - the type of a record
    return select(record).where(record.id == bindparam("id"), in_workspace(record))


@cache
def _fresh_by_id(record: Any) -> Select[Any]:  # noqa: ANN401 - the same
    return _by_id(record).execution_options(populate_existing=True)


@cache
def _locked_by_id(record: Any) -> Select[Any]:  # noqa: ANN401 - the same
    return _fresh_by_id(record).with_for_update(key_share=True)
