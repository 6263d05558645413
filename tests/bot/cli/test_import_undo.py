"""An import looked at before it acts, listed, and undone."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update

from bot.database import Database
from qualification.intake import import_withdrawals, ingest
from qualification.intake.ingest import Ingested
from qualification.leads import events
from qualification.records import (
    Activity,
    AuditEntry,
    Company,
    ExternalId,
    Handoff,
    ImportedRow,
    ImportRun,
    Lead,
    LeadEmail,
    LeadEvent,
    LeadPhone,
    Workspace,
)
from qualification.rules.handoffs.event_types import Updated
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from tests.bot.cli.terminal import MAP, Command, count

FIRST = "id,Name,Email,Company,Title,City\n1,Ivy,ivy@acme.example,Acme,CTO,Oslo\n2,Jo,jo@bolt.example,Bolt,,\n"
SECOND = (
    "id,Name,Email,Company,Title,City,Street\n1,Ivy B,ivy@acme.example,Acme,CEO,Rome,A 1\n"
    "3,Al,al@fine.example,Fine,,,\n4,Bo,bo@fine.example,Fine,,,\n"
)


def leads(database: Database) -> dict[str | None, tuple[str | None, str | None, dict[str, object]]]:
    with database.snapshot() as session:
        found = session.scalars(select(Lead).order_by(Lead.id))
        return {lead.email: (lead.name, lead.title, lead.fields) for lead in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crm.csv").write_text(FIRST)
    (tmp_path / "newer.csv").write_text(SECOND)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_an_import_that_is_undone_leaves_what_was_there_before(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    before = leads(database)
    assert ready("import", "newer.csv", "--sender", "crm").exit_code == 0
    assert leads(database)["ivy@acme.example"][:2] == ("Ivy B", "CEO")
    assert "newer.csv" in ready("import", "list").stdout
    would = ready("import", "undo", "2", "--dry-run")
    assert "would withdraw 2 leads, put back what it replaced of 1 known lead, and leave 0" in would.stdout
    assert len(leads(database)) == 4
    done = ready("import", "undo", "2", "--yes")
    assert done.exit_code == 0, done.stderr
    assert leads(database) == before
    with database.snapshot() as session:
        assert {*session.scalars(select(Company.name))} == {"Acme", "Bolt"}
        assert {*session.scalars(select(ExternalId.external_id))} == {"1", "2"}
        assert "import_withdrawn" in {entry.action for entry in session.scalars(select(AuditEntry))}
    assert "undone" in ready("import", "list").stdout
    assert ready("import", "undo", "2", "--yes").exit_code == 1
    # The same file may come in anew.
    assert "New leads: 2, known leads: 1." in ready("import", "newer.csv", "--sender", "crm").stdout
    assert ready("import", "undo", "2", "--yes").exit_code == 0
    assert leads(database) == before


@pytest.mark.usefixtures("folder")
def test_leads_on_which_somebody_has_worked_stay_and_are_named(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    now = datetime.now(UTC)
    with database.transaction() as session:
        ivy = session.scalars(select(Lead).where(Lead.email == "ivy@acme.example")).one()
        events.record_lead_event(session, ivy, Updated(fields=("title",)), now=now)
    done = ready("import", "undo", "1", "--yes")
    assert "Withdrew 1 lead" in done.stdout
    assert f"lead #{ivy.id} stays: sales or somebody here has worked on it since" in done.stdout
    assert [*leads(database)] == ["ivy@acme.example"]


@pytest.mark.usefixtures("folder")
def test_what_came_in_from_elsewhere_since_stays(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    (Path.cwd() / "other.csv").write_text("Name,Email\nJo,jo@bolt.example\n")
    ready("import", "other.csv")
    with database.transaction() as session:
        lead = session.scalars(select(Lead).where(Lead.email == "ivy@acme.example")).one()
        at = datetime.now(UTC)
        facts = {"workspace_id": lead.workspace_id, "lead_id": lead.id, "sender": "form", "external_id": "x"}
        session.add(Activity(**facts, kind="trial", at=at, received_at=at, fields={}))
    done = ready("import", "undo", "1", "--yes")
    assert "Withdrew 0 leads" in done.stdout
    assert "another import has it too" in done.stdout
    assert "it did something since" in done.stdout
    assert len(leads(database)) == 2


@pytest.mark.usefixtures("folder")
def test_what_somebody_changed_since_is_not_put_back(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    ready("import", "newer.csv", "--sender", "crm")
    with database.transaction() as session:
        session.execute(update(Lead).where(Lead.email == "ivy@acme.example").values(title="Chair"))
    done = ready("import", "undo", "2", "--yes")
    assert "1 value was changed since, or a deal worked on, and stays as it is" in done.stdout
    name, title, fields = leads(database)["ivy@acme.example"]
    assert (name, title, fields) == ("Ivy", "Chair", {"City": "Oslo"})


def test_activities_and_deals_of_an_import_go_with_it(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "crm.csv").write_text("Name,Email\nIvy,ivy@acme.example\n")
    (tmp_path / "deals.csv").write_text(
        "id,mail,trial,rep,stage,since,till\n1,ivy@acme.example,x,Ana Ruiz,contacted,2026-03-01,\n"
        "2,b@acme.example,x,Gone,won,2026-03-01,2026-04-01\n"
    )
    ready("import", "crm.csv")
    done = ready("import", "deals.csv", "--map", "map.yaml")
    assert "Activities: 2. Deals: 2." in done.stdout, done.stderr
    assert ready("import", "undo", "2", "--yes").exit_code == 0
    assert [count(database, table) for table in (Lead, Activity, Handoff, ExternalId)] == [1, 0, 0, 0]
    with database.snapshot() as session:
        (lead,) = session.scalars(select(Lead))
        assert (lead.lifecycle, lead.scored_by_id) == ("lead", None)
        assert {event.kind for event in session.scalars(select(LeadEvent))} == {"came_in"}
        assert count(database, ImportedRow) == 1


@pytest.mark.usefixtures("folder")
def test_an_import_of_before_cannot_be_undone_and_says_so(ready: Command, database: Database) -> None:
    ready("import", "crm.csv")
    with database.transaction() as session:
        session.execute(
            update(ImportRun).where(ImportRun.workspace_id.in_(select(Workspace.id))).values(is_traced=False)
        )
    done = ready("import", "undo", "1", "--yes")
    assert (done.exit_code, "older than this version" in done.stderr) == (1, True)
    assert "can't be undone" in " ".join(ready("import", "list").stdout.split())
    assert ready("import", "undo", "9").exit_code == 1


@pytest.mark.usefixtures("folder")
def test_nothing_is_undone_unasked(ready: Command, database: Database) -> None:
    ready("import", "crm.csv")
    assert ready("import", "undo", "1").exit_code == 1
    assert len(leads(database)) == 2


@pytest.mark.usefixtures("folder")
def test_a_dry_run_is_the_import_that_leaves_nothing(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    before = leads(database)
    done = ready("import", "newer.csv", "--sender", "crm", "--dry-run")
    assert done.exit_code == 0
    for said in (
        "Line 2: Ivy B · Acme (known)",
        "Line 3: Al · Fine (new)",
        "New leads: 2, known leads: 1, merged: 0, already in somebody's hands: 0.",
        "New leads by stage: lead 2.",
        "3 rows: 3 would be imported, 0 rejected, 0 left out.",
        "Nothing is stored.",
    ):
        assert said in done.stdout
    assert (leads(database), count(database, ImportRun)) == (before, 1)


def test_a_dry_run_names_who_is_held_who_was_erased_and_who_moves(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "people.csv").write_text("Name,Email,Unsubscribed\nIvy,ivy@acme.example,yes\nJo,jo@bolt.example,no\n")
    ready("import", "people.csv")
    assert ready("erase", "jo@bolt.example", "--yes").exit_code == 0
    done = ready("import", "people.csv", "--dry-run")
    assert "Held back by filters: Do not contact: 1." in done.stdout
    assert "Erased people, who would not come back: line 3." in done.stdout
    (tmp_path / "deals.csv").write_text(
        "id,mail,trial,rep,stage,since,till\n1,ivy@acme.example,,Ana Ruiz,contacted,2026-03-01,\n"
    )
    done = ready("import", "deals.csv", "--map", "map.yaml", "--dry-run")
    assert "Known leads that move: lead → mql 1." in done.stdout
    assert count(database, Handoff) == 0


def test_somebody_who_stands_twice_in_a_file_is_one_new_lead(ready: Command, tmp_path: Path) -> None:
    people = "".join(f"P{number % 40},p{number % 40}@acme.example\n" for number in range(120))
    (tmp_path / "people.csv").write_text(f"Name,Email\n{people}")
    assert "New leads: 40, known leads: 80" in ready("import", "people.csv", "--dry-run").stdout


# What others say of leads between an import and its undoing.


def says(database: Database, sender: str, *entries: LeadInput | ActivityInput) -> None:
    """Let a sender post."""
    with database.transaction() as session:
        workspace_id = session.scalars(select(Workspace.id)).one()
        assert all(
            isinstance(each, Ingested)
            for each in ingest.ingest(session, workspace_id, sender, entries, now=datetime.now(UTC))
        )


def marks(database: Database) -> dict[str | None, bool]:
    with database.snapshot() as session:
        return {lead.email: lead.do_not_contact for lead in session.scalars(select(Lead)) if not lead.merged_into_id}


def addresses(database: Database) -> dict[str, str | None]:
    """Return whose each address is."""
    with database.snapshot() as session:
        found = session.execute(select(LeadEmail.email, Lead.name).join(Lead, Lead.id == LeadEmail.lead_id))
        return {row.email: row.name for row in found}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("refused_since", [False, True])
def test_undoing_makes_nobody_contactable(ready: Command, database: Database, *, refused_since: bool) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    (Path.cwd() / "gone.csv").write_text("Name,Email,Title,Unsubscribed\nIvy,ivy@acme.example,CEO,yes\n")
    assert ready("import", "gone.csv").exit_code == 0
    if refused_since:
        says(database, "form", LeadInput(email="ivy@acme.example", do_not_contact=True))
    done = ready("import", "undo", "2", "--yes")
    assert "1 value was changed since" in done.stdout
    assert leads(database)["ivy@acme.example"][1] == "CTO"
    assert marks(database) == {"ivy@acme.example": True, "jo@bolt.example": False}


@pytest.mark.usefixtures("folder")
def test_a_refusal_that_a_merge_took_over_stays(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    says(database, "form", LeadInput(email="ivy@two.example", name="Ivy", do_not_contact=True))
    (Path.cwd() / "both.csv").write_text("id,Name,Email\n1,Ivy,ivy@two.example\n")
    assert ready("import", "both.csv", "--sender", "crm").exit_code == 0
    assert sorted(marks(database).values()) == [False, True]
    ready("import", "undo", "2", "--yes")
    assert sorted(marks(database).values()) == [False, True]


@pytest.mark.usefixtures("folder")
def test_a_lead_that_wrote_since_stays(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    says(database, "form", LeadInput(email="ivy@acme.example", problem="Two pallets a week, please"))
    done = ready("import", "undo", "1", "--yes")
    assert "it did something since, or came in from elsewhere" in done.stdout
    assert [*leads(database)] == ["ivy@acme.example"]


@pytest.mark.usefixtures("folder")
def test_what_wrote_between_two_rounds_of_an_import_stays(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    says(database, "form", LeadInput(email="ivy@acme.example", problem="Two pallets a week, please"))
    says(database, "crm", LeadInput(email="jo@bolt.example", emails=("jo@more.example",), name="Jo"))
    assert ready("import", "crm.csv", "--sender", "crm", "--again").exit_code == 0
    assert "Withdrew 0 leads" in ready("import", "undo", "1", "--yes").stdout
    assert {*leads(database)} == {"ivy@acme.example", "jo@bolt.example"}


@pytest.mark.usefixtures("folder")
def test_imports_undone_from_the_last_to_the_first_leave_nothing(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    ready("import", "newer.csv", "--sender", "crm")
    ready("import", "undo", "2", "--yes")
    ready("import", "undo", "1", "--yes")
    assert leads(database) == {}
    assert [count(database, table) for table in (Company, ExternalId, LeadEmail, ImportedRow)] == [0, 0, 0, 0]


def test_only_what_the_import_gave_a_lead_is_removed(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "map.yaml").write_text(MAP.split("handoff")[0].replace("mail}", "mail, emails: '[more]', phone: tel}"))
    (tmp_path / "crm.csv").write_text("id,Name,Email\n1,Ivy,ivy@acme.example\n")
    (tmp_path / "more.csv").write_text("id,mail,trial,more,tel\n1,ivy@acme.example,x,i@file.example,+442079460018\n")
    ready("import", "crm.csv", "--sender", "crm")
    known = LeadInput(id="1", email="ivy@acme.example", emails=("i@form.example",), phone="+44 20 7946 0999")
    given = ("import", "more.csv", "--map", "map.yaml", "--sender", "crm")
    done = ready(*given)
    assert (done.exit_code, "Activities: 1" in done.stdout) == (0, True), done.stderr
    says(database, "crm", known, ActivityInput(id="call", kind="trial", lead=known))
    assert ready(*given, "--again").exit_code == 0
    assert {*addresses(database)} == {"ivy@acme.example", "i@file.example", "i@form.example"}
    ready("import", "undo", "2", "--yes")
    assert {*addresses(database)} == {"ivy@acme.example", "i@form.example"}
    with database.snapshot() as session:
        assert [*session.scalars(select(LeadPhone.phone))] == ["+44 20 7946 0999"]
        assert [*session.scalars(select(Activity.external_id))] == ["call"]


@pytest.mark.usefixtures("folder")
def test_a_lead_that_stayed_is_known_when_the_file_comes_anew(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    says(database, "form", LeadInput(email="ivy@acme.example", problem="Two pallets a week, please"))
    ready("import", "undo", "1", "--yes")
    assert count(database, ImportedRow) == 0
    assert "New leads: 1, known leads: 1." in ready("import", "crm.csv", "--sender", "crm").stdout
    done = ready("import", "undo", "1", "--yes")
    assert "Withdrew 1 lead, put back what it replaced of 1 known lead" in done.stdout
    assert [*leads(database)] == ["ivy@acme.example"]


@pytest.mark.parametrize("shown", ["ivy@acme.example", "info@acme.example"])
@pytest.mark.parametrize("known", [False, True])
def test_an_address_that_the_import_took_goes_back(
    ready: Command, tmp_path: Path, database: Database, *, shown: str, known: bool
) -> None:
    first, second = sorted(("ivy@acme.example", "info@acme.example"), key=lambda each: each != shown)
    rows = f"1,Ivy Lund,{first},{second}\n" + ("2,Bo Ek,bo@acme.example,\n" if known else "")
    (tmp_path / "crm.csv").write_text(f"id,Name,Email,Email 2\n{rows}")
    (tmp_path / "wrong.csv").write_text("id,Name,Email\n2,Bo Ek,info@acme.example\n")
    ready("import", "crm.csv", "--sender", "crm")
    before = (leads(database), addresses(database))
    assert ready("import", "wrong.csv", "--sender", "crm").exit_code in {0, 1}
    assert addresses(database)["info@acme.example"] == "Bo Ek"
    ready("import", "undo", "2", "--yes")
    assert (leads(database), addresses(database)) == before


def test_a_lead_stays_that_was_given_an_older_address(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "crm.csv").write_text("id,Name,Email,Email 2\n1,Ivy Lund,ivy@acme.example,info@acme.example\n")
    (tmp_path / "wrong.csv").write_text("id,Name,Email\n2,Bo Ek,info@acme.example\n")
    ready("import", "crm.csv", "--sender", "crm")
    ready("import", "wrong.csv", "--sender", "crm")
    ivy = leads(database)["ivy@acme.example"][0]
    assert ready("erase", "ivy@acme.example", "--yes").exit_code == 0
    done = ready("import", "undo", "2", "--yes")
    assert "it did something since, or came in from elsewhere" in done.stdout
    assert (ivy, addresses(database)) == ("Ivy Lund", {"info@acme.example": "Bo Ek"})


@pytest.mark.usefixtures("folder")
def test_undoing_searches_by_keys_and_reads_no_table_whole(ready: Command, database: Database) -> None:
    ready("import", "crm.csv", "--sender", "crm")
    (Path.cwd() / "map.yaml").write_text(MAP.replace("mail}", "mail, phone: tel}"))
    (Path.cwd() / "moved.csv").write_text(
        "id,mail,tel,trial,rep,stage,since,till\n1,ivy@new.example,+442079460018,x,Gone,won,2026-03-01,2026-04-01\n"
        "3,al@new.example,,x,Gone,won,2026-03-01,2026-04-01\n"
    )
    done = ready("import", "moved.csv", "--sender", "crm", "--map", "map.yaml")
    assert "Activities: 2. Deals: 2." in done.stdout, done.stderr
    with database.transaction() as session:
        workspace_id = session.scalars(select(Workspace.id)).one()
        run = session.scalars(select(ImportRun).where(ImportRun.id == 2)).one()
        connection = session.connection()
        ran: list[tuple[str, Any]] = []
        event.listen(connection, "before_cursor_execute", lambda *given: ran.append(given[2:4]))
        ((after, until),) = import_withdrawals.pages(session, workspace_id, run.id)
        import_withdrawals.withdraw_page(session, run, after=after, until=until, now=datetime.now(UTC))
        plans = {
            statement: "; ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given))
            for statement, given in [*ran]
            if not statement.startswith(("INSERT", "SAVEPOINT", "RELEASE"))
        }
    assert not {statement: plan for statement, plan in plans.items() if re.search(r"SCAN (?!CONSTANT)\w", plan)}
    of_pages = [plan for statement, plan in plans.items() if "import_row.id > ?" in statement]
    assert of_pages
    assert all("INDEX ix_import_row_import_run_id (import_run_id=? AND id>?" in plan for plan in of_pages), of_pages
    owners = [plan for said, plan in plans.items() if said.startswith("SELECT") and "email_key = ?" in said]
    assert owners
    assert all("uq_lead_email_email_key" in plan for plan in owners), owners
