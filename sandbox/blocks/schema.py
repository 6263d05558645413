"""The checks that the Block Kit schemas are made of; each appends an error message for every problem it finds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite

Check = Callable[[object, str, list[str]], None]
"""Checks a value at a JSON pointer, and appends a message to the list for every error."""


def error(message: str, at: str) -> str:
    """Return an error message followed by its JSON pointer, as Slack writes it."""
    return f"{message} [json-pointer:{at}]"


def deeper(at: str, key: str | int) -> str:
    """Return the pointer of an item or field of the value at `at`, escaped by RFC 6901."""
    return f"{at}/{str(key).replace('~', '~0').replace('/', '~1')}"


def string(most: int, least: int = 1) -> Check:
    """Return a check for a string of `least` to `most` characters."""

    def check(value: object, at: str, found: list[str]) -> None:
        if not isinstance(value, str):
            found.append(error("must be a string", at))
        elif len(value) > most:
            found.append(error(f"must be less than {most + 1} characters", at))
        elif len(value) < least:
            found.append(error(f"must be more than {least - 1} characters", at))

    return check


def matching(accepts: Callable[[str], bool], wanted: str) -> Check:
    """Return a check for a string that `accepts` approves; `wanted` describes such a string in the error message."""

    def check(value: object, at: str, found: list[str]) -> None:
        if not isinstance(value, str) or not accepts(value):
            found.append(error(f"must be {wanted}", at))

    return check


def boolean(value: object, at: str, found: list[str]) -> None:
    """Check for true or false."""
    if not isinstance(value, bool):
        found.append(error("must be a boolean", at))


def number(value: object, at: str, found: list[str]) -> None:
    """Check for a finite number."""
    if not is_number(value):
        found.append(error("must be a number", at))


def is_number(value: object) -> bool:
    """Return whether the value is a finite number; a boolean isn't one."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def integer(least: int, most: int) -> Check:
    """Return a check for a whole number from `least` to `most`."""

    def check(value: object, at: str, found: list[str]) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            found.append(error("must be an integer", at))
        elif not least <= value <= most:
            found.append(error(f"must be from {least} to {most}", at))

    return check


def choice(*values: str) -> Check:
    """Return a check for one of these strings."""

    def check(value: object, at: str, found: list[str]) -> None:
        if value not in values:
            found.append(error(f"must be one of: {', '.join(values)}", at))

    return check


def array(item: Check, least: int, most: int) -> Check:
    """Return a check for an array of `least` to `most` items that each pass `item`."""

    def check(value: object, at: str, found: list[str]) -> None:
        if not isinstance(value, list):
            found.append(error("must be an array", at))
            return
        if len(value) > most:
            found.append(error(f"no more than {most} items allowed", at))
        if len(value) < least:
            found.append(error(f"no less than {least} items allowed", at))
        for index, each in enumerate(value):
            item(each, deeper(at, index), found)

    return check


Rule = Callable[[Mapping[str, object], str, list[str]], None]
"""A check of an object as a whole. It runs even if fields are invalid, so it must not rely on their types."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A check for an object with these fields and no others."""

    required: Mapping[str, Check]
    optional: Mapping[str, Check] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()

    def __call__(self, value: object, at: str, found: list[str]) -> None:
        """Append a message for every missing, unknown or invalid field."""
        if not isinstance(value, dict):
            found.append(error("must be an object", at))
            return
        found.extend(error(f"missing required field: {name}", at) for name in self.required if name not in value)
        for name, inner in value.items():
            if name == "type":
                continue
            check = self.required.get(name) or self.optional.get(name)
            if check is None:
                found.append(error(f"invalid additional property: {name}", at))
            else:
                check(inner, deeper(at, name), found)
        for rule in self.rules:
            rule(value, at, found)


@dataclass(frozen=True, slots=True)
class Untyped:
    """A check for an object without a `type`, such as an option or a confirmation."""

    shape: Shape

    def __call__(self, value: object, at: str, found: list[str]) -> None:
        """Refuse a `type`, and check the rest by the shape."""
        if isinstance(value, dict) and "type" in value:
            found.append(error("invalid additional property: type", at))
        self.shape(value, at, found)


@dataclass(frozen=True, slots=True)
class ByType:
    """A check for an object whose `type` selects its shape."""

    shapes: Mapping[str, Check]

    def __call__(self, value: object, at: str, found: list[str]) -> None:
        """Append a message for an unknown type, or what the type's shape finds."""
        if not isinstance(value, dict):
            found.append(error("must be an object", at))
        elif "type" not in value:
            found.append(error("missing required field: type", at))
        elif not isinstance(value["type"], str) or value["type"] not in self.shapes:
            found.append(error(f"unsupported type: {value['type']}", deeper(at, "type")))
        else:
            self.shapes[value["type"]](value, at, found)
