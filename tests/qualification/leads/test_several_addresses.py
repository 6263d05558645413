"""A person with several addresses and telephone numbers: known again by each, and never taken for somebody else."""

from datetime import datetime
from typing import Any

import pytest

from qualification.handoffs import erasure
from qualification.leads import naming, resolution, suppression
from qualification.leads.events import event_of
from qualification.leads.resolver import SOMEBODY_ELSES_ID, TAKEN, ResolvedLead
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Delivery, Lead, LeadEmail, LeadPhone, Merge
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import AddressMoved
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lead_input import LeadInput
from qualification.rules.leads.suppression import SuppressionReason
from qualification.views import lead_page
from tests.qualification.leads.test_resolution import sends, splits
from tests.worlds.desk import Desk

IVY = {"name": "Ivy Chen", "email": "ivy@acme.example"}
BOTH = {**IVY, "emails": ("i.chen@home.example",)}


def shown(desk: Desk) -> dict[str | None, tuple[str | None, int | None]]:
    """Return the address that each lead shows, and into which it was merged, by its name."""
    return {lead.name: (lead.email, lead.merged_into_id) for lead in desk.all(Lead)}


@pytest.mark.parametrize("email", ["ivy@acme.example", "I.Chen+news@home.example"])
def test_a_lead_is_known_again_by_each_of_its_addresses(desk: Desk, email: str) -> None:
    lead = sends(desk, **BOTH).lead
    assert sends(desk, email=email, title="CTO").lead.id == lead.id
    assert desk.reads(lambda session: naming.named_lead(session, desk.workspace_id, email)).id == lead.id
    assert sorted(each.email_key for each in desk.all(LeadEmail)) == ["i.chen@home.example", "ivy@acme.example"]


def test_an_address_that_is_told_later_is_one_more(desk: Desk) -> None:
    first = sends(desk, external_id="7", **IVY).lead
    assert sends(desk, external_id="7", name="Ivy Chen", email="ivy@bolt.example").lead.id == first.id
    assert sends(desk, email="ivy@acme.example").lead.id == first.id
    facts = desk.reads(lambda session: lead_page.lead_facts(session, desk.workspace_id, first.id))
    assert facts is not None
    assert facts.emails == ("ivy@acme.example", "ivy@bolt.example")


def test_a_row_that_names_two_known_addresses_makes_one_of_two_leads_without_other_names(desk: Desk) -> None:
    first = sends(desk, **IVY).lead
    second = sends(desk, email="i.chen@home.example").lead
    met = sends(desk, **BOTH)
    assert (met.lead.id, met.losses) == (first.id, ())
    assert {each.merged_id for each in desk.all(Merge)} == {second.id}


def test_a_mailbox_that_others_read_too_stays_theirs(desk: Desk) -> None:
    karl = sends(desk, name="Karl Beck", email="info@acme.example").lead
    ivy = sends(desk, **IVY, emails=("info@acme.example",))
    assert ivy.lead.id != karl.id
    assert [(each.field, each.reason) for each in ivy.losses] == [("lead.emails", TAKEN)]
    assert shown(desk) == {"Karl Beck": ("info@acme.example", None), "Ivy Chen": ("ivy@acme.example", None)}


def test_who_is_known_by_another_address_is_not_called_by_the_name_of_whoever_shares_one(desk: Desk) -> None:
    sends(desk, name="Ivy Chen", email="info@acme.example", emails=("ivy@acme.example",))
    karl = sends(desk, name="Karl Beck", email="info@acme.example")
    assert karl.is_new
    assert [each.field for each in karl.losses] == ["lead.email"]
    assert shown(desk) == {"Ivy Chen": ("ivy@acme.example", None), "Karl Beck": ("info@acme.example", None)}
    again = [sends(desk, name="Karl Beck", email="info@acme.example"), sends(desk, **IVY)]
    assert [each.lead.name for each in again] == ["Karl Beck", "Ivy Chen"]
    assert len(desk.all(Lead)) == 2


def test_whose_address_another_lead_takes_is_told_so(desk: Desk) -> None:
    ivy = {"name": "Ivy Chen", "email": "info@acme.example", "company": "Acme"}
    desk.takes(LeadInput.model_validate({**ivy, "emails": ["ivy@acme.example"]}))
    handoff_id = desk.hands_over(person="Ivy Chen", email="info@acme.example").handoff_id
    revisions = {each.id: each.desired_revision for each in desk.all(Delivery, Delivery.handoff_id == handoff_id)}
    karl = desk.takes(LeadInput(name="Karl Beck", email="info@acme.example"))
    told = [event_of(each) for each in desk.events(handoff_id) if each.kind is EventKind.ADDRESS_MOVED]
    assert told == [AddressMoved(other=karl.lead_id)]
    cards = desk.all(Delivery, Delivery.id.in_(revisions))
    assert revisions
    assert all(each.desired_revision > revisions[each.id] for each in cards if each.kind != "thread_line")
    assert desk.all(Lead, Lead.id != karl.lead_id)[0].email == "ivy@acme.example"


@pytest.mark.parametrize("is_live", [True, False])
def test_whoever_hands_somebody_over_by_anothers_address_has_the_loss_recorded(desk: Desk, *, is_live: bool) -> None:
    owner = sends(desk, name="Ivy Chen", email="info@acme.example", emails=("ivy@acme.example",)).lead
    if is_live:
        sends(desk, name="Karl Beck", email="karl@acme.example", company="Acme")
        desk.hands_over(person="Karl Beck", email="karl@acme.example")
    desk.hands_over(person="Karl Beck", email="info@acme.example")
    assert desk.lead_kinds(owner.id).count("address_moved") == 1


def test_what_a_page_sends_takes_nobodys_address(desk: Desk) -> None:
    owner = sends(desk, name="Ivy Chen", email="info@acme.example", emails=("ivy@acme.example",)).lead
    for _ in range(2):
        karl = sends(desk, name="Karl Beck", company="Acme", email="info@acme.example", may_take=False)
        assert [(each.field, each.reason) for each in karl.losses] == [("lead.email", TAKEN)]
    assert shown(desk) == {"Ivy Chen": ("info@acme.example", None), "Karl Beck": (None, None)}
    assert {each.lead_id for each in desk.all(LeadEmail)} == {owner.id}
    assert sends(desk, name="Karl Beck", company="Acme", email="karl@acme.example", may_take=False).losses == ()


def test_whoever_is_erased_is_known_by_an_address_that_they_gave_away(desk: Desk) -> None:
    owner = sends(desk, name="Ivy Chen", email="info@acme.example", emails=("ivy@acme.example",)).lead
    sends(desk, name="Karl Beck", email="info@acme.example")
    assert kept_away(desk, LeadData(email="info@acme.example")) == {}, "nobody is erased yet"
    desk.does(erasure.erase, lead_id=owner.id, by="unix:tests")
    assert kept_away(desk, LeadData(email="Info+x@acme.example")) == {0: SuppressionReason.ERASED}


def test_two_rows_of_one_batch_may_give_and_take_an_address(desk: Desk) -> None:
    rows = [
        LeadData(sender="web", name="Ivy Chen", email="info@acme.example", emails=("ivy@acme.example",)),
        LeadData(sender="web", name="Karl Beck", email="info@acme.example"),
    ]

    def resolve(session: UnitOfWork, workspace_id: int, now: datetime) -> list[ResolvedLead]:
        return resolution.resolve_all(session, workspace_id, rows, now=now)

    ivy, karl = desk.does(resolve)
    assert [(each.id, live) for each, live in karl.taken_from] == [(ivy.lead.id, None)]
    desk.does(erasure.erase, lead_id=ivy.lead.id, by="unix:tests")
    assert kept_away(desk, LeadData(email="info@acme.example")) == {0: SuppressionReason.ERASED}


def kept_away(desk: Desk, *rows: LeadData) -> dict[int, SuppressionReason]:
    """Return why each of these may not come in, by its place."""

    def suppressed(session: UnitOfWork, workspace_id: int, now: datetime) -> dict[int, SuppressionReason]:
        del now
        return suppression.suppressed(session, workspace_id, rows)

    return desk.does(suppressed)


def test_the_same_mailbox_under_another_name_is_the_same_person(desk: Desk) -> None:
    first = sends(desk, **IVY).lead
    again = sends(desk, email="ivy@acme.example", name="Ivy Wong")
    assert (again.lead.id, again.changed, again.losses) == (first.id, ("name",), ())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (IVY, {"name": "Tom Ries", "email": "tom@ries.example"}),
        ({"name": "Ivy Chen", "phone": "+49 30 901820"}, {"name": "Tom Ries", "phone": "+49 40 4288801"}),
        ({"name": "Ivy Chen", "company": "Acme"}, {"name": "Tom Ries", "company": "Ries Bau"}),
    ],
    ids=["address", "phone", "company"],
)
def test_an_id_that_meets_another_name_and_nothing_known_tells_nobody(
    desk: Desk, first: dict[str, Any], second: dict[str, Any]
) -> None:
    kept = sends(desk, external_id="6,68611E+16", **first).lead
    other = sends(desk, external_id="6,68611E+16", **second)
    assert (other.is_new, other.losses) == (True, (SOMEBODY_ELSES_ID,))
    assert {lead.name: lead.id for lead in desk.all(Lead)} == {"Ivy Chen": kept.id, "Tom Ries": other.lead.id}
    assert not sends(desk, external_id="6,68611E+16", **second).is_new
    assert sends(desk, external_id="6,68611E+16").lead.id == kept.id


def test_an_id_of_one_and_an_address_of_another_keep_both(desk: Desk) -> None:
    ivy = sends(desk, external_id="7", **IVY).lead
    tom = sends(desk, name="Tom Ries", email="tom@ries.example").lead
    met = sends(desk, external_id="7", email="tom@ries.example", title="Owner")
    assert (met.lead.id, met.losses) == (tom.id, (SOMEBODY_ELSES_ID,))
    assert {lead.id: lead.title for lead in desk.all(Lead)} == {ivy.id: None, tom.id: "Owner"}
    assert desk.all(Merge) == []


@pytest.mark.parametrize("again", ["Ivy Chen", "Ivy", "I. Chen"])
def test_a_deal_by_its_id_alone_and_an_id_with_the_same_name_still_come_in(desk: Desk, again: str) -> None:
    lead = sends(desk, external_id="7", **IVY).lead
    assert sends(desk, external_id="7").lead.id == lead.id
    assert sends(desk, external_id="7", name=again, email="ivy@home.example").lead.id == lead.id
    assert sends(desk, external_id="7", name="Ivy Wong").lead.id == lead.id


def test_a_name_and_a_telephone_number_tell_who_it_is_however_it_is_written(desk: Desk) -> None:
    lead = sends(desk, name="Ivy Chen", phone="+49 (0)30 9018-20").lead
    assert sends(desk, name="ivy  chen", phone="030 901820", country="DE").lead.id == lead.id
    assert sends(desk, name="Ivy Chen", phone="0049 30 901820", email="ivy@acme.example").lead.id == lead.id
    assert sends(desk, name="Ivy Chen", phones=("+4930901820",)).lead.id == lead.id


@pytest.mark.parametrize(
    "other",
    [
        {"name": "Bo Li", "phone": "+49 30 901820"},
        {"name": "Ivy Chen", "phone": "+49 30 901820", "company": "Bolt"},
        {"name": "Ivy Chen", "phone": "+49 30 901820", "email": "ivy@bolt.example"},
        {"name": "Ivy Chen", "phone": "+49 30 901821"},
        {"name": "Ivy Chen"},
    ],
    ids=["name", "company", "address", "number", "name alone"],
)
def test_a_number_alone_or_a_name_alone_tells_nobody(desk: Desk, other: dict[str, Any]) -> None:
    sends(desk, name="Ivy Chen", phone="+49 30 901820", company="Acme", email="ivy@acme.example")
    assert sends(desk, **other).is_new


def test_a_number_that_only_fills_a_field_tells_nobody(desk: Desk) -> None:
    sends(desk, name="Ivy Chen", phone="0000000000")
    assert sends(desk, name="Ivy Chen", phone="0000000000").is_new


def test_a_lead_is_found_by_its_number_under_the_name_that_it_has_now(desk: Desk) -> None:
    lead = sends(desk, name="Ivy Chen", phone="+49 30 901820", email="ivy@acme.example").lead
    sends(desk, name="Ivy Wong", email="ivy@acme.example")
    assert sends(desk, name="Ivy Wong", phone="+49 30 901820").lead.id == lead.id


def test_addresses_come_back_with_a_split(desk: Desk) -> None:
    sends(desk, external_id="7", phone="+49 30 901820")
    sends(desk, **BOTH)
    kept = sends(desk, external_id="7", email="i.chen@home.example").lead
    facts = desk.reads(lambda session: lead_page.lead_facts(session, desk.workspace_id, kept.id))
    assert facts is not None
    assert facts.emails == ("i.chen@home.example", "ivy@acme.example")
    assert sends(desk, name="Ivy Chen", phone="+49 30 901820").lead.id == kept.id
    splits(desk)
    one, other = sorted(desk.all(Lead), key=lambda lead: lead.id)
    assert (one.email, one.email_key, other.email) == (None, None, "ivy@acme.example")
    assert {sends(desk, email=each).lead.id for each in ("ivy@acme.example", "i.chen@home.example")} == {other.id}


def test_whoever_was_erased_comes_back_by_none_of_their_addresses_and_numbers(desk: Desk) -> None:
    lead = sends(desk, **BOTH, phones=("+49 30 901820", "+49 40 428880")).lead
    desk.does(erasure.erase, lead_id=lead.id, by="unix:tests")
    assert (desk.all(LeadEmail), desk.all(LeadPhone)) == ([], [])
    rows = [
        LeadData(email="i.chen@home.example"),
        LeadData(email="bo@bolt.example", emails=("ivy@acme.example",)),
        LeadData(name="Ivy Chen", phone="+49 40 428880"),
        LeadData(name="Bo Li", phone="+49 40 428880"),
    ]
    assert kept_away(desk, *rows) == dict.fromkeys((0, 1, 2), SuppressionReason.ERASED)
