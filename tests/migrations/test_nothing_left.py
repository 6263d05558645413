"""What a revision takes away isn't left in the file's free pages."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, Pool

import migrations

WORDS = [f"zebrafinch-{number}" for number in range(500)]


@pytest.fixture(autouse=True)
def _careless_sqlite() -> Iterator[None]:
    """Have each connection begin as that of a SQLite which was built without SECURE_DELETE."""

    def begin(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.cursor().execute("PRAGMA secure_delete = OFF")

    event.listen(Pool, "connect", begin)
    yield
    event.remove(Pool, "connect", begin)


def test_a_table_that_is_built_anew_leaves_no_words_behind(sqlite_url: str) -> None:
    file = Path(str(make_url(sqlite_url).database))
    with sqlite3.connect(file) as connection:
        connection.executemany(
            "INSERT INTO workspace (slack_team_id, name, delivery_namespace, created_at) VALUES (?1, ?1, ?1, '2026')",
            [(word,) for word in WORDS],
        )
    connection.close()
    migrations.downgrade(sqlite_url, "0011")
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("DELETE FROM workspace")
    connection.close()
    assert b"zebrafinch" not in file.read_bytes()
