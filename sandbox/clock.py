"""The time everything here goes by: the real one, which may be shifted, or one that moves only when told."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal


class Clock(ABC):
    """Called, it answers the present moment as an aware UTC datetime; every method may be used from any thread."""

    kind: ClassVar[Literal["real", "manual"]]

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._lock = threading.RLock()
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = set()
        self._listeners: list[Callable[[], None]] = []

    @abstractmethod
    def __call__(self) -> datetime:
        """Tell the present moment, in UTC."""

    @abstractmethod
    def _move(self, by: timedelta) -> None:
        """Put the present moment later by that much; called with the lock held."""

    @abstractmethod
    def _real_seconds_until(self, moment: datetime) -> float | None:
        """Tell how many real seconds may pass before looking again, or None where only a move can bring the moment."""

    def unix(self) -> float:
        """Tell the present moment in seconds since 1970."""
        return self().timestamp()

    def advance(self, by: timedelta | float) -> None:
        """Move forward by a timedelta or a number of seconds, and wake whoever waited for a moment now past."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta(0):
            raise ValueError(f"time does not run backwards: {step}")
        with self._lock:
            self._move(step)
            sleepers, listeners = tuple(self._sleepers), tuple(self._listeners)
        for loop, sleeper in sleepers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, sleeper)
        for listener in listeners:
            listener()

    def on_advance(self, listener: Callable[[], None]) -> None:
        """Call `listener` in the advancing thread after every `advance`."""
        with self._lock:
            self._listeners.append(listener)

    async def until(self, moment: datetime) -> None:
        """Return once this clock has reached the moment; at once if it has passed."""
        loop = asyncio.get_running_loop()
        while True:
            sleeper: asyncio.Future[None] = loop.create_future()
            with self._lock:
                if self() >= moment:
                    return
                timeout = self._real_seconds_until(moment)
                self._sleepers.add((loop, sleeper))
            try:
                await asyncio.wait((sleeper,), timeout=timeout)
            finally:
                with self._lock:
                    self._sleepers.discard((loop, sleeper))


class RealClock(Clock):
    """The system's clock, later by as much as it was advanced."""

    kind = "real"

    def __init__(self) -> None:
        """Start unshifted."""
        super().__init__()
        self._shift = timedelta(0)

    def __call__(self) -> datetime:
        """Tell the system's time plus the shift."""
        return datetime.now(UTC) + self._shift

    def _move(self, by: timedelta) -> None:
        self._shift += by

    def _real_seconds_until(self, moment: datetime) -> float | None:
        return max(0.0, (moment - self()).total_seconds())


class ManualClock(Clock):
    """A clock that stands still until `advance` is called."""

    kind = "manual"

    def __init__(self, start: datetime) -> None:
        """Stand at `start`, which must be aware."""
        super().__init__()
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware datetime")
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        """Tell the moment the clock was last moved to."""
        return self._now

    def _move(self, by: timedelta) -> None:
        self._now += by

    def _real_seconds_until(self, moment: datetime) -> float | None:  # noqa: ARG002 - no real time brings it nearer
        return None


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
