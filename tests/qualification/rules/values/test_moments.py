"""Days and moments as tools write them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.moments import parse_moment

AT = datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
DAY = date(2026, 3, 1)
ORDERS = st.sampled_from([None, "day/month/year", "month/day/year", "year/month/day", "serial", "nonsense"])


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 14:30:00 UTC", "2026-03-01T14:30:00Z", "2026-03-01 14:30:00 +0000", "20260301T143000Z",
        "2026-03-01T15:30:00+01:00[Europe/Berlin]", "2026-03-01 15:30 Europe/Berlin", "2026-03-01 15:30 MEZ",
        "Sun, 01 Mar 2026 14:30:00 GMT", "Sun, 1 Mar 2026 09:30:00 -0500 (EST)", "Sun Mar  1 14:30:00 UTC 2026",
        "Sun Mar 01 2026 15:30:00 GMT+0100 (Central European Standard Time)", "Sun Mar 01 14:30:00 +0000 2026",
        "1772375400", "1772375400000", "1772375400000000", "2026-03-01 14:30:00.123 UTC",
    ],
)  # fmt: skip
def test_a_time_that_names_its_zone_is_one_moment_everywhere(text: str) -> None:
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        found = parse_moment(text, zone)
        assert isinstance(found, datetime)
        assert found.replace(microsecond=0) == AT


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("3/1/2026, 2:30:00 PM", "month/day/year"),
        ("01/03/2026 14:30", "day/month/year"),
        ("1.3.2026, 14:30:00", None),
        ("01.03.26 14.30 Uhr", None),
        ("2026/3/1 14:30", None),
        ("2026/3/1 午後2:30:00", None),
        ("2026年3月1日 14時30分", None),
        ("Sonntag, 1. März 2026 um 14:30 Uhr", None),
        ("Sunday, March 1st, 2026 at 2:30 p.m.", None),
        ("1 Mart 2026 Pazar 14:30", None),
        ("1 marca 2026 r. 14:30", None),
        ("1er mars 2026 à 14:30", None),
        ("46082.6041666667", "serial"),
    ],
)
def test_a_time_without_a_zone_is_in_the_one_given(text: str, order: str | None) -> None:
    expected = datetime(2026, 3, 1, 14, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert parse_moment(text, "Asia/Tokyo", order) == expected
    assert parse_moment(text, ZoneInfo("Asia/Tokyo"), order) == expected


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("2026-03-01", None), ("01-Mar-2026", "month/day/year"), ("Mar 1, 2026", None), ("1. März 2026", None),
        ("1 de marzo de 2026", None), ("1 marzo 2026", None), ("1 de março de 2026", None), ("1 maart 2026", None),
        ("1. 3. 2026", None), ("2026. 3. 1.", None), ("20260301", None), ("01-Mar-26", None),
        ("2026年3月1日(日)", None),
        ("46082", "serial"), ("3/1/26", "month/day/year"), ("mar. 1 mars 2026", None),
    ],
)  # fmt: skip
def test_a_day_is_a_day_wherever_it_is_read(text: str, order: str | None) -> None:
    for zone in ("Pacific/Auckland", "UTC", "Pacific/Honolulu"):
        found = parse_moment(text, zone, order)
        assert found == DAY
        assert not isinstance(found, datetime)


@pytest.mark.parametrize(("text", "day"), [("13/03/2026", 13), ("3/13/2026", 13), ("3-3-2026", 3), ("13.3.26", 13)])
def test_a_day_that_can_be_read_in_one_way_needs_no_order(text: str, day: int) -> None:
    assert parse_moment(text, "UTC") == date(2026, 3, day)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("3/1/2026", None), ("03-01-2026", None), ("25/12/26", None), ("25/12/2026", "month/day/year"), ("46082", None),
        ("2026-03-01 14:30 IST", None), ("2026-02-30", None), ("2026-03-01 25:00", None), ("14:30", None), ("", None),
        ("Mar 2026", None), ("yesterday", None), ("1/2/2026 3:00 4:00", None), ("1 Mar Apr 2026", None),
        ("9" * 400, None),
    ],
)  # fmt: skip
def test_what_is_two_days_or_none_is_unreadable(text: str, order: str | None) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_moment(text, "UTC", order)
    assert refused.value.fault is FieldFault.BAD_DATE


@given(
    st.dates(date(1970, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["en", "de", "tr", "pl", "fr", "es", "it", "pt", "nl", "ja"]),
    st.sampled_from(["long", "full"]),
)
@settings(max_examples=400)
def test_a_day_written_by_any_of_our_languages_reads_back(day: date, language: str, width: str) -> None:
    assert parse_moment(format_date(day, width, language), "Pacific/Auckland") == day


@given(st.integers(0, 4_000_000_000), st.integers(-12, 13))
def test_iso_8601_reads_back(seconds: int, hours: int) -> None:
    aware = datetime.fromtimestamp(seconds, timezone(timedelta(hours=hours)))
    found = parse_moment(aware.isoformat(), "Pacific/Auckland")
    assert found == aware


@given(st.text("0123456789:/.-, TZ+apm年月日Mar", max_size=30) | st.text(max_size=30), ORDERS)
@settings(max_examples=1000)
def test_any_text_is_a_day_a_moment_or_unreadable(text: str, order: str | None) -> None:
    with suppress(Unreadable):
        found = parse_moment(text, "Europe/Berlin", order)
        assert not isinstance(found, datetime) or found.tzinfo is not None
