"""The sandbox's time: the system clock, which can be shifted forward, or a clock that only `advance` moves."""

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal


class Clock(ABC):
    """A clock: calling it returns the current time as an aware UTC datetime. Safe to use from any thread."""

    kind: ClassVar[Literal["real", "manual"]]

    def __init__(self) -> None:
        """Start with no sleepers and no listeners."""
        self._lock = threading.RLock()
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = set()
        self._listeners: list[Callable[[], None]] = []

    @abstractmethod
    def __call__(self) -> datetime:
        """Return the current time in UTC."""

    @abstractmethod
    def _move(self, by: timedelta) -> None:
        """Move the current time forward. The caller holds the lock."""

    @abstractmethod
    def _real_seconds_until(self, moment: datetime) -> float | None:
        """Return the real seconds until the moment, or None if only `advance` can reach it."""

    def unix(self) -> float:
        """Return the current time in seconds since 1970."""
        return self().timestamp()

    def advance(self, by: timedelta | float) -> None:
        """Move forward by a timedelta or a number of seconds, and wake every `until` whose moment has come.

        Raises ValueError for a negative step.
        """
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
        """Return when this clock has reached the moment; immediately if it has passed."""
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
    """The system clock, plus everything it was advanced by."""

    kind = "real"

    def __init__(self) -> None:
        """Start at the system time."""
        super().__init__()
        self._shift = timedelta(0)

    def __call__(self) -> datetime:
        """Return the system time plus the shift."""
        return datetime.now(UTC) + self._shift

    def _move(self, by: timedelta) -> None:
        self._shift += by

    def _real_seconds_until(self, moment: datetime) -> float | None:
        return max(0.0, (moment - self()).total_seconds())


class ManualClock(Clock):
    """A clock that moves only when `advance` is called."""

    kind = "manual"

    def __init__(self, start: datetime) -> None:
        """Start at `start`. Raises ValueError if it is naive."""
        super().__init__()
        if start.tzinfo is None:
            raise ValueError("a clock starts at an aware datetime")
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        """Return the time the clock was last moved to."""
        return self._now

    def _move(self, by: timedelta) -> None:
        self._now += by

    def _real_seconds_until(self, moment: datetime) -> float | None:  # noqa: ARG002 - real time does not move this clock
        return None


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
