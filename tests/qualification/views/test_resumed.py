"""What is shown of a lead that slept: to whom it is again, since when it waits, what was said."""

from datetime import timedelta

from qualification.handoffs import decisions, progress
from qualification.records import Delivery
from qualification.views import cards, home
from tests.qualification.handoffs.test_snooze import MARCH, RESUMES, puts_off, resumes, snoozed
from tests.worlds.desk import Desk


def test_it_waits_since_it_woke_not_since_it_was_first_handed_over(desk: Desk) -> None:
    snoozed(desk)
    resumes(desk)
    manager = desk.person("UMAYA")
    (team,) = desk.reads(lambda session: home.home(session, desk.workspace_id, manager.id, desk.now)).teams
    assert team.longest_since == RESUMES


def test_last_words_that_were_taken_back_are_not_told(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    resumes(desk)
    desk.later(minutes=1)
    puts_off(desk, handoff_id, day="2027-06-01", note="Once more")
    desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    mark = desk.card(handoff_id).snooze
    assert mark is not None
    assert mark.words == "Budget comes in March"


def test_the_last_contact_told_is_the_one_before_it_was_put_off(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note="Before")
    puts_off(desk, handoff_id)
    resumes(desk)
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=desk.card(handoff_id).offer_id)
    desk.later(hours=1)
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="email", note="After")
    mark = desk.card(handoff_id).snooze
    assert mark is not None
    assert mark.contact_note == "Before"


def test_who_gets_it_from_their_manager_long_after_is_not_told_that_it_woke(desk: Desk) -> None:
    handoff_id = snoozed(desk)
    resumes(desk)
    told = len(desk.all(Delivery, Delivery.kind == "resumed"))
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=desk.card(handoff_id).offer_id)
    for rep in ("UBEN", "UANA"):
        desk.now += timedelta(days=30)
        desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to=rep)
    assert len(desk.all(Delivery, Delivery.kind == "resumed")) == told


def test_whoever_was_asked_may_reopen_what_their_manager_put_off_and_has_the_button(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    asked = desk.asked(handoff_id)
    puts_off(desk, handoff_id, by="UMAYA", day=MARCH)
    reader = desk.person(asked)
    card = desk.reads(lambda session: cards.lead_card(session, desk.workspace_id, handoff_id, reader.id))
    assert card.reader_may_decide
    desk.does(decisions.reopen, by=asked, handoff_id=handoff_id)
    assert desk.card(handoff_id).state == "offered"
