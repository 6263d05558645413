"""Amounts of money as people type them, in any of the usual ways of writing."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from babel import Locale
from babel.numbers import get_currency_precision, get_territory_currencies

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.bands import MULTIPLES, Band, band_of, tidy_number

MOST_MINOR = 10**15

_ALPHA_2 = 2

# A fixed day, so that the same text always reads the same.
_AS_OF = date(2026, 1, 1)

# Signs that Unicode CLDR writes otherwise, and whose they usually are where several currencies share one.
_SIGNS: Mapping[str, str] = MappingProxyType(
    {
        "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "C$": "CAD", "A$": "AUD", "S$": "SGD", "NT$": "TWD",
        "R$": "BRL", "RS": "INR", "FR": "CHF", "SFR": "CHF", "KD": "KWD", "元": "CNY", "円": "JPY",
        "TL": "TRY", "ZL": "PLN", "EURO": "EUR", "EUROS": "EUR", "YEN": "JPY", "POUNDS": "GBP",
    }
)  # fmt: skip
_SHARED_SIGNS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "$": frozenset(
            {
                "ARS", "AUD", "BBD", "BMD", "BND", "BRL", "BSD", "BZD", "CAD", "CLP", "COP", "DOP", "FJD", "GYD", "HKD",
                "JMD", "KYD", "LRD", "MXN", "NAD", "NZD", "SBD", "SGD", "SRD", "TTD", "TWD", "USD", "UYU", "XCD",
            }
        ),
        "£": frozenset({"EGP", "FKP", "GBP", "GIP", "LBP", "SHP", "SYP"}),
        "¥": frozenset({"CNY", "JPY"}),
        "KR": frozenset({"DKK", "ISK", "NOK", "SEK"}),
    }
)  # fmt: skip
_SIGN_LANGUAGES = ("en", "ar", "cs", "fr", "he", "hu", "ja", "nl", "pl", "ru", "sv", "th", "tr", "vi", "zh")
_SIGN_OF_COUNTRY = re.compile(r"([A-Z]{2})? ?([$£¥]) ?([A-Z]{2})?")
# Characters: far more than an amount has, and few enough to be read as a number.
_LONGEST = 200
_APART = re.compile(r"(?P<before>[^\d]*)(?P<number>\d(?:[\d.,' ]*\d)?)(?P<after>[^\d]*)")
_GROUPED = r"\d{1,3}(?:%s\d{3})+"
_INDIAN = r"\d{1,2}(?:,\d{2})+,\d{3}"
_GROUP = 3
_NEGATIVE = re.compile(r"^\(.*\)$|-")
_NO_BAND = re.compile(r"[€$£¥]? ?[\d.,' ]+[€$£¥]?")
_NO_CENTS = re.compile(r"(?<=\d)[.,]-(?!\d)")


def parse_money(text: str, default_currency: str) -> tuple[int, str]:
    """Read an amount such as "€ 12.500,50", "12,500.50", "1 250 000" or "12k USD"; of a band its lower end.

    Return it in the currency's smallest unit, with the ISO 4217 code. Where no currency is named it is the default; a
    sign that several share is the default's if it is one of them. "$10k - $20k" is 10,000 dollars, "über 1 Mio. €" a
    million euros; of "less than 10k" nothing is known. Raise Unreadable for that, for an amount below zero, of more
    decimals than the currency has, or that two readers would read differently ("12.500" of a currency with three).
    """
    if len(text) > _LONGEST:
        raise Unreadable("value", text, FieldFault.BAD_VALUE)
    tidy = _NO_CENTS.sub("", tidy_number(text))
    band = Band(tidy) if _NO_BAND.fullmatch(tidy) else band_of(tidy)
    if band is None:
        raise Unreadable("value", text, FieldFault.BAD_VALUE)
    amount, currency = _one_amount(text, band.lower, default_currency)
    if band.upper is not None:
        upper, upper_currency = _one_amount(text, band.upper, currency)
        if upper_currency != currency or upper < amount:
            raise Unreadable("value", text, FieldFault.BAD_VALUE)
    return amount, currency


def _one_amount(text: str, written: str, default_currency: str) -> tuple[int, str]:
    if _NEGATIVE.search(written):
        raise Unreadable("value", text, FieldFault.NEGATIVE_VALUE)
    match = _APART.fullmatch(written)
    if match is None:
        raise Unreadable("value", text, FieldFault.BAD_VALUE)
    currency, power = _words(text, [match["before"], *_after(match["after"], default_currency)], default_currency)
    digits = minor_digits(currency)
    amount = _amount(text, match["number"], digits, multiplied=power > 0).scaleb(power + digits)
    if amount != amount.to_integral_value() or amount > MOST_MINOR:
        raise Unreadable("value", text, FieldFault.BAD_VALUE)
    return int(amount), currency


def minor_digits(currency: str) -> int:
    """Return how many decimals the currency has: 2 for EUR, 0 for JPY, 3 for KWD (Unicode CLDR)."""
    return get_currency_precision(currency)


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Return the ISO 4217 codes of the currencies in use somewhere."""
    territories = (str(code) for code in Locale("en").territories if len(str(code)) == _ALPHA_2)
    return frozenset(
        currency for territory in territories for currency in get_territory_currencies(territory, start_date=_AS_OF)
    )


def _after(text: str, default: str) -> list[str]:
    """Split what follows the number: a multiple, a currency, or both in that order, with or without a space between."""
    if _currency(text.strip().upper(), default) is not None:
        return [text]
    word, _, rest = text.strip().upper().partition(" ")
    if word.rstrip(".") in MULTIPLES or _currency(word, default) is not None:
        return [word, rest]
    glued = next((multiple for multiple in sorted(MULTIPLES, key=len, reverse=True) if word.startswith(multiple)), "")
    return [glued, word[len(glued) :], rest]


def _words(text: str, words: list[str], default: str) -> tuple[str, int]:
    """Tell the currency and the power of ten from the words around the number."""
    named: set[str] = set()
    power = 0
    for word in (word.strip().upper().rstrip(".") for word in words):
        if not word:
            continue
        if word in MULTIPLES and power == 0:
            power = MULTIPLES[word]
            continue
        code = _currency(word, default)
        if code is None:
            raise Unreadable("value", text, FieldFault.UNKNOWN_CURRENCY)
        named.add(code)
    if len(named) > 1:
        raise Unreadable("value", text, FieldFault.UNKNOWN_CURRENCY)
    return (named.pop() if named else default), power


def _currency(word: str, default: str) -> str | None:
    """Tell the currency of a code or a sign, in capitals and without a dot at its end."""
    if word in currencies():
        return word
    if default in _SHARED_SIGNS.get(word, ()):
        return default
    return _SIGNS.get(word) or _of_country(word) or _foreign_signs().get(word)


def _of_country(word: str) -> str | None:
    """Tell the currency of a sign with a country's code before or after it, such as HK$ or $CA."""
    match = _SIGN_OF_COUNTRY.fullmatch(word)
    if match is None or bool(match[1]) == bool(match[3]):
        return None
    local = get_territory_currencies(match[1] or match[3], start_date=_AS_OF)
    return next((currency for currency in local if currency in _SHARED_SIGNS[match[2]]), None)


@lru_cache(maxsize=1)
def _foreign_signs() -> Mapping[str, str]:
    """Return the signs by which other languages know a currency, where it is one currency that they know by it."""
    meanings: dict[str, set[str]] = {}
    for language in _SIGN_LANGUAGES:
        for currency, sign in Locale(language).currency_symbols.items():
            if currency in currencies():
                meanings.setdefault(tidy_number(str(sign)).upper().rstrip("."), set()).add(str(currency))
    known = {sign: one.pop() for sign, one in meanings.items() if len(one) == 1 and sign not in _SHARED_SIGNS}
    return MappingProxyType(known)


def _amount(text: str, number: str, digits: int, *, multiplied: bool) -> Decimal:
    """Read the number itself; the last of two kinds of separator is the decimal one."""
    separators = re.findall(r"[^\d]", number)
    kinds = list(dict.fromkeys(separators))
    match kinds:
        case []:
            return Decimal(number)
        case [one] if separators.count(one) > 1:
            return _whole(text, number, one)
        case [one]:
            return _once(text, number, one, digits, multiplied=multiplied)
        case [group, point] if separators.count(point) == 1 and point in ".," and separators[-1] == point:
            whole, _, fraction = number.partition(point)
            return Decimal(f"{_whole(text, whole, group)}.{fraction}")
    raise Unreadable("value", text, FieldFault.BAD_VALUE)


def _once(text: str, number: str, separator: str, digits: int, *, multiplied: bool) -> Decimal:
    """Read a number with one separator: three digits after it are a group where they cannot be decimals."""
    whole, _, fraction = number.partition(separator)
    grouped = len(fraction) == _GROUP and len(whole) <= _GROUP and not whole.startswith("0")
    if separator in " '":
        return _whole(text, number, separator)
    if grouped and (digits >= _GROUP or multiplied):
        raise Unreadable("value", text, FieldFault.AMBIGUOUS_VALUE)
    return Decimal(whole + fraction) if grouped else Decimal(f"{whole}.{fraction}")


def _whole(text: str, number: str, separator: str) -> Decimal:
    """Read a whole number in groups of three, or as in India; groups of any other length are no number."""
    if re.fullmatch(_GROUPED % re.escape(separator), number) or (separator == "," and re.fullmatch(_INDIAN, number)):
        return Decimal(number.replace(separator, ""))
    raise Unreadable("value", text, FieldFault.BAD_VALUE)
