"""The message that a request comes from: the one pressed in, or the one that a modal was opened from.

A modal keeps it in its private_metadata, response_url included; that is a capability, and is never logged.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any


def origin_of(body: Mapping[str, Any]) -> dict[str, str] | None:
    """Return channel, ts and response_url of the message in which somebody pressed, or from which a modal was opened.

    None where it is no message that stays: an answer that only one person sees, a Home tab, a command.
    """
    match body:
        case {"view": {"type": "modal", "private_metadata": str(kept)}}:
            return _origin_in(kept)
        case {
            "container": {"type": "message", "channel_id": str(channel), "message_ts": str(ts)} as container,
            "response_url": str(url),
        } if not container.get("is_ephemeral"):
            return {"channel": channel, "ts": ts, "response_url": url}
    return None


def with_origin(view: Mapping[str, Any], origin: Mapping[str, str] | None) -> dict[str, Any]:
    """Return a modal that remembers the message it was opened from, so that its submission can show that message."""
    if origin is None:
        return dict(view)
    kept = json.loads(view.get("private_metadata") or "{}")
    return {**view, "private_metadata": json.dumps({**kept, "origin": dict(origin)}, separators=(",", ":"))}


def _origin_in(private_metadata: str) -> dict[str, str] | None:
    with suppress(ValueError, RecursionError):
        match json.loads(private_metadata or "{}"):
            case {"origin": {"channel": str(), "ts": str(), "response_url": str()} as origin}:
                return {name: origin[name] for name in ("channel", "ts", "response_url")}
    return None
