"""Faults on demand: what fails between the app and this Slack, and how often."""

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
    """One fault, active until it has struck `times` times (None: until removed). Safe to use from any thread.

    `method` is a Web API method or a kind of delivery ("*": all), `channel` a channel id (None: all), `retry_after` the
    seconds that a 429 asks for.
    """

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
        """Whether the fault has struck as often as it may."""
        return self.times is not None and self.struck >= self.times

    def matches(self, method: str, workspace_id: str | None, channel: str | None) -> bool:
        """Whether the fault applies to this call or delivery."""
        return (
            not self.spent
            and self.method in {"*", method}
            and self.channel in {None, channel}
            and self.workspace_id in {None, workspace_id}
        )

    async def hold(self) -> bool:
        """Wait for `release` or `abandon`; return True if it was `release`."""
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
        """Return when that many calls are being held. Raises TimeoutError after `seconds` of real time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._holding >= calls, seconds):
                raise TimeoutError(f"{self._holding} of {calls} calls of {self.method} held after {seconds:g} s")

    def release(self) -> None:
        """Let every held call continue, and hold no further calls."""
        self._end("release")

    def abandon(self) -> None:
        """Cut the connection of every held call. A call that was held before its work never does it."""
        self._end("abandon")

    def _end(self, verdict: Literal["release", "abandon"]) -> None:
        with self._changed:
            self._verdict = verdict
            self.times = self.struck
            waiters = tuple(self._waiters)
        for loop, waiter in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, waiter)

    def as_json(self) -> Json:
        """Return the fault as the page's panel shows it."""
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
    """The active faults. Where several match, the one added first strikes."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Start with no faults; `changed` is called whenever a fault is added, strikes or is removed."""
        self._active: list[Fault] = []
        self._lock = threading.Lock()
        self._changed = changed

    def add(self, fault: Fault) -> Fault:
        """Activate a fault, and return it."""
        with self._lock:
            self._active.append(fault)
        self._changed()
        return fault

    def strike_call(self, method: str, workspace_id: str | None, channel: str | None) -> Fault | None:
        """Return the fault that strikes this Web API call, if any, and count the strike."""
        return self._strike(get_args(CallFaultKind), method, workspace_id, channel)

    def strike_delivery(self, kind: str, workspace_id: str) -> Fault | None:
        """Return the fault that strikes this delivery to the app, if any, and count the strike."""
        return self._strike(get_args(DeliveryFaultKind), kind, workspace_id, None)

    def _strike(
        self, kinds: tuple[str, ...], method: str, workspace_id: str | None, channel: str | None
    ) -> Fault | None:
        with self._lock:
            for fault in self._active:
                if fault.kind in kinds and fault.matches(method, workspace_id, channel):
                    fault.struck += 1
                    break
            else:
                return None
        self._changed()
        return fault

    def remove(self, fault: Fault) -> None:
        """Remove a fault; the calls it holds continue."""
        with self._lock:
            if fault in self._active:
                self._active.remove(fault)
        fault.release()
        self._changed()

    def clear(self) -> None:
        """Remove every fault; the calls they hold continue."""
        for fault in self.active():
            self.remove(fault)

    def abandon(self) -> None:
        """Cut every held call, so that the sandbox can stop."""
        for fault in self.active():
            fault.abandon()

    def active(self) -> list[Fault]:
        """Return the faults that were added and not removed, including spent ones."""
        with self._lock:
            return list(self._active)


def parse_fault(given: Json) -> Fault:
    """Return the fault that the page sent as JSON. Raises ValueError if there is no such kind of fault."""
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
