"""Which handoffs a stored summary names: a channel sees the titles of their leads."""

from collections.abc import Mapping
from typing import Any


def named_handoffs(figures: Mapping[str, Any] | None) -> frozenset[int]:
    """Return the handoffs that the message of `summary.figures` names; none where it can't be read."""
    try:
        stored = figures or {}
        needed = (*stored["waiting"], *stored["overdue"])
        return frozenset((*stored["new"], *(each["handoff"] for each in needed)))
    except (KeyError, TypeError):
        return frozenset()
