"""`baton export`: what is known of a lead, as files for their owner alone."""

import json
from pathlib import Path

import pytest

from bot.database import Database
from qualification.intake import ingest
from qualification.rules.leads.lead_input import LeadInput
from sandbox.clock import RealClock
from tests.bot.cli.terminal import Command

HOSTILE = "Ivy <script>alert(1)</script>"


@pytest.fixture
def known(ready: Command, environ: dict[str, str]) -> Command:
    """Take in one lead."""
    database = Database(environ["DATABASE_URL"])
    lead = LeadInput(email="ivy@acme.example", name=HOSTILE, company="Acme")
    with database.transaction() as session:
        ingest.ingest(session, 1, "web", [lead], now=RealClock()())
    database.dispose()
    return ready


def test_two_files_are_written_for_their_owner_alone(known: Command, tmp_path: Path) -> None:
    for lead in ("1", "#1", "Ivy@acme.example"):
        done = known("export", lead, "--overwrite")
        assert done.exit_code == 0, done.stderr
        assert done.stdout == (
            "Written: lead-1.json\nWritten: lead-1.html\n"
            "These files hold personal data. Only you can read them; delete them once they are handed over.\n"
        )
    files = [tmp_path / "lead-1.json", tmp_path / "lead-1.html"]
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    assert json.loads(files[0].read_text())["who_you_are"]["lead"][0]["name"] == HOSTILE
    page = files[1].read_text()
    assert "Ivy &lt;script&gt;" in page
    assert "<script" not in page


def test_what_is_there_is_replaced_only_on_a_word(known: Command, tmp_path: Path) -> None:
    there = tmp_path / "out" / "lead-1.html"
    there.parent.mkdir()
    there.write_text("mine")
    there.chmod(0o644)
    done = known("export", "1", "--to", "out")
    assert (done.exit_code, done.stderr) == (1, "Already there: out/lead-1.html. --overwrite replaces them.\n")
    assert [file.name for file in there.parent.iterdir()] == ["lead-1.html"]
    assert there.read_text() == "mine"
    assert known("export", "1", "--to", "out", "--overwrite").exit_code == 0
    assert "Acme" in there.read_text()
    assert there.stat().st_mode & 0o777 == 0o600


def test_a_link_to_elsewhere_is_never_written_through(known: Command, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    (tmp_path / "lead-1.json").symlink_to(elsewhere)
    assert known("export", "1").exit_code == 1
    assert known("export", "1", "--overwrite").exit_code == 0
    assert elsewhere.read_text() == "untouched"
    assert not (tmp_path / "lead-1.json").is_symlink()


def test_the_json_alone_is_printed_and_nothing_is_written(known: Command, tmp_path: Path) -> None:
    before = {*tmp_path.iterdir()}
    done = known("export", "1", "--json")
    assert (done.exit_code, json.loads(done.stdout)["lead"]) == (0, 1)
    assert {*tmp_path.iterdir()} == before


def test_a_lead_that_is_none_and_a_folder_that_is_none_are_said(known: Command, tmp_path: Path) -> None:
    for name in ("2", "joe@acme.example", "Ivy"):
        done = known("export", name)
        assert done.exit_code == 1
        assert done.stderr == f"There is no lead {name}. Give its number, or its whole e-mail address.\n"
    done = known("export", "1", "--to", "nowhere")
    assert (done.exit_code, "nowhere/lead-1.json cannot be written" in done.stderr) == (2, True)
    assert not (tmp_path / "nowhere").exists()
