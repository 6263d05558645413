"""Requests that never end, over real sockets: nobody else has to wait for them."""

import asyncio
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.app import Baton
from bot.http.addresses import counted_as
from bot.http.connections import TOO_SLOW, TOO_SMALL, ConnectionLimits
from bot.http.request_body import LARGEST, Unfinished, read_body
from bot.http.server import HttpServer
from sandbox.server import Sandbox
from tests.bot.http.senders import command

PATIENCE = 30.0
HEAD = b"POST / HTTP/1.1\r\nhost: baton\r\ncontent-length: 1000\r\n\r\n"
HALF_SENT = 1_050
# Far longer than a test takes, and so short that a test need not wait.
NEVER, AT_ONCE = 3_600.0, 0.05
PATIENT = ConnectionLimits(head_seconds=NEVER, body_seconds=NEVER, rest_seconds=NEVER, idle_seconds=NEVER)


async def length(request: Request) -> Response:
    """Answer with the length of the body."""
    try:
        return PlainTextResponse(str(len(await read_body(request))))
    except Unfinished:
        return PlainTextResponse("unfinished", 408)


async def early(_: Request) -> Response:
    """Answer without reading the body."""
    return PlainTextResponse("early")


async def client(request: Request) -> Response:
    """Answer with the client's address."""
    return PlainTextResponse(request.client.host if request.client else "")


@contextmanager
def served(limits: ConnectionLimits, *trusted: str) -> Iterator[HttpServer]:
    """Serve while the block lasts."""
    routes = [
        Route("/", length, methods=["POST"]),
        Route("/early", early, methods=["POST", "GET"]),
        Route("/client", client),
    ]
    server = HttpServer(Starlette(routes=routes), "127.0.0.1", 0, trusted_proxies=trusted, limits=limits)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def connected(address: str) -> socket.socket:
    """Open a connection to a server."""
    to = urlsplit(address)
    return socket.create_connection((to.hostname, to.port or 0), PATIENCE)


def rest_of(connection: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    parts: list[bytes] = []
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answered(connection: socket.socket) -> bool:
    """Send a whole request, and tell whether its answer came."""
    connection.sendall(HEAD + b"x" * 1000)
    answer = b""
    while not answer.endswith(b"1000") and (part := connection.recv(65536)):
        answer += part
    return answer.endswith(b"1000")


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process, which has both ends of each connection, open enough files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4 * HALF_SENT), hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_beside_a_thousand_half_sent_requests_a_command_and_health_are_answered(
    baton: Baton, sandbox: Sandbox, publish: Callable[[], None], clock: Callable[[], datetime]
) -> None:
    publish()
    baton.directories[0].look_up()
    baton.start(working=False)
    body, headers = command(sandbox, clock())
    paths = ("/slack/events", "/v1/leads", "/v1/in/website?key=baton_nobody", "/healthz")
    try:
        with ExitStack() as stack:
            for number in range(HALF_SENT):
                half = HEAD.replace(b"POST /", f"POST {paths[number % len(paths)]}".encode()) + b"x"
                with suppress(ConnectionResetError, BrokenPipeError):
                    stack.enter_context(connected(baton.http.address)).sendall(half)
            answer = httpx.post(
                f"{baton.http.address}/slack/events", content=body, headers=headers, timeout=PATIENCE, trust_env=False
            )
            health = httpx.get(f"{baton.http.address}/healthz", timeout=PATIENCE, trust_env=False)
            assert len(baton.http.connections) < HALF_SENT
        assert (answer.status_code, "blocks" in answer.json()) == (200, True)
        assert health.json()["database"] == "ok"
    finally:
        baton.stop()


@pytest.mark.parametrize("begun", [b"POST / HTTP/1.1\r\nhost: ba", HEAD, HEAD + b"x" * 999])
def test_what_does_not_come_in_time_is_given_up(begun: bytes) -> None:
    limits = ConnectionLimits(head_seconds=AT_ONCE, body_seconds=AT_ONCE, rest_seconds=NEVER, idle_seconds=NEVER)
    with served(limits) as server, connected(server.address) as slow:
        slow.sendall(begun)
        assert rest_of(slow) == TOO_SLOW


def test_a_connection_that_asked_for_nothing_is_closed_without_a_word() -> None:
    """A client that opens connections in advance would take a 408 for the answer to its first request."""
    limits = ConnectionLimits(head_seconds=AT_ONCE, rest_seconds=NEVER, idle_seconds=NEVER)
    with served(limits) as server, connected(server.address) as silent:
        assert rest_of(silent) == b""


def test_of_too_many_one_that_asked_for_nothing_goes_before_an_idle_one() -> None:
    limits = ConnectionLimits(2, 2, NEVER, NEVER, NEVER, NEVER)
    with served(limits) as server, ExitStack() as stack:
        used, silent = (stack.enter_context(connected(server.address)) for _ in range(2))
        assert answered(used)
        assert answered(stack.enter_context(connected(server.address)))
        assert rest_of(silent) == b""
        assert answered(used)


@pytest.mark.parametrize("begun", [b"POST / HTTP/1.1\r\nx: ", HEAD])
def test_a_byte_now_and_then_wins_no_time(begun: bytes) -> None:
    limits = ConnectionLimits(head_seconds=AT_ONCE, body_seconds=AT_ONCE, rest_seconds=AT_ONCE, idle_seconds=NEVER)
    with served(limits) as server, connected(server.address) as slow:
        slow.sendall(begun)
        # A read with a time-out is the pause between two bytes.
        slow.settimeout(AT_ONCE / 10)
        with suppress(ConnectionResetError, BrokenPipeError):
            while True:
                slow.sendall(b"x")
                with suppress(TimeoutError):
                    if not slow.recv(100):
                        break
        assert len(server.connections) == 0


def test_a_large_body_that_comes_slowly_but_in_time_is_taken() -> None:
    with served(ConnectionLimits(idle_seconds=NEVER)) as server, connected(server.address) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nhost: baton\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % LARGEST)
        for _ in range(64):
            slow.sendall(b"x" * (LARGEST // 64))
        assert rest_of(slow).endswith(str(LARGEST).encode())


@contextmanager
def put_aside(limits: ConnectionLimits) -> Iterator[tuple[HttpServer, socket.socket, threading.Event]]:
    """Serve somebody whose large body isn't read on until the event is set."""
    go = threading.Event()

    async def wait(request: Request) -> Response:
        await asyncio.to_thread(go.wait, PATIENCE)
        with suppress(ClientDisconnect):
            async for _ in request.stream():
                pass
        return PlainTextResponse("read")

    server = HttpServer(Starlette(routes=[Route("/", wait, methods=["POST"])]), "127.0.0.1", 0, limits=limits)
    server.start()
    try:
        with connected(server.address) as sender:
            sender.sendall(b"POST / HTTP/1.1\r\nhost: baton\r\ncontent-length: 100000000\r\n\r\n")
            sender.sendall(b"x" * 200_000)
            # A read with a time-out is the pause between two looks.
            sender.settimeout(0.01)
            while not any(each.flow.read_paused for each in server.connections):
                with pytest.raises(TimeoutError):
                    sender.recv(1)
            sender.settimeout(PATIENCE)
            yield server, sender, go
    finally:
        go.set()
        server.stop()


def test_who_waits_for_us_is_neither_slow_nor_cut_off() -> None:
    with put_aside(replace(PATIENT, most=1)) as (server, sender, go), connected(server.address) as late:
        assert rest_of(late) == b""
        (connection,) = server.connections
        assert connection._timer is None  # noqa: SLF001 - that it is not going to be closed shows in nothing else
        go.set()
        sender.sendall(b"x" * 100_000)


def test_once_we_read_on_the_time_begins_anew() -> None:
    with put_aside(PATIENT) as (server, sender, go):
        server.connections.limits = replace(PATIENT, body_seconds=AT_ONCE)
        go.set()
        assert rest_of(sender) in {TOO_SLOW, b""}


CHUNKED = b"POST %s HTTP/1.1\r\nhost: baton\r\ntransfer-encoding: chunked\r\n\r\n"


def test_a_body_in_tiny_chunks_is_refused_after_a_few_of_them() -> None:
    """Sixteen connections with chunks of one byte, and without a key, kept everybody waiting for a minute."""
    with served(PATIENT) as server, connected(server.address) as tiny:
        with suppress(ConnectionResetError, BrokenPipeError):
            tiny.sendall(CHUNKED % b"/" + b"1\r\nx\r\n" * 100_000)
        assert rest_of(tiny) in {TOO_SMALL, b""}
    with served(PATIENT) as server, connected(server.address) as tiny:
        tiny.sendall(CHUNKED % b"/" + b"1\r\nx\r\n" * 2_000)
        assert rest_of(tiny) == TOO_SMALL


def test_so_is_one_whose_answer_is_given_already() -> None:
    with served(PATIENT) as server, connected(server.address) as tiny:
        tiny.sendall(CHUNKED % b"/early")
        assert b"200 OK" in tiny.recv(65536)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            tiny.sendall(b"1\r\nx\r\n" * 10_000_000)


@pytest.mark.parametrize(("size", "chunks"), [(1, 500), (64, 1000), (100_000, 10)])
def test_a_body_in_chunks_is_taken(size: int, chunks: int) -> None:
    chunk = b"%x\r\n%s\r\n" % (size, b"x" * size)
    with served(PATIENT) as server, connected(server.address) as sender:
        sender.sendall(
            CHUNKED.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") % b"/" + chunk * chunks + b"0\r\n\r\n"
        )
        assert rest_of(sender).endswith(str(size * chunks).encode())


def test_a_connection_is_used_again_and_its_times_begin_anew() -> None:
    with served(PATIENT) as server, httpx.Client(trust_env=False) as client:
        for size in (10, 100_000, 1):
            assert client.post(f"{server.address}/", content=b"x" * size).text == str(size)
        assert len(server.connections) == 1


def test_an_answer_waits_for_no_packet_of_the_client() -> None:
    """Nagle's algorithm held back the body of each answer on a used connection, for 40 ms."""
    with served(PATIENT) as server, connected(server.address) as used:
        assert answered(used)
        (connection,) = server.connections
        sent_by = connection.transport.get_extra_info("socket")
        assert sent_by.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_request_for_a_websocket_gets_the_answer_of_http(caplog: pytest.LogCaptureFixture) -> None:
    """Strangers make no lines in the log with it either."""
    with served(PATIENT) as server, connected(server.address) as asking:
        asking.sendall(
            b"GET /early HTTP/1.1\r\nhost: baton\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        answer = rest_of(asking)
    assert (answer.splitlines()[0], answer.splitlines()[-1]) == (b"HTTP/1.1 200 OK", b"early")
    assert not caplog.records


def test_a_connection_without_a_further_request_is_closed() -> None:
    limits = ConnectionLimits(idle_seconds=AT_ONCE, head_seconds=NEVER, body_seconds=NEVER)
    with served(limits) as server, connected(server.address) as idle:
        idle.sendall(b"GET /early HTTP/1.1\r\nhost: baton\r\n\r\n")
        assert rest_of(idle).endswith(b"early")


def test_a_body_that_goes_on_after_its_answer_is_cut_off() -> None:
    with served(PATIENT) as server, connected(server.address) as endless:
        endless.sendall(b"POST /early HTTP/1.1\r\nhost: baton\r\ncontent-length: 100000000\r\n\r\n")
        assert b"200 OK" in endless.recv(65536)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            endless.sendall(b"x" * 100_000_000)


def test_a_body_that_dawdles_after_its_answer_is_cut_off() -> None:
    limits = ConnectionLimits(rest_seconds=AT_ONCE, body_seconds=NEVER)
    with served(limits) as server, connected(server.address) as slow:
        slow.sendall(b"POST /early HTTP/1.1\r\nhost: baton\r\ncontent-length: 10\r\n\r\n")
        assert rest_of(slow).endswith(b"early")


def test_of_too_many_the_one_that_has_kept_us_waiting_longest_goes() -> None:
    limits = ConnectionLimits(3, 3, NEVER, NEVER, NEVER, NEVER)
    with served(limits) as server, ExitStack() as stack:
        first, second, third = (stack.enter_context(connected(server.address)) for _ in range(3))
        for each in (first, second, third):
            each.sendall(HEAD)
        late = stack.enter_context(connected(server.address))
        assert answered(late)
        assert rest_of(first) == b""
        # An idle connection is spared while somebody is in the middle of a request.
        stack.enter_context(connected(server.address)).sendall(HEAD)
        assert rest_of(second) == b""
        assert answered(late)


def test_one_address_has_a_part_of_all_connections_unless_it_is_a_trusted_proxy() -> None:
    limits = ConnectionLimits(3, 1, NEVER, NEVER, NEVER, NEVER)
    for trusted, left in (((), 1), (("127.0.0.0/8",), 3)):
        with served(limits, *trusted) as server, ExitStack() as stack:
            several = [stack.enter_context(connected(server.address)) for _ in range(3)]
            for each in several:
                with suppress(ConnectionResetError, BrokenPipeError):
                    answered(each)
            assert len(server.connections) == left


@pytest.mark.parametrize(
    ("trusted", "forwarded", "client"),
    [
        ((), "203.0.113.9", "127.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.9", "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.9", "203.0.113.9"),
        # What the client wrote itself stands on the left; each proxy adds what it sees on the right.
        (("127.0.0.1",), "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1", "10.0.0.0/8"), "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (("127.0.0.1",), "", "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(
    trusted: tuple[str, ...], forwarded: str, client: str
) -> None:
    with served(PATIENT, *trusted) as server:
        headers = {"x-forwarded-for": forwarded}
        assert httpx.get(f"{server.address}/client", headers=headers, trust_env=False).text == client


def test_addresses_of_one_site_count_as_one() -> None:
    assert counted_as("203.0.113.9") == "203.0.113.9" == counted_as("::ffff:203.0.113.9")
    assert counted_as("2001:db8:1:2::3") == counted_as("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert counted_as("2001:db8:1:3::3") != counted_as("2001:db8:1:2::3")
    assert counted_as("nonsense") == counted_as("") == "unknown"
