"""How long leads are kept: ages, and the nights in which old leads are erased."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.leads.retention import Age, RetainedState, is_night, is_old, next_night

LONDON, TOKYO = ZoneInfo("Europe/London"), ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
ages = st.builds(Age, months=st.integers(0, 1200)) | st.builds(Age, days=st.integers(0, 36_500))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
zones = st.sampled_from(["Europe/London", "America/New_York", "Asia/Tokyo", "Pacific/Apia", "Asia/Kathmandu"]).map(
    ZoneInfo
)
LOST, WON, UNWORKED = RetainedState.LOST, RetainedState.WON, RetainedState.UNWORKED


@pytest.mark.parametrize(
    ("written", "age"),
    [
        ("24 months", Age(months=24)),
        ("1 month", Age(months=1)),
        ("2 years", Age(months=24)),
        ("2years", Age(months=24)),
        ("730d", Age(days=730)),
        (" 90 Days ", Age(days=90)),
    ],
)
def test_an_age_is_written_in_days_months_or_years(written: str, age: Age) -> None:
    assert Age.parse(written) == age


@pytest.mark.parametrize(
    "written", ["", "24", "0d", "-1 d", "1.5 years", "2h", "months", "101 years", "36501 days", "1 d d"]
)
def test_what_is_no_age_is_refused_with_the_remedy(written: str) -> None:
    with pytest.raises(ValueError, match=r"write days, months or years|leave the rule out"):
        Age.parse(written)


def test_months_are_those_of_the_calendar() -> None:
    march = datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert Age(months=1).before(march) == datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert Age(months=15).before(march) == datetime(2022, 12, 31, 12, tzinfo=UTC)
    assert Age(days=31).before(march) == datetime(2024, 2, 29, 12, tzinfo=UTC)


@given(ages, moments)
def test_an_age_never_reaches_into_the_future(age: Age, moment: datetime) -> None:
    assert age.before(moment) <= moment


@given(ages, moments, st.timedeltas(timedelta(), timedelta(days=4000)))
def test_what_is_old_stays_old(age: Age, moment: datetime, later: timedelta) -> None:
    assert age.before(moment) <= age.before(moment + later)


def test_the_longest_age_of_all_that_a_lead_was_counts() -> None:
    kept = {LOST: Age(days=10), WON: Age(days=100)}
    last = NOW - timedelta(days=50)
    assert is_old({LOST}, last, kept, NOW)
    assert not is_old({LOST, WON}, last, kept, NOW)
    assert is_old({LOST, WON}, NOW - timedelta(days=100), kept, NOW)
    for never in ({UNWORKED}, {LOST, UNWORKED}, {LOST, None}, {None}, set()):
        assert not is_old(never, NOW - timedelta(days=9999), kept, NOW)


@given(moments, zones)
def test_the_next_night_is_one_and_begins_within_little_more_than_a_day(after: datetime, zone: ZoneInfo) -> None:
    begins = next_night(after, zone)
    assert after < begins <= after + timedelta(hours=50)
    assert is_night(begins, zone) or begins.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset()


def test_the_night_is_that_of_the_zone() -> None:
    assert next_night(NOW, LONDON) == datetime(2026, 12, 1, 2, tzinfo=UTC)
    assert next_night(NOW, TOKYO) == datetime(2026, 11, 30, 17, tzinfo=UTC)
    hours = [NOW.replace(hour=hour) for hour in range(24)]
    assert [each.hour for each in hours if is_night(each, LONDON)] == [2, 3, 4]
    assert [each.hour for each in hours if is_night(each, TOKYO)] == [17, 18, 19]
