"""Telephone numbers folded for comparison."""

import re
from typing import Final

import phonenumbers

_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15  # E.164
_EXTENSION: Final = re.compile(r"(?i:ext|x|#|durchwahl|;)")


def phone_key(text: str, country: str | None) -> str | None:
    """Return by what a number is compared: E.164 where its country is known, else its digits; None for no number.

    `country` is an ISO 3166 code. A number of one digit again and again was typed to fill a field, and is none.
    """
    number = _EXTENSION.split(text, maxsplit=1)[0].replace("(0)", "").strip()
    digits = "".join(str(int(sign)) for sign in number if sign.isdecimal())
    is_international = number.startswith(("+", "\uff0b")) or digits.startswith("00")
    digits = digits.removeprefix("00") if is_international else digits
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or len(set(digits)) == 1:
        return None
    if is_international:
        return f"+{digits}"
    if country is None:
        return digits
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
