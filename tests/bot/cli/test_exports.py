"""Files as the tools of the trade export them, and as people leave them: each kind gives the right leads."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from bot.database import Database
from qualification.records import Activity, Company, Lead
from qualification.views.lead_page import lead_facts
from tests.bot.cli.terminal import Command

EXPORTS: Final = Path(__file__).parent / "exports"
Import = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def imported(ready: Command, tmp_path: Path, database: Database) -> Import:
    """Import one of the files, and return the leads as the API gives them, the oldest first."""

    def imported(name: str, *words: str) -> list[dict[str, Any]]:
        for file in EXPORTS.glob(f"{Path(name).stem}.*"):
            shutil.copy(file, tmp_path / file.name)
        done = ready("import", name, *words)
        assert done.exit_code in {0, 1}, done.stdout + done.stderr
        with database.snapshot() as session:
            rows = session.scalars(select(Lead).where(Lead.merged_into_id.is_(None)).order_by(Lead.id)).all()
            facts = [lead_facts(session, lead.workspace_id, lead.id) for lead in rows]
            values = [(lead.value_minor, lead.currency) for lead in rows]
        return [
            {name: getattr(each, name) for name in each.__slots__} | {"value": value}
            for each, value in zip(facts, values, strict=True)
            if each is not None
        ]

    return imported


def of(leads: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    """Return these facts of each lead."""
    return [tuple(lead[name] for name in names) for lead in leads]


def test_totals_and_a_footer_are_nobody(imported: Import) -> None:
    leads = imported("salesforce-report-footer.csv")
    assert of(leads, "name", "company") == [("Greta Holm", "Holm Rederi AB"), ("Otis Vance", "Vance Tooling")]


def test_ids_that_a_spreadsheet_mangled_make_nobody_somebody_else(imported: Import) -> None:
    assert of(imported("ids-mangled-by-excel.csv"), "name", "email", "company") == [
        ("Lea Brandt", "lea.brandt@kestreloptik.example", "Kestrel Optik"),
        ("Tom Ries", "tom.ries@riesbau.example", "Ries Bau"),
        ("Eva Lang", "eva@langfenster.example", "Lang Fenster"),
    ]


def test_where_a_column_is_empty_the_next_of_its_meaning_says_it(imported: Import) -> None:
    leads = imported("linkedin-work-email.csv")
    assert of(leads, "name", "email", "phone", "country", "size") == [
        ("Sena Aydin", "sena.aydin@aydinlojistik.example", "+1 312 555 0151", "TR", 1001),
        ("Per Hagen", "per@hagenfisk.example", "+1 312 555 0152", "NO", 2),
    ]


def test_of_headers_that_stand_twice_the_first_that_holds_something_counts(imported: Import) -> None:
    assert of(imported("headers-twice.csv"), "name", "email", "phone") == [
        ("Rosa Tell", "rosa@tellpapier.example", "+1 312 555 0161"),
        ("Karl Beck", "karl@beckdruck.example", "+1 312 555 0162"),
    ]


def test_who_opted_out_in_hubspot_must_not_be_contacted(imported: Import) -> None:
    assert of(imported("hubspot-opt-out.csv"), "name", "do_not_contact", "phone", "domain") == [
        ("Nora Falk", True, "+1 312 555 0101", "lindgrenfalk.example"),
        ("Pavel Dorn", False, "+1 312 555 0102", "dorntisk.example"),
    ]


def test_a_salesforce_report_names_the_company_in_two_words(imported: Import) -> None:
    assert of(imported("salesforce-company-account.csv"), "name", "company", "title", "do_not_contact") == [
        ("Greta Holm", "Holm Rederi AB", "CFO", False),
        ("Otis Vance", "Vance Tooling", "COO", True),
    ]


def test_pipedrive_writes_the_object_before_each_column(imported: Import) -> None:
    assert of(imported("pipedrive-persons.csv"), "name", "company", "email", "phone", "do_not_contact") == [
        ("Mara Lind", "Lind Textil", "mara@lindtextil.example", "+1 312 555 0131", False),
        ("Ugo Bassi", "Bassi Marmi", "invented.bassi.0132@libero.it", "+1 312 555 0132", True),
    ]


def test_a_german_export_is_read_as_an_english_one(imported: Import) -> None:
    assert of(imported("german-export.csv"), "name", "company", "country", "size", "title") == [
        ("Jörg Käßmann", "Ölmühle Süd GmbH", "DE", 120, "Einkauf"),
        ("Anke Loh", "Loh Bau AG", "AT", 40, None),
    ]


def test_facebook_writes_a_kind_before_ids_and_numbers(imported: Import) -> None:
    assert of(imported("facebook-lead-ads.csv"), "name", "email", "phone", "company", "country") == [
        ("Lea Brandt", "lea.brandt@kestreloptik.example", "+493023125101", "Kestrel Optik", "DE"),
        ("Jörg Käßmann", None, "+493023125102", "Ölmühle Süd", "DE"),
    ]


def test_entities_are_shown_as_people_wrote_them(imported: Import) -> None:
    assert of(imported("html-entities.csv"), "name", "company") == [
        ("Ina Bartels", "Bartels & Söhne"),
        ("Per O'Dell", "O'Dell Stone"),
    ]


def test_what_stands_around_an_address_is_no_part_of_it(imported: Import) -> None:
    who = ("ida@bruun", "olaf@kernstahl", "mio@sandbau", "lia@rothlack", "uta@pohlkabel", "jan@wolfzaun")
    assert of(imported("address-with-a-name.csv"), "email") == [(f"{each}.example",) for each in who]


def test_a_letter_or_a_word_multiplies_a_headcount(imported: Import) -> None:
    assert of(imported("size-in-thousands.csv"), "size") == [(1000,), (5000,), (2000,), (51,), (10001,)]


def test_an_amount_that_is_not_known_costs_nobody_and_a_band_is_its_lower_end(imported: Import) -> None:
    leads = imported("amount-unknown.csv")
    assert of(leads, "name", "value") == [
        ("A One", (None, None)),
        ("B Two", (1_000_000, "EUR")),
        ("C Three", (None, None)),
        ("F Six", (1_000_000, "USD")),
        ("H Eight", (None, None)),
        ("E Five", (1_250_050, "EUR")),
    ]


def test_countries_are_read_in_any_of_the_usual_ways(imported: Import) -> None:
    codes = ["US", "GB", "NL", "KR", "IR", "TW", "TZ", "GB", "BN", "SY", "DE", "AT", "CH", "ES", "PL", "JP", "US", "TR"]
    assert of(imported("country-names.csv"), "country") == [(code,) for code in codes]


def test_a_page_at_a_network_is_no_companys_domain(imported: Import) -> None:
    assert of(imported("page-at-a-network-as-website.csv"), "name", "company", "size", "domain") == [
        ("Ana Lopez", "Lopez Ceramics", 8, "lopezceramics.example"),
        ("Jon Smith", "Smith Steel", 4000, "smithsteel.example"),
        ("Jon Smith", "Smith Logistics", 3, None),
        ("Jon Smith", "Smith Foods", 700, None),
    ]


def test_relays_and_throw_away_mail_tell_of_no_company(imported: Import) -> None:
    assert of(imported("relays-and-throw-away-mail.csv"), "company", "domain") == [(None, None)] * 8


def test_googlemail_and_gmail_are_one_mailbox(imported: Import) -> None:
    assert len(imported("googlemail.csv")) == 1


def test_a_domain_with_umlauts_is_one_in_both_its_spellings(imported: Import, database: Database) -> None:
    leads = imported("domain-with-umlauts.csv")
    assert of(leads, "name") == [("Ole Dahl",), ("Ann Dahl",), ("Bo Dahl",)]
    with database.snapshot() as session:
        assert len(session.scalars(select(Company)).all()) == 1


def test_a_company_is_the_same_with_its_legal_form_and_without(imported: Import) -> None:
    leads = imported("legal-forms.csv")
    assert of(leads, "name") == [(f"Pat Number{number:02}",) for number in range(11)]


def test_turkish_capitals_are_the_same_letters(imported: Import) -> None:
    assert len(imported("turkish-capitals.csv")) == 2


def test_times_are_read_as_tools_write_them(imported: Import, database: Database) -> None:
    assert len(imported("times-as-tools-write-them.csv", "--map", "times-as-tools-write-them.yaml")) == 6
    with database.snapshot() as session:
        times = [each.at.strftime("%Y-%m-%d %H:%M") for each in session.scalars(select(Activity).order_by(Activity.id))]
    timed = "2026-03-01 14:30"
    assert times == [timed, timed, timed, "2026-03-01 12:00", "2026-03-01 12:00", timed]


def test_a_workbook_that_cannot_be_read_is_a_sentence(ready: Command) -> None:
    done = ready("import", str(EXPORTS / "excel-workbook.xlsx"))
    assert done.exit_code == 2
    assert "workbook" in done.stderr
    assert "save it as .xlsx or CSV" in done.stderr
