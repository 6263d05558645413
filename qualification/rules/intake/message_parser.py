"""A message about a lead, read into the fields of the hand-over form; only what is unambiguous is read."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from qualification.rules.values import field_names, normalization
from qualification.rules.values.email_domains import domain_of_company

# Replaces an address or number in the text: it has a field of its own, which fewer people see.
TAKEN_OUT: Final = "…"

_LONGEST_NAME: Final = 100
_LONGEST_COMPANY: Final = 300
_LONGEST_NUMBER: Final = 40
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15

# The fields of the form, by what a label means.
_FIELDS: Final[Mapping[str, str]] = {
    "name": "person",
    "first_name": "first",
    "last_name": "last",
    **{each: each for each in ("email", "phone", "company", "title", "country", "size", "value", "problem")},
}
_LABELLED: Final = re.compile(r"(?:[^\w:]|:[\w+'-]{1,40}:)*+([^\W\d_][^:：]{0,39})[:：](.*)", re.DOTALL)  # noqa: RUF001
# A run of blanks is looked at once, from its beginning: from each of its blanks, a long one would take hours.
_BESIDE: Final = re.compile(r"(?<![ \t])[ \t]++[|·•][ \t]++|\t++")
_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\"'|]{1,64}@[^\s@<>()\[\],;:\"'|]{1,255}")
_PHONE: Final = re.compile(r"(?<![\w+])\+[1-9](?:[ \xa0().\-/]{0,3}\d){8,14}(?![ \xa0().\-/]{0,3}\d|\w)")
_PHONE_GIVEN: Final = re.compile(r"[\d\s+().\-/]+(?:(?:ext|x|durchwahl)[\s.]*\d+)?", re.IGNORECASE)
_HEADS: Final = re.compile(r"(?<!\s)\s*+\b(?:employees|people|staff|mitarbeiter\w*|beschäftigte)\b\s*", re.IGNORECASE)
_EMPTY_LINES: Final = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line, or several that belong together, with the field and the value that they give, if any."""

    raw: str
    field: str | None = None
    value: str | None = None


def fields(text: str, currency: str) -> dict[str, str]:
    """Return the values that the text gives for the hand-over form, by the form's fields; other fields are left out.

    Labelled lines fill their fields if the form would accept their values. An e-mail address, and a phone number with a
    country code, are found anywhere in the text if there is exactly one. The company comes from the address unless that
    is free mail. Everything else, and whatever is in doubt, stays in `did`. Address and number are removed from the
    texts, because the whole team reads those.

    `currency` is that of a value without one.
    """
    entries = list(_entries(text, currency))
    values: dict[str, list[str]] = {}
    for entry in entries:
        if entry.field and entry.value:
            values.setdefault(entry.field, []).append(entry.value)
    agreed = {field: given[0] for field, given in values.items() if len({each.casefold() for each in given}) == 1}
    found = {
        "email": agreed.get("email") or _only(_emails(text)),
        "phone": agreed.get("phone") or _only(_PHONE.findall(text)),
    }
    left = "\n".join(entry.raw for entry in entries if not entry.field or entry.field not in agreed)
    person = agreed.get("person") or " ".join(agreed[part] for part in ("first", "last") if part in agreed)
    company = agreed.get("company") or domain_of_company(None, found["email"])
    hide = partial(_without, [each for each in found.values() if each])
    filled = {
        **{field: value for field, value in agreed.items() if field not in {"first", "last"}},
        **found,
        "person": person,
        "company": company,
        "problem": hide(agreed.get("problem", "")),
        "did": hide(_EMPTY_LINES.sub("\n\n", left).strip()),
    }
    return {field: value for field, value in filled.items() if value}


def _entries(text: str, currency: str) -> Iterator[_Entry]:
    """Split the text; a label alone belongs to the next line, and a message goes on until an empty line."""
    lines = deque(part for line in text.splitlines() for part in _parts(line))
    while lines:
        raw = [lines.popleft()]
        field, value = _labelled(raw[0])
        if field and not value:
            raw += _pop_while(lines, lambda line: not line.strip())
            if lines and not _labelled(lines[0])[0]:
                raw.append(lines.popleft())
                value = raw[-1].strip()
        if field == "problem" and value:
            more = _pop_while(lines, lambda line: bool(line.strip()) and not _labelled(line)[0])
            raw += more
            value = "\n".join([value, *more])
        if field:
            yield _Entry("\n".join(raw), field, _read(field, value, currency))
        else:
            yield _Entry(raw[0])


def _parts(line: str) -> list[str]:
    """Split a line that has several labels side by side."""
    parts = _BESIDE.split(line)
    return parts if all(_labelled(part)[0] for part in parts) else [line]


def _pop_while(lines: deque[str], belongs: Callable[[str], bool]) -> list[str]:
    """Remove the first lines that belong, and return them."""
    popped = []
    while lines and belongs(lines[0]):
        popped.append(lines.popleft())
    return popped


def _labelled(line: str) -> tuple[str | None, str]:
    """Return the field of the line's label and the text after it; None if the line has no known label."""
    match = _LABELLED.fullmatch(line)
    field = _FIELDS.get(field_names.meaning(match[1]) or "") if match else None
    return field, (match[2].strip() if match and field else "")


def _read(field: str, value: str, currency: str) -> str | None:
    """Return the value as the form accepts it, None if it doesn't."""
    if not normalization.fold_label(value) or normalization.is_blank(value):
        return None
    try:
        return _READERS[field](value, currency)
    except normalization.Unreadable:
        return None


def _person(value: str, _: str) -> str | None:
    """Read a person's name, without an address beside it."""
    name = _EMAIL.sub("", value).strip(" \t<>()[],;|-")
    is_one = not re.search(r"[\d@:/\n]", name) and any(char.isalpha() for char in name)
    return name if is_one and len(name) <= _LONGEST_NAME else None


def _name(value: str, _: str) -> str | None:
    """Read the name of a company or a job."""
    return value if not re.search(r"@|:[\s/]|\n", value) and len(value) <= _LONGEST_COMPANY else None


def _address(value: str, _: str) -> str | None:
    return _only(_emails(value))


def _phone(value: str, _: str) -> str | None:
    digits = sum(char.isdigit() for char in value)
    fits = _PHONE_GIVEN.fullmatch(value) and _FEWEST_DIGITS <= digits <= _MOST_DIGITS
    return value if fits and len(value) <= _LONGEST_NUMBER else None


def _employees(value: str, _: str) -> str | None:
    if len(value) > _LONGEST_NUMBER:
        return None
    size = _HEADS.sub("", value)
    normalization.parse_size(size)
    return size


def _country(value: str, _: str) -> str:
    normalization.check_country(value)
    return value


def _money(value: str, currency: str) -> str | None:
    if len(value) > _LONGEST_NUMBER:
        return None
    normalization.parse_money(value, currency)
    return value


def _text(value: str, _: str) -> str:
    return value


_READERS: Final[Mapping[str, Callable[[str, str], str | None]]] = {
    "person": _person,
    "first": _person,
    "last": _person,
    "email": _address,
    "phone": _phone,
    "company": _name,
    "title": _name,
    "country": _country,
    "size": _employees,
    "value": _money,
    "problem": _text,
}


def _emails(text: str) -> Iterator[str]:
    for found in _EMAIL.findall(text):
        try:
            yield normalization.check_email(found.strip(".!?*_~`"))
        except normalization.Unreadable:
            continue


def _only(found: Iterator[str] | list[str]) -> str | None:
    """Return the text that was found, however often; None if there are several different ones."""
    by_key = {each.casefold(): each for each in found}
    return next(iter(by_key.values())) if len(by_key) == 1 else None


def _without(found: list[str], text: str) -> str:
    for each in found:
        text = re.sub(re.escape(each), TAKEN_OUT, text, flags=re.IGNORECASE)
    return text
