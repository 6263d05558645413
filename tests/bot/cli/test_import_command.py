"""`baton import` as an operator meets it: what it says, what it leaves in the database, and where it goes on."""

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.database import Database
from qualification.records import Company, Delivery, Handoff, ImportRun, Lead
from tests.bot.cli.terminal import MAP, Command, count

NOBODY = "lead is nobody: give an id, an email, a phone, or a name and a company"
PEOPLE = "Name;E-Mail;Firma;Note\nZoë Müller;zoe@acme.example;Käse AG;a\n;ivy;Acme;b\nBo Li;bo@bolt.example;;c\n"


def test_a_file_comes_in_by_the_names_of_its_columns_and_what_is_not_taken_is_reported(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "people.csv").write_bytes(PEOPLE.encode("cp1252"))
    done = ready("import", "people.csv")
    assert "people.csv: semicolon-separated, cp1252. Ids belong to sender `people`." in done.stdout
    assert '  email ← "E-Mail"' in done.stdout
    assert '  company ← "Firma"' in done.stdout
    assert "  also stored: Note" in done.stdout
    assert "3 rows. New leads: 2, known leads: 0." in done.stdout
    assert f"  {NOBODY}: 1\n" in done.stdout
    assert (done.exit_code, done.stderr) == (
        1,
        "1 row rejected, wholly or in part: people.csv.refused.csv says why.\n",
    )
    with (tmp_path / "people.csv.refused.csv").open(encoding="utf-8", newline="") as file:
        assert [*csv.DictReader(file)] == [
            {
                "_line": "3",
                "_why": f"lead.email isn't a valid e-mail address; {NOBODY}",
                "Name": "",
                "E-Mail": "ivy",
                "Firma": "Acme",
                "Note": "b",
            }
        ]
    assert (count(database, Lead), count(database, Delivery)) == (2, 0)


def test_a_report_that_was_mended_can_be_brought_in_itself(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    assert ready("import", "people.csv").exit_code == 1
    report = tmp_path / "people.csv.refused.csv"
    report.write_text(report.read_text(encoding="utf-8").replace(",ivy,", ",ivy@acme.example,"), encoding="utf-8")
    done = ready("import", "people.csv.refused.csv")
    assert "Ids belong to sender `people`." in done.stdout
    assert (done.exit_code, count(database, Lead)) == (0, 3)
    with database.snapshot() as session:
        ivy = session.scalars(select(Lead).where(Lead.email == "ivy@acme.example")).one()
    assert ivy.fields == {"Note": "b"}


def test_a_report_holds_all_cells_of_a_row_and_why_it_was_not_taken_this_time(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,Note\nivy,a\nzoe@acme.example,b,c\n", encoding="utf-8")
    ready("import", "people.csv")
    report = tmp_path / "people.csv.refused.csv"
    assert report.read_text(encoding="utf-8").splitlines() == [
        "_line,_why,email,Note",
        f'2,"lead.email isn\'t a valid e-mail address; {NOBODY}",ivy,a',
        "3,has 3 cells under 2 columns,zoe@acme.example,b,c",
    ]
    report.write_text(report.read_text(encoding="utf-8").replace(",ivy,", ",,"), encoding="utf-8")
    ready("import", "people.csv.refused.csv")
    with (tmp_path / "people.csv.refused.csv.refused.csv").open(encoding="utf-8", newline="") as file:
        again = [*csv.DictReader(file)]
    assert [(row["_line"], row["_why"].partition(":")[0]) for row in again] == [
        ("2", "lead is nobody"),
        ("3", "has 5 cells under 4 columns"),
    ]


def test_a_report_of_an_earlier_start_does_not_stand_beside_one_that_refused_nothing(
    ready: Command, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("email,name\nivy,\n")
    assert ready("import", "people.csv").exit_code == 1
    (tmp_path / "people.csv").write_text("email,name\nivy@acme.example,Ivy\n")
    assert ready("import", "people.csv").exit_code == 0
    assert not (tmp_path / "people.csv.refused.csv").exists()


def test_a_header_alone_is_no_row(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,name\n")
    done = ready("import", "people.csv")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "The file has a header but no rows.")


def test_a_dry_run_says_what_would_be_taken_and_stores_nothing(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    content = (
        PEOPLE.replace("Note", "Value").replace(";a\n", ";a lot\n").replace(";b\n", ";1\n").replace(";c\n", ";2\n")
    )
    (tmp_path / "people.csv").write_text(content, encoding="utf-8")
    done = ready("import", "people.csv", "--dry-run")
    assert done.exit_code == 1
    for said in (
        "✗ lead.value",
        "✗ lead.email",
        "bo@bolt.example",
        "3 rows: 2 would be imported, 1 rejected, 0 left out.",
        "Fields that could not be kept; their leads were taken:\n  lead.value isn't an amount of money: 1",
    ):
        assert said in done.stdout
    assert (count(database, Lead), count(database, ImportRun)) == (0, 0)
    assert not (tmp_path / "people.csv.refused.csv").exists()


def test_a_map_brings_people_stages_and_dates(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "map.yaml").write_text(MAP)
    rows = [
        {
            "id": 1,
            "mail": "a@acme.example",
            "trial": True,
            "rep": "Ana Ruiz",
            "stage": "contacted",
            "since": "2026-03-01",
        },
        {"id": 2, "mail": "b@acme.example", "rep": "Gone", "stage": "won", "since": "2026-03-01", "till": "2026-04-01"},
        {"id": 3, "mail": "c@acme.example", "rep": "Nobody", "stage": "contacted"},
    ]
    (tmp_path / "deals.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = ready("import", "deals.jsonl", "--map", "map.yaml")
    assert done.exit_code == 1, done.stderr
    assert "New leads: 3, known leads: 0. Activities: 1. Deals: 2. Left out: 0." in done.stdout
    (refused,) = map(json.loads, (tmp_path / "deals.jsonl.refused.jsonl").read_text(encoding="utf-8").splitlines())
    assert (refused["_line"], refused["_why"], refused["id"]) == (
        3,
        "handoff.owner isn't in the playbook, but the deal is still open",
        3,
    )
    assert (count(database, Handoff), count(database, Delivery)) == (2, 0)


def test_rows_are_joined_with_those_of_another_file(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "map.yaml").write_text(
        "join: {firm: {file: firms.csv, key: nr, value: firm_nr}}\n"
        "lead: {email: mail, company: firm.name, size: number(firm.staff)}\n"
    )
    (tmp_path / "firms.csv").write_text("nr,name,staff\n7,Acme,120\n")
    (tmp_path / "people.csv").write_text("mail,firm_nr\na@acme.example,7\nb@bolt.example,8\n")
    assert ready("import", "people.csv", "--map", "map.yaml").exit_code == 0
    with database.snapshot() as session:
        assert {lead.email: lead.company_id is not None for lead in session.scalars(select(Lead))} == {
            "a@acme.example": True,
            "b@bolt.example": True,
        }
    (tmp_path / "firms.csv").write_text("number,name,staff\n7,Acme,120\n")
    done = ready("import", "people.csv", "--map", "map.yaml", "--again")
    assert (done.exit_code, done.stderr) == (2, "firms.csv has no column `nr`; it has number, name, staff.\n")


def test_who_names_no_row_is_joined_with_none_and_a_key_that_cannot_be_worked_out_is_a_flaw_of_its_row(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    value = """'join(`"-"`, nrs)'"""
    (tmp_path / "map.yaml").write_text(
        f"join: {{firm: {{file: firms.csv, key: nr, value: {value}}}}}\nlead: {{email: mail, company: firm.name}}\n"
    )
    (tmp_path / "firms.csv").write_text("nr,name\n1-2,Acme\n,Nobody Ltd\n")
    rows = [{"mail": "a@gmail.com", "nrs": ["1", "2"]}, {"mail": "b@gmail.com", "nrs": []}, {"mail": "c@gmail.com"}]
    (tmp_path / "people.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = ready("import", "people.jsonl", "--map", "map.yaml")
    assert (done.exit_code, "join.firm join() takes array-string, not null: 1" in done.stdout) == (1, True)
    with database.snapshot() as session:
        assert {lead.email: lead.company_id is not None for lead in session.scalars(select(Lead))} == {
            "a@gmail.com": True,
            "b@gmail.com": False,
        }
    (tmp_path / "map.yaml").write_text("join: {firm: {file: firms.csv, key: nr}}\nlead: {email: mail}\n")
    (tmp_path / "people.csv").write_text("mail\na@gmail.com\n")
    told = ready("import", "people.csv", "--map", "map.yaml")
    assert told.stderr == "The file has no column `nr` to join `firm` by; add its `value`.\n"


def test_what_cannot_be_joined_is_told_of_each_line_and_of_how_many_rows_miss_theirs(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "map.yaml").write_text(
        "join: {firm: {file: firms.csv, key: nr}}\nlead: {email: mail, company: firm.name}\n"
    )
    doubled = "".join(f"7,Again {each}\n" for each in range(3))
    (tmp_path / "firms.csv").write_text(f"nr,name\n7,Acme\n8,Bolt,beyond\n7,Acme\n,Nobody\n{doubled}")
    (tmp_path / "people.csv").write_text("mail,nr\na@gmail.com,7\nb@gmail.com,8\nc@gmail.com,9\nd@gmail.com,\n")
    said = (
        "  firm ← firms.csv, 1 row\n"
        "    line 3 skipped: it has 3 cells under 2 columns\n"
        "    line 5 skipped: it has no `nr`\n"
        "    line 6 skipped: it has the `nr` of line 2, which is used\n"
        "    2 more skipped\n"
    )
    missing = "  firm: firms.csv has no matching row for 2 rows\n"
    for more in (("--dry-run",), ()):
        done = ready("import", "people.csv", "--map", "map.yaml", *more)
        assert (done.exit_code, said in done.stdout, done.stdout.endswith(missing)) == (0, True, True)
    with database.snapshot() as session:
        assert session.scalars(select(Company.name)).all() == ["Acme"]


def test_a_file_that_was_in_says_so_and_comes_in_again_only_when_told(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "people.csv").write_text("email\na@acme.example\n")
    assert ready("import", "people.csv").exit_code == 0
    assert "was already imported" in ready("import", "people.csv").stdout
    assert "New leads: 0, known leads: 1." in ready("import", "people.csv", "--again").stdout
    assert count(database, Lead) == 1


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("", (), "people.csv can't be imported: it is empty."),
        ("a,b\n1,2\n", (), "No column identifies a lead: a, b."),
        ('{"a": 1}', (), "Use --map"),
        ("email\nx@y.example\n", ("--map", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        ("email\nx@y.example\n", ("--map", "map.yaml"), "map.yaml:1: lead: emial: `emial` isn't known here"),
        ("email\nx@y.example\n", ("--encoding", "klingon"), "it can't be read as klingon"),
        ("email\nx@y.example\n", ("--sender", "x" * 81), "--sender is a name of at most 80 characters."),
        ("email\nx@y.example\n", ("--report", "people.csv"), "--report is the file itself"),
        ("email\nx@y.example\n", ("--delimiter", "::"), "--delimiter is one character, such as ';' or tab"),
    ],
)
def test_what_cannot_be_brought_in_says_why(
    ready: Command, tmp_path: Path, content: str, options: tuple[str, ...], says: str
) -> None:
    (tmp_path / "people.csv").write_text(content)
    (tmp_path / "map.yaml").write_text("lead: {emial: email}\n")
    done = ready("import", "people.csv", *options)
    assert done.exit_code == 2
    assert says in done.stderr.replace("lead.emial", "lead: emial")


def test_before_a_playbook_is_published_it_says_so(command: Command) -> None:
    assert command("migrate").exit_code == 0
    done = command("import", "people.csv")
    assert (done.exit_code, done.stderr) == (1, "No playbook is published yet: baton playbook publish.\n")
