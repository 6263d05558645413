"""What somebody asks of the pipeline, and the days that periods are."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.refusals import UnknownWord
from qualification.rules.reporting import periods
from qualification.rules.reporting.periods import NAMES, period
from qualification.rules.reporting.pipeline_query import By, PipelineQuery, parse

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 11, 24), date(2026, 11, 24)),
        ("yesterday", date(2026, 11, 23), date(2026, 11, 23)),
        ("this week", date(2026, 11, 23), date(2026, 11, 29)),
        ("last week", date(2026, 11, 16), date(2026, 11, 22)),
        ("this month", date(2026, 11, 1), date(2026, 11, 30)),
        ("last month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this quarter", date(2026, 10, 1), date(2026, 12, 31)),
        ("last quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("this year", date(2026, 1, 1), date(2026, 12, 31)),
        ("last year", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_a_period_has_these_days(name: str, first: date, last: date) -> None:
    found = period(name, TUESDAY)
    assert found is not None
    assert (found.first, found.last) == (first, last)


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_what_is_called_last_ends_where_this_one_begins(today: date) -> None:
    for span in ("week", "month", "quarter", "year"):
        before, now = period(f"last {span}", today), period(f"this {span}", today)
        assert before is not None
        assert now is not None
        assert before.last + timedelta(days=1) == now.first
        assert now.first <= today <= now.last


def test_a_day_on_which_clocks_change_is_as_long_as_it_is() -> None:
    found = periods.Period("today", date(2026, 10, 25), date(2026, 10, 25))
    london = ZoneInfo("Europe/London")
    assert found.begins(london).astimezone(UTC) == datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert found.ends(london).astimezone(UTC) == datetime(2026, 10, 26, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "by", "name", "rep"),
    [
        ("", By.STAGE, None, None),
        ("today", By.STAGE, "today", None),
        ("Last  Month by REPS", By.REP, "last month", None),
        ("by team last week", By.TEAM, "last week", None),
        ("<@U012AB3CD|ana> this quarter", By.STAGE, "this quarter", "U012AB3CD"),
        ("by source <@U012AB3CD>", By.SOURCE, None, "U012AB3CD"),
    ],
)
def test_words_are_read_in_any_order(text: str, by: By, name: str | None, rep: str | None) -> None:
    query = parse(text, TUESDAY)
    assert (query.by, query.period.name if query.period else None, query.rep) == (by, name, rep)


@pytest.mark.parametrize(
    ("text", "word", "nearest"),
    [
        ("last mont", "last mont", "last month"),
        ("todya", "todya", "today"),
        ("by rpe", "by rpe", "by rep"),
        ("by moon", "by moon", None),
        ("xylophone", "xylophone", None),
        ("today xylophone", "xylophone", None),
    ],
)
def test_a_wrong_word_gets_the_nearest_right_one(text: str, word: str, nearest: str | None) -> None:
    with pytest.raises(UnknownWord) as refused:
        parse(text, TUESDAY)
    assert (refused.value.facts["word"], refused.value.facts["nearest"]) == (word, nearest)


@given(
    st.builds(
        PipelineQuery,
        by=st.sampled_from(By),
        period=st.none() | st.sampled_from(NAMES).map(lambda name: period(name, TUESDAY)),
        rep=st.none() | st.just("U012AB3CD"),
    )
)
def test_what_was_asked_can_be_asked_again(query: PipelineQuery) -> None:
    assert parse(query.words, TUESDAY) == query


@given(st.text(max_size=40))
def test_any_words_are_a_question_or_refused(text: str) -> None:
    with suppress(UnknownWord):
        parse(text, TUESDAY)
