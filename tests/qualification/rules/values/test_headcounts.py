"""Headcounts as enrichment tools, forms and spreadsheets write them."""

from contextlib import suppress

import pytest
from babel.core import get_global
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.bands import band_of, tidy_number
from qualification.rules.values.blanks import is_blank
from qualification.rules.values.countries import countries
from qualification.rules.values.headcounts import MOST_EMPLOYEES, only_whole_number, parse_size
from qualification.rules.values.money import parse_money

WORDS = st.lists(
    st.sampled_from(
        [
            "1",
            "50",
            "1.000",
            "5,000",
            "2.5",
            "k",
            "K",
            "-",
            "–",
            "+",
            "to",
            "bis",
            "mehr als",
            "<",
            "€",
            "$",
            "Nov",
            "人",
            "00",
        ]
    ),
    max_size=7,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1K-5K", 1000), ("1K–5K", 1000), ("5k+", 5000), ("2 thousand", 2000), ("10,001+", 10001), ("10.000+", 10000),
        ("51-200", 51), ("51 - 200 employees", 51), ("1-5K", 1000), ("500-1k", 500), ("1.001–5.000", 1001),
        ("1 001-5 000", 1001), ("Nov-50", 11), ("50-Nov", 11), ("11. Nov", 11), ("10-Feb", 2), ("2-Oct", 2),
        ("02. Okt", 2), ("Kas-50", 11), ("lis-50", 11), ("200.0", 200), ("more than 1,000", 1000), (">500", 500),
        ("über 250 Mitarbeiter", 250), ("11 bis 50", 11), ("1,5 Tsd.", 1500), ("2 Tsd. Beschäftigte", 2000),
        ("11 ile 50 arası", 11), ("1.000 ve üzeri çalışan", 1000), ("2 bin kişi", 2000), ("od 11 do 50 osób", 11),
        ("ponad 1000 pracowników", 1000), ("2 tys.", 2000), ("100人以上", 100), ("11～50人", 11), ("約100名", 100),
        ("1万人以上", 10000), ("Enterprise (1000+ employees)", 1000), ("51-200 (LinkedIn)", 51), ("0-1", 1),
        ("Self-employed", 1), ("selbstständig", 1), ("Company size: 11-50", 11), ("10000000", MOST_EMPLOYEES),
    ],
)  # fmt: skip
def test_a_band_is_its_lower_end_and_what_multiplies_counts(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "12.5", "-", "N/A", "#N/A", "99999999", "10000001", "less than 10", "< 10", "bis zu 50", "50人未満", "5 mil",
        "200-51", "1.500k", "2024-01-15", "1-2-3", "51-200-500", "-3", "about", "k", "½", "1e3", "9" * 300,
    ],
)  # fmt: skip
def test_nothing_is_better_than_a_wrong_headcount(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_size(text)
    assert refused.value.fault is FieldFault.BAD_SIZE


@pytest.mark.parametrize(
    ("text", "minor", "currency"),
    [
        ("10,000-50,000", 1_000_000, "EUR"),
        ("$10k - $20k", 1_000_000, "USD"),
        ("$10-20k", 1_000_000, "USD"),
        ("10–20k €", 1_000_000, "EUR"),
        ("500-1k £", 50_000, "GBP"),
        ("über 1 Mio. €", 100_000_000, "EUR"),
        ("5.000 bis 10.000 €", 500_000, "EUR"),
        ("€ 1.000,- bis € 2.000,-", 100_000, "EUR"),
        ("10k+ USD", 1_000_000, "USD"),
        ("50 tys. zł", 5_000_000, "PLN"),
        ("₺10.000 – ₺50.000", 1_000_000, "TRY"),
        ("100万円以上", 1_000_000, "JPY"),
        ("12.500,50 €", 1_250_050, "EUR"),
        ("0 - 10k", 0, "EUR"),
    ],
)
def test_a_budget_is_its_lower_end(text: str, minor: int, currency: str) -> None:
    assert parse_money(text, "EUR") == (minor, currency)


@pytest.mark.parametrize(
    "text", ["less than 10k", "up to $5k", "bis 10.000 €", "20-10", "10 EUR - 20 USD", "1-2-3", "10 - x"]
)
def test_a_budget_without_a_lower_end_is_none(text: str) -> None:
    with pytest.raises(Unreadable):
        parse_money(text, "EUR")


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "-", "—", "...", "?", "N/A", "n.a.", "#N/A", "#REF!", "none", "NULL", "k.A.", "keine Angabe", "brak",
        "yok", "なし", "belirtilmemiş", "nie dotyczy", "不明", "nan", "\N{ZERO WIDTH SPACE}",
    ],
)  # fmt: skip
def test_what_says_that_nothing_is_there_is_blank(text: str) -> None:
    assert is_blank(text)


def test_the_code_of_a_country_is_not_blank() -> None:
    aliases = get_global("territory_aliases")
    codes = {*countries().values(), *(alias for alias in aliases if len(alias) == 3 and alias.isalpha())}
    assert {code for code in codes if is_blank(code)} == {"NA"}


@pytest.mark.parametrize("text", ["0", "Acme", "many", "Nadia", "12.5", "-1", "Name"])
def test_what_is_only_unreadable_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Team of 25 people", 25),
        ("0", 0),
        ("12.5", None),
        ("5 mil", None),
        ("3 or 4", None),
        ("up to 5", None),
        ("5k", None),
    ],
)
def test_one_whole_number_among_words_is_that_number(text: str, number: int | None) -> None:
    assert only_whole_number(text) == number


@given(WORDS, st.sampled_from(["", " "]))
@settings(max_examples=1000)
def test_any_band_is_read_or_refused(words: list[str], between: str) -> None:
    text = between.join(words)
    with suppress(Unreadable):
        assert 1 <= parse_size(text) <= MOST_EMPLOYEES
    with suppress(Unreadable):
        assert parse_money(text, "EUR")[0] >= 0
    assert (only_whole_number(text) or 0) >= 0
    is_blank(text)


@given(st.integers(1, 9999), st.integers(0, 9999), st.sampled_from(["-", " - ", "–", " to ", " bis ", " do ", "～"]))
def test_a_band_begins_where_it_begins(lower: int, more: int, between: str) -> None:
    assert parse_size(f"{lower}{between}{lower + more}") == lower
    band = band_of(tidy_number(f"{lower}{between}{lower + more}"))
    assert band is not None
    assert band.upper == str(lower + more)
