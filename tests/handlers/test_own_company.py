"""No, another company: a lead that isn't at the company of its domain goes to its own, and comes back."""

import pytest
from sqlalchemy import select

from qualification.handoffs import own_company
from qualification.leads.events import event_of
from qualification.records import Company, DomainName, Lead, LeadEvent
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.leads.company_refusals import CannotSetCompany
from sandbox.people.driver import Person
from sandbox.people.snapshots import DriverError, Message
from tests.handlers.test_lead_page import asks, comes_in, olu
from tests.worlds.floor import CHANNEL, Floor, press, shown, submit

__all__ = ["olu"]

SHARED = ("Lang Fenster", "Ries Bau", "Brandt Dach")


def companies(floor: Floor) -> dict[str | None, str | None]:
    """Return the company of each lead, by the lead's name."""
    with floor.baton.database.snapshot() as session:
        names = {each.id: each.name for each in session.query(Company)}
        return {lead.name: names.get(lead.company_id or 0) for lead in session.query(Lead)}


def kept(floor: Floor) -> list[tuple[str | None, str | None]]:
    """Return what the history says of companies, oldest first, without what was only typed."""
    with floor.baton.database.snapshot() as session:
        stored = session.scalars(
            select(LeadEvent).where(LeadEvent.kind == EventKind.COMPANY_SET).order_by(LeadEvent.id)
        )
        return [(event.former, event.company) for event in map(event_of, stored)]  # type: ignore[attr-defined]


def kestrel(floor: Floor, company: str = "Harbour Foods") -> Message:
    """Hand a lead over by an address of a known company, with another company typed; return the receipt."""
    comes_in(floor, email="ivy@kestrel.example", name="Ivy Chen", company="Kestrel Freight")
    floor.hands_over(company, email="bo@kestrel.example", person="Bo Li")
    return receipt(floor)


def receipt(floor: Floor) -> Message:
    floor.shows()
    return floor.mika.direct_messages[-1]


def shares(floor: Floor, *names: str | None) -> list[int]:
    """Have leads come from one domain, each with a company's name; return their ids."""
    return [
        comes_in(floor, name=f"Lead {each}", email=f"lead{each}@netzwerk.example", company=name)
        for each, name in enumerate(names)
    ]


def test_the_answer_says_that_the_known_company_took_its_place_and_hears_no(floor: Floor) -> None:
    comes_in(floor, email="ivy@kestrel.example", name="Ivy Chen", company="Kestrel Freight")
    floor.mika.types("/handoff", "#general")
    floor.mika.fills({"company": "Harbour Foods", "email": "bo@kestrel.example", "person": "Bo Li", "did": "Called"})
    submit(floor.mika, "hand_over")
    assert "belongs to Kestrel Freight" in floor.mika.modal.text
    press(floor.mika, "own_company")
    assert "Kestrel Freight" in floor.mika.modal.text
    submit(floor.mika, "own_company")
    assert shown(floor.mika) == "own_company_set"
    assert "Harbour Foods · Bo Li" in floor.mika.modal.text
    assert companies(floor) == {"Ivy Chen": "Kestrel Freight", "Bo Li": "Harbour Foods"}


def test_the_receipt_says_so_too_and_the_card_and_its_thread_show_the_new_company(floor: Floor) -> None:
    found = kestrel(floor)
    assert "“Harbour Foods” was given as the company." in found.text
    assert "belongs to Kestrel Freight" in found.text
    press(floor.mika, "own_company", found)
    submit(floor.mika, "own_company")
    assert "Harbour Foods" in floor.card().text
    assert "Kestrel" not in floor.card().text
    (line,) = [each.text for each in floor.card().thread if "changed the company" in each.text]
    assert line == "Mika Sato changed the company: Kestrel Freight → Harbour Foods"
    assert kept(floor) == [("Harbour Foods", "Kestrel Freight"), ("Kestrel Freight", "Harbour Foods")]
    assert "was given as the company" not in receipt(floor).text
    assert receipt(floor).buttons == ["Back to the former company"]


def test_it_is_taken_back_from_the_receipt(floor: Floor) -> None:
    press(floor.mika, "own_company", kestrel(floor))
    submit(floor.mika, "own_company")
    press(floor.mika, "former_company", receipt(floor))
    assert companies(floor)["Bo Li"] == "Kestrel Freight"
    assert kept(floor)[-1] == ("Harbour Foods", "Kestrel Freight")
    assert receipt(floor).buttons == ["No, another company…"]
    assert "Kestrel Freight" in floor.card().text


@pytest.mark.parametrize("again", ["Harbour Foods", "HARBOUR FOODS Ltd", None])
def test_what_the_lead_sends_later_leaves_it_where_somebody_put_it(floor: Floor, again: str | None) -> None:
    press(floor.mika, "own_company", kestrel(floor))
    submit(floor.mika, "own_company")
    comes_in(floor, email="bo@kestrel.example", name="Bo Li", company=again, size=40)
    assert companies(floor)["Bo Li"] == "Harbour Foods"
    with floor.baton.database.snapshot() as session:
        sizes = {each.name: each.size for each in session.query(Company)}
    assert sizes == {"Kestrel Freight": None, "Harbour Foods": 40}


def test_a_company_that_is_known_by_that_name_is_that_one(floor: Floor) -> None:
    comes_in(floor, email="jo@harbourfoods.example", name="Jo Doe", company="Harbour Foods")
    press(floor.mika, "own_company", kestrel(floor))
    submit(floor.mika, "own_company")
    comes_in(floor, email="bo@kestrel.example", name="Bo Li")
    assert companies(floor) == {"Jo Doe": "Harbour Foods", "Ivy Chen": "Kestrel Freight", "Bo Li": "Harbour Foods"}
    with floor.baton.database.snapshot() as session:
        assert session.query(Company).count() == 2


def test_the_name_that_was_typed_may_be_another_and_must_be_another_than_the_company_s(floor: Floor) -> None:
    press(floor.mika, "own_company", kestrel(floor))
    for wrong in ("Kestrel Freight GmbH", "  "):
        floor.mika.fills({"own_company": wrong})
        floor.mika.submits()
        assert shown(floor.mika) == "own_company"
    assert companies(floor)["Bo Li"] == "Kestrel Freight"
    floor.mika.fills({"own_company": "Harbour Group"})
    submit(floor.mika, "own_company")
    assert companies(floor)["Bo Li"] == "Harbour Group"


def test_of_a_shared_domain_each_lead_with_a_name_of_its_own_is_proposed_and_nothing_is_done_silently(
    floor: Floor, olu: Person
) -> None:
    first, second, third = shares(floor, *SHARED)
    assert companies(floor)["Lead 1"] == "Lang Fenster"
    page = asks(olu, f"#{second}")
    assert "Lang Fenster and 2 other names were given for this domain" in page.text
    assert "“Ries Bau” was given with this lead." in page.text
    for own in (first, third):
        assert "were given for this domain" not in asks(olu, f"#{own}").text
    press(olu, "own_company", page)
    assert companies(floor)["Lead 1"] == "Lang Fenster"
    submit(olu, "own_company")
    assert companies(floor) == {"Lead 0": "Lang Fenster", "Lead 1": "Ries Bau", "Lead 2": "Brandt Dach"}
    olu.closes()
    page = asks(olu, f"#{second}")
    assert "Somebody moved this lead here from Lang Fenster." in page.text
    press(olu, "former_company", page)
    assert companies(floor)["Lead 1"] == "Lang Fenster"
    assert "“Ries Bau” was given with this lead" in olu.private_replies[-1].text


def test_a_lead_without_a_name_of_its_own_is_proposed_too_once_the_domain_is_shared(floor: Floor, olu: Person) -> None:
    _, lead = shares(floor, SHARED[0], None)
    assert "were given for this domain" not in asks(olu, f"#{lead}").text
    comes_in(floor, name="A", email="a@netzwerk.example", company=SHARED[1])
    assert "own_company" not in [each.place.key[1] for each in asks(olu, f"#{lead}").controls]
    comes_in(floor, name="B", email="b@netzwerk.example", company=SHARED[2])
    page = asks(olu, f"#{lead}")
    assert "Lang Fenster and 2 other names were given for this domain, so this lead may be" in page.text
    press(olu, "own_company", page)
    olu.fills({"own_company": "Kranz Putz"})
    submit(olu, "own_company")
    assert companies(floor)["Lead 1"] == "Kranz Putz"


def test_a_rep_who_sees_the_lead_may_not_and_is_not_shown_the_button(floor: Floor) -> None:
    kestrel(floor)
    press(floor.ana, "accept", floor.card())
    page = asks(floor.ana, "bo li")
    with pytest.raises(DriverError):
        press(floor.ana, "own_company", page)
    with floor.baton.database.snapshot() as session:
        lead_id = session.scalars(select(Lead.id).where(Lead.name == "Bo Li")).one()
        workspace_id = floor.baton.installations[0].id
        with pytest.raises(CannotSetCompany) as refused:
            own_company.form(session, workspace_id, floor.ana.id, lead_id)
    assert [each.name for each in refused.value.facts["may"]] == ["Mika Sato", "Maya Cohen"]  # type: ignore[attr-defined]


def test_the_manager_of_the_team_may(floor: Floor) -> None:
    kestrel(floor)
    press(floor.maya, "own_company", asks(floor.maya, "bo li"))
    submit(floor.maya, "own_company")
    assert companies(floor)["Bo Li"] == "Harbour Foods"


def test_a_lead_that_went_along_with_another_of_its_company_has_a_card_of_its_own_then(floor: Floor) -> None:
    floor.hands_over("Kestrel Freight", email="ivy@kestrel.example", person="Ivy Chen")
    press(floor.ana, "accept", floor.card())
    floor.hands_over("Harbour Foods", email="bo@kestrel.example", person="Bo Li")
    floor.shows()
    assert "Bo Li" not in floor.card().text.partition("\n")[0]
    press(floor.mika, "own_company", receipt(floor))
    submit(floor.mika, "own_company")
    floor.shows()
    first, own = floor.maya.sees(CHANNEL)
    assert "Harbour Foods" in own.text
    assert "Ivy Chen" not in own.text
    assert "Also from this company" not in first.text
    assert "Bo Li" not in first.text


def test_it_is_not_taken_back_once_the_lead_has_moved_on_by_itself(floor: Floor) -> None:
    press(floor.mika, "own_company", kestrel(floor))
    submit(floor.mika, "own_company")
    found = receipt(floor)
    comes_in(floor, email="bo@kestrel.example", name="Bo Li", company="Globex", website="globex.example")
    assert companies(floor)["Bo Li"] == "Globex"
    press(floor.mika, "former_company", found)
    assert companies(floor)["Bo Li"] == "Globex"
    assert "Globex" in receipt(floor).text
    assert [each for each in receipt(floor).buttons if "company" in each] == []


def test_nothing_of_the_names_is_left_once_the_lead_is_erased(floor: Floor, olu: Person) -> None:
    press(floor.mika, "own_company", kestrel(floor))
    submit(floor.mika, "own_company")
    press(olu, "erase_lead", asks(olu, "bo li"))
    submit(olu, "erase")
    assert kept(floor) == [(None, None), (None, None)]
    assert "Harbour" not in receipt(floor).text
    with floor.baton.database.snapshot() as session:
        assert [each.name for each in session.query(DomainName)] == []
