"""Measures clicks over HTTP: several clients at once, on `baton web`; the floor is a bare ASGI endpoint."""

import http.client
import socket
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import Empty, SimpleQueue
from time import perf_counter
from urllib.parse import urlsplit

from tests.bench import children
from tests.bench.bare import Work
from tests.bench.children import PATIENCE_SECONDS, ChildFailed
from tests.bench.engines import Engine
from tests.bench.ground import Request, laid
from tests.bench.measuring import A_SECOND, MILLISECONDS, Figure, in_turn, percentile

CLIENTS = 8
WARM_UP = 16
OK = 200


def measure(engine: Engine, work: Work, *, rounds: int, clicks: int) -> list[Figure]:
    """Send rounds of signed clicks to both in turn; return the rate, the median and the 99th percentile."""
    with laid(engine.fresh()) as ground, ExitStack() as stack:
        ground.hand_over(WARM_UP + rounds * clicks)
        requests = iter([ground.press(asked) for asked in ground.asked()])
        port = free_port()
        # Without an app-level token the bot uses HTTP instead of Socket Mode.
        environment = ground.environment(PORT=str(port), SLACK_APP_TOKEN="")
        stack.enter_context(children.started("bot", "web", environment=environment))
        counts = (str(work.inserted), str(work.changed))
        bare = stack.enter_context(
            children.started(
                "tests.bench.programs.bare_endpoint", *counts, environment={"DATABASE_URL": engine.fresh()}
            )
        )
        addresses = (f"http://127.0.0.1:{port}/slack/events", children.first_line(bare))
        wait_for(port)
        batches = [[next(requests) for _ in range(size)] for size in (WARM_UP, *([clicks] * rounds))]
        return compared(engine, f"clicks over HTTP, {CLIENTS} clients", addresses, batches)


def compared(engine: Engine, name: str, addresses: Sequence[str], batches: Sequence[Sequence[Request]]) -> list[Figure]:
    """Send each batch to Baton and to the floor, in turn; return the figures of all but the first, which warms up."""
    first, *others = batches
    taken: list[list[tuple[float, float, float]]] = [[], []]
    for address in addresses:
        send(address, first)

    def turn(which: int, number: int) -> float:
        began = perf_counter()
        times = send(addresses[which], others[number])
        rate = len(times) / (perf_counter() - began)
        taken[which].append((rate, percentile(times, 50), percentile(times, 99)))
        return rate

    in_turn(len(others), lambda number: turn(0, number), lambda number: turn(1, number))
    ours, floor = (tuple(zip(*each, strict=True)) for each in taken)
    return [
        Figure(label, engine.name, unit, ours[number], floor[number])
        for number, (label, unit) in enumerate(
            (
                (name, A_SECOND),
                ("… half answered within", MILLISECONDS),
                ("… 99 of 100 answered within", MILLISECONDS),
            )
        )
    ]


def send(address: str, requests: Sequence[Request]) -> list[float]:
    """Send the requests from several clients, each on one connection; return the seconds that each answer took."""
    waiting: SimpleQueue[Request] = SimpleQueue()
    for request in requests:
        waiting.put(request)
    with ThreadPoolExecutor(CLIENTS) as clients:
        return [
            took for times in clients.map(lambda _: _one_client(address, waiting), range(CLIENTS)) for took in times
        ]


def _one_client(address: str, waiting: "SimpleQueue[Request]") -> list[float]:
    target = urlsplit(address)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=30)
    times: list[float] = []
    while True:
        try:
            request = waiting.get_nowait()
        except Empty:
            connection.close()
            return times
        began = perf_counter()
        connection.request("POST", target.path, request.body, request.headers)
        answer = connection.getresponse()
        answer.read()
        times.append(perf_counter() - began)
        if answer.status != OK:
            raise ChildFailed(f"{target.path} was answered {answer.status}")


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


def wait_for(port: int) -> None:
    """Wait until a process listens on the port."""
    end = perf_counter() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if perf_counter() > end:
                raise
            time.sleep(0.05)  # before the measurement; a port sends no signal when it opens
        else:
            return
