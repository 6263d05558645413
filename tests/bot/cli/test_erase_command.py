"""`baton erase`, `baton suppressions` and BATON_KEY, as an operator meets them."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot import machine
from bot.database import Database
from qualification.people import audit
from qualification.records import Lead, Suppression
from qualification.rules.people.audited import AuditAction
from tests.bot.cli.terminal import Command, Start, ending

PEOPLE = "email,name,company\nzelda@quill.example,Zelda Quill,Quill\nivy@acme.example,Ivy Chen,Acme\n"


@pytest.fixture
def filled(ready: Command, tmp_path: Path) -> Command:
    """Have two leads in the database."""
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert ready("import", "people.csv").exit_code == 0
    return ready


def leads(database: Database) -> list[tuple[str | None, bool]]:
    """Return each lead's name, and whether it is erased."""
    with database.snapshot() as session:
        return [(each.name, each.erased_at is not None) for each in session.scalars(select(Lead).order_by(Lead.id))]


def test_a_person_is_erased_by_address_and_comes_in_again_only_once_that_is_lifted(
    filled: Command, database: Database
) -> None:
    would = filled("erase", "Zelda@quill.example", "--dry-run")
    assert (would.exit_code, leads(database)) == (0, [("Zelda Quill", False), ("Ivy Chen", False)])
    assert "Lead #1: Quill · Zelda Quill" in would.stdout
    done = filled("erase", "zelda@quill.example", "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "Erased. Lead #1 stays, without anything of theirs." in done.stdout
    assert leads(database) == [(None, True), ("Ivy Chen", False)]
    assert b"zelda" not in b"".join(file.read_bytes().lower() for file in database.files if file.exists())
    again = filled("import", "people.csv", "--again")
    assert "lead is somebody who was erased here" in again.stdout
    assert leads(database) == [(None, True), ("Ivy Chen", False)]
    assert "#1" in filled("suppressions", "list").stdout
    assert filled("suppressions", "lift", "zelda@quill.example").exit_code == 0
    assert filled("import", "people.csv", "--again").exit_code == 0
    assert leads(database) == [(None, True), ("Ivy Chen", False), ("Zelda Quill", False)]
    assert "Nobody is kept from coming back." in filled("suppressions", "list").stdout


def test_who_is_shown_the_person_is_in_the_audit_also_where_nobody_is_erased(
    filled: Command, database: Database
) -> None:
    def entries() -> list[tuple[AuditAction, str, int | None, object]]:
        with database.snapshot() as session:
            acts = [AuditAction.LOOKED_UP, AuditAction.ERASED]
            found = audit.entries(session, 1, actions=acts)
            return [(each.action, each.by, each.lead_id, each.details.get("in")) for each in reversed(found)]

    shown = (AuditAction.LOOKED_UP, machine.operator(), 1, "baton erase")
    assert filled("erase", "zelda@quill.example", "--dry-run").exit_code == 0
    assert entries() == [shown]
    assert filled("erase", "1").exit_code == 1
    assert entries() == [shown, shown]
    assert filled("erase", "99", "--dry-run").exit_code == 1
    assert filled("erase", "1", "--yes").exit_code == 0
    assert entries() == [shown, shown, shown, (AuditAction.ERASED, machine.operator(), 1, None)]
    assert filled("erase", "1", "--dry-run").exit_code == 1
    assert len(entries()) == 4


def test_it_asks_first_and_says_what_it_cannot_do(filled: Command, database: Database) -> None:
    for words, sentence in (
        (("erase", "1"), "Nothing was erased. Add --yes where nobody can be asked."),
        (("erase", "99", "--yes"), "There is no lead 99."),
        (("erase", "nobody@quill.example", "--yes"), "There is no lead nobody@quill.example."),
        (("suppressions", "lift", "1"), "Nobody like that is kept from coming back."),
    ):
        done = filled(*words)
        assert (done.exit_code, done.stderr.strip()) == (1, sentence)
    assert leads(database) == [("Zelda Quill", False), ("Ivy Chen", False)]
    assert filled("erase", "#1", "--yes").exit_code == 0
    assert "erased already" in filled("erase", "1", "--yes").stderr


def test_without_the_key_nobody_is_erased_and_with_another_nothing_comes_in(
    filled: Command, start: Start, tmp_path: Path, database: Database
) -> None:
    kept = (tmp_path / ".env").read_text(encoding="utf-8")
    (tmp_path / ".env").unlink()
    refused = filled("erase", "1", "--yes")
    assert (refused.exit_code, leads(database)[0]) == (2, ("Zelda Quill", False))
    assert "baton init --key" in refused.stderr
    (tmp_path / ".env").write_text(kept, encoding="utf-8")
    assert filled("erase", "1", "--yes").exit_code == 0
    for key in ("", "another key, which is long enough to be one"):
        (tmp_path / ".env").write_text(f"BATON_KEY={key}\n", encoding="utf-8")
        refused = filled("import", "people.csv", "--again")
        assert (refused.exit_code, "is not the one by which people were erased" in refused.stderr) == (2, True)
        assert "is not the one by which people were erased" in ending(start("run"), code=2)
        assert "is not the one by which people were erased" in filled("doctor").stdout
    with database.snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Suppression))
    assert filled("suppressions", "lift", "1").exit_code == 0
    assert filled("import", "people.csv", "--again").exit_code == 0


def test_init_makes_the_key_once_for_its_owner_alone_and_leaves_the_rest_of_the_file(
    command: Command, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    made = command("init", "--key")
    assert (made.exit_code, "BATON_KEY is written to .env." in made.stdout) == (0, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_text(encoding="utf-8")
    assert "is set already" in command("init", "--key").stdout
    assert file.read_text(encoding="utf-8") == before
    file.write_text("# mine\nPORT=0\nBATON_KEY=\n", encoding="utf-8")
    command("init", "--key")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# mine", "PORT=0"]
    assert len(lines) == 3
    assert len(lines[2].removeprefix("BATON_KEY=")) >= 32
    short = command("doctor", BATON_KEY="short")
    assert (short.exit_code, "BATON_KEY is too short" in short.stderr) == (2, True)
