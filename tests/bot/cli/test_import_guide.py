"""What docs/import.md shows, done as it says."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cli import import_command
from bot.database import Database
from qualification.records import Activity, Company, Delivery, Handoff, Lead, Person
from qualification.rules.intake.import_map import ImportMap
from qualification.rules.leads.lead_input import ActivityDetails, HandoffInput
from tests.bot.cli.terminal import Command

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
FILES: dict[str, str] = dict(re.findall(r"^```(?:csv|yaml) (\S+)\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))
TOLD: dict[str, str] = dict(
    re.findall(r"^```sh\nbaton (import [^\n]*)\n```\n\n```text said\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Save the guide's files."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("words", TOLD)
@pytest.mark.usefixtures("folder")
def test_the_guides_commands_say_what_it_shows(ready: Command, words: str) -> None:
    done = ready(*words.split())
    assert done.stdout + done.stderr == TOLD[words]


def test_the_guides_report_can_be_mended_and_brought_in(ready: Command, folder: Path) -> None:
    ready("import", "people.csv")
    report = folder / "people.csv.refused.csv"
    report.write_text(report.read_text(encoding="utf-8").replace("ida.bruun", "ida@bruun.example"), encoding="utf-8")
    assert "baton import people.csv.refused.csv --sender people\n" in GUIDE
    done = ready("import", report.name, "--sender", "people")
    assert done.exit_code == 0
    assert "New leads: 1, known leads: 0." in done.stdout


def test_the_guides_map_makes_of_its_rows_what_it_says(ready: Command, folder: Path) -> None:
    ready("import", "deals.csv", "--map", "deals.yaml", "--sender", "crm")
    database = Database(f"sqlite:///{folder / 'baton.db'}")
    with database.snapshot() as session:
        wanted = (
            select(Handoff, Lead, Company, Person)
            .join(Lead, Lead.id == Handoff.lead_id)
            .join(Company, Company.id == Lead.company_id)
            .join(Person, Person.id == Handoff.owner_id)
            .order_by(Handoff.external_id)
        )
        deals = [
            (
                *(handoff.external_id, handoff.state.value, handoff.stage, handoff.reason),
                *(lead.name, lead.lifecycle.value, lead.value_minor, lead.currency, company.country),
                *(person.name, person.active),
            )
            for handoff, lead, company, person in session.execute(wanted)
        ]
        days = {
            each.external_id: (each.announced_at, each.contacted_at, each.ended_at)
            for each in session.scalars(select(Handoff))
        }
        unwanted = [*session.scalars(select(Lead.name).where(Lead.do_not_contact))]
        done = sorted(session.execute(select(Lead.name, Activity.kind).join(Lead, Lead.id == Activity.lead_id)).all())
        assert session.scalars(select(Delivery)).all() == []
    database.dispose()
    assert deals == [
        (*("D-101", "accepted", "contacted", None, "Hanna Lindqvist", "mql", 300000, "EUR", "SE", "Ana Ruiz", True),),
        (*("D-102", "won", "won", None, "Tom Ade", "customer", 800000, "GBP", "GB", "Ana Ruiz", True),),
        (*("D-103", "lost", "lost", "price", None, "lead", 0, "EUR", "DK", "Old Hand", False),),
        (
            *("D-104", "disqualified", None, "poor-fit", "Ida Bruun", "disqualified", None, None, "DK"),
            *("Ben Okafor", True),
        ),
    ]
    # In Britain it is summer from the end of March on.
    assert days["D-101"] == (noon(2025, 2, 3), noon(2025, 2, 5), None)
    assert days["D-102"] == (noon(2025, 2, 10), noon(2025, 2, 11), noon(2025, 4, 2, hour=11))
    assert unwanted == ["Ida Bruun"]
    assert [tuple(each) for each in done] == [
        *[("Hanna Lindqvist", "demo-request")],
        *[("Hanna Lindqvist", "email-opened")] * 4,
        *[("Ida Bruun", "unsubscribed"), ("Tom Ade", "email-opened")],
    ]


def noon(year: int, month: int, day: int, *, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_the_guide_names_every_section_field_and_option() -> None:
    options = {
        f"--{name.replace('_', '-').removesuffix('-file')}"
        for name in import_command.command.__annotations__
        if name not in {"file", "return"}
    }
    fields = {*ImportMap.model_fields, *ActivityDetails.model_fields, *HandoffInput.model_fields, "times"} - {"losses"}
    assert [name for name in sorted(options | fields) if not re.search(rf"`{name}[` ]", GUIDE)] == []
