"""What the bot writes belongs to its owner alone, also where the umask would let others read it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import private_files
from bot.cli import console, databases
from bot.database import Database
from bot.importing.files import Row, Table
from bot.importing.report import Report
from bot.single_instance import SingleInstance
from qualification.rules.intake.row_errors import RowError


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Let others read what is made without a mode, as most systems do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Return the rights on every file of a folder."""
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@pytest.mark.parametrize("begins", ["transaction", "snapshot", "migration"])
def test_sqlite_makes_its_three_files_for_their_owner(tmp_path: Path, begins: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'baton.db'}")
    if begins == "migration":
        databases.bring_up_to_date(database)
    if begins == "snapshot":
        with database.snapshot() as session:
            session.execute(text("SELECT 1"))
    with database.transaction() as session:
        session.execute(text("CREATE TABLE made (id INTEGER)"))
        found = modes(tmp_path)
    found.pop("baton.db.lock", None)
    database.dispose()
    assert found == dict.fromkeys(("baton.db", "baton.db-wal", "baton.db-shm"), 0o600)


def test_a_database_beyond_a_link_that_leads_nowhere_yet_is_made_for_its_owner(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "baton.db")
    database = Database(f"sqlite:///{tmp_path / 'link.db'}")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE made (id INTEGER)"))
        assert [file.stat().st_mode & 0o777 for file in database.files] == [0o600] * 3
    database.dispose()


def test_the_claim_on_a_database_a_playbook_and_a_report_are_their_owners(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("email\nivy\n")
    with SingleInstance(Database(f"sqlite:///{tmp_path / 'baton.db'}")):
        console.write(tmp_path / "playbook.yaml", "version: 1\n")
        with Report(tmp_path / "rejected.csv", Table(rows, "utf-8", ",", 10, ("email",)), 0) as report:
            report.write(Row(2, {"email": "ivy"}), [RowError("email", "isn't an address")])
    assert modes(tmp_path) == {
        "rows.csv": 0o644,
        "baton.db.lock": 0o600,
        "playbook.yaml": 0o600,
        "rejected.csv": 0o600,
    }


def test_what_an_operator_shares_stays_shared_and_is_told(tmp_path: Path) -> None:
    """A backup may read the database through its group."""
    ours, theirs, gone = (tmp_path / name for name in ("ours", "theirs", "gone"))
    private_files.make(ours)
    theirs.touch(mode=0o640)
    private_files.make(theirs)
    assert private_files.shared((ours, theirs, gone)) == [theirs]
    assert theirs.stat().st_mode & 0o777 == 0o640
