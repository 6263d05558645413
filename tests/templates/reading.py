"""A payload read as a person would: its texts, its elements."""

import re
from collections.abc import Iterator, Mapping

MENTION = re.compile(r"<@[UW][A-Z0-9]+>")
LINK = re.compile(r"<https://[^\s<>|]+\|([^<>|]+)>")
DATE = re.compile(r"<!date\^\d+\^[^|<>]*\|[^|<>^]*>")


def nodes(payload: object) -> Iterator[Mapping[str, object]]:
    """Yield every object of a payload, itself first."""
    if isinstance(payload, dict):
        yield payload
        for inner in payload.values():
            yield from nodes(inner)
    elif isinstance(payload, list):
        for inner in payload:
            yield from nodes(inner)


def marked_up(payload: Mapping[str, object]) -> list[str]:
    """Return every text in which Slack's markup holds."""
    found = [str(node["text"]) for node in nodes(payload) if node.get("type") == "mrkdwn"]
    return [*found, str(payload["text"])] if isinstance(payload.get("text"), str) else found


def words(payload: Mapping[str, object]) -> list[str]:
    """Return every text that a person reads or hears."""
    found = marked_up(payload)
    found += [str(node["text"]) for node in nodes(payload) if node.get("type") in {"plain_text", "text"}]
    return found + [str(node["accessibility_label"]) for node in nodes(payload) if "accessibility_label" in node]


def actions(payload: Mapping[str, object]) -> list[str]:
    """Return the action ids in the order a person meets them."""
    return [str(node["action_id"]) for node in nodes(payload) if "action_id" in node]


def element(payload: Mapping[str, object], action_id: str) -> Mapping[str, object]:
    """Return the element with that action id."""
    return next(node for node in nodes(payload) if node.get("action_id") == action_id)


def block(payload: Mapping[str, object], block_id: str) -> Mapping[str, object]:
    """Return the block with that id."""
    return next(node for node in nodes(payload) if node.get("block_id") == block_id)
