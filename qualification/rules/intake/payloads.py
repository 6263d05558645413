"""Request bodies as plain values: JSON, or a form as browsers and PHP write it."""

import json
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeAlias
from urllib.parse import parse_qsl

# Deeper than anybody nests a form. A name that goes deeper isn't split.
_DEEPEST = 8

Fields: TypeAlias = dict[str, Any]


class NoPayload(ValueError):
    """A body that is neither JSON nor a form."""


class TooMuch(ValueError):
    """A body that holds more than its sender may post; the text says of what."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a body may hold, by which the work that it makes is bounded: values of all kinds, and their depth."""

    values: int
    depth: int


# A list of 500 leads with all that they may hold.
OF_A_SENDER: Final = Bounds(values=100_000, depth=100)
# A form that a person filled in: anybody can post it.
OF_A_FORM: Final = Bounds(values=250, depth=10)


def check(value: object, bounds: Bounds) -> None:
    """Look at a JSON value level by level, and no further than its bounds; raises TooMuch."""
    level, seen, depth = [value], 1, 0
    while level:
        containers = [each for each in level if isinstance(each, dict | list)]
        seen += sum(map(len, containers))
        depth += 1
        if seen > bounds.values:
            raise TooMuch(f"it holds more than {bounds.values:,} values")
        if depth > bounds.depth:
            raise TooMuch("it is nested too deeply")
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]


def form_encoded(body: bytes) -> Fields:
    """Read a form-encoded body: contact[email] is `email` within `contact`; tags[] and repeated names are lists.

    Raises nothing: invalid UTF-8 becomes replacement characters, and a name that can't be split stays whole.
    """
    fields: Fields = {}
    for name, value in parse_qsl(body.strip().decode(errors="replace"), keep_blank_values=True):
        if not _put(fields, _steps(name), value):
            _put(fields, [name], value)
    return fields


def parse_body(body: bytes, bounds: Bounds = OF_A_SENDER) -> object:
    """Read a body as JSON, else as a form, whatever its content type; raises NoPayload and TooMuch."""
    try:
        read = json.loads(body, parse_constant=_no_number)
    except RecursionError as error:
        raise NoPayload("it is nested too deeply") from error
    except ValueError:
        if body.count(b"&") >= bounds.values:
            raise TooMuch(f"it has more than {bounds.values:,} fields") from None
        fields = form_encoded(body)
    else:
        check(read, bounds)
        return read
    if not fields or not any(fields.values()) or body.lstrip()[:1] in {b"{", b"[", b'"', b"<"}:
        raise NoPayload("it is neither JSON nor a form")
    return fields


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} isn't a number in JSON")


def _steps(name: str) -> list[str]:
    """Split contact[fields][plan] into contact, fields and plan; a name in any other form stays whole."""
    head, *rest = name.split("[")
    if not head or not rest or len(rest) >= _DEEPEST or any(step.find("]") != len(step) - 1 for step in rest):
        return [name]
    return [head, *(step[:-1] for step in rest)]


def _put(fields: Fields, steps: list[str], value: str) -> bool:
    """Put a value at its place; False if another value is in the way."""
    step, *rest = steps
    if not rest:
        there = fields.get(step)
        if isinstance(there, dict):
            there[""] = value
            return True
        if isinstance(there, list):
            there.append(value)
        else:
            fields[step] = value if there is None else [there, value]
        return True
    if rest[0] == "":
        listed = fields.setdefault(step, [])
        if not isinstance(listed, list):
            return False
        entry: Fields = {}
        if len(rest) == 1:
            listed.append(value)
            return True
        listed.append(entry)
        return _put(entry, rest[1:], value)
    inner = fields.setdefault(step, {})
    return isinstance(inner, dict) and _put(inner, rest, value)
