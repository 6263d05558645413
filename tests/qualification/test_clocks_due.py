"""What is due: one reminder, then the next rep, then the manager, once; the end of undo."""

from datetime import UTC, datetime, timedelta

from qualification import clocks, decisions, people
from qualification.records import Delivery

from .conftest import Desk


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
    assert [offer.outcome for offer in desk.offers(handoff_id)] == ["lapsed", "open"]


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
    assert (card.state, card.queued_because, card.accept_by) == ("queued", "everyone_asked", None)
    desk.later(days=3)
    assert desk.ticks() == 0
    assert desk.kinds(handoff_id).count("queued") == 1


def test_a_late_pass_asks_about_an_offer_that_has_been_answered_no_more(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered()
    desk.does(decisions.accept, by="UANA", handoff_id=handoff_id, offer_id=offer_id)
    desk.later(hours=2)
    desk.ticks()
    assert not {"reminded", "lapsed"} & set(desk.kinds(handoff_id))


def test_a_pool_that_nobody_claims_from_goes_to_the_manager(desk: Desk) -> None:
    handoff_id, _ = desk.offered(source="webinar")
    desk.later(minutes=15)
    desk.ticks()
    assert desk.events(handoff_id)[-1].facts == {"to_id": None}
    desk.later(minutes=15)
    desk.ticks()
    card = desk.card(handoff_id)
    assert (card.state, card.queued_because) == ("queued", "pool_lapsed")


def test_somebody_away_is_passed_over(desk: Desk) -> None:
    desk.does(people.set_away, slack_user_id="UANA", until=desk.now + timedelta(hours=1))
    assert desk.asked(desk.hands_over("First").handoff_id) == "UBEN"
    desk.later(hours=1)
    assert desk.asked(desk.hands_over("Second").handoff_id) == "UANA"


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


def test_the_next_due_moment_is_the_earliest_clock(desk: Desk) -> None:
    def due() -> datetime | None:
        return desk.reads(lambda session: clocks.next_due(session, desk.workspace_id))

    assert due() is None
    desk.hands_over("First")
    first = desk.now + timedelta(minutes=15)
    desk.later(minutes=5)
    desk.hands_over("Second")
    assert due() == first


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
