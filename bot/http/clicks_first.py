"""Whether somebody in Slack waits for an answer; what can wait gives way."""

import threading
from collections.abc import Generator
from contextlib import contextmanager


class ClicksFirst:
    """Counts the requests of Slack's that are being answered, for the threads of one process."""

    def __init__(self) -> None:
        """Begin at rest."""
        self._answering = 0
        self._changed = threading.Condition()

    @contextmanager
    def answering(self) -> Generator[None]:
        """Count one request of Slack's while the block lasts."""
        with self._changed:
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1
                self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until none is being answered, for so many seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: not self._answering, seconds)
