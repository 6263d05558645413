"""One way to write, one way to read, on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from bot.database import WAKE_CHANNEL, Database, database_url
from qualification.outbox import outbox
from qualification.records import Delivery, Priority, Workspace
from tests.bot.connections import in_use

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def add_workspace(database: Database, name: str = "Northwind") -> int:
    """Store a workspace, and return its id."""
    with database.transaction() as session:
        workspace = Workspace(slack_team_id=name, name=name, delivery_namespace=name, created_at=NOW)
        session.add(workspace)
        session.flush()
        return workspace.id


def enqueue_home(database: Database, workspace_id: int, person_id: int) -> None:
    """Enqueue something, it does not matter what."""
    with database.transaction() as session:
        outbox.enqueue(
            session,
            workspace_id=workspace_id,
            place=f"C{person_id}",
            person_id=None,
            kind="lead_card",
            subject=person_id,
            handoff_id=None,
            priority=Priority.NEW_MESSAGE,
            now=NOW,
        )


def names(database: Database) -> list[str]:
    """Read the workspaces' names."""
    with database.snapshot() as session:
        return list(session.scalars(select(Workspace.name).order_by(Workspace.id)))


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///baton.db", "sqlite"),
        ("postgres://baton@db.example/baton", "postgresql+psycopg"),
        ("postgresql://baton@db.example/baton", "postgresql+psycopg"),
        ("postgresql+psycopg://baton@db.example/baton", "postgresql+psycopg"),
    ],
)
def test_the_usual_spellings_of_an_address_are_understood(given: str, driver: str) -> None:
    assert database_url(given).drivername == driver


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="SQLite or PostgreSQL"):
        database_url("mysql://baton@db.example/baton")


def test_a_transaction_commits_once_or_not_at_all(database: Database) -> None:
    add_workspace(database)

    def fail() -> None:
        with database.transaction() as session:
            session.add(Workspace(slack_team_id="T2", name="half", delivery_namespace="s", created_at=NOW))
            session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert names(database) == ["Northwind"]


def test_a_snapshot_refuses_writes(database: Database) -> None:
    with database.snapshot() as session:
        session.add(Workspace(slack_team_id="T2", name="sneaked in", delivery_namespace="s", created_at=NOW))
        with pytest.raises(DBAPIError):
            session.flush()
    assert names(database) == []


def test_a_snapshot_waits_for_no_writer_and_sees_one_state(database: Database) -> None:
    add_workspace(database)
    with database.transaction() as writing:
        writing.add(Workspace(slack_team_id="T2", name="Fabrikam", delivery_namespace="s", created_at=NOW))
        writing.flush()
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(names, database).result(timeout=5) == ["Northwind"]
        with database.snapshot() as reading:
            assert reading.scalar(select(Workspace.name)) == "Northwind"
            with ThreadPoolExecutor(1) as pool:
                pool.submit(writing.commit).result(timeout=5)
            assert len(reading.scalars(select(Workspace.name)).all()) == 1
    assert names(database) == ["Northwind", "Fabrikam"]


def test_writers_of_one_process_lose_no_update(database: Database) -> None:
    workspace_id = add_workspace(database, "0")

    def count(_: int) -> None:
        for _ in range(10):
            with database.transaction() as session:
                workspace = session.get_one(Workspace, workspace_id, with_for_update=True)
                workspace.name = str(int(workspace.name) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(8)))
    assert names(database) == ["80"]


def test_a_commit_that_owes_slack_something_wakes_the_worker_and_no_other_does(database: Database) -> None:
    woken: list[int] = []
    database.on_commit(lambda: woken.append(1))
    workspace_id = add_workspace(database)
    assert woken == []
    enqueue_home(database, workspace_id, 1)
    assert woken == [1]


def test_what_wakes_finds_the_commit_done(database: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        with database.snapshot() as session:
            seen.append(len(session.scalars(select(Delivery)).all()))

    database.on_commit(look)
    enqueue_home(database, add_workspace(database), 1)
    assert seen == [1]


def test_on_postgresql_a_commit_wakes_the_workers_of_other_processes(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    workspace_id = add_workspace(database)
    with psycopg.connect(postgresql_url.replace("+psycopg", ""), autocommit=True) as listener:
        listener.execute(f"LISTEN {WAKE_CHANNEL}")
        enqueue_home(database, workspace_id, 1)
        assert [heard.channel for heard in listener.notifies(timeout=5, stop_after=1)] == [WAKE_CHANNEL]
    database.dispose()


def test_an_error_quotes_no_row(database: Database) -> None:
    add_workspace(database, "dana@contoso.example")
    with pytest.raises(DBAPIError) as caught, database.transaction() as session:
        session.execute(text("SELECT :who FROM nowhere"), {"who": "dana@contoso.example"})
    assert "contoso" not in str(caught.value)


def test_a_postgresql_that_falls_silent_is_given_up_within_half_a_minute(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    with database.engine.connect() as connection:
        told = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    idle, interval, count = (int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
    assert idle + interval * count <= 30
    database.dispose()


def test_sqlite_survives_a_power_cut_and_checks_its_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    database.dispose()


def test_what_was_erased_leaves_sqlites_log_once_no_reader_keeps_it_in_use(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    workspace_id = add_workspace(database)

    def is_called(name: str, *, erases: bool = False) -> None:
        with database.transaction() as session:
            session.get_one(Workspace, workspace_id).name = name
            session.has_erased = erases

    def held() -> list[str]:
        return [file.name for file in database.files if file.exists() and b"Zebrafinch" in file.read_bytes()]

    is_called("Zebrafinch")
    with database.snapshot() as reader:
        reader.scalars(select(Workspace.id)).all()
        is_called("Gone", erases=True)
        add_workspace(database, "Fabrikam")
        assert database.files[1].name in held()
    add_workspace(database, "Contoso")
    assert held() == []
    database.dispose()


def test_invariant_8_a_time_without_a_zone_is_refused_and_a_stored_one_comes_back_in_utc(database: Database) -> None:
    add_workspace(database)
    with database.snapshot() as session:
        assert session.scalars(select(Workspace.created_at)).one() == NOW
        assert session.scalars(select(Workspace.created_at)).one().tzinfo is UTC
    with pytest.raises(StatementError, match="naive datetime"), database.snapshot() as session:
        session.scalars(select(Workspace).where(Workspace.created_at == NOW.replace(tzinfo=None)))


def test_connections_go_back_when_a_block_ends(database: Database) -> None:
    with database.transaction(), database.snapshot() as session:
        session.execute(select(Workspace))
        assert in_use(database) >= 1
    assert in_use(database) == 0


def test_on_postgresql_nobody_waits_for_a_lock_for_ever(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.database.LOCK_SECONDS", 1)
    database = Database(postgresql_url)
    workspace_id = add_workspace(database)
    wanted = select(Workspace).where(Workspace.id == workspace_id).with_for_update()
    with database.transaction() as holder:
        holder.scalars(wanted).one()
        with pytest.raises(OperationalError, match="lock timeout"), database.transaction() as session:
            session.scalars(wanted).one()
        # One row that somebody keeps is no outage: all others are answered.
        assert not database.is_away
        add_workspace(database, "Fabrikam")
    database.dispose()


def test_how_much_can_still_be_written_is_known_of_a_file(database: Database) -> None:
    left = database.bytes_left
    assert (left is None) is not database.is_sqlite
    assert left is None or left > 0
