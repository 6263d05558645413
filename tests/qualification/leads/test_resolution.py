"""Who a lead is, and what makes two of them one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from qualification.handoffs import decisions, progress
from qualification.leads import merging, resolution
from qualification.leads.resolution import ResolvedLead
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, ExternalId, Handoff, Lead, Merge, Person, Workspace
from qualification.reporting import lifecycle_counts
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.refusals import StaleCard
from tests.worlds.desk import Desk


def sends(desk: Desk, **fields: Any) -> ResolvedLead:
    """Resolve a lead that the sender called web describes."""
    return resolves(desk, LeadData(sender="web", **fields))


def resolves(desk: Desk, data: LeadData) -> ResolvedLead:
    """Resolve a lead."""

    def resolve(session: UnitOfWork, workspace_id: int, now: datetime) -> ResolvedLead:
        return resolution.resolve(session, workspace_id, data, now=now)

    return desk.does(resolve)


def test_a_lead_is_known_again_by_the_senders_id(desk: Desk) -> None:
    first = sends(desk, external_id="7", name="Ivy Chen", company="Acme")
    again = sends(desk, external_id="7", email="ivy@acme.example", title="CTO")
    assert (first.is_new, again.is_new, again.lead.id) == (True, False, first.lead.id)
    assert again.changed == ("email", "title")
    (lead,) = desk.all(Lead)
    assert (lead.name, lead.email, lead.title) == ("Ivy Chen", "ivy@acme.example", "CTO")


def test_the_id_of_another_sender_is_another_id(desk: Desk) -> None:
    sends(desk, external_id="7")
    resolves(desk, LeadData(sender="crm", external_id="7"))
    assert len(desk.all(Lead)) == 2


@pytest.mark.parametrize("email", ["IVY@Acme.Example", "ivy+news@acme.example", " ivy@acme.example "])
def test_a_mailbox_is_one_however_it_is_written(desk: Desk, email: str) -> None:
    sends(desk, email="ivy@acme.example")
    assert not sends(desk, email=email).is_new


def test_a_full_name_at_a_company_is_the_same_person_unless_the_addresses_differ(desk: Desk) -> None:
    sends(desk, name="Ivy Chen", company="Acme Ltd")
    assert not sends(desk, name="ivy  chen", company="ACME").is_new
    assert not sends(desk, name="Ivy Chen", company="Acme", email="ivy@acme.example").is_new
    assert sends(desk, name="Ivy Chen", company="Acme", email="ivy.chen@acme.example").is_new
    assert sends(desk, name="Ivy Chen").is_new


def test_companies_are_known_by_their_domain_and_else_by_name(desk: Desk) -> None:
    sends(desk, email="ivy@acme.example")
    sends(desk, email="joe@acme.example", company="Acme Industries")
    sends(desk, email="kim@gmail.com", company="Acme Industries Ltd")
    sends(desk, website="https://www.acme.example/about", company="ACME", external_id="9")
    sends(desk, email="lou@acme.test", company="Acme Industries")
    companies = {company.domain: company.name for company in desk.all(Company)}
    assert companies == {"acme.example": "Acme Industries", "acme.test": "Acme Industries"}
    by_mail = {lead.email: lead.company_id for lead in desk.all(Lead)}
    assert by_mail["ivy@acme.example"] == by_mail["joe@acme.example"] == by_mail["kim@gmail.com"]


def test_free_mail_makes_no_company(desk: Desk) -> None:
    sends(desk, email="kim@gmail.com")
    assert desk.all(Company) == []


def test_where_a_lead_first_came_from_stays_and_its_own_fields_add_up(desk: Desk) -> None:
    sends(desk, external_id="7", source="webinar", campaign="Spring", fields={"seats": 5})
    again = sends(desk, external_id="7", source="trial", campaign="Autumn", fields={"plan": "pro"})
    assert again.changed == ()
    (lead,) = desk.all(Lead)
    assert (lead.source, lead.campaign, lead.fields) == ("webinar", "Spring", {"seats": 5, "plan": "pro"})


def test_what_is_not_said_is_left_as_it_is_and_may_be_taken_back(desk: Desk) -> None:
    sends(desk, external_id="7", phone="+49 1", do_not_contact=True)
    sends(desk, external_id="7")
    assert [(lead.phone, lead.do_not_contact) for lead in desk.all(Lead)] == [("+49 1", True)]
    sends(desk, external_id="7", do_not_contact=False)
    assert [lead.do_not_contact for lead in desk.all(Lead)] == [False]


def test_an_id_and_an_address_that_meet_make_two_leads_one(desk: Desk) -> None:
    by_id = sends(desk, external_id="7", phone="+49 1").lead
    by_email = sends(desk, email="ivy@acme.example", name="Ivy Chen").lead
    met = sends(desk, external_id="7", email="ivy@acme.example")
    assert met.lead.id == by_id.id
    merged = next(lead for lead in desk.all(Lead) if lead.id == by_email.id)
    kept = next(lead for lead in desk.all(Lead) if lead.id == by_id.id)
    assert merged.merged_into_id == kept.id
    assert (kept.name, kept.email, kept.phone) == ("Ivy Chen", "ivy@acme.example", "+49 1")
    assert sends(desk, email="ivy@acme.example").lead.id == kept.id
    assert desk.reads(lambda session: merging.family(session, kept)) == [kept.id, merged.id]


def test_where_a_lead_came_from_and_what_it_said_goes_with_a_merge_and_back_with_the_split(desk: Desk) -> None:
    sends(desk, external_id="7", fields={"plan": "pro", "pages": 3})
    said = {"source": "webinar", "campaign": "Spring", "problem": "Half of our quotes are late"}
    sends(desk, email="ivy@acme.example", fields={"plan": "team", "seats": 4}, **said)
    kept = sends(desk, external_id="7", email="ivy@acme.example").lead
    assert {name: getattr(kept, name) for name in said} == said
    assert kept.fields == {"plan": "pro", "pages": 3, "seats": 4}
    splits(desk)
    one, other = desk.all(Lead)
    assert (one.source, one.campaign, one.problem) == (None, None, None)
    assert (one.fields, other.fields) == ({"plan": "pro", "pages": 3}, {"plan": "team", "seats": 4})


def test_the_lead_that_is_meant_is_known_by_our_own_id_unless_the_address_is_somebody_else_s(
    desk: Desk, other_desk: Desk
) -> None:
    known = sends(desk, external_id="7", company="Acme").lead
    assert resolves(desk, LeadData(lead_id=known.id, name="Ivy Chen")).lead.id == known.id
    assert resolves(desk, LeadData(lead_id=known.id, email="ivy@acme.example")).lead.id == known.id
    assert resolves(desk, LeadData(lead_id=known.id, email="IVY+news@acme.example")).lead.id == known.id
    assert resolves(desk, LeadData(lead_id=known.id, email="joe@acme.example")).is_new
    assert resolves(other_desk, LeadData(lead_id=known.id, name="Ivy Chen")).is_new


def test_who_asked_not_to_be_contacted_stays_so_as_part_of_another_and_no_longer_once_they_are_two(
    desk: Desk,
) -> None:
    sends(desk, external_id="7")
    sends(desk, email="ivy@acme.example", do_not_contact=True)
    sends(desk, external_id="7", email="ivy@acme.example")
    assert [lead.do_not_contact for lead in desk.all(Lead)] == [True, True]
    splits(desk)
    assert {lead.email: lead.do_not_contact for lead in desk.all(Lead)} == {None: False, "ivy@acme.example": True}


def splits(desk: Desk) -> None:
    """Take the one merge that there is back."""
    (merge,) = desk.all(Merge)

    def split(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
        del workspace_id
        merging.split(session, merge.id, by=session.get_one(Person, desk.person("UMAYA").id), now=now)

    desk.does(split)


def test_whichever_sales_has_stays(desk: Desk) -> None:
    elder = sends(desk, external_id="7").lead
    handoff_id = desk.accepted_lead(email="ivy@acme.example")
    met = sends(desk, external_id="7", email="ivy@acme.example")
    assert met.lead.id == desk.handoff(handoff_id).lead_id
    assert next(lead for lead in desk.all(Lead) if lead.id == elder.id).merged_into_id == met.lead.id
    assert met.live is not None


def test_two_leads_that_sales_is_at_work_on_stay_two(desk: Desk) -> None:
    desk.accepted_lead(email="ivy@acme.example")
    second = desk.accepted_lead(person="Ivy Chen")
    with desk.database.transaction() as session:
        session.add(
            ExternalId(
                workspace_id=desk.workspace_id, sender="web", external_id="7", lead_id=desk.handoff(second).lead_id
            )
        )
    sends(desk, external_id="7", email="ivy@acme.example")
    assert [lead.merged_into_id for lead in desk.all(Lead)] == [None, None]


def test_a_wrong_merge_is_split_and_both_are_as_they_were(desk: Desk) -> None:
    sends(desk, external_id="7", phone="+49 1")
    sends(desk, email="ivy@acme.example", name="Ivy Chen")
    kept = sends(desk, external_id="7", email="ivy@acme.example", title="CTO").lead
    splits(desk)
    one, other = desk.all(Lead)
    assert (one.id, one.name, one.email, one.phone, one.title) == (kept.id, None, None, "+49 1", "CTO")
    assert (other.name, other.email, other.merged_into_id) == ("Ivy Chen", "ivy@acme.example", None)
    assert sends(desk, email="ivy@acme.example").lead.id == other.id
    with pytest.raises(StaleCard):
        splits(desk)


def test_what_was_split_stays_two_when_the_same_is_said_again(desk: Desk) -> None:
    sends(desk, external_id="7")
    sends(desk, email="ivy@acme.example")
    kept = sends(desk, external_id="7", email="ivy@acme.example").lead
    splits(desk)
    assert sends(desk, external_id="7", email="ivy@acme.example", title="CTO").lead.id == kept.id
    assert {lead.email: (lead.merged_into_id, lead.title) for lead in desk.all(Lead)} == {
        None: (None, "CTO"),
        "ivy@acme.example": (None, None),
    }


def test_the_same_new_lead_at_the_same_instant_is_one(desk: Desk) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: sends(desk, external_id="7", email="ivy@acme.example"), range(6)))
    assert len({each.lead.id for each in found}) == 1
    assert [len(desk.all(record)) for record in (Lead, ExternalId, Company)] == [1, 1, 1]


def test_one_id_at_the_same_instant_is_one_lead_whatever_else_is_said(desk: Desk) -> None:
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda count: sends(desk, external_id="7", email=f"ivy{count}@gmail.com"), range(6)))
    assert len({each.lead.id for each in found}) == 1
    assert [len(desk.all(record)) for record in (Lead, ExternalId)] == [1, 1]


def test_a_lead_that_is_at_work_and_merged_is_still_decided_on(desk: Desk) -> None:
    sends(desk, external_id="7")
    handoff_id = desk.accepted_lead(email="ivy@acme.example")
    sends(desk, external_id="7", email="ivy@acme.example")
    owner = desk.card(handoff_id).owner
    assert owner is not None
    desk.does(
        decisions.disqualify,
        by=owner.slack_user_id,
        handoff_id=handoff_id,
        offer_id=None,
        reason="no-budget",
        note=None,
    )
    assert desk.card(handoff_id).state == "disqualified"


def test_an_address_gives_its_domain_to_the_company_that_somebody_named(desk: Desk) -> None:
    sends(desk, external_id="7", name="Ivy Chen", company="Acme")
    sends(desk, external_id="7", email="ivy@acme.example")
    sends(desk, email="kim@acme.example")
    (company,) = desk.all(Company)
    assert (company.name, company.domain) == ("Acme", "acme.example")
    assert {lead.company_id for lead in desk.all(Lead)} == {company.id}


def test_an_address_at_another_company_moves_the_lead_there(desk: Desk) -> None:
    sends(desk, external_id="7", email="ivy@acme.example", company="Acme")
    sends(desk, external_id="7", email="ivy@bolt.example")
    (lead,) = desk.all(Lead)
    assert [each.domain for each in desk.all(Company, Company.id == lead.company_id)] == ["bolt.example"]


def test_a_domain_that_another_company_has_leaves_the_lead_where_it_is(desk: Desk) -> None:
    sends(desk, email="kim@acme.example")
    sends(desk, external_id="7", name="Ivy Chen", company="Acme Holding")
    sends(desk, external_id="7", email="ivy@acme.example")
    names = {each.id: each.name for each in desk.all(Company)}
    assert [names[lead.company_id or 0] for lead in desk.all(Lead)] == ["acme.example", "Acme Holding"]


def test_companies_are_locked_before_leads_also_the_one_that_only_the_lead_speaks_of(desk: Desk) -> None:
    sends(desk, external_id="7", name="Ivy Chen", company="Acme")
    locked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if "FOR NO KEY UPDATE" in statement:
            locked.append(statement.partition("FROM ")[2].split()[0])

    event.listen(desk.database.engine, "before_cursor_execute", note)
    sends(desk, external_id="7", email="ivy@acme.example")
    event.remove(desk.database.engine, "before_cursor_execute", note)
    assert locked == ([] if desk.database.is_sqlite else ["company", "handoff", "lead"])


NOTHING = st.none()
PEOPLE = st.builds(
    LeadData,
    sender=st.just("web"),
    external_id=NOTHING | st.sampled_from("12"),
    email=NOTHING | st.sampled_from(["a@acme.example", "A+x@acme.example", "b@acme.example", "c@gmail.com"]),
    name=NOTHING | st.sampled_from(["Ivy Chen", "ivy chen", "Bo Li"]),
    company=NOTHING | st.sampled_from(["Acme", "Acme Ltd", "Bolt"]),
    website=NOTHING | st.sampled_from(["acme.example", "bolt.example"]),
    title=NOTHING | st.just("CTO"),
    size=NOTHING | st.integers(1, 2),
    source=NOTHING | st.sampled_from(["demo", "trial"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PEOPLE, min_size=1, max_size=8))
def test_many_at_once_become_what_they_become_one_after_the_other(desk: Desk, rows: list[LeadData]) -> None:
    together, apart = elsewhere(desk), elsewhere(desk)
    with desk.database.transaction() as session:
        resolution.resolve_all(session, together, rows, now=desk.now)
    for each in rows:
        with desk.database.transaction() as session:
            resolution.resolve(session, apart, each, now=desk.now)
    assert everything(desk, together) == everything(desk, apart)


def elsewhere(desk: Desk) -> int:
    """Make another workspace, where nobody is known yet."""
    with desk.database.transaction() as session:
        count = session.scalar(select(func.count()).select_from(Workspace))
        workspace = Workspace(
            slack_team_id=f"TE{count}", name="Elsewhere", delivery_namespace=f"{count}", created_at=desk.now
        )
        session.add(workspace)
        session.flush()
        return workspace.id


def everything(desk: Desk, workspace_id: int) -> list[tuple[object, ...]]:
    """Return who is known there, in an order that does not hang on ids."""
    with desk.database.snapshot() as session:
        companies = {each.id: each for each in session.scalars(select(Company))}
        names: dict[int, list[str]] = {}
        for each in session.scalars(select(ExternalId).where(ExternalId.workspace_id == workspace_id)):
            names.setdefault(each.lead_id, []).append(each.external_id)
        found = {lead.id: lead for lead in session.scalars(select(Lead).where(Lead.workspace_id == workspace_id))}

    def summary(lead: Lead) -> tuple[object, ...]:
        company = companies.get(lead.company_id or 0)
        of_company = (company.name, company.domain, company.size) if company else None
        into = found.get(lead.merged_into_id or 0)
        own = (lead.name, lead.name_key, lead.email, lead.email_key, lead.title, lead.source)
        return (*own, of_company, sorted(names.get(lead.id, ())), summary(into) if into else None)

    return sorted((summary(lead) for lead in found.values()), key=repr)


def test_a_lead_found_to_be_a_customer_of_ours_is_one_until_they_are_split(desk: Desk) -> None:
    """The elder, which only left a name, stays; what sales made of the other is true of both."""
    elder = sends(desk, external_id="A1", name="Jo", company="Bolt").lead
    handoff_id = desk.accepted_lead("Acme", email="jo@acme.example")
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="won")
    assert sends(desk, external_id="A1", email="jo@acme.example").lead.id == elder.id

    def customers() -> int:
        of_us = Handoff.workspace_id == desk.workspace_id
        counts = desk.reads(lambda session: lifecycle_counts.count(session, desk.workspace_id, of_us))
        return sum(each.count for each in counts if each.lifecycle == "customer")

    def stations() -> dict[int, Lifecycle]:
        return {lead.id: lead.lifecycle for lead in desk.all(Lead)}

    assert (stations()[elder.id], customers()) == (Lifecycle.CUSTOMER, 1)
    splits(desk)
    assert (stations()[elder.id], customers()) == (Lifecycle.SUBSCRIBER, 1)
