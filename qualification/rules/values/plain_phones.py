"""Telephone numbers of a plain form, read by their country's lengths and prefix alone, ten times as fast as all others.

Most numbers of a file are of this form. Each comes to what `phonenumbers` makes of it, whose figures these are; what
could come to anything else is left to it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

FEWEST_DIGITS: Final = 6
_PLAIN: Final = re.compile(r"[+(]?[0-9][0-9 ().-]*[0-9]")
_SIGNS: Final = str.maketrans(dict.fromkeys("+ ().-"))
_LONGEST_CODE: Final = 3
_LONGEST: Final = 40
_NEVER: Final = re.compile(r"(?!)")
# The region of calling codes that are no country's.
_NOWHERE: Final = "001"


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What numbers of a country look like: the calling code, how many digits follow it, and what stands before them.

    `prefixes` and `abroad` match the trunk prefix and the way to other countries at the beginning of a number, `whole`
    matches numbers without either. `is_rewritten` says that other digits may take the place of a trunk prefix.
    """

    code: str
    lengths: frozenset[int]
    is_rewritten: bool
    prefixes: re.Pattern[str]
    abroad: re.Pattern[str]
    whole: re.Pattern[str]


def plain_key(tidy: str, region: str | None) -> str | None:
    """Return a tidied number of a plain form as E.164 writes it; None where it is of another, and may be a number too.

    `region` is the country, as ISO 3166-1 writes it, of a number without a country's code.
    """
    if len(tidy) > _LONGEST or not _PLAIN.fullmatch(tidy):
        return None
    digits = tidy.translate(_SIGNS)
    if tidy[0] == "+":
        numbers = _of_code(digits)
        national = digits[len(numbers.code) :] if numbers else ""
        if numbers is None or numbers.prefixes.match(national):
            return None
    else:
        numbers = _of_region(region) if region else None
        if numbers is None or numbers.abroad.match(digits) or digits.startswith(numbers.code):
            return None
        national = digits
        prefix = numbers.prefixes.match(digits)
        if prefix is not None:
            if numbers.is_rewritten or numbers.whole.fullmatch(digits):
                return None
            national = digits[prefix.end() :]
    is_one = len(national) in numbers.lengths and len(national) >= FEWEST_DIGITS and national[0] != "0"
    return f"+{numbers.code}{national}" if is_one else None


def _of_code(digits: str) -> _Numbers | None:
    """Return the numbers of the country whose calling code these digits begin with; none begins with a zero."""
    if digits[0] == "0":
        return None
    for length in range(1, _LONGEST_CODE + 1):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length]))
        if regions:
            return _of_region(regions[0])
    return None


@lru_cache(maxsize=512)
def _of_region(region: str) -> _Numbers | None:
    """Return the numbers of a country; None where too little is known of them."""
    own = PhoneMetadata.metadata_for_region(region, None) if region != _NOWHERE else None
    if own is None or own.general_desc is None:
        return None
    # Countries that share a calling code, such as those of North America, share the lengths of one of them.
    first = COUNTRY_CODE_TO_REGION_CODE[own.country_code or 0][0]
    shared = PhoneMetadata.metadata_for_region(first, None) if first != region else own
    if shared is None or shared.general_desc is None:
        return None
    return _Numbers(
        code=str(own.country_code),
        lengths=frozenset(own.general_desc.possible_length) & frozenset(shared.general_desc.possible_length),
        is_rewritten=bool(own.national_prefix_transform_rule),
        prefixes=_pattern(own.national_prefix_for_parsing),
        abroad=_pattern(own.international_prefix),
        whole=_pattern(own.general_desc.national_number_pattern),
    )


def _pattern(written: str | None) -> re.Pattern[str]:
    return re.compile(written) if written else _NEVER
