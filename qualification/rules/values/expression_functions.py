"""The functions that expressions have beside those of JMESPath.

They take whatever a stranger sends: what they cannot read is nothing, and no fault.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from qualification.rules.people.working_time import known_zone
from qualification.rules.values import form_answers, form_shapes, named_fields, normalization
from qualification.rules.values.headcounts import only_whole_number
from qualification.rules.values.moments import read_moment

_EPOCH = re.compile(r"-?\d{1,15}(?:\.\d+)?")
# Seconds come so far in the year 5138, milliseconds came so far in 1973: a moment of our time is one or the other.
_MILLISECONDS_FROM: Final = 10**11
NOON: Final = time(12)
# Of a longer name of a field only this much is compared.
_LONGEST_NAME: Final = 300


def is_true(found: object) -> bool:
    """Say whether JMESPath takes it for true: 0 is, what is empty is not."""
    return found not in ("", [], {}, None) and found is not False


def _words(*parts: object) -> str | None:
    """Join what is there with blanks, such as a first and a last name."""
    return " ".join(text for text in map(_text, parts) if text) or None


def _lower(text: object) -> object:
    return text.lower() if isinstance(text, str) else text


def _split(text: object, separator: object) -> list[str] | None:
    """Take a text apart, without the blanks around its parts and without the empty ones."""
    if not (isinstance(text, str) and isinstance(separator, str) and separator):
        return None
    return [part.strip() for part in text.split(separator) if part.strip()]


def _replace(text: object, old: object, new: object) -> object:
    """Write one thing for another wherever it stands; what is no text stays as it is."""
    if not (isinstance(text, str) and isinstance(old, str) and old and isinstance(new, str)):
        return text
    return text.replace(old, new)


def _number(text: object) -> object:
    """Return the whole number of a text, of a band its lower end: 51 of "51-200 employees", 1000 of "1K–5K".

    A number with decimals, or beside a word that may multiply it, is none.
    """
    if not isinstance(text, str):
        return text if isinstance(text, int | float) and not isinstance(text, bool) else None
    try:
        return normalization.parse_size(text)
    except ValueError:
        return only_whole_number(text)


def _country(text: object) -> str | None:
    """Return the code of a country, nothing where it is none that we know."""
    try:
        return normalization.check_country(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _epoch(moment: object) -> object:
    """Write seconds or milliseconds since 1970 as a time; what is no number stays as it is."""
    written = _text(moment)
    if written is None or not _EPOCH.fullmatch(written):
        return moment
    seconds = float(written)
    if abs(seconds) >= _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _zoned(moment: object, zone: object) -> object:
    """Write a time of any usual shape as ISO 8601 has it, in this zone if it names none; a day is its noon there.

    What is no time stays as it is.
    """
    try:
        read_as = read_moment(moment) if isinstance(moment, str) else None
    except ValueError:
        return moment
    if isinstance(read_as, datetime) and read_as.tzinfo is not None:
        return moment if _is_iso(moment) else read_as.isoformat()
    if read_as is None or not (isinstance(zone, str) and known_zone(zone)):
        return moment
    local = read_as if isinstance(read_as, datetime) else datetime.combine(read_as, NOON)
    return local.replace(tzinfo=ZoneInfo(zone)).isoformat()


def _date(text: object, order: object) -> object:
    """Write a day, with its time and zone if it has them, as ISO 8601 has it: 3/1/2017 by the order month/day/year.

    What says in itself which is the month (`read_moment`) needs no order; numbers are read by it. The order "serial"
    is for the numbers of a spreadsheet's days. What is no day in that order stays as it is.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = str(text)
    if not (isinstance(text, str) and isinstance(order, str)):
        return text
    try:
        return read_moment(text, order).isoformat()
    except ValueError:
        return text


def _is_iso(moment: object) -> bool:
    try:
        return isinstance(moment, str) and datetime.fromisoformat(moment.strip()).tzinfo is not None
    except ValueError:
        return False


def _value(found: object) -> object:
    """Return what is found, or its `value` where it is an object that has one."""
    return found.get("value") if isinstance(found, dict) else found


def _field(fields: object, *names: object) -> object:
    """Return the first of these fields that holds something; capitals, blanks and signs in the names do not count."""
    if not isinstance(fields, dict):
        return None
    alike: dict[str, list[object]] = {}
    for key, held in fields.items():
        alike.setdefault(_name(key), []).append(held)
    found = (_listed(held) for name in names for held in alike.get(_name(name), ()))
    return next((each for each in found if is_true(each)), None)


def _without(fields: object, *names: object) -> object:
    """Return an object without the fields of these names; capitals, blanks and signs in the names do not count."""
    if not isinstance(fields, dict):
        return None
    left_out = set(map(_name, names))
    return {key: held for key, held in fields.items() if _name(key) not in left_out}


def _answer(response: object, *names: object) -> object:
    """Return the first of these answers of a Typeform response: by reference, title or type, else a hidden field."""
    if not isinstance(response, dict):
        return None
    titles = dict(form_shapes.typeform_titles(response.get("definition")))
    answers = response.get("answers")
    answers = [each for each in answers if isinstance(each, dict)] if isinstance(answers, list) else []
    for name in map(_name, names):
        for answer in answers:
            asked = answer.get("field")
            question, ref = (asked.get("id"), asked.get("ref")) if isinstance(asked, dict) else (None, None)
            title = titles.get(question) if isinstance(question, str) else None
            known_by = {_name(ref), _name(title), _name(answer.get("type"))}
            given = _listed(form_shapes.typeform_given(answer))
            if name and name in known_by and is_true(given):
                return given
    return _field(response.get("hidden"), *names)


def _listed(found: object) -> object:
    """Write a list of texts as one text."""
    return ", ".join(text for text in map(_text, found) if text) if isinstance(found, list) else found


def _text(found: object) -> str | None:
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    try:
        return str(found).strip() or None
    except ValueError:  # a whole number of more digits than Python writes
        return None


def _name(found: object) -> str:
    """Fold the name of a field for comparison."""
    return _folded(found[:_LONGEST_NAME]) if isinstance(found, str) else ""


# A mapping looks for a dozen fields among all of a form's, whose names are folded once.
@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    return normalization.fold_label(name)


OWN: Final[Mapping[str, Callable[..., object]]] = {
    "words": _words,
    "lower": _lower,
    "split": _split,
    "replace": _replace,
    "number": _number,
    "country": _country,
    "epoch": _epoch,
    "zoned": _zoned,
    "date": _date,
    "value": _value,
    "field": _field,
    "meant": form_answers.meant,
    "more_meant": form_answers.more_meant,
    "answers": form_answers.answers,
    "others": form_answers.others,
    "full_name": named_fields.full_name,
    "refused": form_answers.refused,
    "first": named_fields.first,
    "first_address": named_fields.first_address,
    "further": named_fields.further,
    "refuses": named_fields.refuses,
    "is_one_of": named_fields.is_one_of,
    "any_true": named_fields.any_true,
    "answer": _answer,
    "without": _without,
}
