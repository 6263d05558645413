"""Amounts and headcounts, as people of many countries type them."""

from contextlib import suppress
from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.headcounts import parse_size
from qualification.rules.values.money import MOST_MINOR, currencies, parse_money

# Digits after the decimal point, by ISO 4217.
DIGITS = {"JPY": 0, "KRW": 0, "KWD": 3} | dict.fromkeys(["EUR", "USD", "GBP", "INR", "BRL", "PLN", "SEK", "CHF"], 2)
LOCALES = [
    "en_US",
    "en_GB",
    "en_IN",
    "de_DE",
    "de_CH",
    "fr_FR",
    "fr_CA",
    "es_ES",
    "pt_BR",
    "sv_SE",
    "pl_PL",
    "ja_JP",
    "ar_EG",
    "hi_IN",
]


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("12500", 1_250_000, "EUR"),
        ("12.500,50", 1_250_050, "EUR"),
        ("12,500.50", 1_250_050, "EUR"),
        ("€ 12.500,50", 1_250_050, "EUR"),
        ("12500 EUR", 1_250_000, "EUR"),
        ("eur12500", 1_250_000, "EUR"),
        ("12.500", 1_250_000, "EUR"),
        ("12,500", 1_250_000, "EUR"),
        ("12.5", 1_250, "EUR"),
        ("12,50", 1_250, "EUR"),
        ("0,5", 50, "EUR"),
        ("0", 0, "EUR"),
        ("1 250 000", 125_000_000, "EUR"),
        ("1\N{NARROW NO-BREAK SPACE}250\N{NO-BREAK SPACE}000,00", 125_000_000, "EUR"),
        ("1.250.000", 125_000_000, "EUR"),
        ("12'500.50 CHF", 1_250_050, "CHF"),
        ("CHF 12\N{RIGHT SINGLE QUOTATION MARK}500.\N{EN DASH}", 1_250_000, "CHF"),
        ("12.500,- €", 1_250_000, "EUR"),
        ("₹12,50,000.50", 125_000_050, "INR"),
        ("12k", 1_200_000, "EUR"),
        ("12 K", 1_200_000, "EUR"),
        ("1.5m USD", 150_000_000, "USD"),
        ("$1.5M", 150_000_000, "USD"),
        ("1,5 Mio. €", 150_000_000, "EUR"),
        ("2 million", 200_000_000, "EUR"),
        ("£12k", 1_200_000, "GBP"),
        ("12k€", 1_200_000, "EUR"),
        ("€ 12 EUR", 1_200, "EUR"),
        ("US$ 12.50", 1_250, "USD"),
        ("¥1,250", 1_250, "JPY"),
        ("1250 JPY", 1_250, "JPY"),
        ("1.5k JPY", 1_500, "JPY"),
        ("12.5 KWD", 12_500, "KWD"),
        ("1,234.500 KWD", 1_234_500, "KWD"),
        ("1234.567 KWD", 1_234_567, "KWD"),
        ("0.500 KWD", 500, "KWD"),
        ("١٢٥٠٠", 1_250_000, "EUR"),
        ("\N{RIGHT-TO-LEFT MARK}12500", 1_250_000, "EUR"),
        ("12.500,00", 1_250_000, "EUR"),
    ],
)
def test_amounts_are_read_as_they_are_meant(text: str, minor: int, currency: str) -> None:
    assert parse_money(text, "EUR") == (minor, currency)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("-5", FieldFault.NEGATIVE_VALUE),
        ("\N{MINUS SIGN}5", FieldFault.NEGATIVE_VALUE),
        ("(5)", FieldFault.NEGATIVE_VALUE),
        ("EUR -5", FieldFault.NEGATIVE_VALUE),
        ("5-", FieldFault.NEGATIVE_VALUE),
        ("12.500 KWD", FieldFault.AMBIGUOUS_VALUE),
        ("1.500k", FieldFault.AMBIGUOUS_VALUE),
        ("1234.505", FieldFault.BAD_VALUE),
        ("0.001", FieldFault.BAD_VALUE),
        ("1,250.50 JPY", FieldFault.BAD_VALUE),
        ("1.2.3", FieldFault.BAD_VALUE),
        ("1,2,3", FieldFault.BAD_VALUE),
        ("1,23.4", FieldFault.BAD_VALUE),
        ("12.34,567", FieldFault.BAD_VALUE),
        ("1e5", FieldFault.BAD_VALUE),
        ("", FieldFault.BAD_VALUE),
        ("EUR", FieldFault.BAD_VALUE),
        ("less than 10", FieldFault.BAD_VALUE),
        ("20 to 10", FieldFault.BAD_VALUE),
        ("9" * 40, FieldFault.BAD_VALUE),
        ("12 DEM", FieldFault.UNKNOWN_CURRENCY),
        ("12 apples", FieldFault.UNKNOWN_CURRENCY),
        ("12 kr", FieldFault.UNKNOWN_CURRENCY),
        ("$ 12 EUR", FieldFault.UNKNOWN_CURRENCY),
        ("12 kk", FieldFault.UNKNOWN_CURRENCY),
    ],
)
def test_what_is_no_amount_is_refused_with_the_reason(text: str, fault: FieldFault) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_money(text, "EUR")
    assert (refused.value.field, refused.value.fault) == ("value", fault)


def test_a_sign_that_several_share_means_the_workspaces_own() -> None:
    assert parse_money("$5", "CAD") == (500, "CAD")
    assert parse_money("$5", "EUR") == (500, "USD")
    assert parse_money("5 kr", "SEK") == (500, "SEK")
    assert parse_money("¥5", "CNY") == (500, "CNY")


@given(
    st.integers(0, MOST_MINOR // 1000),
    st.sampled_from(sorted(DIGITS)),
    st.sampled_from(LOCALES),
    st.booleans(),
)
@settings(max_examples=500)
def test_an_amount_written_by_any_of_our_locales_reads_back(
    minor: int,
    currency: str,
    locale: str,
    code: bool,  # noqa: FBT001
) -> None:
    """With the sign of the workspace's own currency, or with the code: the amount comes back to the last digit."""
    amount = Decimal(minor).scaleb(-DIGITS[currency])
    assume(DIGITS[currency] < 3 or amount < 1 or amount >= 1000)
    pattern = "¤¤ #,##0.00" if code else None
    text = format_currency(amount, currency, pattern, locale=locale)
    assert parse_money(text, currency) == (minor, currency)


@given(st.text(max_size=30), st.sampled_from(sorted(currencies())))
@settings(max_examples=500)
def test_any_text_is_an_amount_or_is_refused(text: str, default: str) -> None:
    with suppress(Unreadable):
        minor, currency = parse_money(text, default)
        assert 0 <= minor <= MOST_MINOR
        assert currency in currencies()


@given(st.text("0123456789.,' -kmKEUR€$()", max_size=14))
@settings(max_examples=500)
def test_what_looks_like_an_amount_is_one_or_is_refused(text: str) -> None:
    with suppress(Unreadable):
        assert parse_money(text, "EUR")[0] >= 0


def test_currencies_are_those_in_use() -> None:
    assert {"EUR", "USD", "JPY", "KWD", "CHF"} <= currencies()
    # A former one, the code for none, and gold: ISO 4217 has them, and nobody pays with them.
    assert currencies().isdisjoint({"DEM", "XXX", "XAU"})


@given(st.integers(1, 2_000_000), st.sampled_from(LOCALES))
def test_a_headcount_written_by_any_of_our_locales_reads_back(size: int, locale: str) -> None:
    assert parse_size(format_decimal(size, locale=locale)) == size


@pytest.mark.parametrize(
    ("text", "size"), [("1,200", 1200), ("1.200", 1200), ("1 200", 1200), (" 7 ", 7), ("1.2k", 1200), ("12K", 12000)]
)
def test_headcounts_are_read_as_they_are_meant(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "0", "-3", "1.5", "up to 500", "500-200", "many", "1,20", "99999999999", "1e3", "½"]
)
def test_what_is_no_headcount_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_size(text)
    assert (refused.value.field, refused.value.fault) == ("size", FieldFault.BAD_SIZE)


@given(st.text(max_size=20))
def test_any_text_is_a_headcount_or_is_refused(text: str) -> None:
    with suppress(Unreadable):
        assert parse_size(text) >= 1
