"""Request bodies as plain values: JSON, or a form as browsers and PHP write it."""

import json
from typing import Any, NoReturn, TypeAlias
from urllib.parse import parse_qsl

# Deeper than anybody nests a form. A name that goes deeper isn't split.
_DEEPEST = 8

Fields: TypeAlias = dict[str, Any]


class NoPayload(ValueError):
    """A body that is neither JSON nor a form."""


def form_encoded(body: bytes) -> Fields:
    """Read a form-encoded body: contact[email] is `email` within `contact`; tags[] and repeated names are lists.

    Raises nothing: invalid UTF-8 becomes replacement characters, and a name that can't be split stays whole.
    """
    fields: Fields = {}
    for name, value in parse_qsl(body.strip().decode(errors="replace"), keep_blank_values=True):
        if not _put(fields, _steps(name), value):
            _put(fields, [name], value)
    return fields


def read(body: bytes) -> object:
    """Read a body as JSON, else as a form, whatever its content type; raises NoPayload."""
    try:
        return json.loads(body, parse_constant=_no_number)
    except RecursionError as error:
        raise NoPayload("it is nested too deeply") from error
    except ValueError:
        fields = form_encoded(body)
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
        fields[step] = value if there is None else [*(there if isinstance(there, list) else [there]), value]
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
