"""Who wants to know that something changed: threads that wait for a condition, and open pages."""

import asyncio
import threading
import time
from collections.abc import Callable, Collection
from typing import Literal, TypeVar

T = TypeVar("T")


class Listener:
    """One open page: gathers the names of what changed until somebody fetches them."""

    def __init__(self, workspace_id: str, user_id: str) -> None:
        """Listen on behalf of one person of one workspace."""
        self.workspace_id = workspace_id
        self.user_id = user_id
        self._names: set[str] = set()
        self._news = asyncio.Event()
        self.closed = False

    def add(self, names: Collection[str]) -> None:
        """Remember these names for the next fetch."""
        self._names.update(names)
        self._news.set()

    def close(self) -> None:
        """End the listening: the fetch under way, and every later one, answers an empty list."""
        self.closed = True
        self._news.set()

    async def fetch(self) -> list[str]:
        """Return what changed since the last fetch, waiting until there is something."""
        await self._news.wait()
        if self.closed:
            return []
        self._news.clear()
        names, self._names = sorted(self._names), set()
        return names


class Changes:
    """Counts changes of the state and tells those who wait for one."""

    def __init__(self) -> None:
        """Start with nothing changed and nobody listening."""
        self._count = 0
        self._condition = threading.Condition()
        self._listeners: set[Listener] = set()

    def note(self, workspace_id: str, *names: str, people: Collection[str] | None = None) -> None:
        """Say that these parts of a workspace changed, for everybody or for some people only; call it in the loop."""
        for listener in self._listeners:
            if listener.workspace_id == workspace_id and (people is None or listener.user_id in people):
                listener.add(names)
        self.stir()

    def stir(self) -> None:
        """Let waiting threads look again; may be called from any thread."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def listen(self, workspace_id: str, user_id: str) -> Listener:
        """Open a listener for a page; hand it to `forget` when the page goes away."""
        listener = Listener(workspace_id, user_id)
        self._listeners.add(listener)
        return listener

    def forget(self, listener: Listener) -> None:
        """Drop a listener."""
        self._listeners.discard(listener)

    def close(self) -> None:
        """End every listening."""
        for listener in tuple(self._listeners):
            listener.close()

    def wait_for(self, predicate: Callable[[], T | Literal[False] | None], seconds: float) -> T:
        """Return the predicate's first true value, looking again at each change.

        Raises TimeoutError after that many seconds of real time.
        """
        deadline = time.monotonic() + seconds
        while True:
            with self._condition:
                seen = self._count
            # Outside the condition: the predicate asks the loop, and the loop needs the condition to note a change.
            value = predicate()
            if value:
                return value
            with self._condition:
                if not self._condition.wait_for(lambda: self._count != seen, deadline - time.monotonic()):  # noqa: B023 - called before `seen` changes
                    raise TimeoutError(f"nothing made the condition true in {seconds:g} s; it last answered {value!r}")
