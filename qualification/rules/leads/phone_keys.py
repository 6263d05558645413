"""By what telephone numbers of leads are compared."""

from typing import Final

from qualification.rules.values import phones

_FEWEST_DIGITS: Final = 7
_MOST_DIGITS: Final = 15  # E.164


def phone_key(text: str, country: str | None) -> str | None:
    """Return by what a number is compared: E.164 where its country is known, else its digits; None for no number.

    `country` is an ISO 3166 code. A number of one digit again and again was typed to fill a field, and is none.
    """
    digits = "".join(str(int(sign)) for sign in text if sign.isdecimal())
    if len(set(digits)) == 1:
        return None
    key = phones.phone_key(text, country)
    return key or (digits if _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS else None)
