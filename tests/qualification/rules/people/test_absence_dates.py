"""Until when somebody is away, in their own words and zone."""

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.people.absence_dates import read_until
from qualification.rules.refusals import BadDate

LONDON = ZoneInfo("Europe/London")
AUCKLAND = ZoneInfo("Pacific/Auckland")
# A Friday.
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("tomorrow", "2026-11-21T00:00"),
        ("until tomorrow", "2026-11-21T00:00"),
        ("Monday", "2026-11-23T00:00"),
        ("mon", "2026-11-23T00:00"),
        ("friday", "2026-11-27T00:00"),
        ("next week", "2026-11-23T00:00"),
        ("until monday 9:00", "2026-11-23T09:00"),
        ("tomorrow at 14:30", "2026-11-21T14:30"),
        ("today, 17:00", "2026-11-20T17:00"),
        ("friday 17:00", "2026-11-20T17:00"),
        ("friday 10:00", "2026-11-27T10:00"),
        ("2026-12-01", "2026-12-01T00:00"),
        ("until 2026-12-01 14:00", "2026-12-01T14:00"),
        ("14:30", "2026-11-20T14:30"),
        ("at 09:00", "2026-11-21T09:00"),
        ("in 2 hours", "2026-11-20T12:30"),
        ("2 weeks", "2026-12-04T10:30"),
        ("an hour", "2026-11-20T11:30"),
        ("for 45 min", "2026-11-20T11:15"),
        ("3d", "2026-11-23T10:30"),
    ],
)
def test_words_mean_the_moment_people_mean(text: str, until: str) -> None:
    assert read_until(text, NOW, LONDON) == datetime.fromisoformat(until).replace(tzinfo=LONDON)


def test_a_day_begins_where_the_person_is() -> None:
    """It is Friday night in Auckland already."""
    assert read_until("tomorrow", NOW, AUCKLAND) == datetime(2026, 11, 21, tzinfo=AUCKLAND)
    assert read_until("tomorrow", NOW, AUCKLAND).tzinfo is UTC


def test_hours_are_elapsed_and_days_keep_the_clock() -> None:
    """The clocks go back in London in the night to 25 October 2026."""
    evening = datetime(2026, 10, 24, 20, 0, tzinfo=LONDON)
    assert read_until("24 hours", evening, LONDON) == evening.astimezone(UTC) + timedelta(hours=24)
    assert read_until("1 day", evening, LONDON) == evening.astimezone(UTC) + timedelta(hours=25)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "yesterday",
        "2026-11-19",
        "2026-02-30",
        "25:00",
        "12:75",
        "today",
        "today 9:00",
        "monday 25:00",
        "0 hours",
        "in 3",
        "5000 weeks",
        "2040-01-01",
        "-2 h",
    ],
)
def test_words_that_tell_no_moment_to_come_are_refused(text: str) -> None:
    with pytest.raises(BadDate) as refused:
        read_until(text, NOW, LONDON)
    assert refused.value.facts["text"] == text


@given(st.text(max_size=30) | st.from_regex(r"(in |until )?\d{1,4} ?[a-z]{1,6}", fullmatch=True))
def test_any_words_are_a_moment_to_come_or_are_refused(text: str) -> None:
    with suppress(BadDate):
        assert NOW < read_until(text, NOW, LONDON) <= NOW + timedelta(days=730)


@given(
    st.sampled_from(["monday", "tue", "wednesday", "thu", "friday", "sat", "sunday"]),
    st.times(),
    st.integers(min_value=0, max_value=2 * 365 * 24 * 60),
    st.sampled_from([LONDON, AUCKLAND, ZoneInfo("America/New_York")]),
)
def test_a_weekday_with_a_time_is_the_next_of_its_kind(day: str, at: time, minutes: int, zone: ZoneInfo) -> None:
    """Wherever it is and whichever clocks change meanwhile: within eight days, on that day."""
    now = NOW + timedelta(minutes=minutes)
    until = read_until(f"{day} {at:%H:%M}", now, zone)
    assert now < until <= now + timedelta(days=8)
    assert f"{until.astimezone(zone):%A}".lower().startswith(day)
