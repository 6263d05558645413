"""The values of interactive elements, and how Slack writes them in `state.values` and `actions`.

A `Value` is a text, an option's value, a list of option values, a user id, "YYYY-MM-DD" or "HH:MM"; None or an empty
list if nothing is entered or chosen.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypeAlias

from sandbox.workspace.state import Json

Value: TypeAlias = str | list[str] | None
TypedValues: TypeAlias = Mapping[tuple[str, str], Any]

TEXT_INPUTS = frozenset({"plain_text_input", "number_input", "email_text_input", "url_text_input"})
ONE_OPTION = frozenset({"static_select", "radio_buttons"})
# The field of `state.values` that holds the value, by type of element; elements not listed here hold no value.
_CHOSEN = {
    **dict.fromkeys(TEXT_INPUTS, "value"),
    **dict.fromkeys(ONE_OPTION, "selected_option"),
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}
_REQUIRED = "Please complete this required field."


@dataclass(frozen=True, slots=True)
class Place:
    """An interactive element and its block."""

    block: Json
    element: Json

    @property
    def key(self) -> tuple[str, str]:
        """The block id and the action id."""
        return self.block["block_id"], self.element["action_id"]

    @property
    def type(self) -> str:
        """The element's type."""
        return str(self.element["type"])

    @property
    def keeps_a_choice(self) -> bool:
        """Whether the element has a value in `state.values`."""
        return self.type in _CHOSEN

    @property
    def tells_the_app(self) -> bool:
        """Whether using the element sends `block_actions` immediately."""
        return self.block["type"] != "input" or bool(self.block.get("dispatch_action"))

    def can_hold(self, value: Value) -> bool:
        """Whether the element accepts this value."""
        try:
            state_value(self.element, value)
        except WrongValueError:
            return False
        return True


class WrongValueError(Exception):
    """A value that the element does not accept; the message says why."""


def places(blocks: list[Json] | None) -> Iterator[Place]:
    """Yield the interactive elements of these blocks, from top to bottom."""
    for block in blocks or []:
        if block["type"] == "actions":
            for element in block["elements"]:
                yield Place(block, element)
        for name in ("accessory", "element"):
            element = block.get(name)
            if isinstance(element, dict) and element.get("type") != "image":
                yield Place(block, element)


def options(element: Json) -> list[Json]:
    """Return the element's options, including those in groups."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def initial(element: Json) -> Value:
    """Return the element's initial value."""
    match element["type"]:
        case "static_select" | "radio_buttons":
            return (element.get("initial_option") or {}).get("value")
        case "checkboxes":
            return [option["value"] for option in element.get("initial_options", [])]
        case "users_select":
            return element.get("initial_user")
        case "datepicker":
            return element.get("initial_date")
        case "timepicker":
            return element.get("initial_time")
        case _:
            return element.get("initial_value")


def current(place: Place, typed: TypedValues) -> Value:
    """Return the element's current value: what was entered, else its initial value."""
    value: Value = typed[place.key] if place.key in typed else initial(place.element)
    return value


def state_value(element: Json, value: Value) -> Json:
    """Return a value as Slack writes it in `state.values`.

    Raises WrongValueError if the element does not accept it.
    """
    kind = element["type"]
    if kind not in _CHOSEN:
        raise WrongValueError(f"a {kind} holds no value")
    return {"type": kind, _CHOSEN[kind]: _chosen(element, value)}


def _chosen(element: Json, value: Value) -> object:
    kind = element["type"]
    if kind == "checkboxes":
        wanted = [value] if isinstance(value, str) else list(value or [])
        return [_option(element, each) for each in wanted]
    if value is not None and not isinstance(value, str):
        raise WrongValueError(f"a {kind} holds one value, not {value!r}")
    if not value:
        return None
    if kind in ONE_OPTION:
        return _option(element, value)
    try:
        if kind == "datepicker":
            return date.fromisoformat(value).isoformat()
        if kind == "timepicker":
            return time.fromisoformat(value).strftime("%H:%M")
    except ValueError as error:
        raise WrongValueError(f"a {kind} cannot hold {value!r}") from error
    return value


def _option(element: Json, value: str) -> Json:
    for option in options(element):
        if option["value"] == value:
            return dict(option)
    known = ", ".join(option["value"] for option in options(element))
    raise WrongValueError(f"no option {value!r}; there are: {known}")


def state_values(blocks: list[Json] | None, typed: TypedValues) -> Json:
    """Return the `state.values` of these blocks: by block id, then by action id."""
    values: Json = {}
    for place in places(blocks):
        if place.keeps_a_choice:
            block_id, action_id = place.key
            values.setdefault(block_id, {})[action_id] = state_value(place.element, current(place, typed))
    return values


def action(place: Place, value: Value, action_ts: str) -> Json:
    """Return the use of an element as an entry of `actions`.

    Raises WrongValueError if the element does not accept the value.
    """
    element = place.element
    block_id, action_id = place.key
    common = {"type": place.type, "action_id": action_id, "block_id": block_id, "action_ts": action_ts}
    if place.type == "button":
        return common | _part_of(element, "text", "value", "style", "url", "confirm")
    if place.type == "overflow":
        if not isinstance(value, str):
            raise WrongValueError("an overflow menu takes the value of one option")
        return common | {"selected_option": _option(element, value)}
    shown = _part_of(element, "placeholder", "initial_option", "initial_options")
    return common | shown | state_value(element, value)


def _part_of(element: Json, *names: str) -> Json:
    return {name: element[name] for name in names if name in element}


def client_errors(blocks: list[Json], typed: TypedValues) -> dict[str, str]:
    """Return the errors, by block id, with which Slack's own client refuses to submit; empty if it would submit."""
    found: dict[str, str] = {}
    for place in places(blocks):
        if place.block["type"] != "input":
            continue
        value = current(place, typed)
        if not value or (isinstance(value, str) and not value.strip()):
            problem = None if place.block.get("optional") else _REQUIRED
        else:
            problem = _problem(place.element, str(value))
        if problem:
            found[place.block["block_id"]] = problem
    return found


def _problem(element: Json, value: str) -> str | None:
    match element["type"]:
        case "plain_text_input":
            return _length_problem(element, value)
        case "number_input":
            return _number_problem(element, value)
        case "email_text_input":
            return None if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value) else "Please enter a valid email address."
        case "url_text_input":
            return None if re.match(r"https?://\S+", value) else "Please enter a valid URL."
        case _:
            return None


def _length_problem(element: Json, value: str) -> str | None:
    if len(value) < element.get("min_length", 0):
        return f"This must be at least {element['min_length']} characters."
    if len(value) > element.get("max_length", 3000):
        return f"This must be at most {element.get('max_length', 3000)} characters."
    return None


def _number_problem(element: Json, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element.get("is_decimal_allowed") else r"-?\d+"
    if not re.fullmatch(pattern, value.strip()):
        return "Please enter a valid number." if element.get("is_decimal_allowed") else "Please enter a whole number."
    number = float(value)
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number no less than {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number no greater than {element['max_value']}."
    return None
