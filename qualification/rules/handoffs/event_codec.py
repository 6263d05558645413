"""The one codec of events to and from the stored JSON."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, get_type_hints

from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import (
    TYPES,
    Event,
)


def to_json(event: Event) -> dict[str, Any]:
    """Return the event as it is stored: plain values of JSON, by field."""
    stored = {}
    for name, default in _FIELDS[event.kind]:
        value = getattr(event, name)
        if value != default:
            stored[name] = value.isoformat() if isinstance(value, datetime) else value
    return stored


def from_json(kind: EventKind, stored: Mapping[str, Any]) -> Event:
    """Return the event that was stored; a key that the type does not have is passed over."""
    given = {name: stored[name] for name, _ in _FIELDS[kind] if name in stored}
    for name, read in _READERS[kind]:
        if given.get(name) is not None:
            given[name] = read(given[name])
    # A field that has come since then was not stored.
    given |= {name: None for name, default in _FIELDS[kind] if default is MISSING and name not in given}
    return TYPES[kind](**given)


def _tuple(value: object) -> object:
    return tuple(_tuple(each) for each in value) if isinstance(value, list | tuple) else value


def _reader(hint: object) -> Callable[[Any], object] | None:
    """Return how a stored value becomes one of that type; None where it is one already."""
    written = str(hint)
    if "datetime" in written:
        return datetime.fromisoformat
    if written.startswith("tuple"):
        return _tuple
    return hint if isinstance(hint, type) and issubclass(hint, StrEnum) else None


_FIELDS: Final = {kind: [(field.name, field.default) for field in fields(each)] for kind, each in TYPES.items()}

_READERS: Final = {
    kind: [(name, read) for name, hint in get_type_hints(each).items() if (read := _reader(hint)) and name != "kind"]
    for kind, each in TYPES.items()
}
