"""Weekly hours as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.people.weekly_hours import BadHours, WeeklyHours

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@given(st.lists(st.sets(st.integers(0, 48), max_size=6), min_size=7, max_size=7))
def test_hours_survive_being_stored(days: list[set[int]]) -> None:
    written = {}
    for name, halves in zip(DAYS, days, strict=True):
        bounds = sorted(halves)
        pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
        if pairs:
            written[name] = ", ".join(f"{a // 2:02}:{a % 2 * 30:02}-{b // 2:02}:{b % 2 * 30:02}" for a, b in pairs)
    if not written:
        with pytest.raises(BadHours):
            WeeklyHours.parse(written)
        return
    hours = WeeklyHours.parse(written)
    assert WeeklyHours.from_json(hours.to_json()) == hours


def test_days_may_be_ranges_lists_and_go_over_the_weekend() -> None:
    hours = WeeklyHours.parse({"mon, wed": "09:00-12:00", "fri-sun": "10:00-11:00"})
    assert hours.to_json() == {
        "mon": "09:00-12:00",
        "wed": "09:00-12:00",
        "fri": "10:00-11:00",
        "sat": "10:00-11:00",
        "sun": "10:00-11:00",
    }
    assert set(WeeklyHours.parse({"sat-mon": "10:00-11:00"}).to_json()) == {"sat", "sun", "mon"}


def test_spans_are_put_in_order_and_joined_where_they_touch() -> None:
    hours = WeeklyHours.parse({"mon": "13:00-17:00, 9:00-12:00, 12:00-13:00"})
    assert hours.to_json() == {"mon": "09:00-17:00"}


def test_a_day_may_be_written_down_as_closed() -> None:
    assert WeeklyHours.parse({"mon-fri": "09:00-17:00", "sat, sun": "closed"}).days[5:] == ((), ())


def test_always_has_no_end() -> None:
    assert WeeklyHours.always() == WeeklyHours.parse({"mon-sun": "00:00-24:00"})


def test_hours_read_well_in_a_line() -> None:
    assert WeeklyHours.parse({"mon-fri": "09:00-17:30"}).format() == "mon-fri 09:00-17:30"
    mixed = WeeklyHours.parse({"mon-tue": "09:00-17:00", "thu": "09:00-17:00", "sat": "10:00-12:00"})
    assert mixed.format() == "mon-tue 09:00-17:00; thu 09:00-17:00; sat 10:00-12:00"


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ({}, "no working time"),
        ({"mon": "closed"}, "no working time"),
        ({"monday": "09:00-17:00"}, "write `mon`"),
        ({"mo": "09:00-17:00"}, "days are mon"),
        ({"mon-": "09:00-17:00"}, "days are mon"),
        ({"mon": "9-17"}, 'write "09:00-17:30"'),
        ({"mon": ""}, 'write "09:00-17:30"'),
        ({"mon": "09:00-25:00"}, "00:00 to 24:00"),
        ({"mon": "09:75-12:00"}, "00:00 to 24:00"),
        ({"mon": "22:00-06:00"}, "write 22:00-24:00, and 00:00-06:00"),
        ({"mon": "09:00-09:00"}, "ends before it begins"),
        ({"mon": "09:00-12:00, 11:00-13:00"}, "overlaps itself at 11:00"),
        ({"mon-fri": "09:00-12:00", "fri": "09:00-11:00"}, "`fri` is named twice"),
    ],
)
def test_hours_that_cannot_be_read_name_the_remedy(written: dict[str, str], remedy: str) -> None:
    with pytest.raises(BadHours, match=remedy):
        WeeklyHours.parse(written)


def test_every_entry_at_fault_is_told() -> None:
    with pytest.raises(BadHours) as refused:
        WeeklyHours.parse({"mon": "9-5", "tue": "09:00-17:00", "wen": "09:00-17:00"})
    assert [days for days, _ in refused.value.entries] == ["mon", "wen"]
