"""What is due: one reminder, then the next rep, then the manager, once; the end of undo."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.database import Database
from qualification.handoffs import decisions
from qualification.outbox import surfaces
from qualification.people import people
from qualification.records import Delivery, Handoff, Membership, Person, Pool
from qualification.rules.people.reachability import Unreachable
from qualification.views import home
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK, without
from tests.worlds.waiting import until_waiting


def test_a_rep_is_reminded_once(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    desk.later(minutes=14, seconds=59)
    assert desk.ticks() == 0
    desk.later(seconds=1)
    assert (desk.ticks(), desk.ticks()) == (1, 0)
    assert desk.kinds(handoff_id).count("reminded") == 1
    assert len(desk.all(Delivery, Delivery.kind == "reminder")) == 1


def test_what_nobody_takes_in_time_goes_to_the_next_rep(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    desk.later(minutes=30)
    assert desk.ticks() == 1
    card = desk.card(handoff_id)
    assert desk.asked(handoff_id) == "UBEN"
    assert card.accept_by == desk.now + timedelta(minutes=30)
    assert [offer.outcome for offer in desk.offers(handoff_id)] == ["expired", "open"]


def test_a_lapsed_turn_is_lost(desk: Desk) -> None:
    """Not mine gives the turn back; silence does not."""
    desk.offered("First")
    desk.later(minutes=30)
    desk.ticks()
    assert (desk.turn("UANA"), desk.turn("UBEN")) == (1, 2)
    assert desk.asked(desk.hands_over("Second").handoff_id) == "UCHLOE"


def test_after_two_offers_it_waits_for_the_manager_once_and_for_good(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    for _ in range(2):
        desk.later(minutes=30)
        desk.ticks()
    card = desk.card(handoff_id)
    assert (card.state, card.queue_reason, card.accept_by) == ("manager_queue", "everyone_asked", None)
    desk.later(days=3)
    assert desk.ticks() == 0
    assert desk.kinds(handoff_id).count("queued_for_manager") == 1


def test_a_late_pass_asks_about_an_offer_that_has_been_answered_no_more(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    desk.later(hours=2)
    desk.ticks()
    assert not {"reminded", "expired"} & set(desk.kinds(handoff_id))


def test_a_pool_that_nobody_claims_from_goes_to_the_manager(desk: Desk) -> None:
    handoff_id, _ = desk.offered(source="webinar")
    desk.later(minutes=15)
    desk.ticks()
    assert desk.events(handoff_id)[-1].facts == {"to_id": None}
    desk.later(minutes=15)
    desk.ticks()
    card = desk.card(handoff_id)
    assert (card.state, card.queue_reason) == ("manager_queue", "pool_expired")


def test_somebody_away_is_passed_over(desk: Desk) -> None:
    desk.does(people.set_away, slack_user_id="UANA", until=desk.now + timedelta(hours=1))
    assert desk.asked(desk.hands_over("First").handoff_id) == "UBEN"
    desk.later(hours=1)
    assert desk.asked(desk.hands_over("Second").handoff_id) == "UANA"


def test_whoever_said_until_when_they_are_away_is_back_then_and_their_home_says_so(desk: Desk) -> None:
    desk.does(home.open_home, slack_user_id="UANA")
    desk.does(people.set_away, slack_user_id="UANA", until=desk.now + timedelta(hours=1))
    (tab,) = desk.all(Delivery, Delivery.kind == "home")
    desk.later(minutes=59)
    assert desk.ticks() == 0
    desk.later(minutes=1)
    assert desk.ticks() == 1
    assert desk.person("UANA").away_since is None
    assert desk.all(Delivery, Delivery.kind == "home")[0].desired_revision == tab.desired_revision + 1


@pytest.mark.parametrize("gone", ["out of the playbook", *Unreachable])
def test_whoever_leaves_keeps_no_offer_and_no_clock(desk: Desk, gone: str) -> None:
    handoff_id, _ = desk.offered()
    facts = {"slack_user_id": "UANA", "name": None, "zone": None, "locale": None}
    if gone == "out of the playbook":
        desk.publishes(without(PLAYBOOK, "UANA"))
    elif gone == "deactivated":
        desk.does(people.refresh, **facts, deactivated=True)
    else:
        desk.does(people.refresh, **facts, deactivated=False, unreachable=Unreachable(gone))
    assert desk.ticks() == 1
    assert desk.asked(handoff_id) == "UBEN"
    assert desk.events(handoff_id)[-2].facts["has_left"] is True
    assert desk.ticks() == 0
    desk.later(minutes=15)
    desk.ticks()
    assert [each.person_id for each in desk.offers(handoff_id) if each.outcome == "open"] == [desk.person("UBEN").id]
    assert len(desk.all(Delivery, Delivery.kind == "reminder")) == 1


def test_whoever_stays_keeps_the_clock_of_an_offer_when_a_playbook_is_published(desk: Desk) -> None:
    handoff_id, _ = desk.offered()
    accept_by = desk.card(handoff_id).accept_by
    desk.publishes(without(PLAYBOOK, "UCHLOE"))
    assert (desk.ticks(), desk.asked(handoff_id), desk.card(handoff_id).accept_by) == (0, "UANA", accept_by)


def test_invariant_8_hours_are_counted_in_the_zone_of_the_person(desk: Desk) -> None:
    """Ana works in New York: at noon in London she is not there, and her half hour begins at nine in the morning."""
    facts = {"name": None, "locale": None, "deactivated": False}
    desk.does(people.refresh, slack_user_id="UANA", zone="America/New_York", **facts)
    assert desk.asked(desk.hands_over("Morning").handoff_id) == "UBEN"
    desk.now = datetime(2026, 11, 24, 21, 45, tzinfo=UTC)
    handoff_id = desk.hands_over("Evening").handoff_id
    assert desk.asked(handoff_id) == "UANA"
    # A quarter of an hour until five, and another from nine the next morning.
    assert desk.card(handoff_id).accept_by == datetime(2026, 11, 25, 14, 15, tzinfo=UTC)


def test_invariant_8_hours_stay_hours_across_a_change_of_the_clocks(desk: Desk) -> None:
    """London puts its clocks back in the night to Sunday, 25 October 2026: nine is an hour later by UTC on Monday."""
    desk.now = datetime(2026, 10, 23, 15, 45, tzinfo=UTC)
    handoff_id = desk.hands_over("Friday").handoff_id
    assert desk.card(handoff_id).accept_by == datetime(2026, 10, 26, 9, 15, tzinfo=UTC)


def test_the_time_to_undo_ends_by_itself(desk: Desk) -> None:
    handoff_id = desk.accepted(by="UANA")
    assert desk.card(handoff_id).undo_until == desk.now + timedelta(minutes=5)
    desk.later(minutes=5)
    desk.ticks()
    assert desk.card(handoff_id).undo_until is None
    assert desk.ticks() == 0


def test_invariant_10_a_second_pass_at_the_same_moment_does_nothing(desk: Desk) -> None:
    for number in range(5):
        desk.hands_over(f"Company {number}")
    desk.later(minutes=30)
    assert desk.ticks() == 5
    told = len(desk.kinds(1))
    assert desk.ticks() == 0
    assert len(desk.kinds(1)) == told


def test_clocks_of_one_workspace_do_not_strike_in_another(desk: Desk, other_desk: Desk) -> None:
    handoff_id = other_desk.hands_over().handoff_id
    desk.later(hours=1)
    assert desk.ticks() == 0
    assert other_desk.kinds(handoff_id)[-1] == "offered"


def test_a_pass_locks_its_pools_before_it_makes_a_lane(postgresql_url: str) -> None:
    """As every decision does: in the other order a pass and a decision would wait for each other."""
    database = Database(postgresql_url)
    fairs = "  fairs: {name: Fairs, team: emea, members: [UCHLOE, UANA]}\n  webinars:"
    webinars = "{name: Webinars, when: {source: webinar}, pool: webinars, offer: claim}"
    desk = open_desk(
        database,
        playbook=PLAYBOOK.replace("  webinars:", fairs).replace(
            webinars, "{name: Fairs, when: {source: webinar}, pool: fairs}"
        ),
    )
    desk.offered("One")
    desk.offered("Two", source="webinar")
    desk.later(minutes=31)
    (pool,) = desk.all(Pool, Pool.key == "fairs")
    somebody = desk.person("UOLU")
    with ThreadPoolExecutor(1) as thread:
        with database.transaction() as session:
            session.get_one(Pool, pool.id, with_for_update={"key_share": True})
            ticking = thread.submit(desk.ticks)
            until_waiting(session, ticking)
            surfaces.enqueue_home(session, somebody, now=desk.now)
        assert ticking.result() == 2
    database.dispose()


def test_an_offer_that_cannot_be_seen_to_is_put_off_and_holds_up_no_other(desk: Desk) -> None:
    first, _ = desk.offered("First")
    second, _ = desk.offered("Second")
    with desk.database.transaction() as session:
        webinars = session.scalars(select(Pool).where(Pool.key == "webinars")).one()
        maya = session.scalars(select(Person).where(Person.slack_user_id == "UMAYA")).one()
        session.add(
            Membership(workspace_id=desk.workspace_id, pool_id=webinars.id, person_id=maya.id, position=9, active=True)
        )
        session.get_one(Handoff, first).pool_id = webinars.id
        maya.zone = "Nowhere/Nothing"
    desk.later(minutes=30)
    desk.ticks()
    assert (desk.asked(first), desk.asked(second)) == ("UANA", "UCHLOE")
    assert "expired" not in desk.kinds(first)
    with desk.database.transaction() as session:
        session.get_one(Person, maya.id).zone = "Europe/London"
    desk.later(minutes=5)
    desk.ticks()
    assert desk.asked(first) == "UBEN"
