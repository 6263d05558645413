"""Telephone numbers, tidied and folded."""

from collections.abc import Sequence
from functools import cache

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberFormat

from qualification.rules.values.phones import e164, phones_in, tidy_phone
from qualification.rules.values.plain_phones import plain_key

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


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
    assert e164(text, region) == key


def test_a_cell_has_as_many_numbers_as_it_names() -> None:
    assert phones_in("+49 30 123456 / +49 30 999999") == ("+49 30 123456", "+49 30 999999")
    assert phones_in("030/123456-12") == ("030/123456-12",)
    assert phones_in("call me, please") == ("call me, please",)
    assert phones_in("-") == ()


@given(
    st.text(max_size=40) | st.text("+0123456789 ()-/.;,extp:'=", max_size=40), st.sampled_from([None, "DE", "US", "XX"])
)
def test_any_text_has_a_key_or_none(text: str, region: str | None) -> None:
    key = e164(text, region)
    assert key is None or e164(key, None) == key
    assert tidy_phone(tidy_phone(text)) == tidy_phone(text)


@cache
def _examples(region: str) -> Sequence[str]:
    """Return the numbers that the figures give as examples of a country, without its code."""
    found = (phonenumbers.example_number_for_type(region, kind) for kind in range(11))
    return [phonenumbers.national_significant_number(each) for each in found if each is not None]


@st.composite
def _written_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """Write a number that may be one of some country, with the prefixes of its own and of others."""
    region = draw(st.sampled_from(REGIONS))
    of_region = PhoneMetadata.metadata_for_region(region, None)
    code = str(phonenumbers.country_code_for_region(region))
    prefixes = ("", "", (of_region and of_region.national_prefix) or "", "0", "1", "8", code)
    national = draw(st.sampled_from(_examples(region)) | st.text("0123456789", min_size=1, max_size=17))
    changed = draw(st.dictionaries(st.integers(0, len(national) - 1), st.sampled_from("0123456789"), max_size=3))
    digits = "".join(changed.get(index, digit) for index, digit in enumerate(national))
    before = draw(st.sampled_from(["", "", "00", f"+{code}", f"+{code}", "+"]))
    signs = draw(st.lists(st.sampled_from(["", "", "", " ", "-", ".", "(", ") "]), min_size=30, max_size=30))
    bare = f"{before}{draw(st.sampled_from(prefixes))}{digits}"
    return "".join(map("".join, zip(bare, signs, strict=False))), draw(st.sampled_from([region, region, "DE", "US"]))


@given(_written_numbers())
def test_a_number_of_a_plain_form_is_what_the_library_makes_of_it(written: tuple[str, str]) -> None:
    text, region = written
    key = plain_key(text, region)
    assume(key is not None)
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        number = phonenumbers.PhoneNumber()
    assert phonenumbers.is_possible_number(number)
    assert not number.extension
    assert key == phonenumbers.format_number(number, PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("text", "region", "key"),
    [
        ("+4930123456", None, "+4930123456"),
        ("+49 30 123456", "US", "+4930123456"),
        ("030 123456", "DE", "+4930123456"),
        ("(415) 310-0001", "US", "+14153100001"),
        ("020 7946 0958", "GB", "+442079460958"),
        # These are left to the library: a trunk prefix behind a code, a leading zero that stays, another country.
        ("+49 030 123456", None, None),
        ("06 698 12345", "IT", None),
        ("0044 20 7946 0958", "DE", None),
        ("+0 30 123456", "DE", None),
        ("030 123456", None, None),
        ("030 123456 x12", "DE", None),
    ],
)
def test_the_commonest_forms_are_plain(text: str, region: str | None, key: str | None) -> None:
    assert plain_key(text, region) == key
