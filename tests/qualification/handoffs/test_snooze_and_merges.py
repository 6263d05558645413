"""Leads put off that turn out to be others, or to be two after all: what sleeps, and whose it is when it wakes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from qualification.handoffs import decisions, progress
from qualification.leads import merging
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Handoff, Lead, Merge, Person
from qualification.rules.leads.lead_input import LeadInput
from qualification.rules.refusals import (
    AlreadyHandedOver,
    Refusal,
)
from qualification.views import lead_page
from tests.qualification.handoffs.test_snooze import RESUMES, puts_off, resumes, snoozed
from tests.worlds.desk import Desk


def test_of_two_leads_found_to_be_one_the_one_that_sleeps_stays_and_wakes(desk: Desk) -> None:
    desk.takes(LeadInput(id="1", email="jo.b@acme.example"))
    snoozed_id = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    desk.takes(LeadInput(id="1", email="jo@acme.example"))
    (merged,) = desk.all(Lead, Lead.merged_into_id.is_not(None))
    assert merged.email == "jo.b@acme.example"
    resumes(desk)
    assert desk.card(snoozed_id).state == "offered"


def test_a_merged_leads_handoff_wakes_as_that_of_the_lead_it_turned_out_to_be(desk: Desk) -> None:
    elder = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    younger, _ = desk.offered("Acme", person="Jo B", email="jo.b@acme.example")
    puts_off(desk, younger, by=desk.asked(younger), day="2027-02-01", note="Ask Ben")
    desk.takes(LeadInput(id="7", email="jo@acme.example"))
    desk.takes(LeadInput(id="7", email="jo.b@acme.example"))
    kept = desk.handoff(elder).lead_id
    resumes(desk, datetime(2027, 2, 1, 9, tzinfo=UTC))
    card = desk.card(younger)
    assert (desk.handoff(younger).lead_id, card.state, desk.asked(younger)) == (kept, "offered", "UBEN")
    assert card.snooze is not None
    assert card.snooze.words == "Ask Ben"
    resumes(desk)
    assert desk.kinds(elder)[-1] == "snooze_dropped"


def two_found_to_be_one(desk: Desk) -> tuple[int, int]:
    """Put a lead off, have another accepted, and find the two to be one: the second stays; give their handoffs."""
    snoozed_id = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    accepted = desk.accepted_lead("Acme", person="Jo B", email="jo.b@acme.example")
    desk.takes(LeadInput(id="7", email="jo@acme.example"))
    desk.takes(LeadInput(id="7", email="jo.b@acme.example"))
    return snoozed_id, accepted


def loses(desk: Desk, handoff_id: int) -> None:
    owner = desk.card(handoff_id).owner
    assert owner is not None
    desk.does(progress.lose, by=owner.slack_user_id, handoff_id=handoff_id, reason="price", note=None)


@pytest.mark.parametrize("take_back", [decisions.undo, decisions.reopen])
def test_a_merged_leads_handoff_is_not_taken_back_beside_a_live_one(desk: Desk, take_back: Callable[..., None]) -> None:
    snoozed_id, accepted = two_found_to_be_one(desk)
    with pytest.raises(AlreadyHandedOver):
        desk.does(take_back, by="UMAYA", handoff_id=snoozed_id)
    assert (desk.card(snoozed_id).state, desk.card(accepted).state) == ("snoozed", "accepted")


@pytest.mark.parametrize("take_back", [decisions.undo, decisions.reopen])
def test_a_merged_leads_handoff_taken_back_is_that_of_the_lead_it_turned_out_to_be(
    desk: Desk, take_back: Callable[..., None]
) -> None:
    snoozed_id, accepted = two_found_to_be_one(desk)
    loses(desk, accepted)
    desk.does(take_back, by="UMAYA" if take_back is decisions.reopen else "UANA", handoff_id=snoozed_id)
    assert desk.handoff(snoozed_id).lead_id == desk.handoff(accepted).lead_id
    told = desk.hands_over("Acme", email="jo.b@acme.example")
    assert (told.handoff_id, told.already) == (snoozed_id, True)


def test_where_sales_has_won_the_lead_since_it_is_not_offered_again(desk: Desk) -> None:
    won, customer = two_found_to_be_one(desk)
    owner = desk.card(customer).owner
    assert owner is not None
    desk.does(progress.set_stage, by=owner.slack_user_id, handoff_id=customer, stage="won")
    resumes(desk)
    assert (desk.card(won).state, desk.card(customer).lifecycle) == ("snoozed", "customer")
    assert (desk.kinds(won)[-1], desk.events(won)[-1].facts) == ("snooze_dropped", {"decided": True})


def test_where_sales_has_disqualified_the_lead_since_it_is_not_offered_again(desk: Desk) -> None:
    snoozed_id, accepted = two_found_to_be_one(desk)
    desk.later(days=2)
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=accepted, offer_id=None, reason="no-need", note=None)
    resumes(desk)
    assert (desk.card(snoozed_id).state, desk.kinds(snoozed_id)[-1]) == ("snoozed", "snooze_dropped")


def test_a_deal_lost_meanwhile_keeps_nothing_asleep_and_lead_shows_what_woke(desk: Desk) -> None:
    snoozed_id, accepted = two_found_to_be_one(desk)
    loses(desk, accepted)
    resumes(desk)
    assert desk.card(snoozed_id).state == "offered"
    lead_id = desk.handoff(accepted).lead_id
    page = desk.reads(lambda session: lead_page.page(session, desk.workspace_id, "UMAYA", lead_id))
    assert page.card is not None
    assert (page.card.handoff_id, page.is_live) == (snoozed_id, True)
    facts = desk.reads(lambda session: lead_page.lead_facts(session, desk.workspace_id, lead_id))
    assert facts is not None
    assert facts.state == "offered"


def test_what_was_decided_before_it_was_put_off_does_not_keep_it_asleep(desk: Desk) -> None:
    first, _ = desk.offered("Acme", person="Jo", email="jo@acme.example")
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=first, offer_id=None, reason="no-need", note=None)
    desk.later(days=1)
    second = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    assert first != second
    resumes(desk)
    assert desk.card(second).state == "offered"


def test_a_merged_leads_sleeping_handoff_is_woken_by_who_hands_the_lead_over(desk: Desk) -> None:
    snoozed_id, accepted = two_found_to_be_one(desk)
    loses(desk, accepted)
    told = desk.hands_over("Acme", email="jo.b@acme.example", did="Asked again")
    assert (told.handoff_id, told.already, told.state) == (snoozed_id, False, "offered")
    assert desk.handoff(snoozed_id).lead_id == desk.handoff(accepted).lead_id
    assert len(desk.all(Handoff)) == 2


def test_leads_that_turned_out_to_be_one_come_back_once_at_the_instant_they_wake(desk: Desk) -> None:
    """Clock, marketers and managers at once: nobody waits for anybody in a circle, and one handoff is live."""
    snoozed_id, accepted = two_found_to_be_one(desk)
    loses(desk, accepted)
    desk.now = RESUMES

    def act(number: int) -> None:
        if number % 3 == 2:
            desk.ticks()
        elif number % 3 == 1:
            desk.hands_over("Acme", email="jo.b@acme.example", did="Came back")
        else:
            with suppress(Refusal):
                desk.does(decisions.reopen, by="UMAYA", handoff_id=(snoozed_id, accepted)[number % 2])

    with ThreadPoolExecutor(6) as hands:
        list(hands.map(act, range(18)))
    assert sum(each.state in {"offered", "pooled", "manager_queue", "accepted"} for each in desk.all(Handoff)) == 1


def splits(desk: Desk) -> None:
    """Take the only merge back."""

    def split(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
        merge = session.scalars(select(Merge).where(Merge.workspace_id == workspace_id)).one()
        merging.split(session, merge.id, by=session.get_one(Person, desk.person("UOLU").id), now=now)

    desk.does(split)


def test_a_split_gives_the_handoff_that_woke_back_to_its_lead(desk: Desk) -> None:
    snoozed_id, accepted = two_found_to_be_one(desk)
    merged = desk.handoff(snoozed_id).lead_id
    loses(desk, accepted)
    resumes(desk)
    assert desk.handoff(snoozed_id).lead_id == desk.handoff(accepted).lead_id
    splits(desk)
    assert desk.handoff(snoozed_id).lead_id == merged
    assert desk.handoff(accepted).lead_id != merged
    card = desk.card(snoozed_id)
    assert (card.person, card.state, card.lifecycle) == ("Jo", "offered", "mql")
    assert desk.card(accepted).lifecycle == "lead"


def test_what_stayed_asleep_because_two_were_one_is_offered_once_they_are_two_again(desk: Desk) -> None:
    snoozed_id, accepted = two_found_to_be_one(desk)
    resumes(desk)
    assert desk.kinds(snoozed_id)[-1] == "snooze_dropped"
    desk.later(days=1)
    splits(desk)
    resumes(desk, desk.now)
    assert (desk.card(snoozed_id).state, desk.asked(snoozed_id)) == ("offered", "UANA")
    assert desk.card(accepted).state == "accepted"


def test_a_split_leaves_a_lead_that_sales_never_had_where_it_was(desk: Desk) -> None:
    desk.takes(LeadInput(id="1", email="jo.b@acme.example"))
    handoff_id, _ = desk.offered("Acme", person="Jo", email="jo@acme.example")
    merged = desk.handoff(handoff_id).lead_id
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=handoff_id, offer_id=None, reason="no-need", note=None)
    desk.takes(LeadInput(id="1", email="jo@acme.example"))
    desk.does(decisions.reopen, by="UMAYA", handoff_id=handoff_id)
    assert desk.handoff(handoff_id).lead_id != merged
    splits(desk)
    assert desk.handoff(handoff_id).lead_id == merged
    stands = {lead.email: lead.lifecycle for lead in desk.all(Lead)}
    assert stands == {"jo.b@acme.example": "subscriber", "jo@acme.example": "mql"}
