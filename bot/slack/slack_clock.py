"""What time it is at Slack, to compare this machine's clock with."""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# After this long the counter of seconds may itself be off by some.
FRESH_SECONDS: Final = timedelta(days=1).total_seconds()


class SlackClock:
    """Slack's time as the Date header of its last answer told it, carried on by a counter of seconds."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        """`seconds` counts from any moment on, and is never set."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._heard: tuple[datetime, float] | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Take the time from the headers of an answer; one without a date, or with an odd one, tells nothing."""
        date = next((value for name, value in headers.items() if name.lower() == "date"), None)
        try:
            told = parsedate_to_datetime(date) if date else None
        except ValueError:
            return
        if told is not None and told.tzinfo is not None:
            with self._lock:
                self._heard = told, self._seconds()

    def ahead(self, now: datetime) -> timedelta | None:
        """Return how far `now` is ahead of Slack's time, to the second; None where Slack said nothing for a day."""
        with self._lock:
            if self._heard is None:
                return None
            told, at = self._heard
        passed = self._seconds() - at
        return now - told - timedelta(seconds=passed) if passed <= FRESH_SECONDS else None
