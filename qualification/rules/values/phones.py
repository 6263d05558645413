"""Telephone numbers as people and tools write them, tidied for reading and folded for comparison."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from qualification.rules.values.blanks import is_blank
from qualification.rules.values.folding import unescaped, without_invisible
from qualification.rules.values.plain_phones import FEWEST_DIGITS, plain_key

_LONGEST: Final = 100
_LONGEST_LIST: Final = 1000
# Nothing stands around these digits that would have to go.
_TIDY: Final = re.compile(r"[+(]?[0-9][0-9 ()-]*[0-9]")
# What an export, a spreadsheet or a form writes before a number: p:+49…, tel:…, '+49…, =+49…, Phone: …
_BEFORE: Final = re.compile(
    r"[='\"`\N{RIGHT SINGLE QUOTATION MARK}\s]+"
    r"|(?:tel|p|t|m|f|phone|mobile|mob|cell|telefon|telefonnummer|handy|call|sip|callto|whatsapp|wa|cep|gsm|kom|電話|携帯)"
    r"\s?\.?\s?[:=]\s*",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(r"[\s'\"`,;\N{RIGHT SINGLE QUOTATION MARK}]+\Z")
_COMMENT: Final = re.compile(r"\s*\((?:[^\W\d_]|[\s.]){2,30}\)\s*\Z")
_WITH_PARAMETERS: Final = re.compile(r";(?!ext=)[a-z-]+=[^;]*", re.IGNORECASE)
# A spreadsheet's number: 4.93012E+11 has lost its last digits.
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_DECIMALS: Final = re.compile(r"(\d{6,})\.0+")
_ZEROS_ABROAD: Final = re.compile(r"00[\s-]?(?=[1-9])")
_MOST_PARTS: Final = 4
_BETWEEN: Final = re.compile(r"\s*[,;|\n]\s*|\s+(?:/|or|oder|und|and|veya|lub)\s+")


def tidy_phone(text: str) -> str:
    """Return a number without what tools and spreadsheets write around it: p:, tel:, '+49…, =+49…; the rest as written.

    An extension stays. Full-width digits become plain ones. What is blank, or lost digits in a spreadsheet
    (4.93012E+11), is "".
    """
    if len(text) <= _LONGEST and _TIDY.fullmatch(text) and "(0)" not in text:
        return " ".join(text.split())
    return _tidied(text[:_LONGEST])


@lru_cache(maxsize=4096)
def _tidied(text: str) -> str:
    tidy = unicodedata.normalize("NFKC", without_invisible(unescaped(text))).strip()
    for _ in range(_MOST_PARTS):
        match = _BEFORE.match(tidy)
        if match is None:
            break
        tidy = tidy[match.end() :]
    tidy = _COMMENT.sub("", _AFTER.sub("", _WITH_PARAMETERS.sub("", tidy)))
    whole = _DECIMALS.fullmatch(tidy)
    tidy = whole[1] if whole else tidy.replace("(0)", " ") if tidy.startswith(("+", "00")) else tidy
    if is_blank(tidy) or _SCIENTIFIC.fullmatch(tidy):
        return ""
    return " ".join(tidy.split())


def phones_in(text: str) -> tuple[str, ...]:
    """Return the numbers that a cell or a field holds, tidied, in the order in which they stand there.

    A text of one number is that number; one that is no number, such as "see below", is left as it is.
    """
    return _phones_in(text[:_LONGEST_LIST])


# A row's number is asked for when it is read, and again when it is compared.
@lru_cache(maxsize=2048)
def _phones_in(text: str) -> tuple[str, ...]:
    parts = [tidy_phone(part) for part in _BETWEEN.split(text) if part.strip()]
    is_list = len(parts) > 1 and all(sum(map(str.isdigit, part)) >= FEWEST_DIGITS for part in parts)
    found = parts if is_list else [tidy_phone(text)]
    return tuple(dict.fromkeys(part for part in found if part))


def e164(text: str, region: str | None) -> str | None:
    """Return the number as E.164 writes it (+4930123456), by which two ways of writing it are one; None for no number.

    `region` is the country, as ISO 3166-1 writes it, of a number without a country's code: the lead's, else that of
    the team's zone (`region_of`). Without one, only numbers with a country's code have a key. An extension is kept
    (+4930123456;ext=12), for colleagues share what stands before it. Whether the number exists is not known; it has as
    many digits as numbers there have.
    """
    found = phones_in(text)
    return _key(found[0], region) if found else None


@lru_cache(maxsize=4096)
def _key(tidy: str, region: str | None) -> str | None:
    if not tidy:
        return None
    international = _ZEROS_ABROAD.match(tidy)
    if international and region not in {"US", "CA"}:
        tidy = f"+{tidy[international.end() :]}"
    plain = plain_key(tidy, region)
    if plain is not None:
        return plain
    try:
        number = phonenumbers.parse(tidy, region)
    except NumberParseException:
        return None
    if len(str(number.national_number)) < FEWEST_DIGITS or not phonenumbers.is_possible_number(number):
        return None
    key = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{key};ext={number.extension}" if number.extension else key
