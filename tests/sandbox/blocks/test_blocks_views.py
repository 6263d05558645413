"""Which modals, Home tabs and message metadata the sandbox accepts."""

from typing import Any

import pytest

from sandbox.blocks import metadata_errors, view_errors

INPUT: dict[str, Any] = {
    "type": "input",
    "label": {"type": "plain_text", "text": "Company"},
    "element": {"type": "plain_text_input", "action_id": "company"},
}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def modal(**fields: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain("Hand off"), "blocks": [INPUT], "submit": plain("Send"), **fields}


@pytest.mark.parametrize(
    "view",
    [
        modal(),
        modal(close=plain("Cancel"), private_metadata="", callback_id="handoff", external_id="x", notify_on_close=True),
        {"type": "modal", "title": plain("Why"), "blocks": [{"type": "divider"}]},
        {"type": "home", "blocks": [INPUT], "callback_id": "home"},
    ],
)
def test_what_slack_documents_is_accepted(view: dict[str, Any]) -> None:
    assert view_errors(view) == []


@pytest.mark.parametrize(
    ("view", "sentence"),
    [
        (modal(title=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/title/text]"),
        (modal(submit=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/submit/text]"),
        (modal(close=plain("x" * 25)), "must be less than 25 characters [json-pointer:/view/close/text]"),
        (modal(private_metadata="x" * 3001), "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
        (modal(callback_id="x" * 256), "must be less than 256 characters [json-pointer:/view/callback_id]"),
        (modal(state={}), "invalid additional property: state [json-pointer:/view]"),
        (modal(blocks=[{**INPUT, "hint": "x"}]), "must be an object [json-pointer:/view/blocks/0/hint]"),
        ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
        ({"type": "dialog", "blocks": []}, "unsupported type: dialog [json-pointer:/view/type]"),
        ({"blocks": []}, "missing required field: type [json-pointer:/view]"),
        (
            {"type": "home", "blocks": [], "title": plain("x")},
            "invalid additional property: title [json-pointer:/view]",
        ),
        (
            {"type": "modal", "title": plain("Hand off"), "blocks": [INPUT]},
            "must define `submit` when the view has an `input` block [json-pointer:/view]",
        ),
    ],
)
def test_a_faulty_view_is_refused_with_the_place(view: dict[str, Any], sentence: str) -> None:
    assert view_errors(view) == [sentence]


def test_metadata_needs_a_type_and_a_payload() -> None:
    assert metadata_errors({"event_type": "baton_delivery", "event_payload": {"delivery": "d1"}}) == []
    assert metadata_errors({"event_type": "baton_delivery"}) == [
        "missing required field: event_payload [json-pointer:/metadata]"
    ]
    assert metadata_errors({"event_type": "", "event_payload": []}) == [
        "must be more than 0 characters [json-pointer:/metadata/event_type]",
        "must be an object [json-pointer:/metadata/event_payload]",
    ]
    assert metadata_errors("delivery") == ["must be an object [json-pointer:/metadata]"]
