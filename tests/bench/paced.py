"""Clicks at a steady pace, as people make them: each is sent when due, even if the last one was not answered yet."""

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import perf_counter
from urllib.parse import urlsplit

from tests.bench.children import ChildFailed
from tests.bench.ground import Request, signed

HANDS = 8
OK = 200


def clicks(
    address: str, secret: str, requests: Iterator[Request], *, every: float, going: Callable[[int], bool]
) -> list[float]:
    """Send a click every few seconds while something runs; return the seconds from due time to answer of each."""
    began = perf_counter()
    sent: list[Future[float]] = []
    with ThreadPoolExecutor(HANDS) as hands:
        while going(len(sent)):
            request = next(requests, None)
            if request is None:
                break
            due = began + len(sent) * every
            time.sleep(max(0.0, due - perf_counter()))  # keeps the pace
            sent.append(hands.submit(_click, address, secret, request, due))
    return [each.result() for each in sent]


def _click(address: str, secret: str, request: Request, due: float) -> float:
    # Signed at the moment of sending, because an old signature is refused.
    fresh = signed(secret, request.body)
    target = urlsplit(address)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=30)
    connection.request("POST", target.path, fresh.body, fresh.headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != OK:
        raise ChildFailed(f"a click was answered {answer.status}")
    return perf_counter() - due
