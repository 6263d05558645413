"""`baton import` as an operator meets it: what it says, what it leaves in the database, and where it goes on."""

import csv
import json
import signal
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.database import Database
from bot.import_command import plan_of
from bot.importing import runs
from bot.importing.files import examine
from bot.importing.joins import CannotImport
from bot.importing.runs import Import, Plan
from qualification.playbook import playbooks
from qualification.records import Activity, Company, Delivery, Handoff, ImportRun, Lead, Person, Workspace
from qualification.records.base import Base
from tests.bot.test_command_line import Command, Start, command, environ, ready, sandbox, start

__all__ = ["command", "environ", "ready", "sandbox", "start"]

PEOPLE = (
    "Name;E-Mail;Firma;Note\nZoë Müller;zoe@acme.example;Käse AG;a\nIvy Chen;ivy;Acme;b\nBo Li;bo@bolt.example;;c\n"
)
MAP = """\
lead: {id: id, email: mail}
activities:
  - {id: "words(id, 'trial')", kind: {always: trial}, when: trial}
handoff:
  owner: rep
  stage: stage
  at: since
  ended_at: till
"""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Open the database of the commands."""
    return Database(f"sqlite:///{tmp_path / 'baton.db'}")


def count(database: Database, record: type[Base]) -> int:
    with database.snapshot() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def test_a_file_comes_in_by_the_names_of_its_columns_and_what_is_not_taken_is_reported(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "people.csv").write_bytes(PEOPLE.encode("cp1252"))
    done = ready("import", "people.csv")
    assert "people.csv: cells apart by semicolons, cp1252. Its ids are those of `people`." in done.stdout
    assert '  email ← "E-Mail"' in done.stdout
    assert "  kept beside: Firma, Note" in done.stdout
    assert "3 rows. Leads written down: 2, known again: 0." in done.stdout
    assert "lead.email isn't a valid e-mail address: 1" in done.stdout
    assert (done.exit_code, done.stderr) == (
        1,
        "1 row not taken, or not wholly: people.csv.refused.csv says why.\n",
    )
    with (tmp_path / "people.csv.refused.csv").open(encoding="utf-8", newline="") as file:
        assert [*csv.DictReader(file)] == [
            {
                "_line": "3",
                "_why": "lead.email isn't a valid e-mail address",
                "Name": "Ivy Chen",
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
    assert "Its ids are those of `people`." in done.stdout
    assert (done.exit_code, count(database, Lead)) == (0, 3)
    with database.snapshot() as session:
        ivy = session.scalars(select(Lead).where(Lead.email == "ivy@acme.example")).one()
    assert ivy.fields == {"Note": "b", "Firma": "Acme"}


def test_a_report_holds_all_cells_of_a_row_and_why_it_was_not_taken_this_time(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,Note\nivy,a\nzoe@acme.example,b,c\n", encoding="utf-8")
    ready("import", "people.csv")
    report = tmp_path / "people.csv.refused.csv"
    assert report.read_text(encoding="utf-8").splitlines() == [
        "_line,_why,email,Note",
        "2,lead.email isn't a valid e-mail address,ivy,a",
        "3,has 3 cells under 2 columns,zoe@acme.example,b,c",
    ]
    report.write_text(report.read_text(encoding="utf-8").replace(",ivy,", ",,"), encoding="utf-8")
    ready("import", "people.csv.refused.csv")
    with (tmp_path / "people.csv.refused.csv.refused.csv").open(encoding="utf-8", newline="") as file:
        again = [*csv.DictReader(file)]
    assert [(row["_line"], row["_why"].partition(":")[0]) for row in again] == [
        ("2", "lead doesn't identify anybody"),
        ("3", "has 5 cells under 4 columns"),
    ]


def test_a_report_of_an_earlier_start_does_not_stand_beside_one_that_refused_nothing(
    ready: Command, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text("email,name\nivy,Ivy\n")
    assert ready("import", "people.csv").exit_code == 1
    (tmp_path / "people.csv").write_text("email,name\nivy@acme.example,Ivy\n")
    assert ready("import", "people.csv").exit_code == 0
    assert not (tmp_path / "people.csv.refused.csv").exists()


def test_a_header_alone_is_no_row(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("email,name\n")
    done = ready("import", "people.csv")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "The file has a header, and no row under it.")


def test_a_dry_run_says_what_would_be_taken_and_stores_nothing(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    content = (
        PEOPLE.replace("Note", "Value").replace(";a\n", ";a lot\n").replace(";b\n", ";1\n").replace(";c\n", ";2\n")
    )
    (tmp_path / "people.csv").write_text(content, encoding="utf-8")
    done = ready("import", "people.csv", "--dry-run")
    assert done.exit_code == 1
    for said in ("✗ lead.value", "✗ lead.email", "bo@bolt.example", "3 rows: 1 would be taken, 2 not, 0 left out."):
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
    assert "Leads written down: 2, known again: 0. Activities: 1. Deals: 2. Left out: 0." in done.stdout
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
    assert told.stderr == "The file has no column `nr` by which to join `firm`; say its `value`.\n"


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
        "    not line 3: it has 3 cells under 2 columns\n"
        "    not line 5: it has no `nr`\n"
        "    not line 6: it has the `nr` of line 2, which is taken\n"
        "    and 2 other lines not\n"
    )
    missing = "  firm: firms.csv has no such row for 2 rows\n"
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
    assert "was brought in before" in ready("import", "people.csv").stdout
    assert "Leads written down: 0, known again: 1." in ready("import", "people.csv", "--again").stdout
    assert count(database, Lead) == 1


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("", (), "people.csv holds no rows: it is empty."),
        ("a,b\n1,2\n", (), "By these columns nobody can be known: a, b."),
        ('{"a": 1}', (), "say --map"),
        ("email\nx@y.example\n", ("--map", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        ("email\nx@y.example\n", ("--map", "map.yaml"), "map.yaml:1: lead: emial: `emial` isn't known here"),
        ("email\nx@y.example\n", ("--encoding", "klingon"), "it is no text in klingon"),
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
    assert (done.exit_code, done.stderr) == (1, "No playbook is published yet: python -m bot playbook publish.\n")


def test_killed_half_way_it_goes_on_there_and_nothing_is_lost_or_doubled(
    ready: Command, start: Start, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "map.yaml").write_text("lead: {id: id, email: mail}\nactivities: [{kind: {always: trial}}]\n")
    rows = [f"{each},{'no' if each % 50 == 0 else f'p{each}@acme.example'}" for each in range(1, 6001)]
    (tmp_path / "people.csv").write_text("\n".join(["id,mail", *rows]))
    words = ("import", "people.csv", "--map", "map.yaml")
    process = start(*words)
    while process.poll() is None and done(database) < 200:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    at = done(database)
    assert 200 <= at < 6000, "it was not killed half way"
    report = tmp_path / "people.csv.refused.csv"
    with report.open("a") as file:
        file.write("what was written of a slice that was not committed")
    told = ready(*words)
    assert f"Went on after row {at:,}." in told.stdout
    assert (count(database, Lead), count(database, Activity)) == (5880, 5880)
    with report.open(encoding="utf-8", newline="") as file:
        assert [int(row["id"]) for row in csv.DictReader(file)] == [*range(50, 6001, 50)]


def done(database: Database) -> int:
    with database.snapshot() as session:
        return session.scalar(select(ImportRun.rows)) or 0


def test_a_slice_that_finds_the_database_taken_is_tried_again(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["email", *(f"p{each}@acme.example" for each in range(100)), "nobody"]))
    assert ready("import", "people.csv", "--dry-run").exit_code == 1
    hasty = Database(f"sqlite:///{tmp_path / 'baton.db'}")
    event.listen(hasty.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 1"))
    taken: list[AbstractContextManager[Session]] = []
    waits: list[float] = []

    def take(tally: runs.Tally) -> None:
        if not waits and tally.rows < 101:
            taken.append(database.transaction())
            taken[0].__enter__().connection()

    def let_go(seconds: float) -> None:
        waits.append(seconds)
        if taken and len(waits) == 3:
            taken.pop().__exit__(None, None, None)

    work = Import(hasty, *planned(database, file), now=lambda: datetime.now(UTC), pause=let_go, progress=take)
    tally = work.run(tmp_path / "report.csv")
    hasty.dispose()
    assert len(waits) > 3
    assert (tally.rows, tally.new_leads, tally.flawed) == (101, 100, 1)
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 2


def test_a_slice_that_is_tried_again_forgets_whom_the_first_try_wrote_down(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    file, mapped = tmp_path / "deals.csv", tmp_path / "map.yaml"
    file.write_text("id,mail,rep,stage,since,till,trial\n1,a@acme.example,Old Hand,won,2026-01-05,2026-02-05,\n")
    mapped.write_text(MAP)
    assert ready("import", "deals.csv", "--map", "map.yaml", "--dry-run").exit_code == 0
    hasty = Database(f"sqlite:///{tmp_path / 'baton.db'}")
    # The first commit notes that it begins.
    fates = iter([None, OperationalError("COMMIT", None, Exception("disk I/O error"))])

    def fail_once(_: Connection) -> None:
        if (fate := next(fates, None)) is not None:
            raise fate

    def come_between(_: float) -> None:
        with database.transaction() as session:
            workspace_id = session.scalars(select(Workspace.id)).one()
            session.add(Person(workspace_id=workspace_id, name="Somebody Else"))

    event.listen(hasty.engine, "commit", fail_once)
    plan = planned(database, file, mapped)
    work = Import(hasty, *plan, now=lambda: datetime.now(UTC), pause=come_between, progress=lambda _: None)
    work.run(tmp_path / "report.csv")
    hasty.dispose()
    with database.snapshot() as session:
        (owner,) = session.scalars(select(Person.name).join(Handoff, Handoff.owner_id == Person.id))
    assert owner == "Old Hand"


def planned(database: Database, file: Path, mapped: Path | None = None) -> tuple[int, Plan]:
    with database.snapshot() as session:
        workspace_id = session.scalars(select(Workspace.id)).one()
        playbook = playbooks.current(session, workspace_id).playbook
    return workspace_id, plan_of(examine(file), mapped, playbook, sender=None, announcing=False)


def test_a_file_beside_it_that_has_changed_is_no_longer_the_same(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(
        "join: {firm: {file: firms.csv, key: nr}}\nlead: {email: mail, company: firm.name}\n"
    )
    (tmp_path / "firms.csv").write_text("nr,name\n7,Acme\n")
    (tmp_path / "people.csv").write_text("mail,nr\na@acme.example,7\n")
    assert "written down: 1" in ready("import", "people.csv", "--map", "map.yaml").stdout
    assert "was brought in before" in ready("import", "people.csv", "--map", "map.yaml").stdout
    (tmp_path / "firms.csv").write_text("nr,name\n7,Acme Holding\n")
    assert "known again: 1" in ready("import", "people.csv", "--map", "map.yaml").stdout


def test_two_of_the_same_file_at_once_do_not_both_go_on(ready: Command, tmp_path: Path, database: Database) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["email", *(f"p{each}@acme.example" for each in range(2000))]))
    assert ready("import", "people.csv", "--dry-run").exit_code == 0
    workspace_id, plan = planned(database, file)

    def now() -> datetime:
        return datetime.now(UTC)

    def meanwhile(tally: runs.Tally) -> None:
        if tally.rows < 2000 and not others:
            others.append(tally)
            Import(database, workspace_id, plan, now=now).run(tmp_path / "other.csv")

    others: list[runs.Tally] = []
    with pytest.raises(CannotImport, match="Another process brings the same file in"):
        Import(database, workspace_id, plan, now=now, progress=meanwhile).run(tmp_path / "report.csv")
    assert (count(database, Lead), done(database)) == (2000, 2000)


def test_on_sqlite_others_have_a_turn_between_two_slices_and_nobody_waits_after_the_last(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    """A writer that waits looks again at most 25 ms later: it must find the database free then."""
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["email", *(f"p{each}@acme.example" for each in range(200))]))
    assert ready("import", "people.csv", "--dry-run").exit_code == 0
    with database.snapshot() as session:
        workspace_id = session.scalars(select(Workspace.id)).one()
        playbook = playbooks.current(session, workspace_id).playbook
    plan = plan_of(examine(file), None, playbook, sender=None, announcing=False)
    slices: list[int] = []
    pauses: list[int] = []

    def pause(seconds: float) -> None:
        assert seconds <= runs.GIVEN_WAY
        with database.transaction() as session:
            session.get_one(Workspace, workspace_id).name = "Written meanwhile"
        pauses.append(slices[-1])

    Import(
        database,
        workspace_id,
        plan,
        now=lambda: datetime.now(UTC),
        pause=pause,
        progress=lambda tally: slices.append(tally.rows),
    ).run(tmp_path / "report.csv")
    assert slices[0] == runs.FEWEST
    assert slices[-1] == 200
    assert pauses == slices[:-1]


@given(st.integers(1, runs.MOST), st.floats(0, 100))
def test_the_longer_a_slice_took_the_fewer_rows_come_next_and_never_suddenly_many(rows: int, seconds: float) -> None:
    size = runs.next_size(rows, seconds, aim=0.05)
    assert runs.FEWEST <= size <= max(runs.FEWEST, min(runs.MOST, 2 * rows))
    assert size >= runs.next_size(rows, seconds * 2, aim=0.05)
    if seconds > 0.05:
        assert size <= max(runs.FEWEST, rows)
