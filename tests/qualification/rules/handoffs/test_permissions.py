"""Who may do what with a handoff, in every state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.handoffs.permissions import (
    Action,
    Actor,
    HandoffStatus,
    Party,
    Receiver,
    allow,
    allow_reassign,
    allow_undo,
    require_note,
    who_may,
)
from qualification.rules.handoffs.states import ENDED_STATES, LIVE_STATES, UNDECIDED_STATES, HandoffState
from qualification.rules.person_ref import PersonRef
from qualification.rules.refusals import (
    AlreadyTaken,
    CannotReassign,
    Ended,
    NoReassigning,
    NotAManager,
    NoteRequired,
    NothingToUndo,
    NotInPool,
    NotOwner,
    NotYours,
    OfferMoved,
    Refusal,
    Snoozed,
    StaleCard,
    UndoTooLate,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def party(person_id: int, name: str) -> Party:
    return Party(person_id, PersonRef(name, f"U{person_id:03}"))


ANA, BEN, MAYA, OLU, DAN = (
    party(number, name) for number, name in enumerate(["Ana", "Ben", "Maya", "Olu", "Dan"], start=1)
)
REP, COLLEAGUE, STRANGER = Actor(ANA.person_id), Actor(BEN.person_id), Actor(DAN.person_id)
MANAGER = Actor(MAYA.person_id, is_manager_of_team=True)
ADMIN = Actor(OLU.person_id, is_admin=True)

OFFERED = HandoffStatus(HandoffState.OFFERED, manager=MAYA, offer_id=7, offered_to=ANA)
POOLED = HandoffStatus(
    HandoffState.POOLED, manager=MAYA, offer_id=7, pool="EMEA inbound", pool_member_ids=frozenset({1, 2})
)
QUEUED = HandoffStatus(HandoffState.MANAGER_QUEUE, manager=MAYA)
ACCEPTED = HandoffStatus(HandoffState.ACCEPTED, manager=MAYA, owner=ANA, decided_by=ANA)
SNOOZED = HandoffStatus(
    HandoffState.SNOOZED, manager=MAYA, offered_to=ANA, decided_by=ANA, resume_at=NOW + timedelta(90)
)
DISQUALIFIED = HandoffStatus(HandoffState.DISQUALIFIED, manager=MAYA, offered_to=ANA, decided_by=ANA, ended_at=NOW)
WON = HandoffStatus(HandoffState.WON, manager=MAYA, owner=ANA, decided_by=ANA, ended_at=NOW)
LOST = HandoffStatus(HandoffState.LOST, manager=MAYA, owner=ANA, decided_by=ANA, ended_at=NOW)
STANDINGS = {status.state: status for status in (OFFERED, POOLED, QUEUED, ACCEPTED, SNOOZED, DISQUALIFIED, WON, LOST)}

# Where each action fits, by name: read from what was promised, not from the rules.
MATRIX = """
              offered  pooled  manager_queue  accepted  snoozed  disqualified  won  lost
accept           x       .           x           .         .          .         .    .
claim            .       x           .           .         .          .         .    .
decline          x       .           .           .         .          .         .    .
disqualify       x       x           x           x         .          .         .    .
snooze           x       x           x           x         .          .         .    .
undo             .       .           .           x         x          x         .    .
reopen           .       .           .           .         x          x         x    x
reassign         x       x           x           x         .          .         .    .
log_contact      .       .           .           x         .          .         .    .
set_stage        .       .           .           x         .          .         .    .
finish_task      .       .           .           x         .          .         .    .
edit             x       x           x           x         .          .         .    .
checklist        x       x           x           x         .          .         .    .
"""
_COLUMNS, *_ROWS = (line.split() for line in MATRIX.strip().splitlines())
FITS = {
    Action(name): {HandoffState(state) for state, mark in zip(_COLUMNS, marks, strict=True) if mark == "x"}
    for name, *marks in _ROWS
}
ACTIONS = st.sampled_from(Action)
STATES = st.sampled_from(HandoffState)


def test_every_state_is_either_live_or_ended_but_for_what_sleeps() -> None:
    assert set(STANDINGS) == set(HandoffState)
    assert set(HandoffState) == LIVE_STATES | ENDED_STATES | {HandoffState.SNOOZED}
    assert HandoffState.SNOOZED not in LIVE_STATES | ENDED_STATES
    assert not LIVE_STATES & ENDED_STATES
    assert UNDECIDED_STATES < LIVE_STATES
    assert set(FITS) == set(Action)
    assert set(_COLUMNS) == set(HandoffState)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", HandoffState)
def test_a_manager_may_do_whatever_fits_the_state_and_nothing_else(action: Action, state: HandoffState) -> None:
    status = STANDINGS[state]
    if state in FITS[action]:
        assert allow(action, status, MANAGER)
    else:
        with pytest.raises((AlreadyTaken, Ended, OfferMoved, Snoozed, StaleCard, NothingToUndo)):
            allow(action, status, MANAGER)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", HandoffState)
def test_a_stranger_may_do_nothing_in_any_state(action: Action, state: HandoffState) -> None:
    with pytest.raises(Refusal):
        allow(action, STANDINGS[state], STRANGER)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", HandoffState)
def test_an_administrator_stands_in_only_where_nobody_manages_the_team(action: Action, state: HandoffState) -> None:
    with pytest.raises(Refusal):
        allow(action, STANDINGS[state], ADMIN)
    if state in FITS[action]:
        assert allow(action, replace(STANDINGS[state], manager=None), ADMIN)


@pytest.mark.parametrize(
    "action",
    [Action.ACCEPT, Action.DECLINE, Action.DISQUALIFY, Action.SNOOZE, Action.CHECKLIST, Action.EDIT],
)
def test_the_rep_it_was_offered_to_may_decide(action: Action) -> None:
    assert allow(action, OFFERED, REP, offer_id=7)


@pytest.mark.parametrize("action", [Action.ACCEPT, Action.DECLINE, Action.DISQUALIFY])
def test_nobody_else_may_decide_and_is_told_who_may(action: Action) -> None:
    with pytest.raises(NotYours) as refused:
        allow(action, OFFERED, COLLEAGUE, offer_id=7)
    assert refused.value.facts["may"] == (ANA.ref, MAYA.ref)
    assert refused.value.facts["offered_to"] == ANA.ref


def test_a_rep_whose_offer_went_on_is_told_to_whom() -> None:
    with pytest.raises(OfferMoved) as refused:
        allow(Action.ACCEPT, OFFERED, COLLEAGUE, offer_id=6)
    assert refused.value.facts["to"] == ANA.ref


def test_a_manager_with_an_old_card_decides_nothing_by_it() -> None:
    """The card said Ben; by now it is Ana's: the manager looks again before deciding."""
    with pytest.raises(OfferMoved):
        allow(Action.DECLINE, OFFERED, MANAGER, offer_id=6)


def test_the_rep_asked_now_may_press_an_older_card() -> None:
    assert allow(Action.ACCEPT, OFFERED, REP, offer_id=6)


def test_a_rep_whose_offer_went_to_the_queue_is_told_of_the_manager() -> None:
    for action in (Action.CLAIM, Action.DECLINE):
        with pytest.raises(OfferMoved) as refused:
            allow(action, QUEUED, REP, offer_id=7)
        assert refused.value.facts["to"] == MAYA.ref


def test_a_rep_whose_offer_went_to_the_pool_is_told_of_the_pool() -> None:
    with pytest.raises(OfferMoved) as refused:
        allow(Action.ACCEPT, POOLED, REP)
    assert refused.value.facts["pool"] == "EMEA inbound"


def test_any_member_of_the_pool_may_claim_or_disqualify_and_nothing_more() -> None:
    for member in (REP, COLLEAGUE):
        assert allow(Action.CLAIM, POOLED, member)
        assert allow(Action.DISQUALIFY, POOLED, member)
        with pytest.raises(NotYours):
            allow(Action.EDIT, POOLED, member)


def test_who_is_not_in_the_pool_cannot_claim_and_is_told_which_pool_it_is() -> None:
    with pytest.raises(NotInPool) as refused:
        allow(Action.CLAIM, POOLED, STRANGER)
    assert refused.value.facts == {"pool": "EMEA inbound", "may": (MAYA.ref,)}


def test_the_queue_is_the_managers() -> None:
    assert allow(Action.ACCEPT, QUEUED, MANAGER)
    with pytest.raises(NotYours) as refused:
        allow(Action.ACCEPT, QUEUED, REP)
    assert refused.value.facts["may"] == (MAYA.ref,)


@pytest.mark.parametrize("action", [Action.ACCEPT, Action.CLAIM, Action.DECLINE])
def test_who_comes_second_is_told_who_has_it(action: Action) -> None:
    with pytest.raises(AlreadyTaken) as refused:
        allow(action, ACCEPTED, COLLEAGUE)
    assert refused.value.facts["owner"] == ANA.ref


@pytest.mark.parametrize(
    ("action", "status"),
    [(Action.ACCEPT, ACCEPTED), (Action.CLAIM, ACCEPTED), (Action.DISQUALIFY, DISQUALIFIED)],
)
def test_the_same_press_twice_is_neither_done_again_nor_refused(action: Action, status: HandoffStatus) -> None:
    assert allow(action, status, REP) is False


@pytest.mark.parametrize("action", [Action.LOG_CONTACT, Action.SET_STAGE, Action.EDIT, Action.CHECKLIST])
def test_only_the_owner_works_on_an_accepted_lead(action: Action) -> None:
    assert allow(action, ACCEPTED, REP)
    with pytest.raises(NotOwner) as refused:
        allow(action, ACCEPTED, COLLEAGUE)
    assert refused.value.facts == {"owner": ANA.ref, "may": (ANA.ref, MAYA.ref)}


@pytest.mark.parametrize("action", [Action.LOG_CONTACT, Action.SET_STAGE, Action.REOPEN])
@pytest.mark.parametrize("status", [OFFERED, POOLED, QUEUED])
def test_a_button_of_another_state_is_a_stale_card(action: Action, status: HandoffStatus) -> None:
    with pytest.raises(StaleCard):
        allow(action, status, REP)


@pytest.mark.parametrize("status", [DISQUALIFIED, WON, LOST])
@pytest.mark.parametrize("action", sorted(set(Action) - {Action.UNDO, Action.REOPEN, Action.DISQUALIFY}))
def test_what_has_ended_is_told_with_its_verdict_and_whose_it_was(action: Action, status: HandoffStatus) -> None:
    with pytest.raises(Ended) as refused:
        allow(action, status, REP)
    assert refused.value.facts == {
        "verdict": status.state,
        "by": ANA.ref,
        "by_reader": True,
        "at": NOW,
        "may": (ANA.ref, MAYA.ref),
        "may_reopen": True,
    }
    with pytest.raises(Ended) as refused:
        allow(action, status, COLLEAGUE)
    assert (refused.value.facts["by_reader"], refused.value.facts["may_reopen"]) == (False, False)


@pytest.mark.parametrize("status", [DISQUALIFIED, WON, LOST])
def test_whose_lead_it_was_may_reopen_it(status: HandoffStatus) -> None:
    assert allow(Action.REOPEN, status, REP)
    with pytest.raises(NotYours) as refused:
        allow(Action.REOPEN, status, COLLEAGUE)
    told = refused.value.facts
    assert told["may"] == (ANA.ref, MAYA.ref)
    assert (told["state"], told["by"], told["at"]) == (status.state, ANA.ref, NOW)


@pytest.mark.parametrize("status", [ACCEPTED, DISQUALIFIED])
def test_who_decided_may_undo_until_the_last_moment(status: HandoffStatus) -> None:
    undoable = replace(status, undo_until=NOW)
    allow_undo(undoable, REP, NOW)
    allow_undo(undoable, MANAGER, NOW)
    with pytest.raises(UndoTooLate) as refused:
        allow_undo(undoable, REP, NOW + timedelta(microseconds=1))
    assert refused.value.facts["until"] == NOW


def test_nobody_undoes_a_decision_of_somebody_else() -> None:
    with pytest.raises(NotYours) as refused:
        allow_undo(replace(ACCEPTED, undo_until=NOW), COLLEAGUE, NOW)
    assert refused.value.facts["may"] == (ANA.ref, MAYA.ref)


def test_the_owner_does_not_undo_what_the_manager_decided() -> None:
    with pytest.raises(NotYours):
        allow_undo(replace(ACCEPTED, decided_by=MAYA, undo_until=NOW), REP, NOW)


@pytest.mark.parametrize("status", STANDINGS.values())
def test_without_a_decision_there_is_nothing_to_undo(status: HandoffStatus) -> None:
    with pytest.raises(NothingToUndo):
        allow_undo(status, MANAGER, NOW)


@pytest.mark.parametrize("status", [OFFERED, POOLED, QUEUED, WON, LOST])
def test_only_an_acceptance_or_a_disqualification_is_undone(status: HandoffStatus) -> None:
    with pytest.raises(NothingToUndo):
        allow_undo(replace(status, undo_until=NOW), MANAGER, NOW)


@pytest.mark.parametrize("status", [OFFERED, POOLED, QUEUED, ACCEPTED])
def test_a_manager_gives_a_live_lead_to_anyone(status: HandoffStatus) -> None:
    allow_reassign(status, MANAGER, Receiver(DAN))
    with pytest.raises(NotAManager) as refused:
        allow_reassign(status, REP, Receiver(DAN))
    assert refused.value.facts["may"] == (MAYA.ref,)


@pytest.mark.parametrize(
    ("receiver", "why"),
    [
        (Receiver(ANA), NoReassigning.HAS_IT),
        (Receiver(DAN, deactivated=True), NoReassigning.DEACTIVATED),
        (Receiver(DAN, in_playbook=False), NoReassigning.NOT_IN_PLAYBOOK),
    ],
)
def test_who_cannot_have_it_is_named_with_the_reason(receiver: Receiver, why: NoReassigning) -> None:
    with pytest.raises(CannotReassign) as refused:
        allow_reassign(ACCEPTED, MANAGER, receiver)
    assert refused.value.facts == {"to": receiver.party.ref, "why": why}


def test_a_manager_may_give_it_to_the_rep_who_is_asked() -> None:
    allow_reassign(OFFERED, MANAGER, Receiver(ANA))


def test_a_reason_that_asks_for_a_note_takes_no_blanks() -> None:
    require_note(None, required=False, reason="Poor fit")
    require_note("went bust", required=True, reason="Other")
    for note in (None, "", " \n"):
        with pytest.raises(NoteRequired) as refused:
            require_note(note, required=True, reason="Other")
        assert refused.value.fields == {"note": "note_required"}


def test_whoever_may_disqualify_may_put_off() -> None:
    assert allow(Action.SNOOZE, POOLED, COLLEAGUE, offer_id=7)
    assert allow(Action.SNOOZE, ACCEPTED, REP)
    assert allow(Action.SNOOZE, QUEUED, MANAGER)


def test_a_lead_that_sleeps_is_told_of_by_when_it_wakes_and_who_put_it_off() -> None:
    with pytest.raises(Snoozed) as refused:
        allow(Action.ACCEPT, SNOOZED, COLLEAGUE, offer_id=7)
    assert refused.value.facts == {
        "until": SNOOZED.resume_at,
        "by": ANA.ref,
        "by_reader": False,
        "may": (ANA.ref, MAYA.ref),
        "may_reopen": False,
    }


def test_to_put_off_twice_is_harmless_to_whoever_did_it_and_refused_to_others() -> None:
    assert not allow(Action.SNOOZE, SNOOZED, REP)
    with pytest.raises(Snoozed):
        allow(Action.SNOOZE, SNOOZED, MANAGER)


@given(ACTIONS, STATES, st.sampled_from([REP, COLLEAGUE, STRANGER, MANAGER, ADMIN]), st.sampled_from([None, 6, 7]))
def test_whoever_is_named_may_and_whoever_may_is_named(
    action: Action, state: HandoffState, actor: Actor, offer_id: int | None
) -> None:
    """What `who_may` tells a refused reader is what `allow` does; a pool's members go by the pool's name."""
    status = STANDINGS[state]
    try:
        allowed = allow(action, status, actor, offer_id=offer_id)
    except Refusal:
        allowed = False
    named = {ref.slack_user_id for ref in who_may(action, status)}
    member = state is HandoffState.POOLED and actor.person_id in status.pool_member_ids
    if allowed and not member:
        assert f"U{actor.person_id:03}" in named
    if not allowed and state in FITS[action] and offer_id != 6:
        assert f"U{actor.person_id:03}" not in named
