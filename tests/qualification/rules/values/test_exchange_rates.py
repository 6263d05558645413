"""Sums of several currencies in one."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.values.exchange_rates import summed

RATES = {"USD": Decimal("0.92"), "JPY": Decimal("0.0061"), "KWD": Decimal("2.98")}
minor = st.dictionaries(st.sampled_from(["EUR", "USD", "JPY", "KWD", "GBP"]), st.integers(0, 10**15))


def test_decimals_differ_by_currency() -> None:
    assert summed({"JPY": 10_000}, "EUR", RATES) == {"EUR": 6_100}
    assert summed({"KWD": 1_000}, "EUR", RATES) == {"EUR": 298}
    assert summed({"EUR": 100, "USD": 100}, "EUR", RATES) == {"EUR": 192}


def test_what_has_no_rate_stays_apart_behind_the_rest() -> None:
    assert list(summed({"GBP": 5, "EUR": 1, "CHF": 7}, "EUR", RATES).items()) == [("EUR", 1), ("CHF", 7), ("GBP", 5)]


def test_it_is_rounded_once() -> None:
    assert summed({"USD": 50, "JPY": 1}, "EUR", {"USD": Decimal("0.01"), "JPY": Decimal("0.001")}) == {"EUR": 1}


@given(minor=minor)
def test_the_own_currency_alone_is_added_up_exactly(minor: dict[str, int]) -> None:
    found = summed(minor, "EUR", {})
    assert found == {"EUR": minor.get("EUR", 0)} | {key: value for key, value in minor.items() if key != "EUR"}


@given(one=minor, other=minor)
def test_parts_add_up_to_the_whole_but_for_rounding(one: dict[str, int], other: dict[str, int]) -> None:
    both = {key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}
    apart = summed(one, "EUR", RATES)["EUR"] + summed(other, "EUR", RATES)["EUR"]
    assert abs(summed(both, "EUR", RATES)["EUR"] - apart) <= 1
