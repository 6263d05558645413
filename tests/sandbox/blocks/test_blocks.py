"""Which blocks the sandbox accepts, and its error messages for the rest."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.blocks import Surface, block_errors

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def option(value: str) -> Block:
    return {"text": plain(value.title() or "None"), "value": value}


CONFIRM: Block = {
    "title": plain("Sure?"),
    "text": mrkdwn("It is *final*."),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}
BUTTON: Block = {"type": "button", "action_id": "accept", "text": plain("Accept"), "value": "1", "style": "primary"}
OVERFLOW: Block = {"type": "overflow", "action_id": "more", "options": [option("reassign"), option("remind")]}
STATIC_SELECT: Block = {
    "type": "static_select",
    "action_id": "stage",
    "placeholder": plain("Stage"),
    "options": [option("contacted"), option("won")],
    "initial_option": option("won"),
}
RADIO_BUTTONS: Block = {"type": "radio_buttons", "action_id": "verdict", "options": [option("yes"), option("no")]}
CHECKBOXES: Block = {
    "type": "checkboxes",
    "action_id": "signs",
    "options": [option("demo"), option("trial")],
    "initial_options": [option("trial")],
}
RICH_TEXT: Block = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Call ", "style": {"bold": True}},
                {"type": "user", "user_id": "U1"},
                {"type": "emoji", "name": "tada"},
                {"type": "link", "url": "https://example.com", "text": "site"},
                {"type": "date", "timestamp": 1_700_000_000, "format": "{time}", "fallback": "soon"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 1,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
        },
        {"type": "rich_text_quote", "elements": [{"type": "broadcast", "range": "here"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}]},
    ],
}
TABLE: Block = {
    "type": "data_table",
    "caption": "Stages",
    "page_size": 10,
    "rows": [
        [{"type": "raw_text", "text": "Stage"}, {"type": "raw_text", "text": "Leads"}],
        [{"type": "raw_text", "text": "Won"}, {"type": "raw_number", "value": 3, "text": "3"}],
        [RICH_TEXT, {"type": "raw_number", "value": 1.5, "text": "1.5"}],
    ],
}
BARS: Block = {
    "type": "data_visualization",
    "title": "Leads by day",
    "chart": {
        "type": "bar",
        "series": [{"name": "In", "data": [{"label": "Mon", "value": 2}, {"label": "Tue", "value": 0}]}],
        "axis_config": {"categories": ["Mon", "Tue"], "x_label": "Day", "y_label": "Leads"},
    },
}
PIE: Block = {
    "type": "data_visualization",
    "title": "By source",
    "chart": {"type": "pie", "segments": [{"label": "Ads", "value": 3}, {"label": "Fair", "value": 1}]},
}


def section(**fields: Any) -> Block:
    return {"type": "section", "text": mrkdwn("*Acme*"), **fields}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def asked(element: Block, **fields: Any) -> Block:
    return {"type": "input", "block_id": "asked", "label": plain("Company"), "element": element, **fields}


INPUTS: list[Block] = [
    {"type": "plain_text_input", "action_id": "a", "multiline": True, "max_length": 3000, "placeholder": plain("…")},
    {"type": "number_input", "action_id": "a", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"},
    {"type": "email_text_input", "action_id": "a"},
    {"type": "url_text_input", "action_id": "a", "focus_on_load": True},
    {"type": "datepicker", "action_id": "a", "initial_date": "2026-11-22"},
    {"type": "timepicker", "action_id": "a", "initial_time": "09:30"},
    {"type": "users_select", "action_id": "a", "initial_user": "U1"},
    {"type": "static_select", "action_id": "a", "option_groups": [{"label": plain("EU"), "options": [option("es")]}]},
    STATIC_SELECT,
    RADIO_BUTTONS,
    CHECKBOXES,
]

VALID: list[tuple[Surface, Block]] = [
    ("message", {"type": "header", "text": plain("Acme · Ana")}),
    ("message", section(accessory=BUTTON)),
    ("message", {"type": "section", "fields": [mrkdwn("*Size*"), plain("200")]}),
    ("message", {"type": "context", "elements": [mrkdwn("by Mika"), plain("today")]}),
    ("message", {"type": "divider"}),
    ("message", actions(BUTTON, STATIC_SELECT, OVERFLOW, CHECKBOXES, RADIO_BUTTONS)),
    ("message", actions({**BUTTON, "confirm": CONFIRM})),
    ("message", RICH_TEXT),
    ("message", TABLE),
    ("message", BARS),
    ("message", PIE),
    ("message", {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A chart"}),
    ("modal", {"type": "alert", "level": "warning", "text": plain("Two answers contradict each other.")}),
    *(("modal", asked(element)) for element in INPUTS),
    ("home", asked(INPUTS[0], dispatch_action=True, optional=True, hint=plain("As they said it"))),
]


@pytest.mark.parametrize(("surface", "block"), VALID)
def test_what_slack_documents_is_accepted(surface: Surface, block: Block) -> None:
    assert block_errors([block], surface) == []


def with_(block: Block, **fields: Any) -> Block:
    return {**block, **fields}


def chart(**fields: Any) -> Block:
    return {**BARS, "chart": {**BARS["chart"], **fields}}


TOO_LONG: list[tuple[Surface, Block, str]] = [
    (
        "message",
        {"type": "header", "text": plain("x" * 151)},
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "message",
        section(text=mrkdwn("x" * 3001)),
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "message",
        {"type": "section", "fields": [plain("x" * 2001)]},
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    (
        "message",
        {"type": "section", "fields": [plain("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    (
        "message",
        {"type": "context", "elements": [plain("x")] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        "message",
        actions(*(with_(BUTTON, action_id=f"a{n}") for n in range(26))),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    (
        "message",
        actions(with_(BUTTON, text=plain("x" * 76))),
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    (
        "message",
        actions(with_(BUTTON, value="x" * 2001)),
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    (
        "message",
        actions(with_(BUTTON, action_id="x" * 256)),
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    ("message", section(block_id="x" * 256), "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    (
        "message",
        actions(with_(OVERFLOW, options=[option(str(n)) for n in range(6)])),
        "no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "message",
        actions(with_(OVERFLOW, options=[])),
        "no less than 1 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    (
        "modal",
        asked({"type": "static_select", "options": [option(str(n)) for n in range(101)]}),
        "no more than 100 items allowed [json-pointer:/blocks/0/element/options]",
    ),
    (
        "modal",
        asked({"type": "static_select", "options": [option("x" * 76)]}),
        "must be less than 76 characters [json-pointer:/blocks/0/element/options/0/text/text]",
    ),
    (
        "modal",
        asked({"type": "static_select", "options": [{"text": plain("x"), "value": "x" * 151}]}),
        "must be less than 151 characters [json-pointer:/blocks/0/element/options/0/value]",
    ),
    (
        "modal",
        asked(with_(INPUTS[0], max_length=3001)),
        "must be from 1 to 3000 [json-pointer:/blocks/0/element/max_length]",
    ),
    (
        "modal",
        asked(with_(INPUTS[0], placeholder=plain("x" * 151))),
        "must be less than 151 characters [json-pointer:/blocks/0/element/placeholder/text]",
    ),
    (
        "modal",
        {"type": "alert", "text": plain("x" * 201)},
        "must be less than 201 characters [json-pointer:/blocks/0/text/text]",
    ),
    (
        "message",
        actions(with_(BUTTON, confirm=with_(CONFIRM, title=plain("x" * 101)))),
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    (
        "message",
        actions(with_(BUTTON, confirm=with_(CONFIRM, text=plain("x" * 301)))),
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    (
        "message",
        actions(with_(BUTTON, confirm=with_(CONFIRM, deny=plain("x" * 31)))),
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ),
    ("message", with_(BARS, title="x" * 51), "must be less than 51 characters [json-pointer:/blocks/0/title]"),
    ("message", with_(TABLE, page_size=101), "must be from 1 to 100 [json-pointer:/blocks/0/page_size]"),
    ("message", with_(TABLE, rows=TABLE["rows"][:1]), "no less than 2 items allowed [json-pointer:/blocks/0/rows]"),
    (
        "message",
        with_(TABLE, rows=TABLE["rows"][:2] * 51),
        "no more than 101 items allowed [json-pointer:/blocks/0/rows]",
    ),
]


@pytest.mark.parametrize(("surface", "block", "sentence"), TOO_LONG)
def test_each_limit_is_named_with_its_place(surface: Surface, block: Block, sentence: str) -> None:
    assert block_errors([block], surface) == [sentence]


WRONG: list[tuple[Surface, Block, str]] = [
    ("message", {"type": "sparkline"}, "unsupported type: sparkline [json-pointer:/blocks/0/type]"),
    ("message", {"text": plain("x")}, "missing required field: type [json-pointer:/blocks/0]"),
    ("message", {"type": "header"}, "missing required field: text [json-pointer:/blocks/0]"),
    ("message", {"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    (
        "message",
        {"type": "header", "text": plain("")},
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    ("message", {"type": "header", "text": "Acme"}, "must be an object [json-pointer:/blocks/0/text]"),
    ("message", {"type": "section"}, "must define either `text` or `fields` [json-pointer:/blocks/0]"),
    ("message", section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    (
        "message",
        section(text={**plain("x"), "verbatim": True}),
        "invalid additional property: verbatim [json-pointer:/blocks/0/text]",
    ),
    (
        "message",
        section(accessory={"type": "slider"}),
        "unsupported type: slider [json-pointer:/blocks/0/accessory/type]",
    ),
    (
        "message",
        actions(with_(BUTTON, style="loud")),
        "must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    (
        "message",
        actions(with_(BUTTON, url="javascript:alert(1)")),
        "must be a valid URL [json-pointer:/blocks/0/elements/0/url]",
    ),
    (
        "message",
        actions(with_(BUTTON, confirm={"type": "confirm", **CONFIRM})),
        "invalid additional property: type [json-pointer:/blocks/0/elements/0/confirm]",
    ),
    (
        "message",
        actions({"type": "plain_text_input"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    ("message", asked(INPUTS[0]), "unsupported type: input [json-pointer:/blocks/0/type]"),
    ("message", {"type": "alert", "text": plain("x")}, "unsupported type: alert [json-pointer:/blocks/0/type]"),
    ("modal", asked(BUTTON), "unsupported type: button [json-pointer:/blocks/0/element/type]"),
    ("modal", TABLE, "unsupported type: data_table [json-pointer:/blocks/0/type]"),
    (
        "modal",
        asked(with_(STATIC_SELECT, initial_option=option("lost"))),
        "must match one of the options [json-pointer:/blocks/0/element/initial_option]",
    ),
    (
        "modal",
        asked(with_(CHECKBOXES, initial_options=[option("fair")])),
        "must match one of the options [json-pointer:/blocks/0/element/initial_options/0]",
    ),
    (
        "modal",
        asked({"type": "static_select"}),
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/element]",
    ),
    (
        "modal",
        asked(with_(RADIO_BUTTONS, options=[option("yes")] * 2)),
        'option value "yes" is used more than once [json-pointer:/blocks/0/element]',
    ),
    (
        "modal",
        asked({"type": "datepicker", "initial_date": "22.11.2026"}),
        "must be a date as YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]",
    ),
    (
        "modal",
        asked({"type": "timepicker", "initial_time": "9:30"}),
        "must be a time as HH:MM [json-pointer:/blocks/0/element/initial_time]",
    ),
    (
        "modal",
        asked({"type": "number_input"}),
        "missing required field: is_decimal_allowed [json-pointer:/blocks/0/element]",
    ),
    (
        "modal",
        asked(with_(INPUTS[1], min_value=1)),
        "must be a number in a string [json-pointer:/blocks/0/element/min_value]",
    ),
    (
        "modal",
        asked(with_(INPUTS[1], min_value="10")),
        "`min_value` must not be greater than `max_value` [json-pointer:/blocks/0/element]",
    ),
    (
        "modal",
        asked(with_(INPUTS[1], initial_value="2.5")),
        "must be a whole number [json-pointer:/blocks/0/element/initial_value]",
    ),
    (
        "modal",
        asked(with_(INPUTS[0], min_length=9, max_length=3)),
        "`min_length` must not be greater than `max_length` [json-pointer:/blocks/0/element]",
    ),
    ("message", with_(TABLE, caption=None), "must be a string [json-pointer:/blocks/0/caption]"),
    (
        "message",
        with_(TABLE, rows=[TABLE["rows"][0], TABLE["rows"][1][:1]]),
        "must have the same number of cells as the first row (2) [json-pointer:/blocks/0/rows/1]",
    ),
    (
        "message",
        with_(TABLE, rows=[TABLE["rows"][2], TABLE["rows"][1]]),
        "header cells cannot be rich_text [json-pointer:/blocks/0/rows/0/0]",
    ),
    (
        "message",
        with_(TABLE, row_header_column_index=2),
        "must be the index of a column [json-pointer:/blocks/0/row_header_column_index]",
    ),
    (
        "message",
        with_(TABLE, rows=[TABLE["rows"][0], [{"type": "raw_text", "text": "x" * 9990}] * 2]),
        "no more than 10000 characters allowed in all cells [json-pointer:/blocks/0/rows]",
    ),
    ("message", chart(type="radar"), "unsupported type: radar [json-pointer:/blocks/0/chart/type]"),
    (
        "message",
        chart(series=BARS["chart"]["series"] * 2),
        'series name "In" is used more than once [json-pointer:/blocks/0/chart/series]',
    ),
    (
        "message",
        chart(series=[{"name": "In", "data": [{"label": "Mon", "value": 2}]}]),
        "must have exactly one point for each category [json-pointer:/blocks/0/chart/series/0/data]",
    ),
    (
        "message",
        with_(PIE, chart={"type": "pie", "segments": [{"label": "Ads", "value": 0}]}),
        "must be more than 0 [json-pointer:/blocks/0/chart/segments/0/value]",
    ),
    (
        "message",
        with_(PIE, chart={"type": "pie", "segments": [{"label": str(n), "value": 1} for n in range(7)]}),
        "no more than 6 items allowed [json-pointer:/blocks/0/chart/segments]",
    ),
    (
        "message",
        {"type": "rich_text", "elements": [{"type": "text", "text": "x"}]},
        "unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
    ),
]


@pytest.mark.parametrize(("surface", "block", "sentence"), WRONG)
def test_what_slack_does_not_document_is_refused_with_its_place(surface: Surface, block: Block, sentence: str) -> None:
    assert block_errors([block], surface) == [sentence]


def test_an_axis_label_and_a_category_have_their_limits() -> None:
    axis = {"categories": ["x" * 21, "Tue"], "x_label": "x" * 51}
    series = [{"name": "In", "data": [{"label": "x" * 21, "value": 2}, {"label": "Tue", "value": 0}]}]
    assert block_errors([chart(axis_config=axis, series=series)], "message") == [
        "must be less than 21 characters [json-pointer:/blocks/0/chart/series/0/data/0/label]",
        "must be less than 21 characters [json-pointer:/blocks/0/chart/axis_config/categories/0]",
        "must be less than 51 characters [json-pointer:/blocks/0/chart/axis_config/x_label]",
    ]


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_a_surface_takes_only_so_many_blocks(surface: Surface, most: int) -> None:
    divider: list[object] = [{"type": "divider"}]
    assert block_errors(divider * most, surface) == []
    assert block_errors(divider * (most + 1), surface) == [f"no more than {most} items allowed [json-pointer:/blocks]"]


def test_a_block_id_may_stand_only_once_in_a_message() -> None:
    assert block_errors([section(block_id="a"), section(block_id="b"), section(block_id="a")], "message") == [
        '`block_id` "a" already exists [json-pointer:/blocks/2/block_id]'
    ]


def test_an_action_id_may_stand_only_once_in_a_block_but_again_in_another() -> None:
    assert block_errors([actions(BUTTON), actions(BUTTON)], "message") == []
    assert block_errors([actions(BUTTON, BUTTON)], "message") == [
        '`action_id` "accept" already exists [json-pointer:/blocks/0/elements/1/action_id]'
    ]


def test_a_message_takes_two_charts_and_no_third() -> None:
    assert block_errors([BARS, PIE], "message") == []
    assert block_errors([BARS, PIE, BARS], "message") == [
        "no more than 2 data_visualization blocks allowed [json-pointer:/blocks]"
    ]


def test_only_one_input_may_take_the_focus() -> None:
    focused = with_(INPUTS[0], focus_on_load=True)
    assert block_errors([asked(focused, block_id="a"), asked(focused, block_id="b")], "modal") == [
        "only one element can set `focus_on_load` [json-pointer:/blocks]"
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4), st.sampled_from(["message", "modal", "home"]))
def test_rubbish_is_refused_and_never_breaks_the_check(blocks: list[object], surface: Surface) -> None:
    assert len(block_errors(blocks, surface)) >= len(blocks)


def paths(value: object) -> list[tuple[str | int, ...]]:
    """Return the path of every value inside a JSON value."""
    if isinstance(value, Mapping):
        steps: list[tuple[str | int, Any]] = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    else:
        steps = []
    return [(key, *rest) for key, inner in steps for rest in [(), *paths(inner)]]


@given(st.data())
def test_a_valid_block_with_rubbish_at_any_place_never_breaks_the_check(data: st.DataObject) -> None:
    surface, block = data.draw(st.sampled_from(VALID))
    spoiled = deepcopy(block)
    *way, last = data.draw(st.sampled_from(paths(spoiled)))
    place: Any = spoiled
    for key in way:
        place = place[key]
    place[last] = data.draw(JSON)
    assert all("[json-pointer:/blocks" in sentence for sentence in block_errors([spoiled], surface))
