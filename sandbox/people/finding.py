"""Finding what a person means on a surface: the button by its text, the field by its label, the option by its text."""

from collections.abc import Sequence
from typing import TypeAlias

from sandbox.people.inputs import TEXT_INPUTS, Value
from sandbox.people.snapshots import Control, DriverError, Surface

__all__ = ["Given", "Value", "button", "field", "menu", "value"]

Given: TypeAlias = str | list[str] | None


def button(surface: Surface, label: str, near: str | None) -> Control:
    """Return the button of that text; where several have it, the one near these words."""
    buttons = [each for each in surface.controls if each.place.type == "button"]
    fitting = _near([each for each in buttons if label in {each.name, each.place.key[1]}], near)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise DriverError(f"{len(fitting)} buttons {label!r}{_beside(near)}; say near=…")
    raise DriverError(f"no button {label!r}{_beside(near)}; there are: {_listed([each.name for each in buttons])}")


def field(surface: Surface, label: str) -> Control:
    """Return the element that holds what is asked under that label."""
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
    """Return the menu of that name, or the only one that has the option."""
    menus = [each for each in surface.controls if each.place.type not in {"button", *TEXT_INPUTS}]
    named = _near([each for each in menus if where is None or where in each.names], near)
    if not named:
        raise DriverError(f"no menu {where!r}{_beside(near)}; there are: {_listed([each.name for each in menus])}")
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
    """Return the value that an element holds when this is given: options by text or value, people by name or id."""
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


def _near(controls: Sequence[Control], near: str | None) -> list[Control]:
    return [each for each in controls if near is None or near in each.context]


def _beside(near: str | None) -> str:
    return f" near {near!r}" if near else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
