"""Telephone numbers folded for comparison, also where their country isn't known."""

from typing import Final

from qualification.rules.values import phones

_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15  # E.164


def phone_key(text: str, country: str | None) -> str | None:
    """Return by what a number is compared: E.164 where its country is known, else its digits; None for no number.

    `country` is an ISO 3166 code. A number of one digit again and again was typed to fill a field, and is none.
    """
    digits = "".join(filter(str.isdecimal, text))
    digits = digits if digits.isascii() else "".join(str(int(sign)) for sign in digits)
    if len(digits) < _FEWEST_DIGITS or len(set(digits)) == 1:
        return None
    key = phones.e164(text, country)
    if key is not None or country is not None or len(digits) > _MOST_DIGITS or not _is_number(text):
        return key
    return digits


def _is_number(text: str) -> bool:
    """Say whether a text is a number without its country, and not one among words."""
    return not any(sign.isalpha() or sign == "+" for sign in text)
