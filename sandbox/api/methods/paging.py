"""Pagination by cursor."""

import base64
from collections.abc import Sequence
from typing import TypeVar

from sandbox.refusals import SlackError
from sandbox.workspace.state import Json

T = TypeVar("T")


def paginate(items: Sequence[T], arguments: Json, *, most: int, usual: int) -> tuple[Sequence[T], str]:
    """Return the page for `cursor` and `limit`, and the next cursor ("" on the last page).

    `usual` is the limit if the call has none, `most` the largest. Raises `invalid_limit` or `invalid_cursor`.
    """
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
