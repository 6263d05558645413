"""What becomes of a handoff, and who may say so."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from qualification.handoffs import decisions
from qualification.records import Handoff
from qualification.rules.field_errors import FieldFault
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.refusals import (
    AlreadyHandedOver,
    AlreadyTaken,
    CannotReassign,
    Ended,
    InvalidFields,
    NotAManager,
    NoteRequired,
    NothingToUndo,
    NotInPool,
    NotYours,
    OfferMoved,
    Refusal,
    UndoTooLate,
    UnknownLead,
    UnknownPerson,
)
from tests.worlds.desk import Desk


def disqualifies(desk: Desk, handoff_id: int, *, by: str = "UANA", reason: str = "no-need", note: str = "") -> None:
    """Disqualify the lead by its card."""
    offer_id = desk.card(handoff_id).offer_id
    desk.does(decisions.disqualify, by=by, handoff_id=handoff_id, offer_id=offer_id, reason=reason, note=note)


def names(refusal: Refusal) -> list[str]:
    """Give the names of those who may."""
    return [person.name for person in refusal.facts["may"]]  # type: ignore[attr-defined]


def test_the_rep_who_was_asked_accepts_and_owns_the_lead(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    card = desk.card(handoff_id)
    assert card.owner is not None
    assert (card.state, card.owner.name, card.stage) == ("accepted", "Ana Ruiz", "to-contact")
    assert (card.offer_id, card.accept_by) == (None, None)
    assert [offer.outcome for offer in desk.offers(handoff_id)] == ["accepted"]


def test_a_manager_may_accept_and_the_rep_keeps_the_turn(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UMAYA")
    owner = desk.card(handoff_id).owner
    assert owner is not None
    assert owner.name == "Maya Cohen"
    assert desk.turn("UANA") == 0


def test_a_second_press_of_the_same_rep_changes_nothing(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    for _ in range(2):
        desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    assert desk.kinds(handoff_id).count("accepted") == 1


def test_others_are_told_who_may(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    with pytest.raises(NotYours) as refused:
        desk.does(decisions.accept, by="UBEN", handoff_id=handoff_id, offer_id=offer_id)
    assert names(refused.value) == ["Ana Ruiz", "Maya Cohen"]


def test_whoever_comes_late_is_told_who_has_it(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    with pytest.raises(AlreadyTaken) as refused:
        desk.does(decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id)
    assert refused.value.facts["owner"].name == "Ana Ruiz"  # type: ignore[attr-defined]


def test_not_mine_asks_the_next_rep_at_once(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    desk.passes_on(handoff_id, by="UANA")
    assert desk.asked(handoff_id) == "UBEN"
    assert desk.kinds(handoff_id)[-2:] == ["declined", "offered"]


def test_not_mine_credits_the_turn(desk: Desk) -> None:
    """A rep who says at once that a lead is another's is not punished for it: the next one is theirs."""
    handoff_id, _ = desk.offered("First")
    assert desk.turn("UANA") == 1
    desk.passes_on(handoff_id, by="UANA")
    assert desk.turn("UANA") == 0
    assert desk.asked(desk.hands_over("Second").handoff_id) == "UANA"


def test_an_old_card_does_not_answer_a_newer_offer(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    desk.passes_on(handoff_id, by="UANA")
    with pytest.raises(OfferMoved) as refused:
        desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    assert refused.value.facts["to"].name == "Ben Okafor"  # type: ignore[attr-defined]


def test_when_everyone_has_passed_on_it_waits_in_the_managers_queue(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    for rep in ("UANA", "UBEN", "UCHLOE"):
        desk.passes_on(handoff_id, by=rep)
    card = desk.card(handoff_id)
    assert (card.state, card.queue_reason, card.offer_id) == ("manager_queue", "everyone_asked", None)


def test_the_manager_accepts_from_the_queue(desk: Desk) -> None:
    desk.later(hours=10)
    handoff_id, offer_id = desk.offered()
    assert (desk.card(handoff_id).queue_reason, offer_id) == ("nobody_there", None)
    with pytest.raises(NotYours):
        desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=None)
    desk.does(decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=None)
    assert desk.card(handoff_id).state == "accepted"


def test_a_reason_of_the_playbook_disqualifies(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    disqualifies(desk, handoff_id, note="They build it themselves")
    card = desk.card(handoff_id)
    assert card.decided_by is not None
    assert (card.state, card.reason, card.reason_note) == ("disqualified", "No need", "They build it themselves")
    assert (card.decided_by.name, card.lifecycle) == ("Ana Ruiz", "disqualified")


def test_other_needs_a_note(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    with pytest.raises(NoteRequired):
        disqualifies(desk, handoff_id, reason="other", note="  ")
    disqualifies(desk, handoff_id, reason="other", note="A prank")
    assert desk.card(handoff_id).state == "disqualified"


def test_a_reason_that_is_no_longer_there_is_refused_at_its_field(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    with pytest.raises(InvalidFields) as refused:
        disqualifies(desk, handoff_id, reason="gone")
    assert refused.value.fields == {"reason": FieldFault.UNKNOWN_CHOICE}


def test_claim_is_for_the_first_of_the_pool_who_presses(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered(source="webinar")
    assert desk.card(handoff_id).state == "pooled"
    with pytest.raises(NotInPool) as refused:
        desk.does(decisions.claim, by="UCHLOE", handoff_id=handoff_id, offer_id=offer_id)
    assert refused.value.facts["pool"] == "Webinars"
    desk.does(decisions.claim, by="UBEN", handoff_id=handoff_id, offer_id=offer_id)
    with pytest.raises(AlreadyTaken):
        desk.does(decisions.claim, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    owner = desk.card(handoff_id).owner
    assert owner is not None
    assert owner.name == "Ben Okafor"


def test_invariant_1_a_handoff_has_at_most_one_owner(desk: Desk) -> None:
    """Two presses at the same instant, many times over: one owner, and the other is told the name."""
    for number in range(10):
        handoff_id, offer_id = desk.offered(f"Company {number}", source="webinar")

        def press(who: str, handoff_id: int = handoff_id, offer_id: int | None = offer_id) -> str:
            try:
                desk.does(decisions.claim, by=who, handoff_id=handoff_id, offer_id=offer_id)
            except AlreadyTaken as late:
                return late.facts["owner"].slack_user_id  # type: ignore[attr-defined,no-any-return]
            return who

        with ThreadPoolExecutor(4) as pool:
            seen = set(pool.map(press, ["UANA", "UBEN", "UANA", "UBEN"]))
        owner = desk.card(handoff_id).owner
        assert owner is not None
        assert seen == {owner.slack_user_id}
        assert desk.kinds(handoff_id).count("accepted") == 1


def test_decisions_and_hand_overs_of_the_same_lead_never_wait_for_each_other(desk: Desk) -> None:
    """Both change the handoff and the lead; in opposite order PostgreSQL would find a deadlock."""
    address = "ivy@acme.example"
    for number in range(10):
        handoff_id, offer_id = desk.offered("Acme", email=address)
        with ThreadPoolExecutor(3) as pool:
            again = [pool.submit(desk.hands_over, "Acme", email=address, phone=f"+49 {number}{n}") for n in range(2)]
            asked = desk.asked(handoff_id)
            ended = pool.submit(
                desk.does,
                decisions.disqualify,
                by=asked,
                handoff_id=handoff_id,
                offer_id=offer_id,
                reason="no-need",
                note=None,
            )
            ended.result()
            results = [each.result() for each in again]
        assert len({result.handoff_id for result in results if not result.already}) <= 1
        live = desk.hands_over("Acme", email=address)
        disqualifies(desk, live.handoff_id, by="UMAYA")


def test_undo_restores_turn_and_clock(desk: Desk) -> None:
    """Ten of thirty minutes had passed: twenty are left when the offer is open again."""
    handoff_id, offer_id = desk.offered()
    turn = desk.turn("UANA")
    desk.later(minutes=10)
    desk.does(decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id)
    assert desk.turn("UANA") != turn
    desk.later(minutes=4)
    desk.does(decisions.undo, by="UMAYA", handoff_id=handoff_id)
    card = desk.card(handoff_id)
    assert card.accept_by is not None
    assert (card.state, card.offer_id, card.owner, card.stage) == ("offered", offer_id, None, None)
    assert (card.accept_by - desk.now).total_seconds() == 20 * 60
    (offer,) = desk.offers(handoff_id)
    assert offer.remind_at is not None
    assert (offer.remind_at - desk.now).total_seconds() == 5 * 60
    assert desk.turn("UANA") == turn


def test_undo_of_a_disqualification_opens_the_offer_again(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    disqualifies(desk, handoff_id)
    desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    card = desk.card(handoff_id)
    assert (card.state, card.offer_id, card.reason, card.ended_at) == ("offered", offer_id, None, None)
    assert card.lifecycle == "mql"


def test_undo_is_for_whoever_decided_and_for_five_minutes(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with pytest.raises(NotYours) as refused:
        desk.does(decisions.undo, by="UBEN", handoff_id=handoff_id)
    assert names(refused.value) == ["Ana Ruiz", "Maya Cohen"]
    desk.later(minutes=5, seconds=1)
    with pytest.raises(UndoTooLate):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    desk.ticks()
    with pytest.raises(NothingToUndo):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)


def test_undo_twice_finds_nothing(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    with pytest.raises(NothingToUndo):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)


def test_an_ended_handoff_says_its_verdict_and_can_be_reopened(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    disqualifies(desk, handoff_id)
    with pytest.raises(Ended) as refused:
        desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    assert refused.value.facts["verdict"] == "disqualified"
    desk.later(days=1)
    desk.does(decisions.reopen, by="UANA", handoff_id=handoff_id)
    card = desk.card(handoff_id)
    assert card.accept_by is not None
    assert (card.state, card.offer_id) == ("offered", offer_id)
    assert (card.accept_by - desk.now).total_seconds() == 30 * 60


def test_a_lead_that_came_back_meanwhile_is_not_reopened(desk: Desk) -> None:
    handoff_id, _ = desk.offered("Acme", email="ivy@acme.example")
    disqualifies(desk, handoff_id)
    desk.hands_over("Acme", email="ivy@acme.example")
    with pytest.raises(AlreadyHandedOver):
        desk.does(decisions.reopen, by="UANA", handoff_id=handoff_id)


def test_a_manager_gives_the_lead_to_somebody_who_must_accept_it(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    with pytest.raises(NotAManager) as refused:
        desk.does(decisions.reassign, by="UANA", handoff_id=handoff_id, to="UBEN")
    assert names(refused.value) == ["Maya Cohen"]
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UCHLOE")
    card = desk.card(handoff_id)
    assert (card.state, card.why, desk.asked(handoff_id)) == ("offered", "manager", "UCHLOE")
    assert desk.turn("UANA") == 0
    desk.does(decisions.accept, by="UCHLOE", handoff_id=handoff_id, offer_id=card.offer_id)
    assert desk.card(handoff_id).owner is not None


def test_a_lead_is_not_given_to_its_owner_nor_to_strangers(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    with pytest.raises(CannotReassign) as refused:
        desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UANA")
    assert refused.value.facts["why"] == "has_it"
    with pytest.raises(UnknownPerson):
        desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UNOBODY")
    desk.hands_over("Other", by="UNEW")
    with pytest.raises(CannotReassign) as refused:
        desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UNEW")
    assert refused.value.facts["why"] == "not_in_playbook"


def test_a_handoff_that_is_not_there_is_an_unknown_lead(desk: Desk) -> None:
    with pytest.raises(UnknownLead):
        desk.does(decisions.accept, by="UANA", handoff_id=4711, offer_id=None)


def test_invariant_9_no_workspace_sees_another_s_handoffs(desk: Desk, other_desk: Desk) -> None:
    """The same people, the same company, the same playbook: two of everything."""
    here, offer_id = desk.offered("Acme", email="ivy@acme.example")
    there = other_desk.hands_over("Acme", email="ivy@acme.example")
    assert not there.already
    with pytest.raises(UnknownLead):
        other_desk.does(decisions.accept, by="UANA", handoff_id=here, offer_id=offer_id)
    desk.does(decisions.accept, by="UANA", handoff_id=here, offer_id=offer_id)
    assert other_desk.card(there.handoff_id).state == "offered"
    assert {handoff.workspace_id for handoff in desk.all(Handoff)} == {desk.workspace_id, other_desk.workspace_id}


def test_a_verdict_undone_after_a_reassignment_is_nothing_to_undo(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    with pytest.raises(NothingToUndo):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    assert desk.handoff(handoff_id).state is HandoffState.OFFERED


def test_a_lead_that_came_back_meanwhile_keeps_its_verdict(desk: Desk) -> None:
    """Within the five minutes somebody may hand it over again: it is live once, and whoever undoes is told so."""
    handoff_id, _ = desk.offered(email="ivy@acme.example")
    disqualifies(desk, handoff_id)
    desk.offered(email="ivy@acme.example")
    with pytest.raises(AlreadyHandedOver):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)


def test_a_lead_reopened_and_handed_over_at_the_same_instant_is_live_once(desk: Desk) -> None:
    """Each waits for the other's lead, not for its handoff: PostgreSQL would find a deadlock."""
    for number in range(10):
        address = f"ivy{number}@acme.example"
        handoff_id, _ = desk.offered("Acme", email=address)
        disqualifies(desk, handoff_id, by="UMAYA")
        gate = Barrier(2)

        def reopens(handoff_id: int = handoff_id, gate: Barrier = gate) -> bool:
            gate.wait()
            try:
                desk.does(decisions.reopen, by="UMAYA", handoff_id=handoff_id)
            except AlreadyHandedOver:
                return False
            return True

        def comes_back(address: str = address, gate: Barrier = gate) -> bool:
            gate.wait()
            return not desk.hands_over("Acme", email=address).already

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(reopens), pool.submit(comes_back)]
        assert sorted(each.result() for each in both) == [False, True]


def test_a_lead_given_to_somebody_else_is_undecided(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    assert desk.card(handoff_id).decided_by is None
