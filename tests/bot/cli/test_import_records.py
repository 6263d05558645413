"""What of an export is a record, and whose ids it has."""

from pathlib import Path

from sqlalchemy import select

from bot.database import Database
from qualification.records import ExternalId, Lead
from tests.bot.cli.terminal import Command, count

REPORT = """\
"Lead ID","First Name","Last Name","Company","Email","Annual Revenue"
"00Q1","Greta","Holm","Holm Rederi AB","greta.holm@holmrederi.example","100000"
"00Q2","Otis","Vance","Vance Tooling","otis@vancetooling.example","250000"

"Grand Totals (2 records)","","","","","350000"

"Sales leads, all open"
"Confidential Information - Do Not Distribute"
"""


def people(database: Database) -> dict[str | None, str | None]:
    with database.snapshot() as session:
        return {lead.email: lead.name for lead in session.scalars(select(Lead).where(Lead.merged_into_id.is_(None)))}


def test_totals_and_footers_are_nobody_and_are_named(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "report.csv").write_text(REPORT)
    done = ready("import", "report.csv")
    assert "5 rows. New leads: 2, known leads: 0." in done.stdout
    assert "isn't a record: an id alone" in done.stdout
    assert set(people(database).values()) == {"Greta Holm", "Otis Vance"}
    refused = (tmp_path / "report.csv.refused.csv").read_text(encoding="utf-8")
    assert "Grand Totals (2 records)" in refused


def test_ids_that_a_spreadsheet_shortened_join_nobody_and_are_said_once(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "leads.csv").write_text(
        "id;full_name;email\n6,68611E+16;Lea Brandt;lea@b.example\n6,68611E+16;Tom Ries;tom@r.example\n"
        "6,68611E+16;Nobody;\n"
    )
    done = ready("import", "leads.csv")
    assert people(database) == {"lea@b.example": "Lea Brandt", "tom@r.example": "Tom Ries"}
    assert done.stdout.count("lead.id was shortened by a spreadsheet (like 6.68E+16)") == 2
    assert 'different people have the same: 2 (column "id")\n' in done.stdout
    assert "different people have the same: 1\n" in done.stdout
    assert count(database, ExternalId) == 0


def test_an_id_that_stands_with_several_people_is_not_used(ready: Command, tmp_path: Path, database: Database) -> None:
    (tmp_path / "leads.csv").write_text("Customer ID,Name,Email\n7,Lea,lea@b.example\n7,Tom,tom@b.example\n")
    done = ready("import", "leads.csv")
    assert '  not used as an id: "Customer ID": the same id stands with several people' in done.stdout
    assert set(people(database).values()) == {"Lea", "Tom"}


def test_two_files_of_one_name_with_equal_ids_do_not_meet(ready: Command, tmp_path: Path, database: Database) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "leads.csv").write_text("id,Name,Email\n1,Lea,lea@b.example\n2,Tom,tom@r.example\n")
    (other / "leads.csv").write_text("id,Name,Email\n1,Eva,eva@l.example\n2,Jo,jo@l.example\n3,Bo,bo@l.example\n")
    assert "Ids belong to sender `leads`." in ready("import", "one/leads.csv").stdout
    done = ready("import", "other/leads.csv")
    assert "they belong to `leads-2`" in done.stdout
    assert "New leads: 3, known leads: 0." in done.stdout
    assert len(people(database)) == 5
    # Both are known again, and a newer export of the first goes on with its ids.
    assert "already imported" in ready("import", "other/leads.csv").stdout
    (one / "leads.csv").write_text("id,Name,Email\n1,Lea B,lea@b.example\n2,Tom,tom@new.example\n9,Al,al@b.example\n")
    done = ready("import", "one/leads.csv")
    assert "Ids belong to sender `leads`." in done.stdout
    assert "New leads: 1, known leads: 2." in done.stdout


def test_values_that_could_not_be_read_are_counted_by_column_and_their_rows_named(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "leads.csv").write_text(
        "Name,Email,Staff count,Land\nLea,lea@b.example,many,Atlantis\nTom,tom@r.example,12,Norway\n"
        "Eva,eva@l.example,some,\n"
    )
    done = ready("import", "leads.csv")
    assert done.exit_code == 0
    assert 'lead.size isn\'t a number of employees: 2 (column "Staff count")' in done.stdout
    assert 'lead.country isn\'t a country: 1 (column "Land")' in done.stdout
    assert done.stdout.endswith("leads.csv.refused.csv names their rows.\n")
    report = (tmp_path / "leads.csv.refused.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in report] == ["_line", "2", "4"]
    assert len(people(database)) == 3
