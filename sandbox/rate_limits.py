"""Slack's rate limits: one message a second per channel with short bursts, and each method's tier per workspace.

docs.slack.dev/apis/web-api/rate-limits. Slack publishes no rate for response URLs: here they have that of messages, one
a second per conversation, counted apart.
"""

import math
from collections import defaultdict, deque
from typing import Literal, TypeAlias

from sandbox.clock import Clock
from sandbox.refusals import SlackError

Tier: TypeAlias = Literal[1, 2, 3, 4, "special"]

MINUTE = 60.0
BURST = 3
# Calls a minute by tier. Slack publishes tier 1 as "1+", but allows small bursts, in which connections are opened. It
# publishes the special tier, of chat.postMessage and auth.test, as "hundreds".
CALLS_A_MINUTE: dict[Tier, int] = {1: 20, 2: 20, 3: 50, 4: 100, "special": 300}


class Limits:
    """Counts calls, and refuses those over a limit with `ratelimited`, HTTP 429 and `Retry-After`."""

    def __init__(self, clock: Clock, *, enabled: bool) -> None:
        """Start with no calls counted; `enabled` may be changed at any time."""
        self._clock = clock
        self.enabled = enabled
        self._calls: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._saved: dict[tuple[str, str], tuple[float, float]] = {}

    def count_call(self, workspace_id: str, method: str, tier: Tier) -> None:
        """Count a call against the method's tier. Raises SlackError over the limit; a refused call is not counted."""
        if not self.enabled:
            return
        now = self._clock.unix()
        calls = self._calls[workspace_id, method]
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= CALLS_A_MINUTE[tier]:
            raise _ratelimited(calls[0] + MINUTE - now)
        calls.append(now)

    def count_post(self, channel_id: str) -> None:
        """Count a message against its channel: one a second, and bursts of BURST. Raises SlackError over the limit."""
        self._count_one_a_second("message", channel_id)

    def count_answer(self, channel_id: str) -> None:
        """Count an answer to a response URL against its conversation, as `count_post` does a message."""
        self._count_one_a_second("answer", channel_id)

    def _count_one_a_second(self, kind: str, channel_id: str) -> None:
        if not self.enabled:
            return
        now = self._clock.unix()
        saved, since = self._saved.get((kind, channel_id), (float(BURST), now))
        saved = min(float(BURST), saved + now - since)
        if saved < 1:
            raise _ratelimited(1 - saved)
        self._saved[kind, channel_id] = (saved - 1, now)


def _ratelimited(seconds: float) -> SlackError:
    return SlackError("ratelimited", status=429, headers={"Retry-After": str(max(1, math.ceil(seconds)))})
