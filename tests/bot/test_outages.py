"""Which errors mean that the database can't be used, and what a process does until it can."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.database import Database
from bot.outages import NotNow, Outage, is_away, saved_nothing
from tests.worlds.away import away

# A session's own backend, as somebody else would end it.
END_ME = text("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open a database that hardly waits for others."""
    opened = Database(database_url, patience_seconds=0.05)
    yield opened
    opened.dispose()


def fail() -> None:
    """Raise what a pool without a free connection does."""
    raise PoolTimeout


def failure(database: Database, statement: str) -> SQLAlchemyError:
    """Return the error of a statement in a transaction of its own."""
    with pytest.raises(SQLAlchemyError) as raised, database.transaction() as session:
        session.execute(text(statement))
    return raised.value


def test_a_database_that_nobody_gets_into_is_away_until_it_is_written_to_again(
    database: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert database.outage() is None
    with caplog.at_level(logging.INFO, "bot.outages"):
        with away(database_url):
            for _ in range(3):
                error = failure(database, "SELECT 1")
                assert (is_away(error), saved_nothing(error)) == (True, True)
            assert database.is_away
            assert database.outage() is not None
        with database.transaction():
            pass
    assert (database.is_away, database.outage()) == (False, None)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_process_that_writes_nothing_finds_out_when_it_is_asked(database: Database, database_url: str) -> None:
    with away(database_url):
        failure(database, "SELECT 1")
    assert database.is_away
    assert database.outage() is None


def test_a_mistake_of_ours_is_no_outage(database: Database) -> None:
    for statement in ("SELECT * FROM nothing", "SELECT nothing FROM workspace", "SELEC 1"):
        assert not is_away(failure(database, statement))
    assert database.outage() is None


def test_a_full_disk_is_away(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        # The limit holds for the connection, which the pool gives to the next transaction too.
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
    row = "slack_team_id, name, delivery_namespace, created_at) VALUES (hex(randomblob(100000)), 'x', 'x', 0)"
    error = failure(database, f"INSERT INTO workspace ({row}")
    assert "full" in str(error)
    assert saved_nothing(error)
    database.dispose()


def test_a_file_that_is_no_database_or_only_read_is_away(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "notes.db").write_text("not a database at all, but long enough to have a header " * 20)
    notes = Database(f"sqlite:///{tmp_path / 'notes.db'}")
    assert is_away(failure(notes, "SELECT 1"))
    notes.dispose()
    database = Database(sqlite_url)
    with pytest.raises(OperationalError) as raised, database.snapshot() as session:
        session.execute(text("UPDATE workspace SET name = 'x'"))
    assert is_away(raised.value)
    database.dispose()


def test_a_connection_that_breaks_is_away(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    error = failure(database, str(END_ME))
    assert (is_away(error), saved_nothing(error)) == (True, True)
    database.dispose()


def test_a_connection_that_breaks_during_the_commit_leaves_open_what_was_saved(postgresql_url: str) -> None:
    database, other = Database(postgresql_url), Database(postgresql_url)

    def broken_off() -> None:
        with database.transaction() as session:
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with other.transaction() as elsewhere:
                elsewhere.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})

    with pytest.raises(DBAPIError) as raised:
        broken_off()
    assert (is_away(raised.value), saved_nothing(raised.value)) == (True, False)
    database.dispose()
    other.dispose()


def test_writers_of_one_process_do_not_wait_for_one_another_for_long(sqlite_url: str) -> None:
    database = Database(sqlite_url, patience_seconds=0.05)
    with database.transaction(), pytest.raises(NotNow, match="keep it locked"), database.transaction():
        pass
    database.dispose()


def test_a_database_that_kept_somebody_waiting_is_left_alone_for_a_moment() -> None:
    """A server that is silent costs the first two seconds, and not everybody."""
    seconds = iter([0.0, 2.0, 2.5, 3.5, 4.0])
    outage = Outage(rests=True, clock=lambda: next(seconds))

    asked: list[int] = []
    for number in range(3):
        with suppress(PoolTimeout), outage.noted():
            asked.append(number)
            fail()
    assert asked == [0, 2]


def test_other_errors_of_a_block_are_none_of_the_databases() -> None:
    outage = Outage(rests=True)
    with pytest.raises(sqlite3.Error), outage.noted():
        raise sqlite3.Error
    assert outage.reason is None
