"""Databases prepared once a process, and filled with the same rows for each further test."""

import json
from collections.abc import Callable, Hashable
from typing import Any, Final

from sqlalchemy import Connection, select

from bot.database import Database
from qualification.records import Base, Workspace

_TABLES: Final = tuple(Base.metadata.tables)
_ROWS: Final[dict[Hashable, dict[str, Any]]] = {}


def prepared(database: Database, name: Hashable, prepare: Callable[[], object]) -> None:
    """Fill an empty database: by `prepare` the first time in a process, after that with the rows that this wrote.

    `name` stands for all that the rows depend on but the engine. In a database that isn't empty, `prepare` does it.
    """
    with database.snapshot() as session:
        empty = session.scalar(select(Workspace.id).limit(1)) is None
    key = (database.is_sqlite, name)
    read, write = (_read_sqlite, _write_sqlite) if database.is_sqlite else (_read_postgresql, _write_postgresql)
    if empty and key in _ROWS:
        with database.engine.begin() as connection:
            write(connection, _ROWS[key])
        return
    prepare()
    if empty:
        with database.engine.connect() as connection:
            _ROWS[key] = read(connection)


def _read_sqlite(connection: Connection) -> dict[str, Any]:
    rows = {table: connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in _TABLES}  # noqa: S608 - names of our own
    return {table: [tuple(row) for row in found] for table, found in rows.items() if found}


def _write_sqlite(connection: Connection, rows: dict[str, Any]) -> None:
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for table, found in rows.items():
        marks = ", ".join("?" * len(found[0]))
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", found)  # noqa: S608 - names of our own


def _read_postgresql(connection: Connection) -> dict[str, Any]:
    # By another name than the table's, which may be that of a column of it.
    rows = {
        table: connection.exec_driver_sql(f"SELECT json_agg(stored) FROM {table} AS stored").scalar()  # noqa: S608 - names of our own
        for table in _TABLES
    }
    return {table: json.dumps(found) for table, found in rows.items() if found}


def _write_postgresql(connection: Connection, rows: dict[str, Any]) -> None:
    # References are checked when a statement ends: one that fills all tables needs no order of them.
    insertions = (
        f"{table}_rows AS (INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s))"  # noqa: S608 - names of our own
        for table in rows
    )
    connection.exec_driver_sql(f"WITH {', '.join(insertions)} SELECT 1", tuple(rows.values()))
    for table in rows:
        if "id" in Base.metadata.tables[table].primary_key.columns:
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")  # noqa: S608 - names of our own
