"""When a team's day is summed up: once a day, at its hour, whatever the clocks and the playbook do."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.reporting.summary_schedule import (
    LATE,
    Due,
    Timetable,
    catch_up,
    day_before,
    is_late,
    latest_due,
    next_due,
    plan,
)

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
EVERY_DAY, WORKDAYS = frozenset(range(7)), frozenset(range(5))
DAY = timedelta(days=1)

zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
timetables = st.builds(
    Timetable, minute=st.integers(0, 24 * 60 - 1), days=st.frozensets(st.integers(0, 6), min_size=1), zone=zones
)
# Where no zone leaves out a whole day.
moments = st.datetimes(datetime(2015, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


def at(day: date, hour: int, minute: int, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


def dues(timetable: Timetable, after: datetime, count: int) -> list[Due]:
    found: list[Due] = []
    for _ in range(count):
        found.append(next_due(timetable, found[-1].at if found else after))
    return found


@pytest.mark.parametrize(
    ("zone", "change", "hours"),
    [
        (LONDON, date(2026, 3, 29), (8, 7, 7)),
        (LONDON, date(2026, 10, 25), (7, 8, 8)),
        (NEW_YORK, date(2026, 3, 8), (13, 12, 12)),
        (NEW_YORK, date(2026, 11, 1), (12, 13, 13)),
    ],
)
def test_the_hour_is_that_of_the_clocks_on_the_wall_across_a_change(
    zone: ZoneInfo, change: date, hours: tuple[int, int, int]
) -> None:
    found = dues(Timetable(8 * 60 + 30, EVERY_DAY, zone), at(change - DAY, 0, 0, zone), 3)
    assert [due.day for due in found] == [change - DAY, change, change + DAY]
    assert tuple(due.at.hour for due in found) == hours
    assert {due.at.minute for due in found} == {30}


def test_an_hour_that_the_clocks_skip_is_the_moment_of_the_skip() -> None:
    (due,) = dues(Timetable(90, EVERY_DAY, LONDON), at(date(2026, 3, 29), 0, 0, LONDON), 1)
    assert due == Due(date(2026, 3, 29), datetime(2026, 3, 29, 1, tzinfo=UTC))


def test_of_an_hour_shown_twice_the_first_counts_and_the_second_is_none() -> None:
    first, second = dues(Timetable(90, EVERY_DAY, LONDON), at(date(2026, 10, 25), 0, 0, LONDON), 2)
    assert first == Due(date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert second == Due(date(2026, 10, 26), datetime(2026, 10, 26, 1, 30, tzinfo=UTC))


def test_a_day_that_a_zone_leaves_out_has_none() -> None:
    """Samoa went over the date line in the night from Thursday, 29 December 2011, to Saturday."""
    apia = ZoneInfo("Pacific/Apia")
    found = dues(Timetable(8 * 60, EVERY_DAY, apia), at(date(2011, 12, 29), 0, 0, apia), 3)
    assert [due.day.day for due in found] == [29, 31, 1]


@given(timetable=timetables, after=moments)
def test_there_is_one_for_each_of_its_days_and_they_come_in_order(timetable: Timetable, after: datetime) -> None:
    found = dues(timetable, after, 12)
    assert all(earlier.at < later.at for earlier, later in itertools.pairwise(found))
    days = [due.day for due in found]
    span = [days[0] + number * DAY for number in range((days[-1] - days[0]).days + 1)]
    assert days == [day for day in span if day.weekday() in timetable.days]
    assert found[0].at > after
    assert [due.at.astimezone(timetable.zone).date() for due in found] == days


@given(timetable=timetables, after=moments)
def test_the_latest_is_the_one_before_the_next(timetable: Timetable, after: datetime) -> None:
    latest = latest_due(timetable, after)
    assert latest.at <= after
    assert next_due(timetable, latest.at) == next_due(timetable, after)


@given(timetable=timetables, after=moments)
def test_the_first_one_of_all_begins_a_day_before(timetable: Timetable, after: datetime) -> None:
    due = next_due(timetable, after)
    assert timedelta(hours=20) <= due.at - day_before(timetable, due.day) <= timedelta(hours=28)


@given(
    changes=st.lists(st.tuples(timetables, st.timedeltas(timedelta(0), timedelta(days=3))), min_size=1, max_size=12),
    start=moments,
)
def test_however_often_the_playbook_changes_no_day_comes_twice_and_none_waits_in_vain(
    changes: list[tuple[Timetable, timedelta]], start: datetime
) -> None:
    """A worker makes what is due before each change, as it would."""
    now = start
    planned: Due | None = None
    told: list[Due] = []
    for timetable, passes in changes:
        before = planned
        planned = plan(timetable, planned, told[-1].day if told else None, now)
        assert planned is not None
        if before is not None and before.day.weekday() in timetable.days and before.day != planned.day:
            assert planned.day < before.day
        now += passes
        while planned is not None and planned.at <= now:
            made = catch_up(timetable, planned, now)
            told.append(made)
            planned = plan(timetable, None, made.day, max(now, made.at))
    assert all(earlier.day < later.day for earlier, later in itertools.pairwise(told))
    assert all(earlier.at < later.at for earlier, later in itertools.pairwise(told))


def test_what_has_come_due_is_told_whoever_changes_the_hour_meanwhile() -> None:
    due = Due(date(2026, 11, 24), at(date(2026, 11, 24), 8, 30, LONDON))
    later = Timetable(12 * 60, WORKDAYS, LONDON)
    assert plan(later, due, None, due.at + timedelta(seconds=3)) == due


def test_a_day_whose_new_hour_has_passed_keeps_its_old_one() -> None:
    due = Due(date(2026, 11, 24), at(date(2026, 11, 24), 8, 30, LONDON))
    earlier = Timetable(7 * 60, WORKDAYS, LONDON)
    assert plan(earlier, due, date(2026, 11, 23), at(date(2026, 11, 24), 8, 0, LONDON)) == due
    assert plan(earlier, due, date(2026, 11, 23), at(date(2026, 11, 24), 6, 0, LONDON)) == Due(
        due.day, at(due.day, 7, 0, LONDON)
    )


def test_a_day_that_is_none_of_the_teams_any_more_is_left_out_and_none_is_told_twice() -> None:
    tuesday = Due(date(2026, 11, 24), at(date(2026, 11, 24), 8, 30, LONDON))
    mondays = Timetable(8 * 60, frozenset({0}), LONDON)
    assert plan(mondays, tuesday, None, at(date(2026, 11, 24), 8, 0, LONDON)) == Due(
        date(2026, 11, 30), at(date(2026, 11, 30), 8, 0, LONDON)
    )
    # Told this morning; the new hour is to come this evening.
    evening = Timetable(18 * 60, WORKDAYS, LONDON)
    again = plan(evening, None, tuesday.day, at(tuesday.day, 9, 0, LONDON))
    assert again == Due(date(2026, 11, 25), at(date(2026, 11, 25), 18, 0, LONDON))


def test_without_a_timetable_none_is_planned() -> None:
    due = Due(date(2026, 11, 24), at(date(2026, 11, 24), 8, 30, LONDON))
    assert plan(None, due, None, due.at - DAY) is None
    assert plan(None, None, None, due.at) is None


def test_after_days_without_a_worker_the_last_hour_that_passed_is_told() -> None:
    timetable = Timetable(8 * 60 + 30, WORKDAYS, LONDON)
    planned = Due(date(2026, 11, 24), at(date(2026, 11, 24), 8, 30, LONDON))
    assert catch_up(timetable, planned, planned.at) == planned
    friday = date(2026, 11, 27)
    assert catch_up(timetable, planned, at(friday, 15, 0, LONDON)) == Due(friday, at(friday, 8, 30, LONDON))


def test_late_is_what_comes_more_than_ten_minutes_after_its_hour() -> None:
    due = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert not is_late(due, due + LATE)
    assert is_late(due, due + LATE + timedelta(seconds=1))
