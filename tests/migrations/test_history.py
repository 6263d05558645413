"""Every revision goes forward and back over rows, on both engines."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    NullPool,
    Table,
    create_engine,
    func,
    inspect,
    select,
    table,
    text,
)

import migrations

HISTORY = list(reversed(list(ScriptDirectory.from_config(migrations.configuration()).walk_revisions())))
VALUES: dict[type, Any] = {
    bool: True,
    date: date(2026, 11, 22),
    datetime: datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
    object: {"kept": ["as", "it", "was"]},
    int: 1,
    str: "é",
}
# Tables whose rows the database lets nobody change.
APPEND_ONLY = {"audit_entry"}
# Tables that go by another name at the end of the history.
RENAMED = {"lane": "channel_queue", "pace": "rate_limit", "arrival": "idempotency_key"}


def engine_of(url: str) -> Engine:
    """Open a database beside the migrations."""
    return create_engine(url, poolclass=NullPool)


def tables(connection: Connection) -> dict[str, Table]:
    """Read the schema as it stands, without the migrations' own table."""
    metadata = MetaData()
    metadata.reflect(connection)
    return {name: table for name, table in metadata.tables.items() if name != "alembic_version"}


def required(table: Table) -> set[str]:
    """Name the tables that a row of this one cannot do without."""
    return {
        constraint.referred_table.name
        for constraint in table.foreign_key_constraints
        if not any(column.nullable for column in constraint.columns)
    } - {table.name}


def value(column: Column[Any]) -> object:
    """Make a value that fits the column; every id and every reference is 1."""
    return VALUES[column.type.python_type]


def fill(url: str) -> None:
    """Write one row into every table, each column set, each reference pointing at a row."""
    with engine_of(url).begin() as connection:
        waiting = tables(connection)
        written: list[Table] = []
        while waiting:
            ready = [table for table in waiting.values() if required(table) <= {done.name for done in written}]
            for table in ready:
                connection.execute(
                    table.insert().values(
                        {
                            column.name: value(column)
                            for column in table.columns
                            if not (column.foreign_keys and column.nullable)
                        }
                    )
                )
                written.append(waiting.pop(table.name))
        for table in written:
            late = {column.name: value(column) for column in table.columns if column.foreign_keys and column.nullable}
            if late and table.name not in APPEND_ONLY:
                connection.execute(table.update().values(late))


def rows(url: str) -> dict[str, int]:
    """Count the rows of every table."""
    with engine_of(url).connect() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def start_over(url: str) -> None:
    """Empty the database of its schema, which is quicker than to take every revision back."""
    engine = engine_of(url)
    if engine.dialect.name == "sqlite":
        for table in inspect(engine).get_table_names():
            with engine.begin() as connection:
                connection.execute(text(f'DROP TABLE "{table}"'))
        return
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def test_the_history_is_one_line() -> None:
    """One beginning, one end, and no revision that has two children."""
    assert [revision.down_revision for revision in HISTORY] == [None, *(revision.revision for revision in HISTORY[:-1])]
    assert HISTORY[-1].revision == migrations.head()


@pytest.mark.parametrize("revision", [revision.revision for revision in HISTORY])
def test_rows_of_every_table_outlive_the_upgrade(revision: str, database_url: str) -> None:
    """A database that stands at any revision reaches the newest with all it holds."""
    start_over(database_url)
    migrations.upgrade(database_url, revision)
    fill(database_url)
    before = rows(database_url)
    assert set(before.values()) == {1}
    migrations.upgrade(database_url)
    after = rows(database_url)
    assert {name: after[RENAMED.get(name, name)] for name in before} == before
    assert migrations.drift(database_url) == []


@pytest.mark.parametrize(
    ("revision", "earlier"),
    [(revision.revision, str(revision.down_revision or "base")) for revision in HISTORY],
)
def test_every_upgrade_can_be_taken_back_over_rows(revision: str, earlier: str, database_url: str) -> None:
    """What stood before the revision still stands, and the way forward is open again."""
    migrations.downgrade(database_url, revision)
    fill(database_url)
    migrations.downgrade(database_url, earlier)
    assert set(rows(database_url).values()) <= {1}
    assert migrations.current(database_url) == (None if earlier == "base" else earlier)
    migrations.upgrade(database_url)
    assert migrations.drift(database_url) == []


def test_taking_everything_back_leaves_an_empty_database(database_url: str) -> None:
    """No table stays behind, though every one had rows."""
    fill(database_url)
    migrations.downgrade(database_url, "base")
    assert inspect(engine_of(database_url)).get_table_names() == ["alembic_version"]


REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("half_done", sa.Column("id", sa.Integer(), primary_key=True))
    {then}
"""


def migrate_by(url: str, folder: Path, then: str) -> None:
    """Upgrade by one more revision than the project has."""
    (folder / "next.py").write_text(REVISION.format(head=migrations.head(), then=then), encoding="utf-8")
    config = migrations.configuration(url)
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", f"{migrations.FOLDER / 'versions'}\n{folder}")
    command.upgrade(config, "head")


def test_a_revision_that_fails_halfway_leaves_the_database_as_it_was(database_url: str, tmp_path: Path) -> None:
    """Changes of the schema are one transaction, on SQLite too."""
    with pytest.raises(ZeroDivisionError):
        migrate_by(database_url, tmp_path, "1 / 0")
    assert migrations.current(database_url) == migrations.head()
    assert "half_done" not in inspect(engine_of(database_url)).get_table_names()


def test_a_revision_that_orphans_rows_is_refused(database_url: str, tmp_path: Path) -> None:
    """SQLite does not mind references while tables are rebuilt; the migration looks once more before it commits."""
    fill(database_url)
    with pytest.raises(Exception, match=r"point at nothing|violates foreign key"):
        migrate_by(database_url, tmp_path, 'op.execute("DELETE FROM company")')
    assert rows(database_url)["company"] == 1


def test_two_migrations_at_once_wait_for_each_other(database_url: str) -> None:
    """Two machines that start together both find the schema they need."""
    migrations.downgrade(database_url, "base")
    program = "import sys, migrations; migrations.upgrade(sys.argv[1])"
    both = [
        subprocess.Popen([sys.executable, "-c", program, database_url], cwd=migrations.FOLDER.parent) for _ in range(2)
    ]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert migrations.drift(database_url) == []
