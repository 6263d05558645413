"""Something done again and again in a thread of its own, until it is told to stop."""

import logging
import threading
from collections.abc import Callable

from bot.outages import log_level

log = logging.getLogger(__name__)


class Periodic:
    """Calls one function at once and then at a fixed interval in seconds; a failure is logged and does not end it."""

    def __init__(self, turn: Callable[[], object], seconds: float, *, name: str) -> None:
        """Prepare; the first turn comes with `start`."""
        self._turn = turn
        self._seconds = seconds
        self._name = name
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether it still goes round."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the turn in hand, and wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception as error:
                sentence = "A round failed; the next one follows."
                log.log(log_level(error), sentence, exc_info=error, extra={"action": self._name})
            self._stopping.wait(self._seconds)
