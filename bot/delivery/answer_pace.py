"""The pace of answers to response_urls in each conversation, kept by one process in memory.

Slack publishes no rate for them. Baton keeps the rate of messages, and waits where Slack asks for it.
"""

import threading
from datetime import datetime, timedelta

from bot.slack.rate_limits import GREATEST_PAUSE, Rate


class AnswerPace:
    """Says when the next answer in a conversation may go; safe to use from any thread."""

    def __init__(self, rate: Rate | None) -> None:
        """Keep the rate; with None only what Slack asks for."""
        self._rate = rate
        self._lock = threading.Lock()
        self._free_at: dict[str, datetime] = {}

    def reserve(self, channel: str, now: datetime, until: datetime) -> datetime | None:
        """Count one answer, and return the moment from which it may go; None, not counted, where that is too late."""
        with self._lock:
            # What lies beyond any pause was written while the clock was ahead.
            self._forget(now)
            before = self._free_at.get(channel)
            at = max(before or now, now)
            if at > until:
                return None
            if self._rate is not None:
                self._free_at[channel] = self._rate.free_at(before, at)
            return at

    def refused(self, channel: str, now: datetime, pause: timedelta) -> None:
        """Let nothing go there for so long, since Slack asked for it; GREATEST_PAUSE at most."""
        with self._lock:
            until = now + min(pause, GREATEST_PAUSE)
            self._free_at[channel] = max(self._free_at.get(channel, until), until)

    def _forget(self, now: datetime) -> None:
        old = [channel for channel, at in self._free_at.items() if abs(now - at) > GREATEST_PAUSE]
        for channel in old:
            del self._free_at[channel]
