"""A marketer hands a lead over: who it is, whether it is known, who is asked."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from qualification.handoffs import decisions, handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.records import Company, Delivery, Handoff, Lead
from qualification.rules.field_errors import FieldFault
from qualification.rules.leads.lead_input import ActivityInput
from qualification.rules.refusals import InvalidFields, NoPlaybook
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK


def test_a_lead_handed_over_is_offered_to_the_rep_whose_turn_it_is(desk: Desk) -> None:
    result = desk.hands_over("Acme", person="Ivy Chen", size="250", country="Germany", value="12500")
    card = desk.card(result.handoff_id)
    assert (result.state, result.already, result.lead) == ("offered", False, "Acme · Ivy Chen")
    assert result.offered_to is not None
    assert (result.offered_to.name, result.accept_by) == ("Ana Ruiz", card.accept_by)
    assert (card.country, card.size, card.value_minor, card.currency) == ("DE", 250, 1250000, "EUR")
    assert desk.kinds(result.handoff_id) == ["handed_over", "lifecycle_moved", "offered"]
    assert card.lifecycle == "mql"


def test_the_announcer_need_not_be_in_the_playbook(desk: Desk) -> None:
    desk.hands_over(by="UNEW")
    assert desk.person("UNEW").active is False


def test_a_live_handoff_is_not_announced_twice_and_what_is_new_is_added(desk: Desk) -> None:
    first = desk.hands_over("Acme", email="ivy@acme.example")
    again = desk.hands_over("Acme Inc.", by="UOLU", email="IVY@acme.example", phone="+49 1", person="Ivy Chen")
    assert again.already
    assert again.announcer is not None
    assert (again.handoff_id, again.announcer.name) == (first.handoff_id, "Mika Sato")
    assert again.offered_to == first.offered_to
    (lead,) = desk.all(Lead)
    assert (lead.name, lead.phone) == ("Ivy Chen", "+49 1")
    told = desk.events(first.handoff_id)[-1]
    assert (told.kind, sorted(told.facts["fields"])) == ("updated", ["name", "phone"])


def test_what_a_second_hand_over_says_of_the_reason_is_kept_in_the_history(desk: Desk) -> None:
    first = desk.hands_over("Acme", email="ivy@acme.example", problem="Reports take a week")
    again = {"did": "Started a trial", "problem": "Reports take a week", "promised": "A call", "source": "webinar"}
    desk.hands_over("Acme", by="UOLU", email="ivy@acme.example", **again)
    told = desk.events(first.handoff_id)[-1]
    assert told.kind == "updated"
    assert told.facts == {"fields": [], "did": "Started a trial", "promised": "A call", "source": "Webinar"}
    desk.hands_over("Acme", by="UOLU", email="ivy@acme.example", problem="Reports take a week")
    assert desk.events(first.handoff_id)[-1].id == told.id


def test_whoever_hands_an_accepted_lead_over_again_is_told_its_owner(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered("Acme", email="ivy@acme.example")
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    again = desk.hands_over("Acme", email="ivy@acme.example")
    assert again.owner is not None
    assert (again.already, again.state, again.owner.name) == (True, "accepted", "Ana Ruiz")


def test_a_namesake_at_the_same_company_is_the_same_lead(desk: Desk) -> None:
    desk.hands_over("Acme Ltd", person="Ivy Chen")
    assert desk.hands_over("ACME", person="ivy  chen").already
    assert len(desk.all(Lead)) == 1
    assert len(desk.all(Company)) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"company": "Acme"}, {"company": "Acme"}),
        ({"company": "Acme", "person": "Ivy Chen"}, {"company": "Bolt", "person": "Ivy Chen"}),
        ({"company": "", "person": "Ivy Chen"}, {"company": "", "person": "Ivy Chen"}),
        (
            {"company": "Acme", "person": "Ivy Chen", "email": "ivy@acme.example"},
            {"company": "Acme", "person": "Ivy Chen", "email": "ivy.chen@acme.example"},
        ),
    ],
    ids=["company alone", "another company", "name alone", "another address"],
)
def test_leads_that_may_be_two_are_never_merged(desk: Desk, first: dict[str, str], second: dict[str, str]) -> None:
    desk.hands_over(**first)
    assert not desk.hands_over(**second).already
    assert len(desk.all(Lead)) == 2


def test_a_lead_that_comes_back_gets_a_new_handoff_with_its_history(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered("Acme", email="ivy@acme.example")
    desk.does(decisions.disqualify, by="UANA", handoff_id=handoff_id, offer_id=offer_id, reason="bad-timing", note=None)
    again = desk.hands_over("Acme", email="ivy@acme.example")
    assert not again.already
    assert again.handoff_id != handoff_id
    assert desk.card(again.handoff_id).handoff_number == 2
    assert len(desk.all(Lead)) == 1


def test_every_fault_of_the_form_is_named_at_once(desk: Desk) -> None:
    with pytest.raises(InvalidFields) as refused:
        desk.hands_over(
            "x" * 301, did=" ", email="ivy(at)acme", country="Atlantis", size="many", value="lots", source="gone"
        )
    assert refused.value.fields == {
        "company": FieldFault.TOO_LONG,
        "did": FieldFault.REQUIRED,
        "email": FieldFault.BAD_EMAIL,
        "country": FieldFault.BAD_COUNTRY,
        "size": FieldFault.BAD_SIZE,
        "value": FieldFault.BAD_VALUE,
        "source": FieldFault.UNKNOWN_CHOICE,
    }
    assert desk.all(Handoff) == []


def test_a_form_that_names_nobody_is_refused_at_the_company(desk: Desk) -> None:
    with pytest.raises(InvalidFields) as refused:
        desk.hands_over("")
    assert refused.value.fields == {"company": FieldFault.REQUIRED}


def test_the_same_lead_handed_over_by_several_at_once_is_one_handoff(desk: Desk) -> None:
    """The e-mail's unique key and the lead's lock settle who announces it."""
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: desk.hands_over("Acme", email="ivy@acme.example"), range(6)))
    assert len({result.handoff_id for result in results}) == 1
    assert sorted(result.already for result in results) == [False] + [True] * 5
    assert len(desk.all(Lead)) == 1


def test_without_a_playbook_nothing_is_handed_over(desk: Desk) -> None:
    bare = open_desk(desk.database, "T9", playbook=None)
    with pytest.raises(NoPlaybook):
        bare.hands_over()


def test_size_and_country_count_for_a_known_lead_without_its_company_too(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered("Acme", email="ivy@acme.example", size="50")
    desk.does(decisions.disqualify, by="UANA", handoff_id=handoff_id, offer_id=offer_id, reason="no-need", note=None)
    card = desk.card(desk.hands_over("", email="ivy@acme.example", size="5000", country="DE").handoff_id)
    assert (card.size, card.country) == (5000, "DE")


def test_what_is_new_about_a_lead_is_shown_on_its_older_cards(desk: Desk) -> None:
    older, offer_id = desk.offered(email="ivy@acme.example")
    desk.does(decisions.disqualify, by="UANA", handoff_id=older, offer_id=offer_id, reason="no-need", note=None)
    desk.offered(email="ivy@acme.example")
    cards = (Delivery.kind == "lead_card", Delivery.handoff_id == older)
    (before,) = desk.all(Delivery, *cards)
    desk.hands_over(email="ivy@acme.example", value="5000 EUR")
    (after,) = desk.all(Delivery, *cards)
    assert after.desired_revision == before.desired_revision + 1


def test_a_person_passes_every_gate_and_the_history_keeps_which(desk: Desk) -> None:
    """By name: what a playbook says of a gate later does not change what was passed over."""
    rivals = "gates: [{name: Rivals, when: {domain: rival.example}, outcome: hold}]\n"
    desk.publishes(PLAYBOOK + rivals)
    result = desk.hands_over("Rival", email="x@rival.example")
    assert (result.state, result.gates, result.do_not_contact) == ("offered", ("Rivals",), False)
    told = desk.events(result.handoff_id)[0]
    assert (told.kind, told.facts) == ("handed_over", {"gates": ["Rivals"]})


def test_whoever_is_stopped_by_no_gate_is_handed_over_without_a_word_of_them(desk: Desk) -> None:
    result = desk.hands_over("Acme", email="ivy@acme.example")
    assert result.gates == ()
    assert desk.events(result.handoff_id)[0].facts == {}


def test_a_lead_that_a_gate_holds_is_let_go_and_the_gate_named(desk: Desk) -> None:
    """Also where the gate is gone from the playbook since."""
    for number in range(4):
        who = {"email": "ivy@acme.example", "do_not_contact": True}
        desk.takes(ActivityInput.model_validate({"id": str(number), "kind": "pricing-page", "lead": who}))
    assert [lead.gated_by for lead in desk.all(Lead)] == ["Do not contact"]
    desk.publishes(PLAYBOOK + "gates: []\n")
    result = desk.hands_over("Acme", email="ivy@acme.example")
    assert (result.gates, result.do_not_contact) == (("Do not contact",), True)
    assert desk.card(result.handoff_id).do_not_contact
    assert [lead.gated_by for lead in desk.all(Lead)] == [None]


def test_who_asked_for_somebody_passes_no_gate_that_lets_them(desk: Desk) -> None:
    given = ActivityInput.model_validate({"id": "1", "kind": "demo-request", "lead": {"email": "ivy@gmail.com"}})
    desk.takes(given)
    (handoff,) = desk.all(Handoff)
    desk.does(
        decisions.disqualify,
        by=desk.asked(handoff.id),
        handoff_id=handoff.id,
        offer_id=desk.card(handoff.id).offer_id,
        reason="no-need",
        note=None,
    )
    assert desk.hands_over("", email="ivy@gmail.com").gates == ()
    assert desk.hands_over("", email="joe@gmail.com").gates == ("Free mail",)


def test_the_message_that_a_lead_comes_from_is_remembered(desk: Desk) -> None:
    first, second = (f"https://northwind.slack.com/archives/C1/p{n}" for n in (1, 2))
    form = HandOverForm(company="Acme", email="ivy@acme.example", did="Asked for a demo")
    made = desk.does(handover.hand_over, by="UMIKA", form=form, permalink=first)
    assert desk.card(made.handoff_id).permalink == first
    before = desk.kinds(made.handoff_id)
    desk.does(handover.hand_over, by="UMIKA", form=form, permalink=first)
    assert desk.kinds(made.handoff_id) == before
    desk.does(handover.hand_over, by="UMIKA", form=form, permalink=second)
    assert desk.events(made.handoff_id)[-1].facts == {"fields": [], "permalink": second}
    assert desk.card(made.handoff_id).permalink == first


def test_who_asked_for_somebody_and_would_be_held_back_is_put_before_the_manager(desk: Desk) -> None:
    """Nobody who asks for a demo is held back without a word."""
    who = {"email": "ivy@acme.example", "name": "Ivy Chen", "problem": "see www.a.example www.b.example www.c.example"}
    desk.takes(ActivityInput.model_validate({"id": "1", "kind": "demo-request", "lead": who}))
    (handoff,) = desk.all(Handoff)
    card = desk.card(handoff.id)
    assert (card.state, card.queue_reason) == ("manager_queue", "gated")
    assert [lead.gated_by for lead in desk.all(Lead)] == [None]


def test_filters_read_what_the_lead_wrote_and_no_title_of_a_page(desk: Desk) -> None:
    links = "www.a.example www.b.example www.c.example"
    for number, kind in enumerate(["pricing-page", "pricing-page", "pricing-page", "pricing-page"]):
        who = {"email": "ivy@acme.example", "name": "Ivy Chen"}
        desk.takes(ActivityInput.model_validate({"id": str(number), "kind": kind, "what": links, "lead": who}))
    assert [(lead.gated_by, lead.email) for lead in desk.all(Lead)] == [(None, "ivy@acme.example")]
    for number, kind in enumerate(["contact-form", "pricing-page", "pricing-page", "pricing-page"]):
        who = {"email": "kim@acme.example", "name": "Kim Li"}
        desk.takes(ActivityInput.model_validate({"id": f"b{number}", "kind": kind, "what": links, "lead": who}))
    assert [lead.gated_by for lead in desk.all(Lead)] == [None, "Full of links"]


@pytest.mark.parametrize(
    ("typed", "known"),
    [("Kestrel Holding", "Acme"), ("ACME Ltd", None), ("", None)],
    ids=["another", "the same", "none"],
)
def test_whoever_types_another_company_than_the_known_one_reads_which_it_is(
    desk: Desk, typed: str, known: str | None
) -> None:
    desk.hands_over("Acme", person="Ivy Chen", email="ivy@acme.example")
    assert desk.hands_over(typed, person="Joe Doe", email="joe@acme.example").company == known
