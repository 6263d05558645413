"""The receipt: what whoever announced a lead is told of it, from the offer to the verdict."""

from datetime import UTC, datetime

from sqlalchemy import select

import templates
from qualification.checklists import checklists
from qualification.checklists.checklists import Given
from qualification.handoffs import context, decisions, progress, snooze
from qualification.organisation import publishing
from qualification.records import ChannelQueue, Delivery, Handoff, Person
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.views import receipts
from qualification.views.receipts import Receipt
from tests.worlds.desk import Desk
from tests.worlds.playbook import PLAYBOOK


def receipt(desk: Desk, handoff_id: int, reader: str = "UMIKA") -> Receipt:
    """Read the receipt as its announcer would."""
    who = desk.person(reader)
    return desk.reads(lambda session: receipts.receipt(session, desk.workspace_id, handoff_id, who.id))


def pending(desk: Desk) -> list[str]:
    """Name the places of the receipts there are."""
    rows = (
        select(ChannelQueue.place)
        .join(Delivery, Delivery.queue_id == ChannelQueue.id)
        .where(Delivery.kind == "receipt")
    )
    return desk.reads(lambda session: list(session.scalars(rows.order_by(Delivery.id))))


def wanted(desk: Desk) -> int:
    """Tell how many changes the one receipt counts."""
    (delivery,) = desk.all(Delivery, Delivery.kind == "receipt")
    return delivery.desired_revision


def opens(desk: Desk, handoff_id: int, *, by: str) -> None:
    """Press a button that opens a modal."""
    desk.does(context.record_opening, by=by, handoff_id=handoff_id, offer_id=desk.card(handoff_id).offer_id)


def passes_bant(desk: Desk, handoff_id: int, *, by: str) -> None:
    """Answer as many items of the checklist as it takes."""
    given = {item: Given(Verdict.YES, "They said so") for item in ("budget", "authority", "need", "timing")}
    desk.does(checklists.save, by=by, handoff_id=handoff_id, given=given)


def test_a_receipt_goes_to_whoever_announced_the_lead_once(desk: Desk) -> None:
    desk.hands_over(person="Jo Petrov")
    assert pending(desk) == [f"direct:{desk.person('UMIKA').id}"]
    assert desk.hands_over(person="Jo Petrov", by="UOLU").already
    assert pending(desk) == [f"direct:{desk.person('UMIKA').id}"]


def test_a_rep_who_announces_a_lead_gets_one_receipt(desk: Desk) -> None:
    desk.hands_over(by="UANA")
    assert pending(desk) == [f"direct:{desk.person('UANA').id}"]


def test_a_lead_that_came_by_itself_has_no_receipt(desk: Desk) -> None:
    desk.takes(ActivityInput(id="1", kind="demo-request", lead=LeadInput(email="jo@acme.example")))
    assert desk.all(Handoff)
    assert pending(desk) == []


def test_it_fills_in_from_offered_to_won(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered(company="Acme", person="Jo Petrov")
    was = receipt(desk, handoff_id)
    assert (was.lead, was.state, was.announced_at) == ("Acme · Jo Petrov", "offered", desk.now)
    assert was.offered_to is not None
    assert was.offered_to.name == "Ana Ruiz"
    assert (was.opened_at, was.accepted_at, was.contacted_at, was.qualified_at) == (None, None, None, None)
    seen = wanted(desk)
    desk.later(minutes=5)
    opens(desk, handoff_id, by="UANA")
    assert wanted(desk) == seen + 1
    desk.later(minutes=5)
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    desk.later(minutes=5)
    desk.does(progress.log_contact, by="UANA", handoff_id=handoff_id, kind="call", note=None)
    desk.later(minutes=5)
    passes_bant(desk, handoff_id, by="UANA")
    desk.later(minutes=5)
    desk.does(progress.set_stage, by="UANA", handoff_id=handoff_id, stage="won")
    now = receipt(desk, handoff_id)
    times = (now.opened_at, now.accepted_at, now.contacted_at, now.qualified_at, now.ended_at)
    started = now.announced_at
    assert [(at - started).seconds // 60 for at in times if at is not None] == [5, 10, 15, 20, 25]
    assert (now.state, now.offered_to, now.owner) == ("won", None, now.asked_last)


def test_the_verdict_tells_its_reason_and_the_note(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    desk.does(
        decisions.disqualify, by="UANA", handoff_id=handoff_id, offer_id=offer_id, reason="other", note="A student"
    )
    now = receipt(desk, handoff_id)
    assert (now.state, now.reason_note) == ("disqualified", "A student")
    assert now.reason is not None
    desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    again = receipt(desk, handoff_id)
    assert (again.state, again.reason, again.reason_note, again.ended_at) == ("offered", None, None, None)
    # Ana did look at it.
    assert again.opened_at is not None


def test_an_undone_acceptance_is_gone_from_it(desk: Desk) -> None:
    handoff_id = desk.accepted()
    assert receipt(desk, handoff_id).accepted_at is not None
    desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)
    now = receipt(desk, handoff_id)
    assert (now.state, now.accepted_at, now.owner) == ("offered", None, None)


def test_it_tells_who_was_asked_before_and_how_often_somebody_was(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    desk.passes_on(handoff_id, by="UANA", reason="no-time")
    now = receipt(desk, handoff_id)
    assert now.before is not None
    assert (now.before.name, now.before_outcome, now.asked) == ("Ana Ruiz", "declined", 2)
    assert now.before_reason is not None
    desk.later(minutes=31)
    desk.ticks()
    now = receipt(desk, handoff_id)
    assert now.asked_last is not None
    assert (now.asked_last.name, now.asked) == ("Chloe Martin", 3)
    assert (now.before and now.before.name, now.before_outcome) == ("Ben Okafor", "expired")
    desk.later(minutes=31)
    desk.ticks()
    now = receipt(desk, handoff_id)
    assert (now.state, now.before and now.before.name, now.asked) == ("manager_queue", "Chloe Martin", 3)
    assert (now.asked_last, now.offered_at, now.opened_at) == (None, None, None)


def test_a_pool_that_did_not_claim_is_told_with_the_queue(desk: Desk) -> None:
    handoff_id, _ = desk.offered(source="webinar")
    opens(desk, handoff_id, by="UCHLOE")
    assert receipt(desk, handoff_id).opened_at is None
    opens(desk, handoff_id, by="UBEN")
    assert receipt(desk, handoff_id).opened_at == desk.now
    desk.later(minutes=31)
    desk.ticks()
    now = receipt(desk, handoff_id)
    assert (now.state, now.queue_reason, now.pool) == ("manager_queue", "pool_expired", "Webinars")


def test_only_the_first_press_of_whoever_is_asked_opens_a_lead(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    for somebody in ("UBEN", "UMAYA", "UNOBODY"):
        opens(desk, handoff_id, by=somebody)
    assert receipt(desk, handoff_id).opened_at is None
    opens(desk, handoff_id, by="UANA")
    first = desk.now
    desk.later(minutes=3)
    opens(desk, handoff_id, by="UANA")
    assert receipt(desk, handoff_id).opened_at == first
    desk.passes_on(handoff_id, by="UANA")
    # The card of an offer that has gone on opens nothing.
    desk.does(context.record_opening, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    assert receipt(desk, handoff_id).opened_at is None
    assert desk.all(Person, Person.slack_user_id == "UNOBODY") == []


def test_a_manager_who_takes_what_a_rep_was_offered_has_not_opened_it_for_them(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UMAYA")
    now = receipt(desk, handoff_id)
    assert (now.opened_at, now.owner and now.owner.name) == (None, "Maya Cohen")
    assert now.asked_last is not None
    assert now.asked_last.name == "Ana Ruiz"


def test_a_checklist_that_passes_after_the_verdict_qualifies_nothing(desk: Desk) -> None:
    first = desk.accepted()
    desk.does(progress.lose, by="UANA", handoff_id=first, reason="price", note=None)
    desk.later(minutes=1)
    second = desk.accepted()
    passes_bant(desk, second, by="UMAYA")
    assert receipt(desk, first).qualified_at is None
    assert receipt(desk, second).qualified_at == desk.now


def test_somebody_whom_the_playbook_does_not_name_reads_no_address_on_their_receipt(desk: Desk) -> None:
    handoff_id = desk.hands_over(company="", email="jo@acme.example", by="UDAN").handoff_id
    assert "jo@" not in receipt(desk, handoff_id, "UDAN").lead


def test_receipts_follow_whoever_turns_out_to_be_named_by_the_playbook(desk: Desk) -> None:
    """Somebody announced a lead before Slack had said that their Slack user has the playbook's e-mail."""
    handoff_id = desk.hands_over(by="UDAN").handoff_id
    desk.publishes(
        PLAYBOOK.replace("pools:", "  - {email: dan@northwind.example, name: Dan Lee, roles: [marketer]}\npools:")
    )
    (named,) = desk.all(Person, Person.email == "dan@northwind.example")

    with desk.database.transaction() as session:
        person = session.get_one(Person, named.id)
        publishing.person_found(session, person, slack_user_id="UDAN", zone=None, locale=None, now=desk.now)
    assert desk.handoff(handoff_id).announcer_id == named.id
    assert pending(desk)[-1] == f"direct:{named.id}"


def test_a_lead_that_is_put_off_says_until_when_and_what_was_said(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    desk.does(
        snooze.snooze, by="UANA", handoff_id=handoff_id, offer_id=offer_id, day="2027-03-01", note="Budget in spring"
    )
    was = receipt(desk, handoff_id)
    assert (was.state, was.lifecycle, was.reason_note) == ("snoozed", "nurture", "Budget in spring")
    assert was.resume_at is not None
    desk.now = datetime(2027, 3, 1, 9, tzinfo=UTC)
    while desk.ticks():
        pass
    again = receipt(desk, handoff_id)
    assert (again.state, again.asked_last and again.asked_last.name, again.asked) == ("offered", "Ana Ruiz", 1)
    text = templates.render("messages/receipt", receipt=was)["text"]
    assert "■ Not now, comes back <!date^" in str(text)
    assert "□" not in str(text)
