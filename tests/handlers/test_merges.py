"""Merge with…: which other lead is meant, what will happen, and both as one; Split takes it back."""

import pytest

from qualification.handoffs import merge_by_hand
from qualification.records import Lead, LeadEmail
from qualification.records import Person as Employee
from qualification.rules.refusals import NotAManager, UnknownLead
from sandbox.people.driver import Person
from tests.handlers.test_lead_page import IVY, asks, comes_in, olu, publishes
from tests.worlds.floor import PLAYBOOK, Floor, press, shown, submit

__all__ = ["olu"]

OTHER = {"name": "Ivy Wong", "email": "ivy.wong@home.example", "phone": "+49 30 901820"}


def opens(who: Person, words: str) -> None:
    """Open the modal from the lead's page."""
    press(who, "merge_lead", asks(who, words))
    assert shown(who) == "merge_lead"


def roots(floor: Floor) -> dict[str | None, int | None]:
    """Return into which lead each was merged, by its name."""
    with floor.baton.database.snapshot() as session:
        return {lead.name: lead.merged_into_id for lead in session.query(Lead)}


def test_two_leads_become_one_after_what_will_happen_was_shown(floor: Floor, olu: Person) -> None:
    kept = comes_in(floor, **IVY, phone="+49 40 428880")
    comes_in(floor, **OTHER)
    opens(olu, "ivy@acme.example")
    olu.fills({"query": "ivy.wong"})
    submit(olu, "merge_lead")
    assert shown(olu) == "merge_leads"
    text = olu.modal.text
    for word in (
        "Ivy Wong",
        "Acme · Ivy Chen",
        "ivy@acme.example · ivy.wong@home.example",
        "+49 40 428880 · +49 30 901820",
    ):
        assert word in text
    assert set(roots(floor).values()) == {None}
    submit(olu, "merge_leads")
    assert shown(olu) == "merged"
    assert roots(floor) == {"Ivy Chen": None, "Ivy Wong": kept}
    olu.closes()
    page = asks(olu, "ivy.wong@home.example")
    assert "Acme · Ivy Chen" in page.text
    press(olu, "split_lead", page)
    assert set(roots(floor).values()) == {None}


def test_what_either_of_them_sends_later_stays_theirs_until_they_are_split(floor: Floor, olu: Person) -> None:
    kept = comes_in(floor, **IVY)
    other = comes_in(floor, **OTHER)
    opens(olu, f"#{kept}")
    olu.fills({"query": f"#{other}"})
    submit(olu, "merge_lead")
    submit(olu, "merge_leads")
    olu.closes()
    assert {comes_in(floor, **OTHER), comes_in(floor, **IVY)} == {kept}
    press(olu, "split_lead", asks(olu, f"#{kept}"))
    assert [comes_in(floor, **IVY), comes_in(floor, **OTHER)] == [kept, other]
    with floor.baton.database.snapshot() as session:
        assert {entry.email_key: entry.lead_id for entry in session.query(LeadEmail)} == {
            "ivy@acme.example": kept,
            "ivy.wong@home.example": other,
        }


def test_leads_with_the_same_number_or_a_like_name_and_company_are_proposed(floor: Floor, olu: Person) -> None:
    lead = comes_in(floor, **IVY, phone="+49 30 901820")
    comes_in(floor, email="ivy.chen@gmail.com", name="Ivy  CHEN", phone="0049 30 901820")
    comes_in(floor, email="yvy@acme.example", name="Ivy Chan", company="Acme")
    comes_in(floor, email="bo@acme.example", name="Bo Li", company="Acme", phone="+49 30 901820")
    comes_in(floor, email="ivy@globex.example", name="Ivy Chen", company="Globex")
    page = asks(olu, f"#{lead}").text
    for other in ("Ivy CHEN", "Acme · Ivy Chan"):
        assert f"Perhaps the same person: {other}\n" in f"{page}\n"
    opens(olu, f"#{lead}")
    options = next(each.options for each in olu.modal.controls if each.place.key[0] == "other")
    assert {label for label, _ in options} == {"Ivy CHEN", "Acme · Ivy Chan"}
    olu.fills({"other": options[0][1]})
    submit(olu, "merge_lead")
    assert shown(olu) == "merge_leads"


def test_words_that_mean_several_leads_are_asked_about_and_those_that_mean_none_too(floor: Floor, olu: Person) -> None:
    lead = comes_in(floor, **IVY)
    for name in ("Joe Doe", "Jo Doe"):
        comes_in(floor, email=f"{name[:2]}{len(name)}@doe.example", name=name, company="Doe Works")
    opens(olu, f"#{lead}")
    olu.fills({"query": "doe works"})
    submit(olu, "merge_lead")
    assert shown(olu) == "merge_lead"
    assert "More than one lead matches “doe works”." in olu.modal.text
    olu.fills({"query": "nobody"})
    submit(olu, "merge_lead")
    assert "No other lead matches “nobody” that you see all of." in olu.modal.text


def test_two_leads_that_sales_is_at_work_on_stay_two_and_the_sentence_says_why(floor: Floor, olu: Person) -> None:
    floor.hands_over("Acme", person="Ivy Chen", email="ivy@acme.example")
    floor.hands_over("Bolt", person="Ivy Wong", email="ivy@bolt.example")
    opens(olu, "ivy@acme.example")
    olu.fills({"query": "ivy@bolt.example"})
    submit(olu, "merge_lead")
    assert "Sales is at work on both leads, so they stay two." in olu.modal.text
    assert set(roots(floor).values()) == {None}


@pytest.mark.parametrize("rights", ["{marketers: leads}", "{marketers: announced}"])
def test_whoever_does_not_see_all_of_both_merges_none(floor: Floor, rights: str) -> None:
    publishes(floor, f"{PLAYBOOK}\nrights: {rights}\n")
    lead = comes_in(floor, **IVY)
    other = comes_in(floor, **OTHER)
    floor.mika.types(f"/lead #{lead}", "#general")
    assert "Merge with…" not in floor.mika.private_replies[-1].buttons
    with floor.baton.database.snapshot() as session:
        mika = session.query(Employee.slack_user_id).filter(Employee.name.like("Mika%")).scalar()
    acts = {"workspace_id": floor.baton.installations[0].id, "slack_user_id": mika, "one_id": lead, "other_id": other}
    with pytest.raises((NotAManager, UnknownLead)), floor.baton.database.transaction() as session:
        merge_by_hand.merge(session, **acts, now=floor.clock())
