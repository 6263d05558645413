"""Summaries while a clock was wrong: each event is counted in one of them, and each local date has one message."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.database import Database
from qualification.handoffs import decisions
from qualification.records import Delivery, Summary, Team
from qualification.reporting import summaries
from tests.qualification.reporting.test_summaries import made, planned, strikes, told
from tests.worlds.desk import MORNING, Desk, open_desk

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The summary of the first day is due at half past eight on the next one.
HOURS = [datetime(2026, 11, 25, 8, 30, 10, tzinfo=UTC) + number * DAY for number in range(3)]


def handed_over(desk: Desk) -> list[int]:
    return [told(desk, each).steps.handed_over for each in made(desk)]


def test_one_that_was_made_a_day_early_is_put_right_at_its_hour(desk: Desk) -> None:
    desk.offered("Acme")
    assert strikes(desk, MORNING + DAY) == 1
    (early,) = made(desk)
    assert told(desk, early).new == ("Acme",)
    desk.now = MORNING + HOUR
    desk.offered("Bolt")
    assert strikes(desk, desk.now) == 0
    assert strikes(desk, HOURS[0]) == 1
    (right,) = made(desk)
    assert (right.id, right.day, right.due_at, right.since) == (early.id, early.day, early.due_at, early.since)
    shown = told(desk, right)
    assert (shown.new, shown.made_at, shown.late, shown.stands_later) == (("Acme", "Bolt"), HOURS[0], False, False)
    assert len(desk.all(Delivery, Delivery.kind == "summary")) == 1
    assert len(desk.all(Delivery, Delivery.kind == "summary_details")) == 1
    assert planned(desk) == [(date(2026, 11, 26), datetime(2026, 11, 26, 8, 30, tzinfo=UTC))]
    assert strikes(desk, HOURS[1]) == 1
    assert handed_over(desk) == [2, 0]


def test_one_that_was_made_early_and_is_right_as_it_stands_is_not_counted_again(desk: Desk) -> None:
    desk.offered("Acme")
    assert strikes(desk, MORNING + DAY) == 1
    assert strikes(desk, HOURS[0]) == 0
    assert handed_over(desk) == [1]


def test_what_one_made_early_missed_is_in_the_next_where_nobody_worked_at_its_hour(desk: Desk) -> None:
    assert strikes(desk, MORNING + DAY) == 1
    desk.now = MORNING + HOUR
    desk.offered("Acme")
    assert strikes(desk, HOURS[0] + HOUR) == 0
    assert strikes(desk, HOURS[1]) == 1
    assert handed_over(desk) == [0, 1]
    assert told(desk).came_in == 1
    assert strikes(desk, HOURS[2]) == 1
    assert handed_over(desk) == [0, 1, 0]


def test_what_a_clock_that_was_behind_wrote_is_in_the_next(desk: Desk) -> None:
    assert strikes(desk, HOURS[0]) == 1
    desk.now = HOURS[0] + 3 * HOUR - DAY
    desk.offered("Acme")
    assert strikes(desk, HOURS[0] + 3 * HOUR) == 0
    assert strikes(desk, HOURS[1]) == 1
    assert handed_over(desk) == [0, 1]


def test_what_comes_late_within_the_hour_is_counted_there_a_few_minutes_apart(desk: Desk) -> None:
    assert strikes(desk, HOURS[0]) == 1
    for minutes, counted_again in ((1, 1), (3, 0), (6, 1)):
        # The clock of the machine that writes is a quarter of an hour behind.
        desk.now = HOURS[0] + timedelta(minutes=minutes - 15)
        desk.offered(f"Company {minutes}")
        assert strikes(desk, HOURS[0] + timedelta(minutes=minutes)) == counted_again
    assert handed_over(desk) == [3]
    assert strikes(desk, HOURS[1]) == 1
    assert handed_over(desk) == [3, 0]


def test_who_did_what_is_told_anew_where_all_of_it_was_taken_back(desk: Desk) -> None:
    handoff_id, offer_id = desk.offered("Acme")
    strikes(desk, HOURS[0])
    by = desk.asked(handoff_id)
    desk.does(decisions.disqualify, by=by, handoff_id=handoff_id, offer_id=offer_id, reason="no-need", note=None)
    strikes(desk, HOURS[1] + 3 * HOUR)
    (before,) = desk.all(Delivery, Delivery.kind == "summary_details", Delivery.subject == made(desk)[1].id)
    desk.now = HOURS[1] - HOUR
    desk.does(decisions.reopen, by="UMAYA", handoff_id=handoff_id)
    strikes(desk, HOURS[1] + 20 * timedelta(minutes=1))
    assert [told(desk, each).steps.disqualified for each in made(desk)] == [0, 0]
    (after,) = desk.all(Delivery, Delivery.id == before.id)
    assert after.desired_revision == before.desired_revision + 1


@pytest.mark.parametrize("off", [HOUR, -HOUR, DAY, -DAY], ids=["hour ahead", "hour behind", "day ahead", "day behind"])
@pytest.mark.parametrize("hours", [0, 12], ids=["for a moment", "for half a day"])
@pytest.mark.parametrize("begins", [22, 32], ids=["in the evening", "in the morning"])
def test_each_event_is_in_one_summary_and_each_date_has_one_whenever_a_clock_was_wrong(
    desk: Desk, off: timedelta, hours: int, begins: int
) -> None:
    """A worker passes every hour for two days. Leads come every few hours, and from both clocks while one is wrong."""
    wrong_at = datetime(2026, 11, 25, tzinfo=UTC) + begins * HOUR
    companies = 0
    true = HOURS[0] + HOUR / 2
    while true < HOURS[2] + HOUR:
        wrong = wrong_at <= true <= wrong_at + hours * HOUR
        for clock in [true, true + off] if wrong else [true]:
            desk.now = clock
            if wrong or true.hour % 5 == 0:
                desk.offered(f"Company {companies}")
                companies += 1
            strikes(desk, clock + timedelta(seconds=1))
        if true.hour % 4 == 0:
            # A worker begins anew.
            desk.does(summaries.plan)
        true += HOUR
    # What a clock that was ahead wrote has its day to come.
    strikes(desk, HOURS[2] + 3 * DAY)
    days = [each.day for each in made(desk)]
    assert days == [date(2026, 11, day) for day in (25, 26, 27, 30)]
    assert sum(handed_over(desk)) == companies
    assert sum(told(desk, each).came_in for each in made(desk)) == companies
    assert len(desk.all(Delivery, Delivery.kind == "summary")) == len(days)
    assert len(planned(desk)) == 1


def test_one_that_could_not_be_made_while_a_clock_was_ahead_is_tried_again_at_once(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.query(Team).one().zone = "Nowhere/Nothing"
    assert strikes(desk, HOURS[0] + DAY) == 0
    with desk.database.transaction() as session:
        session.query(Team).one().zone = "Europe/London"
    assert strikes(desk, HOURS[0]) == 1


def test_after_one_that_an_older_version_made_only_the_time_counts(desk: Desk) -> None:
    desk.offered("Acme")
    strikes(desk, HOURS[0])
    (first,) = made(desk)
    figures = {name: figure for name, figure in (first.figures or {}).items() if name != "last_event"}
    with desk.database.transaction() as session:
        session.execute(update(Summary).where(Summary.id == first.id).values(figures=figures))
    desk.now = HOURS[0] - HOUR
    desk.offered("Bolt")
    assert strikes(desk, HOURS[0] + HOUR / 2) == 0
    assert strikes(desk, HOURS[1]) == 1
    assert handed_over(desk) == [1, 0]


def test_two_workers_at_the_same_moment_count_one_again_once(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    desk = open_desk(database)
    strikes(desk, HOURS[0])
    desk.now = HOURS[0] - HOUR
    desk.offered("Acme")
    desk.now = HOURS[0] + timedelta(minutes=1)
    with ThreadPoolExecutor(1) as other, database.transaction() as session:
        assert summaries.run_due(session, desk.workspace_id, desk.now) == 1
        assert other.submit(desk.does, summaries.run_due).result() == 0
    assert strikes(desk) == 0
    assert handed_over(desk) == [1]
    database.dispose()
