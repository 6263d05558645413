"""The fields of an object by what their names mean, whatever a form or a file calls them."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from qualification.rules.values import contact_consents
from qualification.rules.values.contact_consents import Kind, UnclearConsent
from qualification.rules.values.field_names import by_meaning
from qualification.rules.values.label_words import fold_words

_FAMILY_NAME_FIRST: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\s]+")


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


def _text(held: object) -> str | None:
    return held.strip() or None if isinstance(held, str) else None
