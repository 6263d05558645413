"""What leads do, added up, and what becomes of who does enough."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest

from qualification.handoffs import decisions
from qualification.intake import ingest
from qualification.intake.ingest import Ingested
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Activity, ChannelQueue, Delivery, Handoff, Lead
from qualification.rules.intake import lenient
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.views.cards import LeadCard
from tests.worlds.desk import MORNING, Desk
from tests.worlds.playbook import PLAYBOOK

IVY = {"email": "ivy@acme.example", "name": "Ivy Chen", "company": "Acme"}


class Web:
    """A sender, and the ids it gives what it sends."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._ids: Iterator[int] = itertools.count(1)

    def sends(
        self,
        kind: str,
        *,
        lead: Mapping[str, object] | None = None,
        key: str | None = None,
        **said: object,
    ) -> Ingested:
        """Send an activity."""
        given = {"id": key or f"a{next(self._ids)}", "kind": kind, "lead": lead or IVY, **said}
        return self.takes(ActivityInput.model_validate(given))

    def takes(self, given: ActivityInput | LeadInput) -> Ingested:
        """Send what is given."""
        return self.desk.takes(given)

    def lead(self) -> Lead:
        """Return the one lead there is."""
        (lead,) = self.desk.all(Lead)
        return lead

    def card(self) -> LeadCard:
        """Return the card of the newest handoff."""
        return self.desk.card(max(handoff.id for handoff in self.desk.all(Handoff)))


@pytest.fixture
def web(desk: Desk) -> Web:
    """Give a sender."""
    return Web(desk)


def test_activities_add_up_and_the_threshold_hands_the_lead_over(web: Web, desk: Desk) -> None:
    for kind in ("content-download",) * 3 + ("email-opened", "email-clicked") * 2:
        web.sends(kind)
    assert (web.lead().score, web.lead().lifecycle) == (44, "lead")
    assert desk.all(Handoff) == []
    web.sends("pricing-page")
    card = web.card()
    assert (card.state, card.score, card.announcer, card.lifecycle) == ("offered", 59, None, "mql")
    assert [(each.name, each.times, each.points) for each in card.contributions] == [
        ("Content downloaded", 3, 30),
        ("Pricing page visited", 1, 15),
        ("E-mail clicked", 2, 10),
    ]


def test_a_demo_request_is_a_handoff_at_once(web: Web) -> None:
    web.sends("demo-request", lead={**IVY, "problem": "Reports take a week", "source": "demo"})
    card = web.card()
    assert (card.state, card.score, card.problem, card.source) == ("offered", 0, "Reports take a week", "Demo request")
    assert [each.name for each in card.contributions] == ["Demo requested"]


def test_what_comes_twice_counts_once(web: Web, desk: Desk) -> None:
    first = web.sends("contact-form", key="same")
    assert web.sends("contact-form", key="same") == first
    assert (web.lead().score, len(desk.all(Activity))) == (15, 1)


def test_late_doubled_and_out_of_order_activities_give_the_same_score(desk: Desk, other_desk: Desk) -> None:
    kinds = ["pricing-page", "email-opened", "email-opened", "blog-post", "unsubscribed"]
    sent = [(f"a{number}", kind, MORNING - timedelta(days=number)) for number, kind in enumerate(kinds)]
    shuffled = [*reversed(sent), *sent[::2], *sent[1::2]]
    for one, order in ((desk, sent), (other_desk, shuffled)):
        for key, kind, at in order:
            Web(one).sends(kind, key=key, at=at.isoformat())
    scores = [
        [lead.score for lead in one.all(Lead, Lead.workspace_id == one.workspace_id)] for one in (desk, other_desk)
    ]
    assert scores == [[16], [16]]


def test_a_lead_with_sales_is_not_handed_over_again_and_its_card_keeps_itself_true(web: Web, desk: Desk) -> None:
    web.sends("trial")
    before = {each.id: each.desired_revision for each in desk.all(Delivery)}
    queues = {queue.id: queue.due_at for queue in desk.all(ChannelQueue)}
    with desk.database.transaction() as session:
        for queue in session.query(ChannelQueue):
            queue.due_at = None
    for _ in range(10):
        desk.later(seconds=5)
        web.sends("blog-post")
    assert len(desk.all(Handoff)) == 1
    assert web.card().score == 45
    cards = [each for each in desk.all(Delivery) if each.kind in {"lead_card", "direct_card"}]
    assert cards
    assert all(card.desired_revision == before[card.id] + 10 for card in cards)
    due = {queue.due_at for queue in desk.all(ChannelQueue) if queue.id in {card.queue_id for card in cards}}
    assert due == {MORNING + timedelta(seconds=65)}, queues


def test_after_a_handoff_only_what_is_done_since_counts_towards_the_next(web: Web, desk: Desk) -> None:
    web.sends("trial")
    card = web.card()
    facts = {"handoff_id": card.handoff_id, "offer_id": card.offer_id, "reason": "no-budget", "note": None}
    desk.does(decisions.disqualify, by=desk.asked(card.handoff_id), **facts)
    desk.later(minutes=10)
    for kind in ("pricing-page", "contact-form", "content-download", "email-clicked"):
        web.sends(kind)
    assert len(desk.all(Handoff)) == 1
    web.sends("email-clicked")
    assert [handoff.state for handoff in desk.all(Handoff)] == ["disqualified", "offered"]
    assert web.card().handoff_number == 2


def test_a_gate_holds_whom_sales_should_not_see_says_so_once_and_lets_go(web: Web, desk: Desk) -> None:
    kim = {"email": "kim@gmail.com"}
    for _ in range(5):
        web.sends("content-download", lead=kim)
    web.sends("blog-post", lead=kim)
    assert (desk.all(Handoff), web.lead().gated_by) == ([], "Free mail")
    assert desk.lead_kinds(web.lead().id) == ["came_in", "gated"]
    web.sends("demo-request", lead=kim)
    assert [handoff.state for handoff in desk.all(Handoff)] == ["offered"]
    assert web.lead().gated_by is None


def test_two_that_are_ready_together_are_handed_over_once_they_are_known_to_be_one(web: Web, desk: Desk) -> None:
    for lead in ({"id": "cookie-7"}, IVY):
        web.sends("pricing-page", lead=lead)
        web.sends("pricing-page", lead=lead)
    assert desk.all(Handoff) == []
    web.takes(LeadInput.model_validate({**IVY, "id": "cookie-7"}))
    assert (web.card().score, web.card().state) == (60, "offered")


def test_who_is_held_is_let_go_by_what_a_sender_then_says(web: Web, desk: Desk) -> None:
    for _ in range(4):
        web.sends("pricing-page", lead={"id": "7", "email": "ivy@gmail.com"})
    assert web.lead().gated_by == "Free mail"
    web.takes(LeadInput.model_validate({**IVY, "id": "7"}))
    assert [handoff.state for handoff in desk.all(Handoff)] == ["offered"]
    assert web.lead().gated_by is None


def test_who_is_held_for_what_they_wrote_is_let_go_by_other_words(web: Web, desk: Desk) -> None:
    links = "https://a.example https://b.example https://c.example"
    for _ in range(4):
        web.sends("pricing-page", lead={**IVY, "problem": links})
    assert web.lead().gated_by == "Full of links"
    web.takes(LeadInput.model_validate({**IVY, "problem": "We want a quote for 300 seats"}))
    assert [handoff.state for handoff in desk.all(Handoff)] == ["offered"]


def test_do_not_contact_stops_even_a_demo_request(web: Web, desk: Desk) -> None:
    web.sends("demo-request", lead={**IVY, "do_not_contact": True})
    assert (desk.all(Handoff), web.lead().gated_by) == ([], "Do not contact")


def test_a_gate_may_disqualify(web: Web, desk: Desk) -> None:
    gate = "{name: Competitor, when: {domain: rival.example}, outcome: disqualify, reason: not-a-buyer}"
    desk.publishes(f"{PLAYBOOK}\ngates: [{gate}]\n")
    web.sends("trial", lead={"email": "x@rival.example"})
    assert (desk.all(Handoff), web.lead().lifecycle) == ([], "disqualified")


def test_what_the_playbook_and_the_clock_do_not_know_is_left_out_and_named(web: Web, desk: Desk) -> None:
    later = (MORNING + timedelta(days=1)).isoformat()
    taken = web.sends("trial", lead={**IVY, "source": "moon", "value": "lots"}, at=later)
    assert [error.field for error in taken.lost] == ["activity.at", "lead.source", "lead.value"]
    (activity,) = desk.all(Activity)
    assert activity.at == MORNING
    assert web.lead().unread == {"source": "moon", "value": "lots"}


def test_an_activity_of_no_kind_leaves_its_lead(web: Web, desk: Desk) -> None:
    taken = web.sends("dance", lead=IVY)
    assert taken.lost == (RowError("activity.kind", "the playbook has no activity called `dance`"),)
    assert (taken.activity_id, desk.all(Activity), web.lead().unread) == (None, [], None)


def test_a_field_that_is_read_later_is_no_longer_unread(web: Web) -> None:
    web.takes(lenient.read(LeadInput, {**IVY, "size": "99999999", "country": "Nowhere"}))
    assert web.lead().unread == {"size": "99999999", "country": "Nowhere"}
    web.takes(lenient.read(LeadInput, {**IVY, "size": "80"}))
    assert web.lead().unread == {"country": "Nowhere"}


def test_what_is_said_anew_of_a_lead_with_sales_stands_in_its_thread(web: Web, desk: Desk) -> None:
    web.sends("trial")
    web.takes(LeadInput.model_validate({**IVY, "title": "CTO"}))
    assert desk.kinds(web.card().handoff_id)[-1] == "updated"
    assert web.card().title == "CTO"


def test_where_somebody_without_a_company_is_counts_for_their_routing(web: Web) -> None:
    web.sends("trial", lead={"email": "ivy@gmail.com", "country": "Germany", "size": 12})
    assert (web.card().country, web.card().size, web.card().company) == ("DE", 12, None)
    assert (web.lead().country, web.lead().size) == ("DE", 12)


def test_where_a_lead_is_goes_before_where_its_company_is(web: Web) -> None:
    web.takes(LeadInput.model_validate({"email": "kim@acme.example", "country": "US", "size": 900}))
    web.sends("trial", lead={**IVY, "country": "DE"})
    assert (web.card().country, web.card().size) == ("DE", 900)


def test_scores_written_at_once_stand_in_the_records_and_make_no_press_too_late(web: Web, desk: Desk) -> None:
    web.takes(LeadInput.model_validate(IVY))
    before = web.lead()

    def run(session: UnitOfWork, workspace_id: int, now: datetime) -> tuple[Lead, tuple[object, ...]]:
        given = ActivityInput.model_validate({"id": "x", "kind": "pricing-page", "lead": IVY})
        ingest.ingest(session, workspace_id, "web", [given], now=now)
        lead = session.get_one(Lead, before.id)
        stood = (lead.score, lead.lifecycle, lead.version)
        session.refresh(lead)
        return lead, stood

    lead, stood = desk.does(run)
    assert stood == (lead.score, lead.lifecycle, lead.version) == (15, Lifecycle.LEAD, before.version)
