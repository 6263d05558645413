"""Notification of changes: wakes threads that wait for a condition, and open pages."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection
from typing import Literal, TypeVar

T = TypeVar("T")


class Listener:
    """The changes that one open page has not fetched yet."""

    def __init__(self, workspace_id: str, user_id: str) -> None:
        """Listen for the changes that one person of a workspace can see."""
        self.workspace_id = workspace_id
        self.user_id = user_id
        self._names: set[str] = set()
        self._news = asyncio.Event()
        self.closed = False

    def add(self, names: Collection[str]) -> None:
        """Add the names of changed parts for the next fetch."""
        self._names.update(names)
        self._news.set()

    def close(self) -> None:
        """Stop listening: the current fetch and all later ones return an empty list."""
        self.closed = True
        self._news.set()

    async def fetch(self) -> list[str]:
        """Wait for a change, and return the names of the parts changed since the last fetch, sorted."""
        await self._news.wait()
        if self.closed:
            return []
        self._news.clear()
        names, self._names = sorted(self._names), set()
        return names


class Changes:
    """Counts changes and wakes everything that waits for one."""

    def __init__(self) -> None:
        """Start with no changes and no listeners."""
        self._count = 0
        self._condition = threading.Condition()
        self._listeners: set[Listener] = set()

    def record(self, workspace_id: str, *names: str, people: Collection[str] | None = None) -> None:
        """Record that parts of a workspace changed, for everybody (None) or these user ids. Call it in the loop."""
        for listener in self._listeners:
            if listener.workspace_id == workspace_id and (people is None or listener.user_id in people):
                listener.add(names)
        self.wake()

    def wake(self) -> None:
        """Make waiting threads check their predicates again. Safe to call from any thread."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def listen(self, workspace_id: str, user_id: str) -> Listener:
        """Add a listener for a page; pass it to `remove_listener` when the page disconnects."""
        listener = Listener(workspace_id, user_id)
        self._listeners.add(listener)
        return listener

    def remove_listener(self, listener: Listener) -> None:
        """Remove a listener."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """Close every listener."""
        for listener in tuple(self._listeners):
            listener.close()

    def wait_for(self, predicate: Callable[[], T | Literal[False] | None], seconds: float) -> T:
        """Return the predicate's first true value; call it again after each change.

        Raises TimeoutError after that many seconds of real time.
        """
        deadline = time.monotonic() + seconds
        while True:
            with self._condition:
                seen = self._count
            # Not under the lock: the predicate waits for the loop, which needs the lock to record a change.
            value = predicate()
            if value:
                return value
            with self._condition:
                left = deadline - time.monotonic()
                # A predicate that itself makes a change would otherwise be called for ever.
                if left <= 0 or not self._condition.wait_for(lambda: self._count != seen, left):  # noqa: B023 - called before `seen` changes
                    raise TimeoutError(f"nothing made the condition true in {seconds:g} s; it last answered {value!r}")
