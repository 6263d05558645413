"""Until which day a lead is put off, and when on it it wakes."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.handoffs.snooze import LONGEST, resumes_at, usual_day
from qualification.rules.people.working_time import WeeklyHours, is_working
from qualification.rules.refusals import InvalidFields

OFFICE = WeeklyHours.parse({"mon-fri": "09:00-17:30"})
LONDON, HONOLULU = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Honolulu")
# A Tuesday, ten in London.
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def fault(day: str, now: datetime = NOW, zone: ZoneInfo = LONDON) -> str:
    with pytest.raises(InvalidFields) as refused:
        resumes_at(day, OFFICE, zone, now)
    return refused.value.fields["date"]


@pytest.mark.parametrize(
    ("today", "proposed"),
    [
        (date(2026, 11, 24), date(2027, 2, 24)),
        (date(2026, 11, 30), date(2027, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2026, 10, 31), date(2027, 1, 31)),
        (date(2026, 9, 15), date(2026, 12, 15)),
    ],
)
def test_the_usual_day_is_in_three_months(today: date, proposed: date) -> None:
    assert usual_day(today) == proposed


def test_it_wakes_when_work_begins_on_that_day_in_the_reps_zone() -> None:
    assert resumes_at("2027-03-03", OFFICE, LONDON, NOW) == datetime(2027, 3, 3, 9, tzinfo=UTC)
    assert resumes_at("2027-07-01", OFFICE, LONDON, NOW) == datetime(2027, 7, 1, 8, tzinfo=UTC)
    assert resumes_at("2027-03-03", OFFICE, HONOLULU, NOW) == datetime(2027, 3, 3, 19, tzinfo=UTC)


def test_a_day_off_means_the_next_working_one() -> None:
    assert resumes_at("2026-11-28", OFFICE, LONDON, NOW) == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_today_will_do_only_before_work_begins() -> None:
    early = NOW - timedelta(hours=2)
    assert resumes_at("2026-11-24", OFFICE, LONDON, early) == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert fault("2026-11-24") == "past_date"


def test_what_is_no_day_to_come_is_refused_with_what_is_wrong_with_it() -> None:
    assert fault("") == "required"
    assert fault("soon") == "bad_date"
    assert fault("2026-02-30") == "bad_date"
    assert fault("2026-11-23") == "past_date"
    assert fault("0001-01-01") == "past_date"
    assert fault("2029-11-24") == "far_date"
    assert fault("9999-12-31") == "far_date"


@given(
    st.dates(NOW.date() + timedelta(1), NOW.date() + LONGEST - timedelta(1)),
    st.sampled_from([LONDON, HONOLULU, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/Santiago")]),
)
def test_whenever_it_wakes_somebody_is_at_work_and_never_before_the_day(day: date, zone: ZoneInfo) -> None:
    at = resumes_at(day.isoformat(), OFFICE, zone, NOW)
    assert at > NOW
    assert is_working(at, OFFICE, zone)
    assert datetime.combine(day, time(), zone) <= at <= datetime.combine(day, time(), zone) + timedelta(days=3)


@given(st.text(max_size=12))
def test_whatever_is_typed_it_is_a_day_or_refused(text: str) -> None:
    with suppress(InvalidFields):
        assert resumes_at(text, OFFICE, LONDON, NOW) > NOW
