"""Slack's rate limits, kept by what is delivered so that Slack need not refuse.

docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import LONG_AGO
from qualification.records import RateLimit

RATE_LIMITS: Final = (
    select(RateLimit)
    .where(RateLimit.workspace_id == bindparam("workspace_id"))
    .order_by(RateLimit.id)
    .with_for_update(key_share=True)
)

# The limit of all methods together, kept while Slack refuses every call of a workspace.
EVERY_METHOD: Final = "*"
# No pause is longer: not after an error, nor where Slack asks for one.
GREATEST_PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Rate:
    """One call each `interval`, and up to `burst` at once after a pause (the generic cell rate algorithm)."""

    interval: timedelta
    burst: int

    def free_at(self, before: datetime | None, now: datetime) -> datetime:
        """Return the first moment for the next call, after a call at `now`; `before` is what the call before returned.

        A call is within the rate when `before` is None or not after `now`.
        """
        rested = now - self.interval * (self.burst - 1)
        return max(before or rested, rested) + self.interval


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates to keep: of new messages and of answers in one place, and of each method in the whole workspace.

    A thread line waits for `line_waits` before it is posted, so that what happens meanwhile is told in it.
    """

    posts: Rate | None = None
    answers: Rate | None = None
    line_waits: timedelta | None = None
    methods: Mapping[str, Rate] = field(default_factory=lambda: MappingProxyType({}))


def _each_minute(calls: int, burst: int) -> Rate:
    """Return the rate that allows at most `calls` in any minute, a burst included."""
    return Rate(timedelta(minutes=1) / (calls - burst), burst)


# Slack allows bursts of three messages, and counts when they arrive: the third is kept for those that arrive closer
# together than they were sent.
SLACK_RATES: Final = Rates(
    posts=Rate(timedelta(seconds=1), burst=2),
    # Slack publishes none for response_urls.
    answers=Rate(timedelta(seconds=1), burst=2),
    line_waits=timedelta(seconds=2),
    methods=MappingProxyType(
        {
            # A short burst, so that the most edits a minute can be sustained in a crowd.
            "chat.update": _each_minute(48, burst=4),
            "conversations.history": _each_minute(50, burst=10),
            "conversations.replies": _each_minute(50, burst=10),
            "views.publish": _each_minute(98, burst=10),
        }
    ),
)

UNLIMITED: Final = Rates()


def lock_rate_limits(session: Session, workspace_id: int, methods: Iterable[str]) -> dict[str, RateLimit]:
    """Return all limits of the workspace by method, locked until the transaction ends.

    Makes those of `methods` that are missing; a new limit is free at once.
    """
    wanted = {"workspace_id": workspace_id}
    known = {limit.method: limit for limit in session.scalars(RATE_LIMITS, wanted)}
    missing = [{**wanted, "method": method, "free_at": LONG_AGO} for method in sorted(set(methods) - known.keys())]
    if not missing:
        return known
    insert = (
        postgresql.insert(RateLimit) if session.get_bind().dialect.name == "postgresql" else sqlite.insert(RateLimit)
    )
    session.execute(insert.values(missing).on_conflict_do_nothing())
    return {limit.method: limit for limit in session.scalars(RATE_LIMITS, wanted)}
