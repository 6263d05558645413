"""Cursors: a list answered page by page."""

import base64
from collections.abc import Sequence
from typing import TypeVar

from sandbox.api.refusals import SlackError
from sandbox.workspace.state import Json

T = TypeVar("T")


def page(items: Sequence[T], arguments: Json, *, most: int, usual: int) -> tuple[Sequence[T], str]:
    """Return the page that `cursor` and `limit` ask for, and the cursor of the next one, or an empty text."""
    limit = arguments.get("limit", usual)
    if not 1 <= limit <= most:
        raise SlackError("invalid_limit")
    start = _start(arguments.get("cursor", ""))
    following = start + limit
    more = following < len(items)
    return items[start:following], base64.b64encode(f"next:{following}".encode()).decode() if more else ""


def _start(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        prefix, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        if prefix == "next":
            return int(number)
    except ValueError:
        pass
    raise SlackError("invalid_cursor")
