"""Work on an accepted lead: contact, stage, verdict, value and note."""

import pytest

from qualification.handoffs import decisions, progress
from qualification.rules.field_errors import FieldFault
from qualification.rules.refusals import (
    Ended,
    InvalidFields,
    NoteRequired,
    NothingToUndo,
    NotOwner,
    StageUnknown,
    StaleCard,
)
from tests.worlds.desk import Desk


def test_the_first_contact_moves_a_lead_that_waits_for_it(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=" Nice talk ")
    first = desk.now
    assert (desk.card(handoff_id).stage, desk.card(handoff_id).contacted_at) == ("contacted", first)
    desk.later(hours=1)
    desk.does(progress.log_contact, by="UMAYA", handoff_id=handoff_id, kind="email", note=None)
    assert desk.card(handoff_id).contacted_at == first
    told = [event.facts for event in desk.events(handoff_id) if event.kind == "contacted"]
    assert told == [{"how": "Call", "note": "Nice talk"}, {"how": "E-mail", "note": None}]


def test_a_contact_leaves_a_lead_that_is_further_on_where_it_is(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="proposal-sent")
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=None)
    assert desk.card(handoff_id).stage == "proposal-sent"


def test_only_the_owner_or_a_manager_works_on_it(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with pytest.raises(NotOwner) as refused:
        desk.does(progress.log_contact, by="UBEN", handoff_id=handoff_id, kind="call", note=None)
    assert [person.name for person in refused.value.facts["may"]] == ["Ana Ruiz", "Maya Cohen"]  # type: ignore[attr-defined]


def test_a_lead_that_nobody_has_accepted_has_no_stage_yet(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    with pytest.raises(StaleCard):
        desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="contacted")


def test_opportunity_opened_is_a_stage_and_a_lifecycle(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    assert desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="opportunity")
    assert desk.card(handoff_id).lifecycle == "opportunity"
    assert desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="contacted")
    assert desk.card(handoff_id).lifecycle == "mql"


def test_won_makes_a_customer_and_ends_the_handoff(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="won")
    card = desk.card(handoff_id)
    assert card.decided_by is not None
    assert (card.state, card.lifecycle, card.ended_at, card.decided_by.name) == (
        "won",
        "customer",
        desk.now,
        "Ana Ruiz",
    )
    with pytest.raises(Ended):
        desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=None)


def test_reopening_a_won_lead_puts_it_back_to_the_stage_it_had(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="proposal-sent")
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="won")
    desk.does(decisions.reopen, by="UANA", handoff_id=handoff_id)
    card = desk.card(handoff_id)
    assert card.owner is not None
    assert (card.state, card.stage, card.lifecycle, card.owner.name) == (
        "accepted",
        "proposal-sent",
        "opportunity",
        "Ana Ruiz",
    )


def test_lost_changes_nothing_before_it_is_told_why(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    assert not desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="lost")
    assert desk.card(handoff_id).state == "accepted"
    with pytest.raises(NoteRequired):
        desk.does(progress.lose, by="UANA", handoff_id=handoff_id, reason="other", note=None)
    with pytest.raises(InvalidFields) as refused:
        desk.does(progress.lose, by="UANA", handoff_id=handoff_id, reason="gone", note=None)
    assert refused.value.fields == {"reason": FieldFault.UNKNOWN_CHOICE}
    desk.does(progress.lose, by="UANA", handoff_id=handoff_id, reason="price", note="Twice ours")
    card = desk.card(handoff_id)
    assert (card.state, card.stage, card.reason, card.reason_note) == ("lost", "lost", "Price", "Twice ours")
    assert card.lifecycle == "lead"


def test_a_stage_that_is_gone_from_the_playbook_is_refused(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with pytest.raises(StageUnknown):
        desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="gone")


def test_work_on_a_lead_ends_the_time_to_undo_its_acceptance(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=None)
    with pytest.raises(NothingToUndo):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)


def test_the_same_stage_again_tells_nothing(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    before = desk.kinds(handoff_id)
    assert desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="to-contact")
    assert desk.kinds(handoff_id) == before


def test_value_and_note_are_edited_and_cleared(desk: Desk) -> None:
    handoff_id, _ = desk.offered(value="100")
    desk.does(progress.edit, by="UANA", handoff_id=handoff_id, value="2,500.50 USD", note="Prefers calls")
    card = desk.card(handoff_id)
    assert (card.value_minor, card.currency, card.note) == (250050, "USD", "Prefers calls")
    with pytest.raises(InvalidFields) as refused:
        desk.does(progress.edit, by="UANA", handoff_id=handoff_id, value="-5", note="")
    assert refused.value.fields == {"value": FieldFault.NEGATIVE_VALUE}
    desk.does(progress.edit, by="UANA", handoff_id=handoff_id, value=" ", note=" ")
    card = desk.card(handoff_id)
    assert (card.value_minor, card.currency, card.note) == (None, None, None)


def test_an_edit_that_changes_nothing_tells_nothing(desk: Desk) -> None:
    handoff_id, _ = desk.offered(value="100")
    before = desk.kinds(handoff_id)
    desk.does(progress.edit, by="UANA", handoff_id=handoff_id, value="100.00", note="")
    assert desk.kinds(handoff_id) == before
