"""Whose ids a file has: a newer export of the same people, or another file of the same name."""

import pytest

from qualification.intake import import_senders
from qualification.rules.leads.lead_input import ImportRow, LeadInput
from tests.worlds.desk import Desk

IVY = {"id": "1", "name": "Ivy Chen", "email": "ivy@acme.example", "emails": ["ivy@home.example"]}


def sender_of(desk: Desk, *said: dict[str, object]) -> str:
    """Return whose ids a file called people has, with these rows."""
    rows = [ImportRow(lead=LeadInput.model_validate(each)) for each in said]
    return desk.reads(lambda session: import_senders.sender_for(session, desk.workspace_id, "people", rows))


@pytest.mark.parametrize(
    "newer",
    [
        {"id": "1", "name": "I. Chen", "email": "i.chen@bolt.example"},
        {"id": "1", "name": "Ivy", "email": "i.chen@bolt.example"},
        {"id": "1", "name": "I. Chen"},
        {"id": "1", "name": "Ivy Wong", "email": "Ivy+x@home.example"},
        {"id": "1", "name": "Ivy Wong", "email": "ivy@new.example", "emails": ["ivy@home.example"]},
        {"id": "1", "phone": "+49 30 901820"},
    ],
)
def test_a_newer_export_of_the_same_people_has_their_ids(desk: Desk, newer: dict[str, object]) -> None:
    desk.takes(LeadInput.model_validate(IVY), sender="people")
    assert sender_of(desk, newer) == "people"


@pytest.mark.parametrize(
    "other",
    [
        {"id": "1", "name": "Bo Li", "email": "bo@bolt.example"},
        {"id": "1", "name": "Bo Li", "company": "Acme"},
        {"id": "1", "email": "bo@bolt.example"},
    ],
)
def test_a_file_that_names_other_people_by_these_ids_has_ids_of_its_own(desk: Desk, other: dict[str, object]) -> None:
    desk.takes(LeadInput.model_validate(IVY), sender="people")
    assert sender_of(desk, other) == "people-2"


def test_an_address_of_a_lead_that_was_merged_into_another_counts(desk: Desk) -> None:
    desk.takes(LeadInput(id="1", name="Ivy Chen", email="ivy@acme.example"), sender="people")
    desk.takes(LeadInput(id="2", email="ivy@home.example"), sender="people")
    desk.takes(LeadInput.model_validate({**IVY, "id": None}), sender="web")
    assert sender_of(desk, {"id": "2", "email": "ivy@home.example"}) == "people"
