"""The fields of an object by what their names mean, whatever a form or a file calls them."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from qualification.rules.values import contact_consents, normalization
from qualification.rules.values.blanks import is_blank
from qualification.rules.values.contact_consents import Kind, UnclearConsent
from qualification.rules.values.field_names import by_meaning
from qualification.rules.values.label_words import fold_words

_FAMILY_NAME_FIRST: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\s]+")
_KIND: Final = re.compile(r"(?:p|tel|phone):(?=\+?\d)")


def meant(fields: object, means: object) -> object:
    """Return the first value among the fields of an object that mean this, such as 'email'; None where none has one."""
    return next(iter(all_meant(fields, means)), None)


def all_meant(fields: object, means: object) -> list[object]:
    """Return every value among the fields of an object that mean this, the preferred one first, each once."""
    if not (isinstance(fields, dict) and isinstance(means, str)):
        return []
    found: list[object] = []
    for label in _meanings(tuple(key for key in fields if isinstance(key, str))).get(means, ()):
        found += [value for value in _values(fields[label]) if value not in found]
    return found


def refused(fields: object) -> bool | None:
    """Say whether a field that holds refusals says yes; None where there is none, or it says nothing.

    A consent that isn't given refuses nothing here: who asks for a demo may do so without a newsletter.
    """
    if not isinstance(fields, dict):
        return None
    said = {_refuses(label, value) for label, value in fields.items() if isinstance(label, str)} - {None}
    return any(said) if said else None


def full_name(first: object, last: object) -> str | None:
    """Return both names as one: the family name first in Japanese, Chinese and Korean, else last; each once."""
    given, family = (_text(each) for each in (first, last))
    if not (given and family):
        return given or family
    given_words, family_words = fold_words(given), fold_words(family)
    if family_words[: len(given_words)] == given_words and len(family_words) > len(given_words):
        return family
    if _FAMILY_NAME_FIRST.fullmatch(given + family):
        return f"{family} {given}"
    return f"{given} {family}"


def first(*values: object) -> object:
    """Return the first value that holds something: not nothing, a blank, a dash or a word such as N/A.

    The kind that Facebook writes before a number (`p:+49…`) goes.
    """
    return next(iter(_held(values)), None)


def first_address(*values: object) -> object:
    """Return the first value that is an e-mail address, else the first that holds something."""
    held = list(_held(values))
    return next((each for each in held if _is_address(each)), first(*held))


def further(chosen: object, *values: object) -> list[str]:
    """Return the other values that hold something, each once."""
    return [each for each in dict.fromkeys(map(str, _held(values))) if each != chosen]


def refuses(label: object, value: object) -> bool | None:
    """Say whether this value of a column with this label refuses contact; None where it doesn't say."""
    try:
        return contact_consents.refuses(label, value) if isinstance(label, str) else None
    except UnclearConsent:
        return None


def is_one_of(value: object, words: object) -> bool | None:
    """Say whether the value is one of these words, whatever their case; None where it is blank."""
    if not isinstance(words, list) or _text(value) is None:
        return None
    return str(value).strip().casefold() in {str(word).strip().casefold() for word in words} or None


def any_true(*values: object) -> bool | None:
    """Return true if one of the values is, false if one is false, else nothing."""
    return True if True in values else (False if False in values else None)


def _held(values: tuple[object, ...]) -> Iterator[object]:
    for value in values:
        if isinstance(value, str):
            text = _KIND.sub("", value.strip())
            if text and not is_blank(text):
                yield text
        elif isinstance(value, int | float):
            yield value


def _refuses(label: str, value: object) -> bool | None:
    if contact_consents.kind_of(label) not in {Kind.REFUSAL, Kind.FILLED}:
        return None
    try:
        return contact_consents.refuses(label, next(iter(_values(value)), None))
    except UnclearConsent:
        return None


@lru_cache(maxsize=128)
def _meanings(labels: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    return by_meaning(labels)


def _values(held: object) -> Iterator[object]:
    """Yield what a field holds: itself, or what an object with a value, or a list, holds."""
    match held:
        case {"value": inner}:
            yield from _values(inner) if not isinstance(inner, dict | list) else ()
        case list():
            yield from (each for one in held if not isinstance(one, list) for each in _values(one))
        case str() if held.strip():
            yield held
        case int() | float():
            yield held


def _is_address(held: object) -> bool:
    try:
        return isinstance(held, str) and "@" in held and bool(normalization.check_email(held))
    except normalization.Unreadable:
        return False


def _text(held: object) -> str | None:
    return held.strip() or None if isinstance(held, str) else None
