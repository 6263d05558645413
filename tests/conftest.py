"""What every test may ask for: a database of its own, on each engine, with the schema as the migrations make it."""

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import URL, Engine, create_engine, event, make_url

import migrations
from bot import private_files
from bot.database import Database
from bot.slack.client import EXPECTED_WARNINGS
from sandbox.journal import Journal
from sandbox.workspace.state import Json
from tests.postgresql import ProcessDatabase, memory, running
from tests.warm import WarmProcess
from tests.workspace_statements import Watch
from tests.worlds.keys import PERSONAL_KEY

# What the files of one test may take, with much to spare.
SQLITE_BYTES = 32 * 1024**2

# A property that fails on one machine fails on every other, and a slow machine fails none.
hypothesis.settings.register_profile("baton", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("baton")


def pytest_collection_finish() -> None:
    """Keep what is imported out of the collector's way, and let it look less often: it took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


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


@pytest.fixture(autouse=True)
def slack_warnings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail a test where Slack took a call and ignored some of it; a test that means it empties the list."""
    warned: list[str] = []
    end_call = Journal.end_call

    def end(journal: Journal, number: int, status: int | None, answer: Json | None) -> None:
        end_call(journal, number, status, answer)
        warning = (answer or {}).get("warning")
        if warning is not None and warning not in EXPECTED_WARNINGS:
            warned.append(warning)

    monkeypatch.setattr(Journal, "end_call", end)
    yield warned
    assert warned == []


@pytest.fixture(scope="session", autouse=True)
def workspace_watch() -> Iterator[Watch]:
    """Read each statement that a test runs."""
    watch = Watch()
    with watch.watching():
        yield watch


@pytest.fixture(autouse=True)
def every_statement_names_its_workspace(workspace_watch: Watch) -> Iterator[None]:
    """Fail a test in which the product ran a statement that doesn't name its workspace: decision 0036."""
    workspace_watch.offences.clear()
    yield
    offences, workspace_watch.offences = workspace_watch.offences, []
    assert sorted(set(offences)) == []


def written(url: URL) -> str:
    """Spell a URL out, its password included."""
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmProcess]:
    """Give the process from which programs start at once."""
    process = WarmProcess()
    yield process
    process.close()


@pytest.fixture(scope="session")
def memory_folder() -> Iterator[Path]:
    """Give a folder for SQLite's files that lies in memory where it can: there a commit waits for no disk."""
    folder = Path(tempfile.mkdtemp(prefix="baton-sqlite-", dir=memory(SQLITE_BYTES)))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template(memory_folder: Path) -> Path:
    """Migrate one file, from which each test gets a copy."""
    path = memory_folder / "template.db"
    private_files.make(path)
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_server(testrun_uid: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[URL]:
    """Give a PostgreSQL that may make and drop databases: TEST_DATABASE_URL, else one started for this run."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    folder = tmp_path_factory.getbasetemp()
    with running(testrun_uid, (folder if worker_id == "master" else folder.parent) / "postgresql.lock") as server:
        yield server


@pytest.fixture(scope="session")
def process_database(postgresql_server: URL) -> Iterator[ProcessDatabase]:
    """Make the PostgreSQL database that the tests of this process use one after the other."""
    database = ProcessDatabase(postgresql_server)
    yield database
    database.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, memory_folder: Path) -> Iterator[str]:
    """Give a fresh SQLite database, migrated."""
    folder = Path(tempfile.mkdtemp(dir=memory_folder))
    yield f"sqlite:///{shutil.copy(sqlite_template, folder / 'baton.db')}"
    shutil.rmtree(folder)


@pytest.fixture
def postgresql_url(process_database: ProcessDatabase) -> Iterator[str]:
    """Give an empty PostgreSQL database, migrated; it is emptied behind the test, whoever is still connected."""
    yield written(process_database.url)
    process_database.reset()


@pytest.fixture(params=["sqlite", "postgresql"], ids=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give a fresh database, migrated: the test runs once on each engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open a fresh database as the bot does, once on each engine."""
    opened = Database(database_url, personal_key=PERSONAL_KEY)
    yield opened
    opened.dispose()
