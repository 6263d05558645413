"""A list of who wants no contact, and what it does to those who are here and those who come later."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.database import Database
from qualification.records import AuditEntry, Lead, Suppression
from qualification.rules.leads.suppression import SuppressionReason
from tests.bot.cli.terminal import Command, count

PEOPLE = """\
Name,Email,Phone,Country
Ivy,ivy+news@acme.example,,
Jo,jo@bolt.example,,
Bo,bo@other.example,030 23125 101,Germany
Al,al@fine.example,,
"""
LIST = "Email,Domain,Phone\nIVY@acme.example,,\n,bolt.example,\n,,+49 30 23125101\nnonsense,gmail.com,\n"


def marked(database: Database) -> dict[str | None, bool]:
    with database.snapshot() as session:
        return {lead.name: lead.do_not_contact for lead in session.scalars(select(Lead))}


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "stop.csv").write_text(LIST)
    return tmp_path


@pytest.mark.usefixtures("listed")
def test_who_is_here_is_marked_and_the_list_is_kept_as_hashes(ready: Command, database: Database) -> None:
    assert ready("import", "people.csv").exit_code == 0
    done = ready("import", "--suppress", "stop.csv")
    assert done.exit_code == 0, done.stderr
    assert "4 rows. Entries by address: 1, domain: 1, phone number: 1." in done.stdout
    assert "1 cell left out" in done.stdout
    assert "gmail.com left out: anybody may have an address there" in done.stdout
    assert "Kept: 3. Kept before: 0." in done.stdout
    assert "3 leads marked “Do not contact”." in done.stdout
    assert marked(database) == {"Ivy": True, "Jo": True, "Bo": True, "Al": False}
    with database.snapshot() as session:
        kept = session.scalars(select(Suppression)).all()
        said = [entry for entry in session.scalars(select(AuditEntry)) if entry.action == "suppressions_added"]
    assert [each.reason for each in kept] == [SuppressionReason.OPTED_OUT] * 3
    assert [entry.details for entry in said] == [{"entries": 3}]
    again = ready("import", "--suppress", "stop.csv")
    assert "Kept: 0. Kept before: 3." in again.stdout
    assert "0 leads marked" in again.stdout
    assert count(database, Suppression) == 3


@pytest.mark.usefixtures("listed")
def test_who_comes_later_comes_in_marked(ready: Command, database: Database) -> None:
    assert ready("import", "--suppress", "stop.csv").exit_code == 0
    assert ready("import", "people.csv").exit_code == 0
    assert marked(database) == {"Ivy": True, "Jo": True, "Bo": True, "Al": False}


@pytest.mark.usefixtures("listed")
def test_a_dry_run_says_whom_it_would_mark_and_keeps_nothing(ready: Command, database: Database) -> None:
    ready("import", "people.csv")
    done = ready("import", "--suppress", "stop.csv", "--dry-run")
    assert "3 leads would be marked “Do not contact”." in done.stdout
    assert (count(database, Suppression), marked(database)["Ivy"]) == (0, False)


def test_a_list_without_a_header_is_a_list(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "stop.txt").write_text("ivy@acme.example\n@bolt.example\n")
    done = ready("import", "--suppress", "stop.txt")
    assert "2 rows. Entries by address: 1, domain: 1, phone number: 0." in done.stdout
    assert count(database, Suppression) == 2


def test_every_name_in_a_cell_counts(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "people.csv").write_text(
        "Name,Email,Phone\nIvy,ivy@acme.example,\nJo,jo@bolt.example,\nBo,bo@other.example,+49 40 428880\n"
        "Mo,mo@mail.xn--dhlnetz-5wa.example,\nAl,al@fine.example,\nFi,fi@notacme.example,\n"
    )
    (tmp_path / "stop.csv").write_text(
        'Email,Phone,Domain\n"x@y.example; Jo <jo@bolt.example>",,\n,+49 30 901820 / +49 40 428880,\n'
        ',,"none.example, WWW.D\u00e4hlnetz.example."\n,,acme.example\n',
        encoding="utf-8",
    )
    assert ready("import", "people.csv").exit_code == 0
    done = ready("import", "--suppress", "stop.csv")
    assert "4 rows. Entries by address: 2, domain: 3, phone number: 2." in done.stdout
    assert marked(database) == {"Ivy": True, "Jo": True, "Bo": True, "Mo": True, "Al": False, "Fi": False}


def test_an_export_that_says_who_refused_names_those_alone(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "stop.csv").write_text(
        "Email,Website,Unsubscribed\nivy@acme.example,acme.example,yes\njo@bolt.example,bolt.example,no\n"
    )
    done = ready("import", "--suppress", "stop.csv")
    assert "1 row left out: a column says that they may be contacted" in done.stdout
    assert count(database, Suppression) == 1


@pytest.mark.usefixtures("listed")
def test_who_is_lifted_may_come_in_again(ready: Command, database: Database) -> None:
    ready("import", "--suppress", "stop.csv")
    assert "- " in ready("suppressions", "list").stdout
    assert ready("suppressions", "lift", "ivy@acme.example").exit_code == 0
    assert ready("suppressions", "lift", "@bolt.example").exit_code == 0
    assert ready("suppressions", "lift", "nobody@bolt.example").exit_code == 1
    assert count(database, Suppression) == 1


def test_a_list_that_names_nobody_is_refused(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "stop.csv").write_text("Name,Note\nIvy,x\n")
    done = ready("import", "--suppress", "stop.csv")
    assert (done.exit_code, "names nobody" in done.stderr) == (1, True)
