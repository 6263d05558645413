"""Why somebody can't be reached in Slack: they could neither read a message of Baton's nor press a button in it."""

from collections.abc import Mapping
from enum import StrEnum


class Unreachable(StrEnum):
    """Why Slack gives somebody no part in this workspace, or only a small one."""

    DEACTIVATED = "deactivated"
    NOT_FOUND = "not_found"
    """Slack knows nobody by the e-mail address or the id."""
    GUEST = "guest"
    """A guest of one channel or several."""
    EXTERNAL = "external"
    """Somebody of another workspace, seen through a shared channel (Slack Connect)."""
    BOT = "bot"


def why_unreachable(user: Mapping[str, object]) -> Unreachable | None:
    """Say it of a user as Slack describes one in `users.info` and `user_change`; None for a member.

    Whether Slack has deactivated them is kept apart, and not asked here.
    """
    if user.get("is_bot"):
        return Unreachable.BOT
    if user.get("is_stranger"):
        return Unreachable.EXTERNAL
    if user.get("is_restricted") or user.get("is_ultra_restricted"):
        return Unreachable.GUEST
    return None
