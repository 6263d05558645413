"""Work on an accepted lead, from its card."""

from sqlalchemy import select

from qualification.records import LeadEvent
from qualification.rules.handoffs.event_kinds import EventKind
from tests.worlds.floor import Floor, errors, fill, held, press, shown, submit


def test_a_contact_is_logged_with_how_and_a_note(floor: Floor) -> None:
    press(floor.ana, "log_contact", floor.accepted())
    fill(floor.ana, {"kind": {"kind": "call"}, "note": "Will call back"})
    submit(floor.ana, "log_contact")
    stored = floor.stored()
    assert (stored.stage, stored.contacted_at) == ("contacted", floor.clock())
    event = floor.reads(
        lambda session: session.scalars(select(LeadEvent).where(LeadEvent.kind == EventKind.CONTACTED)).one()
    )
    assert event.facts == {"how": "Call", "note": "Will call back"}


def test_the_stage_is_picked_on_the_card(floor: Floor) -> None:
    press(floor.ana, "stage", floor.accepted(), stage="opportunity")
    stored = floor.stored()
    assert (stored.stage, stored.lifecycle) == ("opportunity", "opportunity")
    press(floor.ana, "stage", floor.card(), stage="won")
    assert (floor.stored().state, floor.stored().lifecycle) == ("won", "customer")


def test_lost_asks_why_before_it_ends_anything(floor: Floor) -> None:
    press(floor.ana, "stage", floor.accepted(), stage="lost")
    assert (shown(floor.ana), floor.stored().state) == ("lose", "accepted")
    fill(floor.ana, {"reason": {"reason": "price"}})
    submit(floor.ana, "lose")
    assert (floor.stored().state, floor.stored().reason) == ("lost", "Price")


def test_only_the_owner_and_the_manager_work_on_a_lead(floor: Floor) -> None:
    card = floor.accepted()
    press(floor.ben, "log_contact", card)
    press(floor.ben, "stage", card, stage="won")
    press(floor.ben, "more", card, do="edit")
    assert ["@Ana Ruiz" in reply.text for reply in floor.ben.private_replies] == [True, True, True]
    assert shown(floor.ben) is None


def test_more_edits_value_and_note(floor: Floor) -> None:
    card = floor.accepted()
    press(floor.ana, "more", card, do="edit")
    fill(floor.ana, {"value": "twelve", "note": "Prefers calls"})
    submit(floor.ana, "edit_lead")
    assert errors(floor.ana) == {"value"}
    fill(floor.ana, {"value": "1.234,50 EUR"})
    submit(floor.ana, "edit_lead")
    assert (floor.stored().value_minor, floor.stored().note) == (123450, "Prefers calls")
    press(floor.ana, "more", card, do="edit")
    assert (held(floor.ana, "value"), held(floor.ana, "note")) == ("1234.50 EUR", "Prefers calls")


def test_more_disqualifies_an_accepted_lead(floor: Floor) -> None:
    press(floor.ana, "more", floor.accepted(), do="disqualify")
    fill(floor.ana, {"reason": {"reason": "duplicate"}})
    submit(floor.ana, "disqualify")
    stored = floor.stored()
    assert (stored.state, stored.reason) == ("disqualified", "Duplicate")
