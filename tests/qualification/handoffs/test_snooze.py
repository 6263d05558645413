"""Leads put off until a day: they sleep, and on it the same rep is asked again, or the pool."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from qualification.handoffs import automatic, decisions, due, progress
from qualification.handoffs.snooze import snooze
from qualification.people import people
from qualification.records import ChannelQueue, Delivery, Handoff, Lead
from qualification.reporting import pipeline
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.refusals import (
    AlreadyHandedOver,
    InvalidFields,
    LeadElsewhere,
    NothingToUndo,
    NotOwner,
    NotYours,
    OfferMoved,
    Refusal,
    Snoozed,
    UndoTooLate,
)
from qualification.views import forms, lead_page
from qualification.views.search import meant
from tests.worlds.desk import MORNING, Desk
from tests.worlds.playbook import PLAYBOOK

MARCH = "2027-03-03"
RESUMES = datetime(2027, 3, 3, 9, tzinfo=UTC)


def puts_off(
    desk: Desk, handoff_id: int, *, by: str = "UANA", day: str = MARCH, note: str | None = "Budget comes in March"
) -> None:
    offer_id = desk.card(handoff_id).offer_id
    desk.does(snooze, by=by, handoff_id=handoff_id, offer_id=offer_id, day=day, note=note)


def snoozed(desk: Desk, company: str = "Acme", **form: str) -> int:
    """Hand a lead over and have it put off by whoever was asked."""
    handoff_id, _ = desk.offered(company, **form)
    puts_off(desk, handoff_id, by=desk.asked(handoff_id))
    return handoff_id


def resumes(desk: Desk, at: datetime = RESUMES) -> None:
    desk.now = at
    while desk.ticks():
        pass


def test_an_offer_put_off_sleeps_and_its_lead_is_nurtured(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    card = desk.card(handoff_id)
    assert (card.state, card.lifecycle, card.resume_at) == ("snoozed", "nurture", RESUMES)
    assert card.snooze is not None
    assert (card.snooze.by, card.snooze.words) == (card.decided_by, "Budget comes in March")
    assert (card.offer_id, card.accept_by, card.reason_note) == (None, None, None)
    assert [offer.outcome for offer in desk.offers(handoff_id)] == ["snoozed"]
    assert desk.kinds(handoff_id)[-2:] == ["snoozed", "lifecycle_moved"]
    assert desk.events(handoff_id)[-2].facts == {"until": RESUMES.isoformat(), "note": "Budget comes in March"}


def test_no_clock_strikes_while_it_sleeps(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    desk.later(minutes=5)
    assert desk.ticks() == 1  # the time to undo is over
    resumes(desk, RESUMES - timedelta(seconds=1))
    assert desk.card(handoff_id).state == "snoozed"
    assert len(desk.offers(handoff_id)) == 1


def test_on_its_day_the_same_rep_is_asked_again_with_a_clock_and_the_last_words(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    snoozed(desk, "Globex")
    desk.now = RESUMES
    assert (desk.ticks(), desk.ticks()) == (2, 0)
    card = desk.card(handoff_id)
    assert (card.state, card.lifecycle, card.why, card.turn) == ("offered", "mql", "resumed", None)
    assert desk.asked(handoff_id) == "UANA"
    assert card.accept_by == RESUMES + timedelta(minutes=30)
    assert card.snooze is not None
    assert card.snooze.words == "Budget comes in March"
    assert desk.kinds(handoff_id)[-3:] == ["resumed", "lifecycle_moved", "offered"]
    stored = desk.handoff(handoff_id)
    assert (stored.resume_at, stored.ended_at, stored.undo_until, stored.before_decision) == (None, None, None, None)
    assert stored.resumed_at == RESUMES


def test_an_accepted_lead_put_off_goes_back_to_its_owner_with_its_stage_and_last_contact(desk: Desk) -> None:
    handoff_id = desk.accepted()
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note="Likes it")
    puts_off(desk, handoff_id)
    resumes(desk)
    card = desk.card(handoff_id)
    assert (card.state, card.owner, desk.asked(handoff_id)) == ("offered", None, "UANA")
    assert card.snooze is not None
    assert (card.snooze.how, card.snooze.contact_note, card.snooze.contacted_at) == ("Call", "Likes it", MORNING)
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=card.offer_id)
    card = desk.card(handoff_id)
    assert (card.state, card.stage, card.accepted_at) == ("accepted", "contacted", RESUMES)
    assert card.task is not None


def test_it_wakes_once_however_many_workers_look(desk: Desk) -> None:
    handoffs = [snoozed(desk, f"Company {number}") for number in range(6)]
    desk.now = RESUMES + timedelta(hours=1)

    def look(_: int) -> int:
        with desk.database.transaction() as session:
            return due.run_due(session, desk.workspace_id, desk.now)

    with ThreadPoolExecutor(4) as workers:
        done = sum(workers.map(look, range(8)))
    done += sum(iter(desk.ticks, 0))
    assert done == len(handoffs)
    for handoff_id in handoffs:
        assert desk.kinds(handoff_id).count("resumed") == 1
        assert [offer.outcome for offer in desk.offers(handoff_id)] == ["snoozed", "open"]


def test_it_wakes_late_where_nobody_was_there_to_wake_it(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    # A Saturday at three: the bot was down, and the rep has until Monday.
    resumes(desk, datetime(2027, 3, 6, 3, tzinfo=UTC))
    card = desk.card(handoff_id)
    assert (card.state, desk.asked(handoff_id)) == ("offered", "UANA")
    assert card.accept_by == datetime(2027, 3, 8, 9, 30, tzinfo=UTC)


def test_a_day_that_will_not_do_is_refused_and_changes_nothing(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    for day in ("", "soon", "2026-11-23", "2031-01-01"):
        with pytest.raises(InvalidFields) as refused:
            puts_off(desk, handoff_id, day=day)
        assert set(refused.value.fields) == {"date"}
    assert desk.card(handoff_id).state == "offered"


def test_the_form_proposes_a_day_in_three_months(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    form = desk.does(forms.snooze_form, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    assert (form.day, form.lead) == ("2027-02-24", "Acme")
    with pytest.raises(NotYours):
        desk.does(forms.snooze_form, by="UBEN", handoff_id=handoff_id, offer_id=offer_id)


def test_undo_restores_the_offer_its_turn_and_its_clock(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    accept_by = desk.card(handoff_id).accept_by
    assert accept_by is not None
    desk.later(minutes=10)
    puts_off(desk, handoff_id, by="UMAYA")
    assert desk.turn("UANA") == 0
    desk.later(minutes=4)
    desk.does(decisions.undo, by="UMAYA", handoff_id=handoff_id)
    card = desk.card(handoff_id)
    assert (card.state, card.lifecycle, card.resume_at, card.snooze) == ("offered", "mql", None, None)
    assert (desk.turn("UANA"), card.accept_by) == (1, accept_by + timedelta(minutes=4))
    resumes(desk)
    assert "resumed" not in desk.kinds(handoff_id)


def test_undo_restores_an_accepted_lead_with_its_task_as_it_was(desk: Desk) -> None:
    handoff_id = desk.accepted()
    was = desk.card(handoff_id)
    desk.later(minutes=10)
    puts_off(desk, handoff_id)
    assert desk.card(handoff_id).task is None
    desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    card = desk.card(handoff_id)
    assert (card.state, card.owner, card.stage, card.task) == ("accepted", was.owner, was.stage, was.task)


def test_it_can_be_undone_for_five_minutes_by_whoever_did_it_or_a_manager(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    with pytest.raises(NotYours):
        desk.does(decisions.undo, by="UBEN", handoff_id=handoff_id)
    desk.later(minutes=6)
    with pytest.raises(UndoTooLate):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    desk.ticks()
    with pytest.raises(NothingToUndo):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)


def test_reopen_wakes_it_at_once_where_it_was(desk: Desk) -> None:
    offered, taken = snoozed(desk), desk.accepted("Globex")
    puts_off(desk, taken, by="UBEN")
    desk.later(days=7)
    for handoff_id, by in ((offered, "UANA"), (taken, "UBEN")):
        desk.does(decisions.reopen, by=by, handoff_id=handoff_id)
    card = desk.card(offered)
    assert (card.state, desk.asked(offered), card.resume_at) == ("offered", "UANA", None)
    assert card.accept_by == desk.now + timedelta(minutes=30)
    assert (desk.card(taken).state, desk.card(taken).lifecycle) == ("accepted", "mql")
    assert desk.card(taken).task is not None
    resumes(desk)
    assert "resumed" not in desk.kinds(offered) + desk.kinds(taken)


def test_reopened_while_its_rep_is_gone_it_is_offered_to_somebody_else(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    desk.publishes(without("UANA"))
    desk.later(days=7)
    desk.does(decisions.reopen, by="UMAYA", handoff_id=handoff_id)
    assert desk.asked(handoff_id) == "UBEN"
    assert desk.kinds(handoff_id)[-3:] == ["resumed", "lifecycle_moved", "offered"]


def without(*gone: str) -> str:
    """Return the playbook without these reps."""
    lines = [line for line in PLAYBOOK.splitlines() if not any(f"slack: {each}" in line for each in gone)]
    text = "\n".join(lines)
    for each in gone:
        text = text.replace(f"{each}, ", "").replace(f", {each}", "")
    return text


@pytest.mark.parametrize("gone", ["out of the playbook", "deactivated", "away"])
def test_where_the_rep_is_gone_the_pool_is_asked(desk: Desk, gone: str) -> None:
    handoff_id = snoozed(desk)
    if gone == "out of the playbook":
        desk.publishes(without("UANA"))
    elif gone == "away":
        desk.does(people.set_away, slack_user_id="UANA", until=None)
    else:
        desk.does(people.refresh, slack_user_id="UANA", name=None, zone=None, locale=None, deactivated=True)
    resumes(desk)
    card = desk.card(handoff_id)
    assert (card.why, desk.asked(handoff_id)) == ("turn", "UBEN")
    assert card.snooze is not None


def test_where_the_pool_is_gone_too_it_waits_for_the_manager(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    text = without("UANA").replace("inbound", "inland").replace("Inbound", "Inland")
    desk.publishes(text)
    resumes(desk)
    card = desk.card(handoff_id)
    assert (card.state, card.queue_reason) == ("manager_queue", "nobody_there")


def test_where_the_team_is_gone_it_waits_for_whoever_manages_it(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    text = PLAYBOOK.replace("emea:", "nordics:").replace("team: emea", "team: nordics")
    desk.publishes(
        text.replace("inbound", "north")
        .replace("[UANA, UBEN, UCHLOE]", "[UBEN, UCHLOE]")
        .replace("[UANA, UBEN]", "[UBEN]")
        .replace("  - {slack: UANA, name: Ana Ruiz, roles: [rep], team: nordics}\n", "")
    )
    resumes(desk)
    card = desk.card(handoff_id)
    assert (card.state, card.team) == ("manager_queue", "EMEA")
    desk.does(decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=None)
    assert desk.card(handoff_id).state == "accepted"


def test_one_put_off_in_a_pool_is_opened_to_the_pool_again(desk: Desk) -> None:
    handoff_id, _ = desk.offered(source="webinar")
    puts_off(desk, handoff_id, by="UBEN")
    resumes(desk)
    card = desk.card(handoff_id)
    assert (card.state, card.pool) == ("pooled", "Webinars")
    assert [offer.outcome for offer in desk.offers(handoff_id)] == ["snoozed", "open"]


def test_one_put_off_in_the_queue_is_dealt_again_to_reps_who_were_asked_before_it_slept(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    for _ in range(2):
        desk.later(minutes=30)
        desk.ticks()
    assert desk.card(handoff_id).state == "manager_queue"
    puts_off(desk, handoff_id, by="UMAYA")
    resumes(desk)
    assert (desk.card(handoff_id).why, desk.asked(handoff_id)) == ("turn", "UCHLOE")
    desk.later(minutes=30)
    desk.ticks()
    assert desk.asked(handoff_id) == "UANA"


def test_if_the_rep_lets_it_lapse_it_goes_on_as_usual(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    resumes(desk)
    desk.later(minutes=30)
    desk.ticks()
    assert desk.asked(handoff_id) == "UBEN"
    desk.later(minutes=30)
    desk.ticks()
    card = desk.card(handoff_id)
    assert (card.state, card.queue_reason) == ("manager_queue", "everyone_asked")


def test_a_rep_who_passes_it_on_is_not_asked_again(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    resumes(desk)
    desk.passes_on(handoff_id, by="UANA")
    assert desk.asked(handoff_id) == "UBEN"


def test_it_may_be_put_off_again_and_wakes_again(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    resumes(desk)
    puts_off(desk, handoff_id, day="2027-06-01", note="Now June")
    resumes(desk, datetime(2027, 6, 1, 8, tzinfo=UTC))
    card = desk.card(handoff_id)
    assert (card.state, desk.asked(handoff_id)) == ("offered", "UANA")
    assert card.snooze is not None
    assert card.snooze.words == "Now June"


def test_whoever_had_the_card_is_told_by_one_new_message_for_each_waking(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(ts="1.1", channel="D1"))
    resumes(desk)
    assert len(desk.all(Delivery, Delivery.kind == "resumed")) == 1
    puts_off(desk, handoff_id, day="2027-06-01")
    resumes(desk, datetime(2027, 6, 1, 8, tzinfo=UTC))
    assert len(desk.all(Delivery, Delivery.kind == "resumed")) == 2
    desk.later(minutes=30)
    desk.ticks()
    # Ben never had the card: he gets it as a new message.
    assert desk.asked(handoff_id) == "UBEN"
    assert len(desk.all(Delivery, Delivery.kind == "resumed")) == 2


def test_a_pool_is_told_in_its_channel(desk: Desk) -> None:
    handoff_id, _ = desk.offered(source="webinar")
    puts_off(desk, handoff_id, by="UBEN")
    resumes(desk)
    assert len(desk.all(Delivery, Delivery.kind == "resumed")) == 1


def test_what_is_left_open_when_a_sleeping_lead_is_handed_over_again_stays_as_it_was(desk: Desk) -> None:
    desk.takes(LeadInput(email="jo@acme.example", source="trial", campaign="Spring", problem="Quotes are late"))
    handoff_id = snoozed(desk, email="jo@acme.example", source="contact", campaign="May", problem="Needs a CRM")
    desk.later(days=1)
    desk.hands_over("Acme", email="jo@acme.example", did="Asked for a price")
    card, resumed = desk.card(handoff_id), desk.events(handoff_id)
    assert (card.source, card.campaign, card.problem) == ("Contact form", "May", "Needs a CRM")
    assert [event.facts for event in resumed if event.kind is EventKind.RESUMED] == [
        {"is_due": False, "did": "Asked for a price"}
    ]


def test_a_lead_handed_over_again_while_it_sleeps_wakes_its_handoff_with_the_new_reason(desk: Desk) -> None:
    handoff_id = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    desk.later(days=7)
    told = desk.hands_over("Acme", person="Jo", email="jo@acme.example", did="Asked for a price", source="contact")
    assert (told.handoff_id, told.already, told.state) == (handoff_id, False, "offered")
    assert told.offered_to is not None
    assert told.offered_to.slack_user_id == "UANA"
    card = desk.card(handoff_id)
    assert (card.did, card.source, card.handoff_number) == ("Asked for a price", "Contact form", 1)
    resumed = next(event for event in desk.events(handoff_id) if event.kind is EventKind.RESUMED)
    assert resumed.facts == {"is_due": False, "did": "Asked for a price", "source": "Contact form"}
    assert resumed.actor_id == desk.person("UMIKA").id
    resumes(desk)
    assert desk.kinds(handoff_id).count("resumed") == 1


def test_leads_that_come_back_at_the_instant_they_wake_are_offered_once(desk: Desk) -> None:
    """Clocks, marketers and forms at once: nobody waits for anybody in a circle, and each lead wakes once."""
    names = [f"jo{number}" for number in range(5)]
    handoffs = [snoozed(desk, name, person=name, email=f"{name}@acme.example") for name in names]
    desk.now = RESUMES

    def act(number: int) -> None:
        name = names[number % len(names)]
        if number % 3 == 0:
            desk.ticks()
        elif number % 3 == 1:
            desk.hands_over(name, person=name, email=f"{name}@acme.example", did="Came back")
        else:
            lead = LeadInput(email=f"{name}@acme.example")
            desk.takes(ActivityInput(lead=lead, kind="demo-request", id=f"A{number}"))

    with ThreadPoolExecutor(6) as hands:
        list(hands.map(act, range(30)))
    while desk.ticks():
        pass
    for handoff_id in handoffs:
        assert desk.kinds(handoff_id).count("resumed") == 1
        assert desk.card(handoff_id).state in {"offered", "manager_queue"}
    assert len(desk.all(Handoff)) == len(handoffs)


def test_a_lead_that_asks_for_a_demo_while_it_sleeps_wakes_its_handoff(desk: Desk) -> None:
    handoff_id = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    desk.later(days=7)
    lead = LeadInput(email="jo@acme.example")
    desk.takes(ActivityInput(lead=lead, kind="blog-post", id="A1"))
    assert desk.card(handoff_id).state == "snoozed"
    desk.takes(ActivityInput(lead=lead, kind="demo-request", id="A2"))
    card = desk.card(handoff_id)
    assert (card.state, card.lifecycle, desk.asked(handoff_id)) == ("offered", "mql", "UANA")
    assert len(desk.all(Handoff)) == 1


def test_what_it_did_before_it_was_put_off_hands_nobody_over_again(desk: Desk) -> None:
    desk.takes(ActivityInput(lead=LeadInput(email="jo@acme.example"), kind="demo-request", id="A1"))
    (handoff,) = desk.all(Handoff)
    desk.later(minutes=1)
    puts_off(desk, handoff.id)
    desk.later(days=1)
    desk.takes(ActivityInput(lead=LeadInput(email="jo@acme.example"), kind="blog-post", id="A2"))
    assert desk.card(handoff.id).state == "snoozed"
    looked = desk.reads(lambda session: automatic.examine(session, desk.workspace_id, after=0, limit=10))
    assert looked.ready == ()


def test_a_gate_that_held_it_meanwhile_lets_it_go_when_it_wakes(desk: Desk) -> None:
    desk.publishes(
        PLAYBOOK
        + """
gates:
  - {name: Rivals, when: {domain: rival.example}, outcome: disqualify, reason: competitor}
"""
    )
    handoff_id = snoozed(desk, "Rival", person="Jo", email="jo@rival.example")
    desk.later(days=1)
    desk.takes(ActivityInput(lead=LeadInput(email="jo@rival.example"), kind="demo-request", id="A1"))
    (lead,) = desk.all(Lead)
    assert (lead.gated_by, desk.card(handoff_id).state) == ("Rivals", "snoozed")
    resumes(desk)
    (lead,) = desk.all(Lead)
    assert (lead.gated_by, lead.lifecycle, desk.card(handoff_id).state) == (None, "mql", "offered")


def test_one_that_must_not_be_contacted_by_then_waits_for_the_manager(desk: Desk) -> None:
    handoff_id = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    desk.takes(LeadInput(email="jo@acme.example", do_not_contact=True))
    resumes(desk)
    card = desk.card(handoff_id)
    assert (card.state, card.queue_reason, card.do_not_contact) == ("manager_queue", "do_not_contact", True)
    assert len(desk.offers(handoff_id)) == 1


def test_where_sales_has_the_lead_by_then_it_is_not_offered_again_and_says_so(desk: Desk) -> None:
    """Two leads that are found to be one: the one that sales has stays."""
    snoozed_id = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    live = desk.accepted_lead("Acme", person="Jo B", email="jo.b@acme.example")
    desk.takes(LeadInput(id="7", email="jo@acme.example"))
    desk.takes(LeadInput(id="7", email="jo.b@acme.example"))
    assert len(desk.all(Lead, Lead.merged_into_id.is_not(None))) == 1
    resumes(desk)
    card = desk.card(snoozed_id)
    assert (card.state, card.resume_at) == ("snoozed", None)
    assert desk.kinds(snoozed_id)[-1] == "snooze_dropped"
    assert desk.card(live).state == "accepted"
    desk.later(days=30)
    assert desk.ticks() == 0


def test_others_are_told_that_it_sleeps_and_until_when(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    puts_off(desk, handoff_id)
    with pytest.raises(Snoozed) as refused:
        desk.does(decisions.accept, by="UBEN", handoff_id=handoff_id, offer_id=offer_id)
    assert refused.value.facts["until"] == RESUMES
    with pytest.raises(LeadElsewhere) as elsewhere:
        desk.reads(lambda session: meant(session, desk.workspace_id, "UANA", "Acme", now=desk.now))
    assert elsewhere.value.facts["state"] == "snoozed"


def test_only_who_may_disqualify_may_put_off(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    with pytest.raises(NotYours):
        puts_off(desk, handoff_id, by="UBEN")
    taken = desk.accepted("Globex")
    with pytest.raises(NotOwner):
        puts_off(desk, taken, by="UCHLOE")


def test_pressed_on_a_card_of_an_offer_that_has_moved_it_is_refused(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    desk.passes_on(handoff_id, by="UANA")
    with pytest.raises(OfferMoved):
        desk.does(snooze, by="UANA", handoff_id=handoff_id, offer_id=offer_id, day=MARCH, note=None)


def test_two_who_decide_at_the_same_instant_make_one_decision(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()

    def decide(name: str) -> str:
        try:
            if name == "put off":
                desk.does(snooze, by="UANA", handoff_id=handoff_id, offer_id=offer_id, day=MARCH, note=None)
            else:
                desk.does(decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id)
        except Refusal:
            return "refused"
        return name

    with ThreadPoolExecutor(2) as people_at_once:
        told = sorted(people_at_once.map(decide, ["put off", "accept"]))
    # Who comes second may put off what was just accepted only as its owner or manager.
    assert told.count("refused") == 1
    assert desk.card(handoff_id).state in {"accepted", "snoozed"}


def test_lead_finds_it_and_shows_it(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    lead_id = desk.handoff(handoff_id).lead_id
    (found,) = desk.reads(lambda session: lead_page.found(session, desk.workspace_id, "UMAYA", "acme"))
    assert (found.state, found.lifecycle) == ("snoozed", "nurture")
    page = desk.reads(lambda session: lead_page.page(session, desk.workspace_id, "UANA", lead_id))
    assert page.card is not None
    assert (page.card.resume_at, page.is_live, page.may_decide) == (RESUMES, False, True)


def test_the_pipeline_counts_it_by_itself_neither_open_nor_lost(desk: Desk) -> None:
    snoozed(desk)
    desk.accepted("Globex")
    by_stage = desk.does(pipeline.ask, slack_user_id="UMAYA", text="")
    assert {each.key: each.tally.count for each in by_stage.stages if each.tally.count} == {
        "not_now": 1,
        "to-contact": 1,
    }
    assert [each.key for each in by_stage.stages][-2:] == ["not_now", "disqualified"]
    total = by_stage.total
    assert (total.waiting.count, total.open.count, total.snoozed.count, total.lost.count) == (0, 1, 1, 0)
    (team,) = desk.does(pipeline.ask, slack_user_id="UMAYA", text="by team").groups
    assert (team.snoozed.count, team.open.count) == (1, 1)


def test_a_rep_known_by_another_row_from_now_on_is_the_one_who_is_asked(desk: Desk) -> None:
    """The playbook names by e-mail who was known by Slack user: the row that was asked loses its user."""
    handoff_id = desk.accepted()
    puts_off(desk, handoff_id)
    named = PLAYBOOK.replace("{slack: UANA, name", "{email: ana@x.example, name").replace("UANA", "ana@x.example")
    desk.publishes(named)
    both = PLAYBOOK.replace("{slack: UANA, name", "{email: ana@x.example, slack: UANA, name")
    desk.publishes(both.replace("[UANA, ", "[ana@x.example, "))
    resumes(desk)
    assert desk.asked(handoff_id) == "UANA"
    assert desk.card(handoff_id).why == "resumed"


def test_one_workspace_does_not_wake_what_is_anothers(desk: Desk, other_desk: Desk) -> None:
    handoff_id = snoozed(desk)
    resumes(other_desk)
    assert desk.card(handoff_id).state == "snoozed"


def test_what_stays_alone_cannot_be_reopened_beside_a_live_one(desk: Desk) -> None:
    snoozed_id = snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    with desk.database.transaction() as session:
        copied = session.get_one(Handoff, snoozed_id)
        session.add(
            Handoff(
                workspace_id=copied.workspace_id,
                lead_id=copied.lead_id,
                team_id=copied.team_id,
                playbook_id=copied.playbook_id,
                did="",
                state=HandoffState.MANAGER_QUEUE,
                announced_at=desk.now,
            )
        )
    with pytest.raises(AlreadyHandedOver):
        desk.does(decisions.reopen, by="UANA", handoff_id=snoozed_id)


def test_whoever_put_it_off_and_has_another_row_from_now_on_can_take_it_back_and_has_its_card(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    named = PLAYBOOK.replace("{slack: UANA, name", "{email: ana@x.example, name").replace("UANA", "ana@x.example")
    desk.publishes(named)
    both = PLAYBOOK.replace("{slack: UANA, name", "{email: ana@x.example, slack: UANA, name")
    desk.publishes(both.replace("[UANA, ", "[ana@x.example, "))
    ana = desk.person("UANA").id
    queues = {queue.id for queue in desk.all(ChannelQueue, ChannelQueue.person_id == ana)}
    cards = desk.all(Delivery, Delivery.kind == "direct_card", Delivery.handoff_id == handoff_id)
    assert len([card for card in cards if card.queue_id in queues]) == 1
    desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    assert (desk.card(handoff_id).state, desk.asked(handoff_id)) == ("offered", "UANA")


def test_the_receipt_of_what_sleeps_follows_whoever_announced_it(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    named = PLAYBOOK.replace("{slack: UMIKA, name", "{email: mika@x.example, name")
    desk.publishes(named)
    desk.publishes(PLAYBOOK.replace("{slack: UMIKA, name", "{email: mika@x.example, slack: UMIKA, name"))
    mika = desk.person("UMIKA").id
    assert desk.handoff(handoff_id).announcer_id == mika
    queues = {queue.id for queue in desk.all(ChannelQueue, ChannelQueue.person_id == mika)}
    receipts = desk.all(Delivery, Delivery.kind == "receipt", Delivery.handoff_id == handoff_id)
    assert len([receipt for receipt in receipts if receipt.queue_id in queues]) == 1


def test_whoever_hands_over_what_came_by_its_points_and_sleeps_is_its_announcer_with_a_receipt(desk: Desk) -> None:
    desk.takes(ActivityInput(lead=LeadInput(email="jo@acme.example"), kind="demo-request", id="A1"))
    (handoff,) = desk.all(Handoff)
    desk.later(minutes=1)
    puts_off(desk, handoff.id)
    desk.later(days=3)
    told = desk.hands_over("Acme", email="jo@acme.example")
    assert told.announcer is not None
    assert (told.handoff_id, told.announcer.slack_user_id) == (handoff.id, "UMIKA")
    assert len(desk.all(Delivery, Delivery.kind == "receipt")) == 1
    assert desk.handoff(handoff.id).announcer_id == desk.person("UMIKA").id


@pytest.mark.parametrize("how", ["it slept", "a manager gave it away"])
def test_nobody_has_been_in_touch_yet_once_it_is_offered_anew(desk: Desk, how: str) -> None:
    handoff_id = desk.accepted()
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=None)
    if how == "it slept":
        puts_off(desk, handoff_id)
        resumes(desk)
    else:
        desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    assert desk.card(handoff_id).contacted_at is None
