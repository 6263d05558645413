"""A domain that speaks of none of three companies is nobody's: whoever has it is found by the company's name."""

import pytest

from qualification.leads import resolution
from qualification.records import Company, DomainName, Lead
from qualification.rules.leads.lead_data import LeadData
from tests.qualification.leads.test_resolution import sends
from tests.worlds.desk import Desk

NAMES = ("Lang Fenster", "Ries Bau", "Brandt Dach")


def companies(desk: Desk) -> dict[str | None, str]:
    """Return the name of the company at which each lead is, by the lead's name."""
    names = {each.id: each.name for each in desk.all(Company)}
    return {lead.name: names.get(lead.company_id or 0, "") for lead in desk.all(Lead)}


def comes(desk: Desk, number: int, company: str | None, domain: str = "netzwerk.example") -> None:
    """Let one more lead come from that domain, with its company's name."""
    sends(desk, name=f"Lead {number}", email=f"lead{number}@{domain}", company=company)


def test_from_the_third_name_on_later_rows_go_by_their_names(desk: Desk) -> None:
    for number, company in enumerate(NAMES):
        comes(desk, number, company)
    comes(desk, 3, "Ries Bau")
    comes(desk, 4, None)
    assert companies(desk) == {
        "Lead 0": "Lang Fenster",
        "Lead 1": "Lang Fenster",
        "Lead 2": "Brandt Dach",
        "Lead 3": "Ries Bau",
        "Lead 4": "",
    }


def test_the_same_in_one_batch(desk: Desk) -> None:
    rows = [LeadData(name=f"Lead {each}", email=f"{each}@netzwerk.example", company=NAMES[each]) for each in range(3)]
    with desk.database.transaction() as session:
        resolution.resolve_all(session, desk.workspace_id, rows, now=desk.now)
    assert companies(desk)["Lead 2"] == "Brandt Dach"
    assert len(desk.all(DomainName)) == 3


def test_a_domain_of_which_one_name_speaks_stays_that_company_s(desk: Desk) -> None:
    for number, company in enumerate(("Netzwerk AG", *NAMES)):
        comes(desk, number, company)
    assert set(companies(desk).values()) == {"Netzwerk AG"}
    assert desk.all(DomainName) == []


@pytest.mark.parametrize("again", ["Lang Fenster", "LANG FENSTER GMBH"])
def test_the_same_name_again_and_two_names_share_nothing(desk: Desk, again: str) -> None:
    for number, company in enumerate((NAMES[0], again, NAMES[1], again)):
        comes(desk, number, company)
    assert set(companies(desk).values()) == {"Lang Fenster"}


def test_two_of_one_name_at_different_companies_of_one_network_are_two(desk: Desk) -> None:
    for number, company in enumerate(NAMES):
        comes(desk, number, company)
    site = "https://netzwerk.example/page"
    one = sends(desk, name="Jon Smith", company="Smith Steel", website=site).lead
    assert sends(desk, name="Jon Smith", company="Smith Foods", website=site).lead.id != one.id
    assert sends(desk, name="Jon Smith", company="Smith Steel", website=site).lead.id == one.id
