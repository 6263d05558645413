"""A lead handed over, and what becomes of it, pressed and typed by people."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from qualification.records import Handoff, Workspace
from tests.worlds.floor import CHANNEL, Floor, errors, fill, held, press, shown, submit, told


def test_a_marketer_hands_a_lead_over_and_reads_who_is_asked(floor: Floor) -> None:
    floor.mika.types("/handoff", "#general")
    fill(
        floor.mika,
        {
            "company": "Acme",
            "person": "Ivy Chen",
            "email": "ivy@acme.example",
            "did": "Asked for a demo",
            "source": {"source": "demo"},
            "size": "1,200",
            "country": "Germany",
            "value": "12,500",
            "promised": "A call before Friday",
        },
    )
    submit(floor.mika, "hand_over")
    assert shown(floor.mika) == "handed_over"
    assert "Acme · Ivy Chen was handed over to sales" in floor.mika.modal.text
    assert "@Ana Ruiz" in floor.mika.modal.text
    stored = floor.stored()
    assert (stored.size, stored.country, stored.value_minor, stored.source) == (1200, "DE", 1250000, "Demo request")
    assert stored.promised == "A call before Friday"
    assert floor.card().text.startswith("Acme · Ivy Chen")


def test_words_after_handoff_are_the_company_as_typed(floor: Floor) -> None:
    """Slack escapes signs and wraps what looks like a link."""
    floor.mika.types("/handoff O'Neil &amp; Sons <http://oneil.example|oneil.example>", "#general")
    assert held(floor.mika, "company") == "O'Neil & Sons oneil.example"


def test_a_company_longer_than_its_field_still_opens_the_form(floor: Floor) -> None:
    floor.mika.types("/handoff " + "x" * 400, "#general")
    assert shown(floor.mika) == "hand_over"


def test_the_button_of_baton_hands_a_lead_over_too(floor: Floor) -> None:
    floor.mika.types("/baton", "#general")
    press(floor.mika, "baton_hand_over", floor.mika.private_replies[-1])
    fill(floor.mika, {"company": "Acme", "did": "Asked for a demo"})
    submit(floor.mika, "hand_over")
    assert floor.stored().state == "offered"


def test_faults_of_the_form_stand_at_their_fields(floor: Floor) -> None:
    floor.mika.types("/handoff", "#general")
    fill(floor.mika, {"did": "Asked for a demo", "country": "Atlantis", "value": "lots"})
    submit(floor.mika, "hand_over")
    assert errors(floor.mika) == {"company", "country", "value"}
    fill(floor.mika, {"company": "Acme", "country": "Spain", "value": "12 EUR"})
    submit(floor.mika, "hand_over")
    assert shown(floor.mika) == "handed_over"


def test_a_form_submitted_twice_is_taken_once_and_says_so(floor: Floor) -> None:
    floor.mika.types("/handoff", "#general")
    fill(floor.mika, {"company": "Acme", "did": "Asked for a demo"})
    floor.sandbox.disturb("twice", deliveries="interactive")
    submit(floor.mika, "hand_over")
    floor.settles()
    answers = [each.answer or {} for each in floor.sandbox.deliveries("interactive")]
    assert sorted(answer["view"]["callback_id"] for answer in answers) == ["handed_over", "message"]
    assert floor.reads(lambda session: session.scalar(select(func.count(Handoff.id)))) == 1


def test_a_lead_that_is_live_is_not_announced_again(floor: Floor) -> None:
    floor.hands_over("Acme", email="ivy@acme.example")
    floor.mika.closes()
    floor.ben.types("/handoff Acme", "#general")
    fill(floor.ben, {"email": "ivy@acme.example", "did": "Called us"})
    submit(floor.ben, "hand_over")
    assert "@Ana Ruiz" in floor.ben.modal.text
    assert "@Mika Sato" in floor.ben.modal.text
    floor.shows()
    assert len(floor.maya.sees(CHANNEL)) == 1


def test_the_rep_accepts_and_the_card_says_so(floor: Floor) -> None:
    press(floor.ana, "accept", floor.hands_over())
    stored = floor.stored()
    assert stored.owner is not None
    assert stored.owner.name == "Ana Ruiz"
    assert "Ana Ruiz" in floor.card().text
    assert floor.ana.private_replies == []
    assert floor.ana.notices == []


def test_others_are_told_privately_who_may(floor: Floor) -> None:
    press(floor.ben, "accept", floor.hands_over())
    assert "@Ana Ruiz" in told(floor.ben)
    assert "@Maya Cohen" in told(floor.ben)
    assert floor.stored().state == "offered"


def test_a_stale_card_names_the_owner(floor: Floor) -> None:
    card = floor.hands_over()
    press(floor.maya, "accept", card)
    press(floor.ana, "accept", card)
    assert "@Maya Cohen" in told(floor.ana)


def test_two_claims_at_the_same_instant_make_one_owner(floor: Floor) -> None:
    card = floor.hands_over(source="webinar")
    with ThreadPoolExecutor(2) as presses:
        list(presses.map(lambda who: press(who, "claim", card), (floor.ana, floor.ben)))
    owner = floor.stored().owner
    assert owner is not None
    loser = floor.ben if owner.name == "Ana Ruiz" else floor.ana
    winner = floor.ana if loser is floor.ben else floor.ben
    assert f"@{owner.name}" in told(loser)
    assert winner.private_replies == []
    assert f"{owner.name}" in floor.card().text


def test_not_mine_asks_why_and_goes_to_the_next_rep(floor: Floor) -> None:
    press(floor.ana, "decline", floor.hands_over())
    fill(floor.ana, {"reason": {"reason": "other"}})
    submit(floor.ana, "decline")
    assert errors(floor.ana) == {"note"}
    fill(floor.ana, {"note": "They are my cousin"})
    submit(floor.ana, "decline")
    assert shown(floor.ana) is None
    offered_to = floor.stored().offered_to
    assert offered_to is not None
    assert offered_to.name == "Ben Okafor"


def test_whoever_may_not_is_told_before_filling_anything_in(floor: Floor) -> None:
    press(floor.ben, "disqualify", floor.hands_over())
    assert shown(floor.ben) is None
    assert "@Ana Ruiz" in told(floor.ben)


def test_a_reason_picked_shows_its_description_and_keeps_what_was_typed(floor: Floor) -> None:
    press(floor.ana, "disqualify", floor.hands_over())
    fill(floor.ana, {"note": "No money until spring"})
    fill(floor.ana, {"reason": {"reason": "no-budget"}})
    assert "There is no money for this" in floor.ana.modal.text
    submit(floor.ana, "disqualify")
    stored = floor.stored()
    assert (stored.state, stored.reason, stored.reason_note) == ("disqualified", "No budget", "No money until spring")


def test_the_control_disqualify_reason_asks_for_a_note_where_one_is_needed(floor: Floor) -> None:
    press(floor.ana, "disqualify", floor.hands_over())
    press(floor.ana, "disqualify_reason", reason="other")
    note = next(block for block in floor.ana.modal.blocks if block["block_id"] == "note")
    assert note["optional"] is False


def test_a_decision_made_too_late_is_told_in_the_modal_itself(floor: Floor) -> None:
    press(floor.ana, "disqualify", floor.hands_over())
    fill(floor.ana, {"reason": {"reason": "no-need"}})
    press(floor.maya, "accept", floor.card())
    submit(floor.ana, "disqualify")
    assert shown(floor.ana) == "message"
    assert "Maya Cohen" in floor.ana.modal.text


def test_a_pick_made_too_late_lays_the_word_over_the_form(floor: Floor) -> None:
    press(floor.ana, "disqualify", floor.hands_over())
    press(floor.maya, "accept", floor.card())
    fill(floor.ana, {"reason": {"reason": "no-need"}})
    assert [view.callback_id for view in floor.ana.modals] == ["disqualify", "message"]


def test_undo_takes_a_decision_back_for_five_minutes(floor: Floor) -> None:
    card = floor.accepted()
    press(floor.ana, "undo", card)
    assert floor.stored().state == "offered"
    press(floor.ana, "undo", card)
    assert "nothing to undo" in told(floor.ana)


def test_reopen_puts_an_ended_handoff_back(floor: Floor) -> None:
    press(floor.ana, "disqualify", floor.hands_over())
    fill(floor.ana, {"reason": {"reason": "no-need"}})
    submit(floor.ana, "disqualify")
    press(floor.ana, "reopen", floor.card())
    assert floor.stored().state == "offered"


def test_a_manager_assigns_from_the_queue(floor: Floor) -> None:
    floor.ana.types("/baton away", "#general")
    floor.ben.types("/baton away", "#general")
    card = floor.hands_over()
    press(floor.ana, "reassign", card)
    assert "@Maya Cohen" in told(floor.ana)
    press(floor.maya, "reassign", card)
    fill(floor.maya, {"to": floor.ben.id})
    submit(floor.maya, "reassign")
    offered_to = floor.stored().offered_to
    assert offered_to is not None
    assert offered_to.name == "Ben Okafor"


def test_somebody_who_cannot_take_it_is_refused_at_the_field(floor: Floor) -> None:
    card = floor.accepted()
    press(floor.maya, "more", card, do="reassign")
    for who in (floor.ana, floor.sandbox.person("Dan Lee")):
        fill(floor.maya, {"to": who.id})
        submit(floor.maya, "reassign")
        assert errors(floor.maya) == {"to"}
    fill(floor.maya, {"to": floor.ben.id})
    submit(floor.maya, "reassign")
    assert shown(floor.maya) is None


def test_a_press_that_comes_twice_is_one_decision(floor: Floor) -> None:
    card = floor.hands_over()
    floor.sandbox.disturb("twice", deliveries="interactive")
    press(floor.ana, "accept", card)
    floor.settles()
    assert floor.stored().state == "accepted"
    assert floor.ana.private_replies == []


def test_without_a_playbook_the_command_says_what_to_do(floor: Floor) -> None:
    with floor.baton.database.transaction() as session:
        session.get_one(Workspace, floor.baton.installations[0].id).playbook_id = None
    floor.mika.types("/handoff", "#general")
    assert "playbook publish" in told(floor.mika)


@pytest.mark.parametrize("action", ["decline", "disqualify"])
def test_a_press_that_only_opens_a_modal_opens_the_lead_for_its_announcer(floor: Floor, action: str) -> None:
    card = floor.hands_over()
    (receipt,) = floor.mika.direct_messages
    assert "Not opened yet" in receipt.text
    press(floor.ana, action, card)
    floor.shows()
    (receipt,) = floor.mika.direct_messages
    assert "opened today" in receipt.text
    assert "Not opened yet" not in receipt.text
