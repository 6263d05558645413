"""The shape that Slack's payloads have, as far as Bolt and the listeners rely on it.

docs.slack.dev/reference/interaction-payloads, docs.slack.dev/apis/events-api
"""

from collections.abc import Mapping
from typing import Any, Final

from qualification.rules.values.normalization import storable

_OBJECTS: Final = frozenset({"channel", "container", "enterprise", "event", "message", "state", "team", "user", "view"})
_TEXTS: Final = frozenset(
    {
        *("api_app_id", "callback_id", "channel_id", "command", "response_url", "team_id", "text", "trigger_id"),
        *("type", "user_id", "user_name"),
    }
)


class OddPayload(Exception):
    """A payload that Slack doesn't send; the text names the field that is not as Slack's are."""


def read_shape(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload without what is null, since Slack means by it that there is none; raises OddPayload.

    No text in it holds what a database refuses: NUL, and halves of a pair of surrogates.
    """
    said = {name: _storable(value) for name, value in payload.items() if value is not None}
    for name, value in said.items():
        if (name in _OBJECTS and not isinstance(value, dict)) or (name in _TEXTS and not isinstance(value, str)):
            raise OddPayload(name)
    match said:
        case {"type": "event_callback"}:
            _need(said, "event", "type")
            said["authorizations"] = [each for each in _items(said, "authorizations") if isinstance(each, dict)]
        case {"type": "block_actions"}:
            _need(said, "user", "id")
            actions = _items(said, "actions")
            if not actions or not all(isinstance(each, dict) and _is_text(each.get("action_id")) for each in actions):
                raise OddPayload("actions")
        case {"type": "view_submission" | "view_closed"}:
            _need(said, "user", "id")
            _need(said, "view", "callback_id")
        case {"type": "shortcut" | "message_action", "callback_id": _}:
            _need(said, "user", "id")
        case {"command": _, "user_id": _} | {"ssl_check": _}:
            pass  # Slack checks a command's certificate with a form of its own, which Bolt answers.
        case {"type": kind}:
            raise OddPayload(f"type {kind!r}")
        case _:
            raise OddPayload("type")
    return said


def _storable(value: object) -> Any:  # noqa: ANN401 - a value of any kind of JSON's
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(name): _storable(inner) for name, inner in value.items()}
        case list():
            return [_storable(inner) for inner in value]
    return value


def _need(said: Mapping[str, Any], name: str, inner: str) -> None:
    if not _is_text(said.get(name, {}).get(inner)):
        raise OddPayload(f"{name}.{inner}")


def _items(said: Mapping[str, Any], name: str) -> list[object]:
    value = said.get(name, [])
    if not isinstance(value, list):
        raise OddPayload(name)
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
