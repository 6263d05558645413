"""Telephone numbers, tidied and folded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.values.phones import phone_key, phones_in, tidy_phone


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("p:+4930123456", "+4930123456"),
        ("'+49 30 123456", "+49 30 123456"),
        ("=+49 30 123456", "+49 30 123456"),
        ("tel:+49-30-123456", "+49-30-123456"),
        ("Phone: 030 123456", "030 123456"),
        ("+49 (0)30 123456", "+49 30 123456"),
        ("+49 30 123456 (mobile)", "+49 30 123456"),
        ("(312) 555-0100 x12", "(312) 555-0100 x12"),
        ("４９３０", "4930"),
        ("4930123456.0", "4930123456"),
        ("4.93012E+11", ""),
        ("n/a", ""),
        ("see below", "see below"),
    ],
)
def test_a_number_is_shown_without_what_stands_around_it(text: str, tidy: str) -> None:
    assert tidy_phone(text) == tidy


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("030 123456", "DE", "+4930123456"),
        ("0049 30 123456", None, "+4930123456"),
        ("+49 (0)30 12 34 56", "US", "+4930123456"),
        ("(312) 555-0100", "US", "+13125550100"),
        ("(312) 555-0100 ext. 12", "CA", "+13125550100;ext=12"),
        ("0532 123 45 67", "TR", "+905321234567"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("500 123 456", "PL", "+48500123456"),
        ("+49 30 123456; +49 30 999999", None, "+4930123456"),
        ("030 123456", None, None),
        ("12", "DE", None),
        ("see below", "DE", None),
        ("", "DE", None),
        ("4.93012E+11", "DE", None),
    ],
)
def test_a_number_has_one_key_however_it_is_written(text: str, region: str | None, key: str | None) -> None:
    assert phone_key(text, region) == key


def test_a_cell_has_as_many_numbers_as_it_names() -> None:
    assert phones_in("+49 30 123456 / +49 30 999999") == ("+49 30 123456", "+49 30 999999")
    assert phones_in("030/123456-12") == ("030/123456-12",)
    assert phones_in("call me, please") == ("call me, please",)
    assert phones_in("-") == ()


@given(
    st.text(max_size=40) | st.text("+0123456789 ()-/.;,extp:'=", max_size=40), st.sampled_from([None, "DE", "US", "XX"])
)
def test_any_text_has_a_key_or_none(text: str, region: str | None) -> None:
    key = phone_key(text, region)
    assert key is None or phone_key(key, None) == key
    assert tidy_phone(tidy_phone(text)) == tidy_phone(text)
