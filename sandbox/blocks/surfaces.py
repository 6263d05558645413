"""Schemas of the surfaces: which blocks a message, modal or Home tab allows, and its limits as a whole."""

from collections.abc import Iterator, Mapping
from typing import Literal

from sandbox.blocks.composition_objects import BLOCK_ID, link, plain_text, text_object
from sandbox.blocks.data_blocks import DATA_TABLE, DATA_VISUALIZATION
from sandbox.blocks.elements import BESIDE_A_SECTION, IMAGE, IN_ACTIONS, IN_INPUT
from sandbox.blocks.rich_text import RICH_TEXT
from sandbox.blocks.schema import ByType, Check, Shape, Untyped, array, boolean, choice, deeper, error, string

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MOST_CHARTS = 2


def _text_or_fields(section: Mapping[str, object], at: str, found: list[str]) -> None:
    if "text" not in section and "fields" not in section:
        found.append(error("must define either `text` or `fields`", at))


_EVERYWHERE: Mapping[str, Check] = {
    "header": Shape({"text": plain_text(150)}, BLOCK_ID),
    "section": Shape(
        {},
        {
            **BLOCK_ID,
            "text": text_object(3000),
            "fields": array(text_object(2000), 1, 10),
            "accessory": ByType(BESIDE_A_SECTION),
            "expand": boolean,
        },
        (_text_or_fields,),
    ),
    "context": Shape(
        {
            "elements": array(
                ByType(
                    {
                        "image": IMAGE,
                        "plain_text": Shape({"text": string(3000)}, {"emoji": boolean}),
                        "mrkdwn": Shape({"text": string(3000)}, {"verbatim": boolean}),
                    }
                ),
                1,
                10,
            )
        },
        BLOCK_ID,
    ),
    "divider": Shape({}, BLOCK_ID),
    "actions": Shape({"elements": array(ByType(IN_ACTIONS), 1, 25)}, BLOCK_ID),
    "image": Shape({"image_url": link(), "alt_text": string(2000)}, {**BLOCK_ID, "title": plain_text(2000)}),
    "rich_text": RICH_TEXT,
}
_INPUT: Mapping[str, Check] = {
    "input": Shape(
        {"label": plain_text(2000), "element": ByType(IN_INPUT)},
        {**BLOCK_ID, "hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
    )
}
BLOCKS: Mapping[Surface, Mapping[str, Check]] = {
    "message": {**_EVERYWHERE, "data_table": DATA_TABLE, "data_visualization": DATA_VISUALIZATION},
    "modal": {
        **_EVERYWHERE,
        **_INPUT,
        "alert": Shape(
            {"text": text_object(200)}, {**BLOCK_ID, "level": choice("default", "info", "warning", "error", "success")}
        ),
    },
    "home": {**_EVERYWHERE, **_INPUT},
}


def _elements(block: Mapping[str, object], at: str) -> Iterator[tuple[Mapping[str, object], str]]:
    """Yield the elements of a block that can have an `action_id`, each with its pointer."""
    for name in ("accessory", "element"):
        inner = block.get(name)
        if isinstance(inner, dict):
            yield inner, deeper(at, name)
    elements = block.get("elements")
    if block.get("type") == "actions" and isinstance(elements, list):
        for index, inner in enumerate(elements):
            if isinstance(inner, dict):
                yield inner, deeper(deeper(at, "elements"), index)


def _ids_are_unique(blocks: list[object], at: str, found: list[str]) -> None:
    block_ids: set[object] = set()
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        here = deeper(at, index)
        block_id = block.get("block_id")
        if isinstance(block_id, str):
            if block_id in block_ids:
                found.append(error(f'`block_id` "{block_id}" already exists', deeper(here, "block_id")))
            block_ids.add(block_id)
        action_ids: set[str] = set()
        for element, place in _elements(block, here):
            action_id = element.get("action_id")
            if isinstance(action_id, str):
                if action_id in action_ids:
                    found.append(error(f'`action_id` "{action_id}" already exists', deeper(place, "action_id")))
                action_ids.add(action_id)


def _few_charts(blocks: list[object], at: str, found: list[str]) -> None:
    charts = [block for block in blocks if isinstance(block, dict) and block.get("type") == "data_visualization"]
    if len(charts) > MOST_CHARTS:
        found.append(error(f"no more than {MOST_CHARTS} data_visualization blocks allowed", at))


def _one_focus(blocks: list[object], at: str, found: list[str]) -> None:
    focused = [
        element
        for index, block in enumerate(blocks)
        if isinstance(block, dict)
        for element, _ in _elements(block, deeper(at, index))
        if element.get("focus_on_load") is True
    ]
    if len(focused) > 1:
        found.append(error("only one element can set `focus_on_load`", at))


def _check_blocks(blocks: object, surface: Surface, at: str, found: list[str]) -> None:
    array(ByType(BLOCKS[surface]), 0, MOST_BLOCKS[surface])(blocks, at, found)
    if isinstance(blocks, list):
        _ids_are_unique(blocks, at, found)
        _few_charts(blocks, at, found)
        _one_focus(blocks, at, found)


def block_errors(blocks: list[object], surface: Surface) -> list[str]:
    """Return Slack's error messages for these blocks on this surface; empty if they are valid."""
    found: list[str] = []
    _check_blocks(blocks, surface, "/blocks", found)
    return found


_IN_EVERY_VIEW: Mapping[str, Check] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}


def _input_needs_submit(view: Mapping[str, object], at: str, found: list[str]) -> None:
    blocks = view.get("blocks")
    asks = isinstance(blocks, list) and any(isinstance(each, dict) and each.get("type") == "input" for each in blocks)
    if asks and "submit" not in view:
        found.append(error("must define `submit` when the view has an `input` block", at))


def _modal_blocks(value: object, at: str, found: list[str]) -> None:
    _check_blocks(value, "modal", at, found)


def _home_blocks(value: object, at: str, found: list[str]) -> None:
    _check_blocks(value, "home", at, found)


_VIEW = ByType(
    {
        "modal": Shape(
            {"title": plain_text(24), "blocks": _modal_blocks},
            {
                **_IN_EVERY_VIEW,
                "submit": plain_text(24),
                "close": plain_text(24),
                "clear_on_close": boolean,
                "notify_on_close": boolean,
                "submit_disabled": boolean,
            },
            (_input_needs_submit,),
        ),
        "home": Shape({"blocks": _home_blocks}, _IN_EVERY_VIEW),
    }
)


def view_errors(view: dict[str, object]) -> list[str]:
    """Return Slack's error messages for a modal or Home tab with its blocks; empty if it is valid."""
    found: list[str] = []
    _VIEW(view, "/view", found)
    return found


def _any_object(value: object, at: str, found: list[str]) -> None:
    if not isinstance(value, dict):
        found.append(error("must be an object", at))


def is_event_type(name: str) -> bool:
    """Return whether Slack takes metadata of this event type; other metadata it ignores, with a warning.

    docs.slack.dev/messaging/message-metadata
    """
    return all(character.isalnum() or character in "_-" for character in name)


def metadata_errors(metadata: object) -> list[str]:
    """Return Slack's error messages for a message's metadata; empty if it is valid."""
    found: list[str] = []
    Untyped(Shape({"event_type": string(255), "event_payload": _any_object}, {"entities": _any_list}))(
        metadata, "/metadata", found
    )
    return found


def _any_list(value: object, at: str, found: list[str]) -> None:
    if not isinstance(value, list):
        found.append(error("must be an array", at))
