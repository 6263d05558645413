"""Runs revisions against a database: `baton migrate`, or `alembic` for the author of a revision."""

import os
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Enum, NullPool, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from qualification.records import Base
from qualification.records.base import Instant, Json, Key

# Any constant will do, as long as every process uses the same one.
ADVISORY_LOCK = 7_260_301


def leave_transactions_to_us(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Stop sqlite3 from committing each change by itself, and SQLite from minding references to half-built tables.

    What is dropped is overwritten.
    """
    del entry
    connection.isolation_level = None
    connection.cursor().execute("PRAGMA foreign_keys = OFF")
    # A table that is built anew leaves its old pages free, with all that they held.
    connection.cursor().execute("PRAGMA secure_delete = ON")


def begin_immediate(connection: Connection) -> None:
    """Take SQLite's write lock at once, so that a second migration waits for the first."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def check_references(connection: Connection) -> None:
    """Refuse a revision that left a row pointing at nothing."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(
            f"{len(broken)} rows point at nothing after the migration, the first in table {broken[0][0]}"
        )


def render_type(kind: str, item: object, autogenerating: AutogenContext) -> str | Literal[False]:
    """Spell a column's type by its name in `migrations.columns`, so that no revision imports the records."""
    name = None
    if kind == "type":
        if item is Key:
            name = "KEY"
        elif item is Json:
            name = "JSON"
        elif isinstance(item, Instant):
            name = "INSTANT"
        elif isinstance(item, Enum):
            name = "CHOICE"
    if name is None:
        return False
    autogenerating.imports.add(f"from migrations.columns import {name}")
    return name


def run() -> None:
    """Run what was asked for in one transaction, one process at a time."""
    url = context.config.attributes.get("url") or os.environ["DATABASE_URL"]
    engine = create_engine(url, poolclass=NullPool)
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        event.listen(engine, "connect", leave_transactions_to_us)
        event.listen(engine, "begin", begin_immediate)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_type,
            transactional_ddl=True,
            compare_server_default=True,
        )
        with context.begin_transaction():
            if not sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            context.run_migrations()
            if sqlite:
                check_references(connection)


run()
