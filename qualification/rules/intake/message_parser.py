"""A message about a lead, read as somebody would who fills a form from it: what is plain is taken, the rest is left."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from qualification.rules.values import normalization
from qualification.rules.values.email_domains import domain_of_company

# What stands in a text for an address or a number that has a field of its own, which fewer people see.
TAKEN_OUT: Final = "…"

_LONGEST_NAME: Final = 100
_LONGEST_COMPANY: Final = 300
_LONGEST_NUMBER: Final = 40
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15

# How forms label their fields, in English and German; capitals, blanks and signs do not count.
_LABELS: Final[Mapping[str, str]] = {
    label: field
    for field, labels in {
        "person": "name fullname yourname contact contactname contactperson ansprechpartner",
        "first": "firstname fname givenname vorname",
        "last": "lastname lname surname nachname",
        "email": "email emailaddress workemail businessemail youremail mail emailadresse",
        "phone": "phone phonenumber telephone tel mobile mobilephone cell yourphone telefon telefonnummer mobil handy",
        "company": "company companyname yourcompany organization organisation firma firmenname unternehmen",
        "title": "jobtitle title role position funktion",
        "country": "country countrycode land",
        "size": "companysize size employees numberofemployees teamsize headcount mitarbeiter unternehmensgrösse",
        "value": "value dealvalue dealsize amount auftragswert",
        "problem": "message yourmessage comment comments question howcanwehelp problem nachricht frage anliegen",
    }.items()
    for label in labels.split()
}
_LABELLED: Final = re.compile(r"(?:[^\w:]|:[\w+'-]{1,40}:)*+([^\W\d_][^:：]{0,39})[:：](.*)", re.DOTALL)  # noqa: RUF001
_BESIDE: Final = re.compile(r"[ \t]+[|·•][ \t]+|\t+")
_EMAIL: Final = re.compile(r"[^\s@<>()\[\],;:\"'|]{1,64}@[^\s@<>()\[\],;:\"'|]{1,255}")
_PHONE: Final = re.compile(r"(?<![\w+])\+[1-9](?:[ \xa0().\-/]{0,3}\d){8,14}(?![ \xa0().\-/]{0,3}\d|\w)")
_PHONE_GIVEN: Final = re.compile(r"[\d\s+().\-/]+(?:(?:ext|x|durchwahl)[\s.]*\d+)?", re.IGNORECASE)
_HEADS: Final = re.compile(r"\s*\b(?:employees|people|staff|mitarbeiter\w*|beschäftigte)\b\s*", re.IGNORECASE)
_NOTHING: Final = frozenset({"na", "none", "null", "nil", "unknown", "unbekannt", "notgiven", "notprovided", "keine"})
_EMPTY_LINES: Final = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line, or several that belong together: what it gives for which field, nothing where it gives none."""

    raw: str
    field: str | None = None
    value: str | None = None


def fields(text: str, currency: str) -> dict[str, str]:
    """Return what the text says for the fields of the hand-over form, by their names; what it does not say is left out.

    Labelled lines fill their fields where the form would take what they say. An e-mail address, and a phone number with
    its country's code, are found anywhere, but only where there is one; the company is known by the address unless that
    is free mail. All else, and whatever is in doubt, stays in `did`. What is found of address and number is taken out
    of the words: those stand where the whole team reads.
    """
    entries = list(_entries(text, currency))
    said: dict[str, list[str]] = {}
    for entry in entries:
        if entry.field and entry.value:
            said.setdefault(entry.field, []).append(entry.value)
    agreed = {field: given[0] for field, given in said.items() if len({each.casefold() for each in given}) == 1}
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
    """Take the text apart; a label alone belongs to the next line, and a message goes on until an empty one."""
    lines = [part for line in text.splitlines() for part in _parts(line)]
    while lines:
        raw = [lines.pop(0)]
        field, value = _labelled(raw[0])
        if field and not value:
            raw += _taken(lines, lambda line: not line.strip())
            if lines and not _labelled(lines[0])[0]:
                raw.append(lines.pop(0))
                value = raw[-1].strip()
        if field == "problem" and value:
            more = _taken(lines, lambda line: bool(line.strip()) and not _labelled(line)[0])
            raw += more
            value = "\n".join([value, *more])
        if field:
            yield _Entry("\n".join(raw), field, _read(field, value, currency))
        else:
            yield _Entry(raw[0])


def _parts(line: str) -> list[str]:
    """Take a line apart where several labels stand side by side."""
    parts = _BESIDE.split(line)
    return parts if all(_labelled(part)[0] for part in parts) else [line]


def _taken(lines: list[str], belongs: Callable[[str], bool]) -> list[str]:
    """Take the lines off the front that belong."""
    taken = []
    while lines and belongs(lines[0]):
        taken.append(lines.pop(0))
    return taken


def _labelled(line: str) -> tuple[str | None, str]:
    """Return the field that the line's label means, and what follows it; no field where there is no such label."""
    match = _LABELLED.fullmatch(line)
    field = _LABELS.get(normalization.fold_label(match[1])) if match else None
    return field, (match[2].strip() if match and field else "")


def _read(field: str, value: str, currency: str) -> str | None:
    """Return the value as the form would take it, None for one that it would not."""
    if not normalization.fold_label(value) or normalization.fold_label(value) in _NOTHING:
        return None
    try:
        return _READERS[field](value, currency)
    except normalization.Unreadable:
        return None


def _named(value: str, _: str) -> str | None:
    """Read the name of a person, without an address beside it."""
    name = _EMAIL.sub("", value).strip(" \t<>()[],;|-")
    is_one = not re.search(r"[\d@:/\n]", name) and any(char.isalpha() for char in name)
    return name if is_one and len(name) <= _LONGEST_NAME else None


def _called(value: str, _: str) -> str | None:
    """Read what a company or a job is called."""
    return value if not re.search(r"@|:[\s/]|\n", value) and len(value) <= _LONGEST_COMPANY else None


def _addressed(value: str, _: str) -> str | None:
    return _only(_emails(value))


def _dialled(value: str, _: str) -> str | None:
    digits = sum(char.isdigit() for char in value)
    fits = _PHONE_GIVEN.fullmatch(value) and _FEWEST_DIGITS <= digits <= _MOST_DIGITS
    return value if fits and len(value) <= _LONGEST_NUMBER else None


def _counted(value: str, _: str) -> str | None:
    if len(value) > _LONGEST_NUMBER:
        return None
    size = _HEADS.sub("", value)
    normalization.parse_size(size)
    return size


def _placed(value: str, _: str) -> str:
    normalization.check_country(value)
    return value


def _valued(value: str, currency: str) -> str | None:
    if len(value) > _LONGEST_NUMBER:
        return None
    normalization.parse_money(value, currency)
    return value


def _told(value: str, _: str) -> str:
    return value


_READERS: Final[Mapping[str, Callable[[str, str], str | None]]] = {
    "person": _named,
    "first": _named,
    "last": _named,
    "email": _addressed,
    "phone": _dialled,
    "company": _called,
    "title": _called,
    "country": _placed,
    "size": _counted,
    "value": _valued,
    "problem": _told,
}


def _emails(text: str) -> Iterator[str]:
    for found in _EMAIL.findall(text):
        try:
            yield normalization.check_email(found.strip(".!?*_~`"))
        except normalization.Unreadable:
            continue


def _only(found: Iterator[str] | list[str]) -> str | None:
    """Return what was found where it is one and the same, None for nothing or for several."""
    by_key = {each.casefold(): each for each in found}
    return next(iter(by_key.values())) if len(by_key) == 1 else None


def _without(found: list[str], text: str) -> str:
    for each in found:
        text = re.sub(re.escape(each), TAKEN_OUT, text, flags=re.IGNORECASE)
    return text
