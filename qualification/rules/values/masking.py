"""E-mail addresses and telephone numbers in free text, masked for whoever may not see contact details."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Final, TypeVar

from phonenumbers import Leniency, PhoneNumberMatcher

T = TypeVar("T")

ADDRESS: Final = "…@…"
# Japanese keyboards write the second, addresses of pages the third.
_AT: Final = re.compile("@|\uff20|%40")
# What ends an address on either side; RFC 5322 allows more in quotes, which nobody writes.
_ENDS: Final = frozenset('@\uff20<>()[]{},;:&?"|\\/=\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb')
_FEWEST_DIGITS: Final = 7
# What is dialled for a plus sign, at the beginning of a number.
_NOUGHTS: Final = re.compile(r"(?<!\d)(?<!\d[\s./-])00(?=[1-9])")
_CURRENCY: Final = re.compile(r"\s?(?:[A-Z]{3}\b|[€$£¥₺]|zł|kr\b|(?i:euros?|dollars?|pounds?|yen)\b)")


def masked(text: str, country: str | None) -> str:
    """Return the text without its addresses and numbers; of a number the country's code stays, as `+46 …`.

    Numbers are those that begin with a plus sign or two noughts, and where the `country` (ISO 3166, such as SE) is
    known also those that are valid in it; an amount with its currency is none. `countries.region_of` tells the country
    where a lead's own is not known. Takes time in proportion to the text.
    """
    spans = sorted((*_addresses(text), *_numbers(text, country)))
    parts, end = [], 0
    for begin, until, instead in spans:
        if begin >= end:
            parts += [text[end:begin], instead]
            end = until
    return "".join((*parts, text[end:]))


def masked_all(value: T, country: str | None) -> T:
    """Return a frozen value, or a tuple, with every text in it masked."""
    return _masked(value, country)  # type: ignore[no-any-return]


def _masked(value: Any, country: str | None) -> Any:  # noqa: ANN401 - whatever it holds
    if type(value) is str:  # a word of an enumeration stays what it is
        return masked(value, country)
    if isinstance(value, tuple):
        return tuple(_masked(each, country) for each in value)
    if hasattr(value, "__dataclass_fields__"):
        texts = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return replace(value, **{name: _masked(each, country) for name, each in texts.items()})
    return value


def _addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each address begins and ends: from an at sign as far as an address goes on both sides."""
    for sign in _AT.finditer(text):
        at = begin = sign.start()
        behind = end = sign.end()
        while begin > 0 and at - begin < 64 and _goes_on(text[begin - 1]):  # noqa: PLR2004 - RFC 5321, 4.5.3.1.1
            begin -= 1
        while end < len(text) and end - at < 255 and _goes_on(text[end]):  # noqa: PLR2004 - RFC 5321, 4.5.3.1.2
            end += 1
        domain = text[behind:end].rstrip(".!?\u3002")
        if begin < at and any(dot in domain for dot in ".\u3002"):
            yield begin, behind + len(domain), ADDRESS


def _goes_on(sign: str) -> bool:
    return not sign.isspace() and sign not in _ENDS


def _numbers(text: str, country: str | None) -> Iterator[tuple[int, int, str]]:
    if sum(sign.isdigit() for sign in text) < _FEWEST_DIGITS:
        return
    searches: list[tuple[str | None, int]] = [(None, Leniency.POSSIBLE)]
    if country is not None:
        searches.append((country, Leniency.VALID))
    # Of the same length, so that places stay: 0046 is +46.
    dialled = _NOUGHTS.sub(" +", text)
    for region, leniency in searches:
        for match in PhoneNumberMatcher(dialled, region, leniency=leniency):
            if not _CURRENCY.match(text, match.end):
                begin = match.start - text.startswith("00", max(match.start - 1, 0))
                yield begin, match.end, f"+{match.number.country_code} …"
