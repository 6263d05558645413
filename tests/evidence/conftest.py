"""A day of selling to real companies, run once on each engine."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pytest
from sqlalchemy import URL
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

from tests.conftest import written
from tests.evidence import crm
from tests.evidence.case import cases_of
from tests.evidence.course import plan
from tests.evidence.day import Day
from tests.evidence.rotation import rotations
from tests.evidence.sales import Sales
from tests.evidence.table import print_day
from tests.evidence.world import open_world
from tests.postgresql import ProcessDatabase, administer

SEED = 20261123


class ByEngine(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the tests of a file and an engine, which share what is set up once for them, to one process."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the group of a test; one that names its engine last has a database of its own, and no group."""
        file, _, parameters = nodeid.partition("::")
        engine = re.search(r"\[(sqlite|postgresql)\b", parameters)
        return f"{file} {engine[1]}" if engine else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByEngine:
    """Run the days of the two engines side by side."""
    return ByEngine(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures that the tests printed, from all processes."""
    for report in terminalreporter.getreports("passed"):
        for name, printed in report.sections:
            if name.startswith("Captured stdout"):
                terminalreporter.write(printed)


@pytest.fixture(scope="module")
def sales(data: Path) -> Sales:
    """Return the sales organisation of the CRM."""
    return Sales(crm.read(data / "maven-crm"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield a fresh, migrated database for the whole day."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        yield f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('evidence') / 'baton.db')}"
        return
    server: URL = request.getfixturevalue("postgresql_server")
    name = f"baton_{uuid4().hex}"
    process_database: ProcessDatabase = request.getfixturevalue("process_database")
    process_database.copy(name)
    yield written(server.set(database=name))
    administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def day(sales: Sales, engine_url: str) -> Iterator[Day]:
    """Run the day and print its figures; Slack and the bot keep running for the tests."""
    began = monotonic()
    with open_world(sales, engine_url) as world:
        day = Day(world, cases_of(plan(sales, SEED)))
        day.run()
        engine = "SQLite" if world.database.is_sqlite else "PostgreSQL, two workers"
        print_day(day, rotations(day), engine=engine, seconds=monotonic() - began)
        yield day
