"""Finds controls on a surface: a button by its text, a field by its label, a menu by its name or options."""

from collections.abc import Sequence
from typing import TypeAlias

from sandbox.people.snapshots import Control, DriverError, Surface
from sandbox.workspace.inputs import TEXT_INPUTS, Value

__all__ = ["Given", "Value", "button", "field", "menu", "value"]

Given: TypeAlias = str | list[str] | None


def button(surface: Surface, label: str, near: str | None) -> Control:
    """Return the button with this text; `near` picks one of several. Raises DriverError."""
    buttons = [each for each in surface.controls if each.place.type == "button"]
    fitting = _having_near([each for each in buttons if label in {each.name, each.place.key[1]}], near)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DriverError(f"{len(fitting)} buttons {label!r}{_near_hint(near)}; say near=…")
    raise DriverError(f"no button {label!r}{_near_hint(near)}; there are: {_listed([each.name for each in buttons])}")


def field(surface: Surface, label: str) -> Control:
    """Return the field with this label, action id or block id. Raises DriverError."""
    fields = [each for each in surface.controls if each.place.keeps_a_choice]
    fitting = [each for each in fields if label in each.names]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DriverError(
            f"{len(fitting)} fields {label!r}; say its block id: {_listed([each.names[-1] for each in fitting])}"
        )
    raise DriverError(f"no field {label!r}; there are: {_listed([each.name for each in fields])}")


def menu(surface: Surface, option: Given, where: str | None, near: str | None) -> Control:
    """Return the menu called `where`, or the only one that has the option. Raises DriverError."""
    menus = [each for each in surface.controls if each.place.type not in {"button", *TEXT_INPUTS}]
    named = _having_near([each for each in menus if where is None or where in each.names], near)
    if not named:
        raise DriverError(f"no menu {where!r}{_near_hint(near)}; there are: {_listed([each.name for each in menus])}")
    fitting = [each for each in named if _offers(each, option)] if where is None or len(named) > 1 else named
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DriverError(
            f"{len(fitting)} menus offer {option!r}: {_listed([each.name for each in fitting])}; say which, or near=…"
        )
    offered = [text for each in named for text, _ in each.options]
    raise DriverError(f"no option {option!r}; there are: {_listed(offered)}")


def value(control: Control, given: Given) -> Value:
    """Return the element's value for an answer: options by text or value, people by name or id. Raises DriverError."""
    if not control.options or given is None:
        return given
    if isinstance(given, list):
        return [_option(control, each) for each in given]
    return [_option(control, given)] if control.place.type == "checkboxes" else _option(control, given)


def _option(control: Control, wanted: str) -> str:
    for text, option in control.options:
        if wanted in {text, option}:
            return option
    raise DriverError(
        f"no option {wanted!r} in {control.name!r}; there are: {_listed([text for text, _ in control.options])}"
    )


def _offers(control: Control, option: Given) -> bool:
    if not control.options:
        return control.place.can_hold(option)
    wanted = option if isinstance(option, list) else [option]
    offered = {each for pair in control.options for each in pair}
    return all(each in offered for each in wanted)


def _having_near(controls: Sequence[Control], near: str | None) -> list[Control]:
    return [each for each in controls if near is None or near in each.context]


def _near_hint(near: str | None) -> str:
    return f" near {near!r}" if near else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
