"""Working time: across days, weekends, zones and clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from qualification.rules.people.working_time import (
    WeeklyHours,
    add_working_time,
    is_working,
    known_zone,
    next_opening,
    working_time_between,
)

OFFICE = WeeklyHours.parse({"mon-fri": "09:00-17:30"})
LONDON = ZoneInfo("Europe/London")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)

# East and west, whole and broken offsets, changes of an hour, of half an hour, at midnight, and a day that never was.
ZONES = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Beirut",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
]


@st.composite
def spans(draw: st.DrawFn) -> str:
    bounds = draw(st.lists(st.integers(0, 24 * 4), min_size=2, max_size=6, unique=True).map(sorted))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return ", ".join(f"{a // 4:02}:{a % 4 * 15:02}-{b // 4:02}:{b % 4 * 15:02}" for a, b in pairs)


weekly_hours = st.dictionaries(
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), spans(), min_size=1
).map(WeeklyHours.parse)
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.datetimes(datetime(2010, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
amounts = st.integers(0, 60 * 60 * 40).map(lambda seconds: timedelta(seconds=seconds))
# Around the changes of 2026, and around the day that Apia left out.
change = st.sampled_from(
    [
        datetime(2026, 3, 8, tzinfo=UTC),
        datetime(2026, 3, 29, tzinfo=UTC),
        datetime(2026, 10, 25, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2011, 12, 30, tzinfo=UTC),
        datetime(2018, 11, 4, tzinfo=UTC),
        datetime(2018, 2, 18, tzinfo=UTC),
    ]
)
near_a_change = st.builds(lambda at, minutes: at + minutes * MINUTE, change, st.integers(-2000, 3000))


def at(text: str, zone: ZoneInfo = LONDON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_half_an_hour_offered_shortly_before_closing_ends_the_next_morning() -> None:
    assert add_working_time(at("2026-11-19 17:20"), 30 * MINUTE, OFFICE, LONDON) == at("2026-11-20 09:20")


def test_an_offer_on_saturday_starts_on_monday() -> None:
    assert add_working_time(at("2026-11-21 12:00"), 30 * MINUTE, OFFICE, LONDON) == at("2026-11-23 09:30")


def test_time_that_just_fits_ends_at_closing_and_not_at_the_next_opening() -> None:
    assert add_working_time(at("2026-11-20 17:00"), 30 * MINUTE, OFFICE, LONDON) == at("2026-11-20 17:30")


def test_no_time_at_all_ends_at_the_next_working_moment() -> None:
    assert add_working_time(at("2026-11-20 12:00"), timedelta(), OFFICE, LONDON) == at("2026-11-20 12:00")
    assert add_working_time(at("2026-11-20 17:30"), timedelta(), OFFICE, LONDON) == at("2026-11-23 09:00")


def test_hours_are_those_of_the_zone_and_not_of_the_caller() -> None:
    noon = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert is_working(noon, OFFICE, LONDON)
    assert not is_working(noon, OFFICE, NEW_YORK)
    assert next_opening(noon, OFFICE, NEW_YORK) == at("2026-11-20 09:00", NEW_YORK)


def test_a_lunch_break_stops_the_clock() -> None:
    hours = WeeklyHours.parse({"mon-fri": "09:00-12:00, 13:00-17:00"})
    assert add_working_time(at("2026-11-20 11:50"), 30 * MINUTE, hours, LONDON) == at("2026-11-20 13:20")
    assert not is_working(at("2026-11-20 12:00"), hours, LONDON)


def test_a_skipped_hour_counts_nothing() -> None:
    night = WeeklyHours.parse({"sun": "00:00-06:00"})
    assert working_time_between(
        at("2026-03-29 00:00", BERLIN), at("2026-03-30 00:00", BERLIN), night, BERLIN
    ) == timedelta(hours=5)


def test_an_hour_shown_twice_counts_twice() -> None:
    night = WeeklyHours.parse({"sun": "00:00-06:00"})
    assert working_time_between(
        at("2026-10-25 00:00", BERLIN), at("2026-10-26 00:00", BERLIN), night, BERLIN
    ) == timedelta(hours=7)


def test_a_span_that_starts_in_the_skipped_hour_starts_at_the_skip() -> None:
    hours = WeeklyHours.parse({"sun": "02:30-06:00"})
    opening = next_opening(at("2026-03-28 12:00", BERLIN), hours, BERLIN)
    assert opening == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert opening.astimezone(BERLIN).hour == 3


def test_a_span_inside_the_skipped_hour_is_no_working_time() -> None:
    hours = WeeklyHours.parse({"sun": "02:10-02:50"})
    assert next_opening(at("2026-03-28 12:00", BERLIN), hours, BERLIN) == at("2026-04-05 02:10", BERLIN)


def test_a_span_inside_the_hour_shown_twice_lasts_to_its_last_showing() -> None:
    hours = WeeklyHours.parse({"sun": "02:15-02:45"})
    day = at("2026-10-25 00:00", BERLIN), at("2026-10-26 00:00", BERLIN)
    assert working_time_between(*day, hours, BERLIN) == timedelta(minutes=90)


def test_a_day_the_calendar_left_out_has_no_working_time() -> None:
    apia = ZoneInfo("Pacific/Apia")
    friday_that_never_was = WeeklyHours.parse({"fri": "09:00-17:00"})
    asked = datetime(2011, 12, 29, 12, 0, tzinfo=apia)
    assert next_opening(asked, friday_that_never_was, apia) == datetime(2012, 1, 6, 9, 0, tzinfo=apia)


def test_going_back_in_time_is_refused() -> None:
    with pytest.raises(ValueError, match="runs forward"):
        add_working_time(at("2026-11-20 12:00"), -MINUTE, OFFICE, LONDON)


@pytest.mark.parametrize("naive", [datetime(2026, 11, 20, 12, 0)])  # noqa: DTZ001
def test_a_naive_moment_is_refused(naive: datetime) -> None:
    with pytest.raises(ValueError, match="naive"):
        is_working(naive, OFFICE, LONDON)


def test_zones_are_known_by_their_names() -> None:
    assert known_zone("America/Argentina/Buenos_Aires")
    assert not any(known_zone(name) for name in ("", "Mars/Olympus", "../etc/passwd", "Europe", "\x00"))


@given(moments | near_a_change, amounts, weekly_hours, zones)
@settings(max_examples=300, deadline=None)
def test_time_added_is_time_between(start: datetime, amount: timedelta, hours: WeeklyHours, zone: ZoneInfo) -> None:
    """Adding an amount and measuring from start to end gives the amount back, whatever the clock did meanwhile."""
    end = add_working_time(start, amount, hours, zone)
    assert end >= start
    assert working_time_between(start, end, hours, zone) == amount


@given(moments | near_a_change, amounts, amounts, weekly_hours, zones)
@settings(max_examples=200, deadline=None)
def test_more_time_never_ends_sooner(
    start: datetime, amount: timedelta, more: timedelta, hours: WeeklyHours, zone: ZoneInfo
) -> None:
    assert add_working_time(start, amount, hours, zone) <= add_working_time(start, amount + more, hours, zone)


@given(moments | near_a_change, amounts, amounts, weekly_hours, zones)
@settings(max_examples=200, deadline=None)
def test_a_later_start_never_ends_sooner(
    start: datetime, later: timedelta, amount: timedelta, hours: WeeklyHours, zone: ZoneInfo
) -> None:
    assert add_working_time(start, amount, hours, zone) <= add_working_time(start + later, amount, hours, zone)


@given(moments | near_a_change, amounts, amounts.filter(bool), weekly_hours, zones)
@settings(max_examples=200, deadline=None)
def test_a_clock_stopped_and_started_again_loses_nothing(
    start: datetime, first: timedelta, second: timedelta, hours: WeeklyHours, zone: ZoneInfo
) -> None:
    """Two amounts one after the other end when their sum does: an undone decision gives the rest of the clock back."""
    stopped = add_working_time(start, first, hours, zone)
    assert add_working_time(stopped, second, hours, zone) == add_working_time(start, first + second, hours, zone)


@given(near_a_change, st.integers(1, 600), weekly_hours, zones)
@settings(max_examples=60, deadline=None)
@example(datetime(2026, 3, 29, 0, 0, tzinfo=UTC), 300, WeeklyHours.parse({"sun": "00:00-24:00"}), BERLIN)
def test_time_between_counts_the_working_minutes(
    start: datetime, minutes: int, hours: WeeklyHours, zone: ZoneInfo
) -> None:
    """Counted one by one with `is_working`, the minutes come to what `working_time_between` says."""
    counted = sum(is_working(start + minute * MINUTE, hours, zone) for minute in range(minutes))
    assert working_time_between(start, start + minutes * MINUTE, hours, zone) == counted * MINUTE


@given(near_a_change | moments, weekly_hours, zones)
@settings(max_examples=200, deadline=None)
def test_away_from_a_change_the_wall_clock_decides(moment: datetime, hours: WeeklyHours, zone: ZoneInfo) -> None:
    """On a day without a change, working is what a look at the office clock says."""
    local = moment.astimezone(zone)
    day = timedelta(days=1)
    assume(len({(moment + step * day / 2).astimezone(zone).utcoffset() for step in range(-4, 5)}) == 1)
    minute = local.hour * 60 + local.minute
    shown = any(start <= minute < end for start, end in hours.days[local.weekday()])
    assert is_working(moment, hours, zone) == shown


@given(near_a_change | moments, weekly_hours, zones)
@settings(max_examples=200, deadline=None)
def test_the_next_opening_is_at_work_and_none_is_missed(moment: datetime, hours: WeeklyHours, zone: ZoneInfo) -> None:
    opening = next_opening(moment, hours, zone)
    assert is_working(opening, hours, zone)
    assert (opening == moment) == is_working(moment, hours, zone)
    assert working_time_between(moment, opening, hours, zone) == timedelta()
