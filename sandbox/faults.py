"""Faults on demand: what goes wrong between the app and this Slack, and how often."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from sandbox.workspace.state import Json

CallFaultKind: TypeAlias = Literal["429", "500", "hang", "cut_before", "cut_after", "hold_before", "hold_after"]
DeliveryFaultKind: TypeAlias = Literal["twice", "out_of_order", "drop_socket"]


@dataclass(slots=True, eq=False)
class Fault:
    """One fault, standing until it struck `times` times (None: until removed); safe to use from any thread."""

    kind: CallFaultKind | DeliveryFaultKind
    method: str = "*"
    times: int | None = None
    retry_after: int = 1
    channel: str | None = None
    workspace_id: str | None = None
    struck: int = 0
    _holding: int = 0
    _verdict: Literal["release", "abandon"] | None = None
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _waiters: set[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = field(default_factory=set)

    @property
    def spent(self) -> bool:
        """Whether it will strike no more."""
        return self.times is not None and self.struck >= self.times

    def fits(self, method: str, workspace_id: str | None, channel: str | None) -> bool:
        """Whether it concerns this call or delivery."""
        return (
            not self.spent
            and self.method in {"*", method}
            and self.channel in {None, channel}
            and self.workspace_id in {None, workspace_id}
        )

    async def hold(self) -> bool:
        """Wait for `release` or `abandon`; tell whether it was a release."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        with self._changed:
            if self._verdict is None:
                self._waiters.add((loop, waiter))
            else:
                waiter.set_result(None)
            self._holding += 1
            self._changed.notify_all()
        try:
            await waiter
        finally:
            with self._changed:
                self._waiters.discard((loop, waiter))
                self._holding -= 1
        return self._verdict == "release"

    def wait_until_held(self, seconds: float = 10.0, calls: int = 1) -> None:
        """Return once that many calls are being held; raise TimeoutError after so many seconds of real time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._holding >= calls, seconds):
                raise TimeoutError(f"{self._holding} of {calls} calls of {self.method} held after {seconds:g} s")

    def release(self) -> None:
        """Let every held call go on, and hold no more."""
        self._end("release")

    def abandon(self) -> None:
        """Cut the connection of every held call without going on; what was held before doing is never done."""
        self._end("abandon")

    def _end(self, verdict: Literal["release", "abandon"]) -> None:
        with self._changed:
            self._verdict = verdict
            self.times = self.struck
            waiters = tuple(self._waiters)
        for loop, waiter in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, waiter)

    def shape(self) -> Json:
        """Show the fault as the page's panel does."""
        if self.kind in get_args(DeliveryFaultKind):
            return {"deliver": self.kind, "times": self.times, "struck": self.struck}
        return {
            "method": self.method,
            "kind": self.kind,
            "times": self.times,
            "retry_after": self.retry_after,
            "struck": self.struck,
        }


class Faults:
    """The faults that are switched on, asked in the order in which they were added."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Start with none; `changed` is called whenever one is added, strikes or goes."""
        self._standing: list[Fault] = []
        self._lock = threading.Lock()
        self._changed = changed

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on, and return it."""
        with self._lock:
            self._standing.append(fault)
        self._changed()
        return fault

    def strike_call(self, method: str, workspace_id: str | None, channel: str | None) -> Fault | None:
        """Return the fault that hits this Web API call, if one does."""
        return self._strike(get_args(CallFaultKind), method, workspace_id, channel)

    def strike_delivery(self, kind: str, workspace_id: str) -> Fault | None:
        """Return the fault that hits this delivery to the app, if one does."""
        return self._strike(get_args(DeliveryFaultKind), kind, workspace_id, None)

    def _strike(
        self, kinds: tuple[str, ...], method: str, workspace_id: str | None, channel: str | None
    ) -> Fault | None:
        with self._lock:
            for fault in self._standing:
                if fault.kind in kinds and fault.fits(method, workspace_id, channel):
                    fault.struck += 1
                    break
            else:
                return None
        self._changed()
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch one fault off; what it holds goes on."""
        with self._lock:
            if fault in self._standing:
                self._standing.remove(fault)
        fault.release()
        self._changed()

    def clear(self) -> None:
        """Switch every fault off; what they hold goes on."""
        for fault in self.standing():
            self.remove(fault)

    def abandon(self) -> None:
        """Cut whatever is held, for the end of the sandbox."""
        for fault in self.standing():
            fault.abandon()

    def standing(self) -> list[Fault]:
        """Return the faults that are switched on, spent ones included."""
        with self._lock:
            return list(self._standing)


def parse(given: Json) -> Fault:
    """Read a fault as the page sends it; raise ValueError with a sentence where it makes no sense."""
    wanted = given.get("deliver") or given.get("kind")
    kinds: tuple[CallFaultKind | DeliveryFaultKind, ...] = (*get_args(CallFaultKind), *get_args(DeliveryFaultKind))
    kind = next((each for each in kinds if each == wanted), None)
    if kind is None:
        raise ValueError(f"there is no fault {wanted!r}")
    times = given.get("times")
    return Fault(
        kind=kind,
        method=str(given.get("method") or "*"),
        times=None if times is None else int(times),
        retry_after=int(given.get("retry_after") or 1),
        channel=given.get("channel"),
    )


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
