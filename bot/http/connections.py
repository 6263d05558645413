"""Connections whose requests are slow to come: each gets a time, and all of them together a number.

uvicorn waits for ever for the rest of a request, and takes any number of connections.
"""

import socket
from asyncio import Protocol, TimerHandle, Transport
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Final, cast

import h11
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.http.addresses import TrustedProxies, counted_as
from bot.http.request_body import LARGEST

TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
TOO_SMALL: Final = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 16\r\n\r\nchunks too small"
# The bytes that are taken from one connection before others get their turn, and before we look at what they held.
AT_ONE_GO: Final = 32 * 1024
SLICE: Final = 4 * 1024
# A body in chunks comes with a line before each chunk. Of all bytes that arrive, at least this part must be the body:
# chunks of fewer than some fifty bytes are refused, because each chunk takes us as long as a thousand bytes. The first
# slice is not judged.
LEAST_OF_BODY: Final = 8 / 9


class Phase(Enum):
    """What a connection waits for."""

    START = "the first byte of its first request"
    HEAD = "the rest of a request's line and headers"
    BODY = "the rest of a request's body"
    REST = "the client: it sends the rest of a body that we answered already, or it has to read our answer"
    IDLE = "the next request"
    ANSWER = "our own answer"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections are open at most, in all and from one address, and the seconds that each may take.

    `head_seconds` are for a request's line and headers, and on a new connection for their first byte; `body_seconds`
    for all of a body. `rest_seconds` are for what else a client owes: the rest of a body that has been answered
    already, or to read its answer. `idle_seconds` are between two requests.
    """

    most: int = 500
    most_of_one: int = 100
    head_seconds: float = 10.0
    body_seconds: float = 30.0
    rest_seconds: float = 5.0
    idle_seconds: float = 5.0

    def seconds(self, phase: Phase) -> float:
        """Return the seconds that the client has in a phase; our own answer is not the client's."""
        return {
            Phase.START: self.head_seconds,
            Phase.HEAD: self.head_seconds,
            Phase.BODY: self.body_seconds,
            Phase.REST: self.rest_seconds,
            Phase.IDLE: self.idle_seconds,
        }[phase]


class Connections:
    """The open connections of one server. All calls come from its event loop.

    Where there are too many, the one that has kept us waiting for the longest is closed: a half-sent request, or a
    connection that never sent any, before an idle one, and never one whose request is being answered.
    """

    def __init__(self, limits: ConnectionLimits, proxies: TrustedProxies) -> None:
        """Begin without any; connections of a trusted proxy are its clients', and not limited for one address."""
        self.limits = limits
        self._proxies = proxies
        self._addresses: dict[Connection, str | None] = {}
        self._of_address: Counter[str] = Counter()
        # In the order in which they began to wait.
        self._waiting: dict[Connection, Phase] = {}

    def __len__(self) -> int:
        """Count those that are open."""
        return len(self._addresses)

    def __iter__(self) -> Iterator["Connection"]:
        """Go through those that are open."""
        return iter(tuple(self._addresses))

    def protocol(self) -> type[Protocol]:
        """Return what uvicorn makes a connection of."""
        return cast("type[Protocol]", partial(Connection, self))

    def enter(self, connection: "Connection", host: str) -> bool:
        """Count a new connection, and make room for it; False where every other one is being answered."""
        address = None if host in self._proxies else counted_as(host)
        if address is not None and self._of_address[address] >= self.limits.most_of_one and not self._cut(address):
            return False
        if len(self) >= self.limits.most and not self._cut(None):
            return False
        self._addresses[connection] = address
        if address is not None:
            self._of_address[address] += 1
        return True

    def leave(self, connection: "Connection") -> None:
        """Forget a connection that is closed; it may be forgotten already."""
        address = self._addresses.pop(connection, None)
        self._waiting.pop(connection, None)
        if address is not None:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def note(self, connection: "Connection", phase: Phase) -> None:
        """Note what a connection waits for now; between two parts of one request it keeps its place."""
        if phase in {Phase.ANSWER, Phase.HEAD, Phase.IDLE}:
            self._waiting.pop(connection, None)
        if phase is not Phase.ANSWER and connection in self._addresses:
            self._waiting[connection] = phase

    def _cut(self, address: str | None) -> bool:
        """Close the connection that has been waited for the longest, of this address if one is given."""
        for idle in (False, True):
            for connection, phase in self._waiting.items():
                if (phase is Phase.IDLE) is idle and address in {None, self._addresses[connection]}:
                    self.leave(connection)
                    connection.transport.abort()
                    return True
        return False


class Connection(H11Protocol):
    """One connection: uvicorn's own, with a time for everything that the client owes."""

    def __init__(self, book: Connections, **given: Any) -> None:  # noqa: ANN401 - uvicorn's own arguments
        """Wait to be connected."""
        super().__init__(**given)
        self._book = book
        self._phase = Phase.IDLE
        self._timer: TimerHandle | None = None
        self._came = self._of_body = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take the connection, or refuse it."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self._pace)
        # asyncio leaves Nagle's algorithm on for sockets of `socket.create_server`: an answer could take 40 ms longer.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # asyncio's own is eight times as much.
        transport.max_size = AT_ONE_GO  # type: ignore[attr-defined]
        if self._book.enter(self, self.client[0] if self.client else ""):
            self._wait(Phase.START)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._book.leave(self)
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, as far as it is worth its work."""
        for start in range(0, len(data), SLICE):
            if self.transport.is_closing():
                return
            self._receive(data[start : start + SLICE])

    def _receive(self, data: bytes) -> None:
        if self._phase in {Phase.START, Phase.IDLE}:
            self._wait(Phase.HEAD)
        self._came += len(data)
        if self._phase is Phase.REST and (self._came > LARGEST or self._is_chunked):
            self.transport.abort()
            return
        cycle = self.cycle if self._phase is Phase.BODY else None
        before = len(cycle.body) if cycle else 0
        super().data_received(data)
        if cycle is None or self._phase is not Phase.BODY:
            return
        self._of_body += len(cycle.body) - before
        if self._came > SLICE and self._of_body < self._came * LEAST_OF_BODY:
            self._end(TOO_SMALL)

    def handle_events(self) -> None:
        """Look at what came, and at what is still to come."""
        super().handle_events()
        self._look()

    def on_response_complete(self) -> None:
        """Go on to the next request, or to the rest of this one."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """Give the client its time to read."""
        super().pause_writing()
        self._wait(Phase.REST)

    def resume_writing(self) -> None:
        """Go on answering."""
        super().resume_writing()
        self._wait(Phase.ANSWER)
        self._look()

    def shutdown(self) -> None:
        """Let the server end: what is half sent is not waited for."""
        if self._phase in {Phase.BODY, Phase.REST}:
            self.transport.abort()
        else:
            super().shutdown()

    def _pace(self) -> None:
        """Let a client owe nothing while we read no more of its body; when we read on, its time begins anew."""
        if self._phase is not Phase.BODY:
            return
        if self.flow.read_paused:
            self._stop_timer()
            self._book.note(self, Phase.ANSWER)
        else:
            self._wait(Phase.BODY)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: uvicorn's advice is to install more, and anybody could fill the log with it."""

    def _look(self) -> None:
        """Find out what the connection waits for, by the state of the request."""
        state = self.conn.their_state
        if self.flow.write_paused:
            return
        if self.transport.is_closing():
            self._wait(Phase.REST)
        elif state is h11.SEND_BODY:
            if self.cycle.response_complete:
                self._wait(Phase.REST)
            elif not self.flow.read_paused:
                self._wait(Phase.BODY)
        elif state is not h11.IDLE:
            self._wait(Phase.ANSWER)
        elif self._phase is not Phase.HEAD:
            self._wait(Phase.IDLE)

    @property
    def _is_chunked(self) -> bool:
        return any(name == b"transfer-encoding" for name, _ in self.headers or ())

    def _wait(self, phase: Phase) -> None:
        """Begin to wait for something, with the time that it may take."""
        if phase is self._phase and self._timer is not None:
            return
        self._phase = phase
        self._came = self._of_body = 0
        self._book.note(self, phase)
        self._stop_timer()
        if phase is not Phase.ANSWER:
            self._timer = self.loop.call_later(self._book.limits.seconds(phase), self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        """Close the connection, and say why where a request has begun and nothing was answered yet."""
        self._timer = None
        if self._phase is Phase.REST:
            self.transport.abort()
            return
        self._end(b"" if self._phase in {Phase.START, Phase.IDLE} else TOO_SLOW)

    def _end(self, last_words: bytes) -> None:
        """Close the connection, once the client has read the last words."""
        self.transport.write(last_words)
        self.transport.close()
        self._wait(Phase.REST)


class _Flow(FlowControl):
    """uvicorn's own, which also tells when it stops reading, and when it goes on."""

    def __init__(self, transport: Transport, tell: Callable[[], None]) -> None:
        super().__init__(transport)
        self._tell = tell

    def pause_reading(self) -> None:
        super().pause_reading()
        self._tell()

    def resume_reading(self) -> None:
        super().resume_reading()
        self._tell()
