"""Review."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session

from qualification import clocks, decisions, publishing, routing, search, showing
from qualification.facts import PersonRef
from qualification.records import Delivery, Handoff, Lane, Membership, Person, Pool
from qualification.rules.handoff import OfferOutcome
from qualification.rules.refusals import AlreadyHandedOver, NotAManager, NotYours

from .conftest import PLAYBOOK, Desk


def disqualifies(desk: Desk, handoff_id: int, *, by: str = "UANA") -> None:
    offer_id = desk.card(handoff_id).offer_id
    desk.does(decisions.disqualify, by=by, handoff_id=handoff_id, offer_id=offer_id, reason="no-need", note=None)


def test_a_verdict_is_not_undone_once_the_lead_came_back(desk: Desk) -> None:
    handoff_id, _ = desk.offered(email="ivy@acme.example")
    disqualifies(desk, handoff_id)
    desk.offered(email="ivy@acme.example")
    with pytest.raises(AlreadyHandedOver):
        desk.does(decisions.undo, by="UANA", handoff_id=handoff_id)


def test_a_lead_reopened_and_handed_over_at_the_same_instant_is_live_once(desk: Desk) -> None:
    for number in range(25):
        address = f"ivy{number}@acme.example"
        handoff_id, _ = desk.offered("Acme", email=address)
        disqualifies(desk, handoff_id, by="UMAYA")
        gate = threading.Barrier(2)

        def reopen(handoff_id: int = handoff_id, gate: threading.Barrier = gate) -> bool:
            gate.wait()
            try:
                desk.does(decisions.reopen, by="UMAYA", handoff_id=handoff_id)
            except AlreadyHandedOver:
                return False
            return True

        def again(address: str = address, gate: threading.Barrier = gate) -> bool:
            gate.wait()
            return not desk.hands_over("Acme", email=address).already

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(reopen), pool.submit(again)]
            assert sorted(each.result() for each in both) == [False, True]


def test_leads_given_back_in_the_order_they_came_lose_no_turn(desk: Desk) -> None:
    kept = desk.offered("First")[0]
    desk.does(decisions.accept, by="UANA", handoff_id=kept, offer_id=None)
    for who in ("UBEN", "UCHLOE"):
        desk.does(publishing_away, who=who)
    offered = [desk.offered(f"Company {number}")[0] for number in range(3)]
    assert [desk.asked(each) for each in offered] == ["UANA"] * 3
    for each in offered:
        desk.passes_on(each, by="UANA")
    assert desk.turn("UANA") == 1


def publishing_away(session: Session, *, workspace_id: int, who: str, now: object) -> None:
    person = session.scalars(select(Person).where(Person.slack_user_id == who)).one()
    person.away_since = now  # type: ignore[assignment]


def test_a_turn_undone_counts_again_beneath_a_later_one(desk: Desk) -> None:
    for who in ("UBEN", "UCHLOE"):
        desk.does(publishing_away, who=who)
    first, _ = desk.offered("First")
    disqualifies(desk, first, by="UMAYA")
    second, _ = desk.offered("Second")
    desk.does(decisions.undo, by="UMAYA", handoff_id=first)
    desk.passes_on(second, by="UANA")
    assert desk.turn("UANA") == 1


BY_MAIL = PLAYBOOK.replace("slack: UANA", "email: ana@northwind.example").replace("UANA", "ana@northwind.example")
BY_BOTH = PLAYBOOK.replace("{slack: UANA,", "{slack: UANA, email: ana@northwind.example,")


def test_somebody_known_by_two_rows_becomes_one_when_the_playbook_says_so(desk: Desk) -> None:
    desk.publishes(BY_MAIL)
    desk.publishes(BY_BOTH)
    assert desk.person("UANA").email == "ana@northwind.example"
    assert desk.person("UANA").active


def test_two_people_whose_slack_users_were_mixed_up_are_put_right(desk: Desk) -> None:
    both = PLAYBOOK.replace("slack: UANA", "slack: UANA, email: ana@x.example").replace(
        "slack: UBEN", "slack: UBEN, email: ben@x.example"
    )
    desk.publishes(both)
    desk.publishes(
        both.replace("slack: UANA", "slack: UZZZ")
        .replace("slack: UBEN", "slack: UANA")
        .replace("slack: UZZZ", "slack: UBEN")
    )
    assert desk.person("UANA").email == "ben@x.example"


def test_leads_follow_a_rep_who_is_named_by_mail_from_now_on(desk: Desk) -> None:
    accepted = desk.accepted(by="UANA")
    desk.publishes(BY_MAIL)
    (ana,) = desk.all(Person, Person.email == "ana@northwind.example")

    def found(session: Session, *, workspace_id: int, now: object) -> None:
        publishing.person_found(
            session,
            session.get_one(Person, ana.id),
            slack_user_id="UANA",
            zone=None,
            locale=None,
            now=now,  # type: ignore[arg-type]
        )

    desk.does(found)
    assert desk.card(accepted).owner == PersonRef("Ana Ruiz", "UANA")


def test_whoever_is_named_no_more_decides_no_more(desk: Desk) -> None:
    second = PLAYBOOK.replace(
        "  - {slack: UMIKA",
        "  - {slack: UMAX, name: Max Power, roles: [manager, admin], team: emea}\n  - {slack: UMIKA",
    )
    desk.publishes(second)
    handoff_id, offer_id = desk.offered()
    desk.publishes(PLAYBOOK)
    with pytest.raises((NotYours, NotAManager)):
        desk.does(decisions.accept, by="UMAX", handoff_id=handoff_id, offer_id=offer_id)


def test_a_pool_that_is_gone_from_the_playbook_asks_nobody(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    other = PLAYBOOK.replace("inbound: {name: Inbound", "outbound: {name: Outbound").replace(
        "pool: inbound}", "pool: outbound}"
    )
    desk.publishes(other)
    desk.passes_on(handoff_id, by="UANA")
    assert desk.card(handoff_id).state == "queued"


def test_a_new_manager_gets_the_queue(desk: Desk) -> None:
    desk.later(days=5)
    handoff_id = desk.hands_over().handoff_id
    assert desk.card(handoff_id).state == "queued"
    desk.publishes(PLAYBOOK.replace("manager: UMAYA", "manager: UOLU").replace("roles: [admin]", "roles: [admin, manager]"))
    lanes = {lane.id: lane.person_id for lane in desk.all(Lane)}
    cards = desk.all(Delivery, Delivery.kind == "direct_card", Delivery.handoff_id == handoff_id)
    assert desk.person("UOLU").id in {lanes[card.lane_id] for card in cards}


def test_a_size_typed_without_the_company_counts(desk: Desk) -> None:
    handoff_id, _ = desk.offered("Acme", email="ivy@acme.example", size="50")
    disqualifies(desk, handoff_id)
    again = desk.hands_over("", email="ivy@acme.example", size="5000", country="DE").handoff_id
    assert (desk.card(again).size, desk.card(again).country) == (5000, "DE")


def test_a_manager_s_offer_given_back_says_that_everyone_was_asked(desk: Desk) -> None:
    desk.later(days=5)
    handoff_id = desk.hands_over(source="webinar").handoff_id
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UANA")
    desk.passes_on(handoff_id, by="UANA")
    assert desk.card(handoff_id).queued_because != "pool_lapsed"


def test_a_lead_given_away_is_nobody_s_decision(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    desk.does(decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")
    assert desk.card(handoff_id).decided_by is None


def test_a_thread_goes_on_under_the_card_in_the_team_s_channel_of_today(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    for channel in ("#sales-b", "#sales-c"):
        desk.publishes(PLAYBOOK.replace("#sales-emea", channel))
        desk.does(
            decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN" if channel == "#sales-b" else "UCHLOE"
        )
        lanes = {lane.id: lane.place for lane in desk.all(Lane)}
        lines = sorted(
            desk.all(Delivery, Delivery.kind == "thread_line", Delivery.handoff_id == handoff_id), key=lambda d: d.id
        )
        assert lanes[lines[-1].lane_id] == channel


def test_an_older_card_of_the_same_lead_is_drawn_anew(desk: Desk) -> None:
    older, _ = desk.offered(email="ivy@acme.example")
    disqualifies(desk, older)
    desk.offered(email="ivy@acme.example")

    def wanted() -> int:
        return desk.all(Delivery, Delivery.kind == "lead_card", Delivery.handoff_id == older)[0].wanted

    before = wanted()
    desk.hands_over(email="ivy@acme.example", phone="+49 30 1234")
    assert wanted() > before


@contextmanager
def counted(desk: Desk) -> Iterator[list[str]]:
    statements: list[str] = []
    engines = {desk.database.engine, desk.database._reader if desk.database.is_sqlite else desk.database.engine}

    def note(_c, _u, statement, *_):  # type: ignore[no-untyped-def]
        statements.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_a_longer_list_asks_the_database_no_more_often(desk: Desk) -> None:
    def asks() -> int:
        ana = desk.person("UANA")
        with counted(desk) as statements:
            desk.reads(lambda session: search.mine(session, session.merge(ana, load=False)))
        return len(statements)

    desk.accepted("A0", by="UMAYA")
    for n in range(3):
        desk.accepted(f"A{n}", by="UMAYA")

    def maya() -> int:
        person = desk.person("UMAYA")
        with counted(desk) as statements:
            desk.reads(lambda session: search.mine(session, person))
        return len(statements)

    few = maya()
    for n in range(6):
        desk.accepted(f"B{n}", by="UMAYA")
    assert maya() == few


def test_clocks_lock_pools_before_they_make_lanes(desk: Desk) -> None:
    if desk.database.is_sqlite:
        return
    two = (
        PLAYBOOK.replace("  webinars:", "  fairs: {name: Fairs, team: emea, members: [UBEN, UCHLOE]}\n  webinars:")
        .replace(
            "  - {name: Everything else",
            "  - {name: Fairs, when: {source: webinar}, pool: fairs}\n  - {name: Everything else",
        )
        .replace("  - {name: Webinars, when: {source: webinar}, pool: webinars, offer: claim}\n", "")
    )
    desk.publishes(two)
    desk.offered("One")
    desk.offered("Two", source="webinar")
    desk.later(minutes=31)
    fairs = desk.all(Pool, Pool.key == "fairs")[0].id
    olu = desk.person("UOLU")
    with ThreadPoolExecutor(1) as pool:
        with desk.database.transaction() as session:
            session.get_one(Pool, fairs, with_for_update={"key_share": True})
            ticking = pool.submit(desk.ticks)
            while not session.scalar(text("select count(*) from pg_locks where not granted")):
                assert not ticking.done()
            showing.owe_home(session, olu, now=desk.now)
        assert ticking.result() == 2
