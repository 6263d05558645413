"""Schemas of the block elements, and which blocks allow which."""

import re
from collections.abc import Mapping
from datetime import date

from sandbox.blocks.composition_objects import (
    ACTION_ID,
    CONFIRM,
    OPTION_GROUP,
    OVERFLOW_OPTION,
    PLAIN_OPTION,
    RICH_OPTION,
    link,
    one_source_of_options,
    option_rules,
    plain_text,
)
from sandbox.blocks.schema import Check, Rule, Shape, Untyped, array, boolean, choice, error, integer, matching, string

LONGEST_INPUT = 3000


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _is_time(text: str) -> bool:
    return re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text) is not None


_DATE = matching(_is_date, "a date as YYYY-MM-DD")
_TIME = matching(_is_time, "a time as HH:MM")
_NUMBER = matching(_is_number, "a number in a string")
_USER = matching(lambda text: re.fullmatch(r"[UW][A-Z0-9]+", text) is not None, "a user id")

_FOCUSED: Mapping[str, Check] = {**ACTION_ID, "focus_on_load": boolean}
_ASKED: Mapping[str, Check] = {**_FOCUSED, "confirm": CONFIRM}
_HINTED: Mapping[str, Check] = {"placeholder": plain_text(150)}
_DISPATCH: Mapping[str, Check] = {
    "dispatch_action_config": Untyped(
        Shape({"trigger_actions_on": array(choice("on_enter_pressed", "on_character_entered"), 1, 2)})
    )
}


def _in_order(low: str, high: str) -> Rule:
    """Return a rule that the field `low` isn't greater than the field `high`; both can be numbers in strings."""

    def as_number(value: object) -> float | None:
        if isinstance(value, str):
            return float(value) if _is_number(value) else None
        return float(value) if isinstance(value, int | float) else None

    def rule(element: Mapping[str, object], at: str, found: list[str]) -> None:
        least, most = as_number(element.get(low)), as_number(element.get(high))
        if least is not None and most is not None and least > most:
            found.append(error(f"`{low}` must not be greater than `{high}`", at))

    return rule


def _whole_numbers(element: Mapping[str, object], at: str, found: list[str]) -> None:
    if element.get("is_decimal_allowed") is False:
        for name in ("initial_value", "min_value", "max_value"):
            value = element.get(name)
            if isinstance(value, str) and "." in value:
                found.append(error("must be a whole number", f"{at}/{name}"))


IMAGE = Shape({"image_url": link(), "alt_text": string(2000)})

BUTTON = Shape(
    {"text": plain_text(75)},
    {
        **ACTION_ID,
        "url": link(),
        "value": string(2000),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
OVERFLOW = Shape({"options": array(OVERFLOW_OPTION, 1, 5)}, {**ACTION_ID, "confirm": CONFIRM}, (option_rules,))
STATIC_SELECT = Shape(
    {},
    {
        **_ASKED,
        **_HINTED,
        "options": array(PLAIN_OPTION, 1, 100),
        "option_groups": array(OPTION_GROUP, 1, 100),
        "initial_option": PLAIN_OPTION,
    },
    (one_source_of_options, option_rules),
)
USERS_SELECT = Shape({}, {**_ASKED, **_HINTED, "initial_user": _USER})
RADIO_BUTTONS = Shape(
    {"options": array(RICH_OPTION, 1, 10)}, {**_ASKED, "initial_option": RICH_OPTION}, (option_rules,)
)
CHECKBOXES = Shape(
    {"options": array(RICH_OPTION, 1, 10)}, {**_ASKED, "initial_options": array(RICH_OPTION, 1, 10)}, (option_rules,)
)
DATEPICKER = Shape({}, {**_ASKED, **_HINTED, "initial_date": _DATE})
TIMEPICKER = Shape({}, {**_ASKED, **_HINTED, "initial_time": _TIME, "timezone": string(100)})

PLAIN_TEXT_INPUT = Shape(
    {},
    {
        **_FOCUSED,
        **_HINTED,
        **_DISPATCH,
        "initial_value": string(LONGEST_INPUT, 0),
        "multiline": boolean,
        "min_length": integer(0, LONGEST_INPUT),
        "max_length": integer(1, LONGEST_INPUT),
    },
    (_in_order("min_length", "max_length"),),
)
NUMBER_INPUT = Shape(
    {"is_decimal_allowed": boolean},
    {
        **_FOCUSED,
        **_HINTED,
        **_DISPATCH,
        "initial_value": _NUMBER,
        "min_value": _NUMBER,
        "max_value": _NUMBER,
    },
    (_in_order("min_value", "max_value"), _whole_numbers),
)
EMAIL_INPUT = Shape({}, {**_FOCUSED, **_HINTED, **_DISPATCH, "initial_value": string(LONGEST_INPUT, 0)})
URL_INPUT = Shape({}, {**_FOCUSED, **_HINTED, **_DISPATCH, "initial_value": string(LONGEST_INPUT, 0)})

_CHOICES: Mapping[str, Check] = {
    "static_select": STATIC_SELECT,
    "users_select": USERS_SELECT,
    "radio_buttons": RADIO_BUTTONS,
    "checkboxes": CHECKBOXES,
    "datepicker": DATEPICKER,
    "timepicker": TIMEPICKER,
}
IN_ACTIONS: Mapping[str, Check] = {**_CHOICES, "button": BUTTON, "overflow": OVERFLOW}
BESIDE_A_SECTION: Mapping[str, Check] = {**IN_ACTIONS, "image": IMAGE}
IN_INPUT: Mapping[str, Check] = {
    **_CHOICES,
    "plain_text_input": PLAIN_TEXT_INPUT,
    "number_input": NUMBER_INPUT,
    "email_text_input": EMAIL_INPUT,
    "url_text_input": URL_INPUT,
}
