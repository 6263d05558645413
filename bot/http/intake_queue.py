"""The work of the intake API: a few threads, a bounded queue, and never more than half of the time of those who click.

Python runs one thread at a time. So intake has few threads, and before each piece of work, a transaction for example,
a thread that finds somebody clicking waits for as long as it has worked since it last did so.
"""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from bot.database import Database
from bot.http.clicks_first import ClicksFirst
from qualification.outbox.unit_of_work import UnitOfWork

T = TypeVar("T")

THREADS: Final = 2
# The pieces of work in hand and waiting; a request has one at a time. One more would wait for seconds, and its request
# would hold a connection for as long.
PLACES: Final = 64
# So much weight has the latest piece of work in the average.
WEIGHT: Final = 0.1
FIRST_GUESS_SECONDS: Final = 0.02


class QueueFull(Exception):
    """There is too much to do already; `retry_after` is in how many seconds it should be done."""

    def __init__(self, retry_after: int) -> None:
        """Keep the seconds."""
        super().__init__(f"Too much is waiting; try again in {retry_after} s.")
        self.retry_after = retry_after


class IntakeQueue:
    """Runs what intake has to do, first come, first served, while those who click have the right of way.

    A request with an API key is two pieces of work: one finds its caller, the other takes in its body. A signed request
    is one.
    """

    def __init__(self, database: Database, clicks: ClicksFirst, *, places: int = PLACES) -> None:
        """Make the threads, which start with the first piece of work."""
        self._database = database
        self._clicks = clicks
        self._places = places
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="intake")
        self._taken = 0
        self._seconds = FIRST_GUESS_SECONDS
        self._worked = threading.local()

    async def run(self, work: Callable[[], T]) -> T:
        """Do a piece of work in a thread, in its turn. Raises QueueFull, and whatever the work raises.

        A request's second piece of work takes a place of its own, behind those that wait by then.
        """
        if self._taken >= self._places:
            raise QueueFull(max(1, math.ceil(self._taken * self._seconds / THREADS)))
        self._taken += 1
        try:
            result, seconds = await asyncio.get_running_loop().run_in_executor(self._threads, self._timed, work)
        finally:
            self._taken -= 1
        self._seconds += WEIGHT * (seconds - self._seconds)
        return result

    @contextmanager
    def transaction(self) -> Generator[UnitOfWork]:
        """Open a transaction as `Database.transaction` does, once those who click have had their turn."""
        self._give_way()
        with self._database.transaction() as session:
            yield session

    def shutdown(self) -> None:
        """Finish what is in hand, and end the threads."""
        self._threads.shutdown()

    def _timed(self, work: Callable[[], T]) -> tuple[T, float]:
        self._give_way()
        began = time.monotonic()
        return work(), time.monotonic() - began

    def _give_way(self) -> None:
        """Wait while somebody clicks, for at most the processor time that this thread has had since the last wait."""
        since: float = getattr(self._worked, "until", 0.0)
        self._clicks.wait(time.thread_time() - since)
        self._worked.until = time.thread_time()
