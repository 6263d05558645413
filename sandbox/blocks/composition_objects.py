"""Schemas of Slack's composition objects: texts, options and confirmations."""

from collections.abc import Mapping

from sandbox.blocks.schema import ByType, Check, Shape, Untyped, array, boolean, choice, deeper, error, matching, string

BLOCK_ID: Mapping[str, Check] = {"block_id": string(255)}
ACTION_ID: Mapping[str, Check] = {"action_id": string(255)}
OPTION_VALUE = 150
OPTION_TEXT = 75


def _plain_shape(most: int, least: int) -> Shape:
    return Shape({"text": string(most, least)}, {"emoji": boolean})


def plain_text(most: int, least: int = 1) -> Check:
    """Return a check for a plain_text object of `least` to `most` characters."""
    return ByType({"plain_text": _plain_shape(most, least)})


def text_object(most: int) -> Check:
    """Return a check for a plain_text or mrkdwn object of 1 to `most` characters."""
    return ByType({"plain_text": _plain_shape(most, 1), "mrkdwn": Shape({"text": string(most)}, {"verbatim": boolean})})


def link(most: int = 3000) -> Check:
    """Return a check for a web address of at most `most` characters; Slack accepts no other kind of link."""

    def check(value: object, at: str, found: list[str]) -> None:
        string(most)(value, at, found)
        matching(lambda address: address.startswith(("https://", "http://")), "a valid URL")(value, at, found)

    return check


CONFIRM: Check = Untyped(
    Shape(
        {"title": plain_text(100), "text": text_object(300), "confirm": plain_text(30), "deny": plain_text(30)},
        {"style": choice("primary", "danger")},
    )
)

PLAIN_OPTION: Check = Untyped(
    Shape({"text": plain_text(OPTION_TEXT), "value": string(OPTION_VALUE)}, {"description": plain_text(OPTION_TEXT)})
)
RICH_OPTION: Check = Untyped(
    Shape({"text": text_object(OPTION_TEXT), "value": string(OPTION_VALUE)}, {"description": text_object(OPTION_TEXT)})
)
OVERFLOW_OPTION: Check = Untyped(
    Shape(
        {"text": plain_text(OPTION_TEXT), "value": string(OPTION_VALUE)},
        {"description": plain_text(OPTION_TEXT), "url": link()},
    )
)
OPTION_GROUP: Check = Untyped(Shape({"label": plain_text(75), "options": array(PLAIN_OPTION, 1, 100)}))


def all_options(element: Mapping[str, object]) -> list[object]:
    """Return the options of an element, including those in option groups."""
    found: list[object] = []
    own = element.get("options")
    if isinstance(own, list):
        found.extend(own)
    groups = element.get("option_groups")
    for group in groups if isinstance(groups, list) else []:
        inner = group.get("options") if isinstance(group, dict) else None
        found.extend(inner if isinstance(inner, list) else [])
    return found


def option_rules(element: Mapping[str, object], at: str, found: list[str]) -> None:
    """Refuse two options with the same value, and an initial option that isn't one of the options."""
    options = all_options(element)
    values = [option.get("value") for option in options if isinstance(option, dict)]
    repeated = {str(value) for value in values if values.count(value) > 1}
    found.extend(error(f'option value "{value}" is used more than once', at) for value in sorted(repeated))
    if "initial_option" in element and element["initial_option"] not in options:
        found.append(error("must match one of the options", deeper(at, "initial_option")))
    chosen = element.get("initial_options")
    for index, option in enumerate(chosen if isinstance(chosen, list) else []):
        if option not in options:
            found.append(error("must match one of the options", deeper(deeper(at, "initial_options"), index)))


def one_source_of_options(element: Mapping[str, object], at: str, found: list[str]) -> None:
    """Require exactly one of `options` and `option_groups`."""
    if ("options" in element) == ("option_groups" in element):
        found.append(error("must define either `options` or `option_groups`", at))
