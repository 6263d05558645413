"""The values inside Slack's payloads, read as strictly as the bot drew them."""

import json
from collections.abc import Mapping
from typing import Any, Final

from qualification.rules.refusals import StaleCard

LARGEST_ID: Final = 2**63 - 1


def mapping(value: object) -> Mapping[str, Any]:
    """Return the object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[object]:
    """Return the list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """Return the text; raises StaleCard for anything else, and for an empty one."""
    if not isinstance(value, str) or not value:
        raise StaleCard
    return value


def optional_text(value: object) -> str | None:
    """Return the text, None for anything else."""
    return value if isinstance(value, str) and value else None


def parsed(text: object) -> Mapping[str, Any]:
    """Return the JSON object that a control carries; raises StaleCard for anything else."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as rubbish:
        raise StaleCard from rubbish
    if not isinstance(value, dict):
        raise StaleCard
    return value


def row_id(value: object) -> int:
    """Return the id of a record; raises StaleCard for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_ID:
        raise StaleCard
    return value


def optional_row_id(value: object) -> int | None:
    """Return the id of a record, None for None; raises StaleCard for anything else."""
    return None if value is None else row_id(value)
