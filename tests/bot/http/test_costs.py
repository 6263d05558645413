"""What a request costs is bounded before it is done."""

import asyncio
import json
import math
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from bot.database import Database
from bot.http.clicks_first import ClicksFirst
from bot.http.intake_queue import FIRST_GUESS_SECONDS, PLACES, THREADS, IntakeQueue, QueueFull
from bot.http.request_body import LARGEST, LARGEST_FORM
from qualification.records import Lead
from qualification.rules.intake.payloads import OF_A_FORM, OF_A_SENDER
from qualification.rules.values import normalization
from sandbox.server import Sandbox
from tests.bot.http.senders import IVY, Sender, command, problem

PATIENCE = 30.0


def form(fields: int, **more: str) -> bytes:
    """Write a form with so many fields."""
    filling = {f"field-{number}": "x" for number in range(fields - 1 - len(more))}
    return urlencode({"email": "joe@acme.example", **more, **filling}).encode()


def test_a_form_is_small_and_a_list_of_leads_may_be_large(sender: Sender, page_key: str) -> None:
    reader = Sender(sender.baton, "")
    path = f"/v1/in/website?key={page_key}"
    fits = form(2, message="x" * (LARGEST_FORM - 40))
    assert len(fits) <= LARGEST_FORM < len(fits) + 40
    large = form(2, message="x" * LARGEST_FORM)
    assert reader.asks("POST", path, content=fits).status_code in {200, 422}
    refused = reader.asks("POST", path, content=large)
    assert problem(refused)["detail"] == "The body of this request can hold at most 64 kB."
    assert refused.status_code == 413
    # The same form by a key that only the website's server knows.
    assert sender.asks("POST", "/v1/in/website", content=large).status_code in {200, 422}


def test_a_form_has_a_bounded_number_of_fields(sender: Sender, page_key: str) -> None:
    reader = Sender(sender.baton, "")
    path = f"/v1/in/website?key={page_key}"
    assert reader.asks("POST", path, content=form(OF_A_FORM.values)).status_code == 200
    refused = reader.asks("POST", path, content=form(OF_A_FORM.values + 1))
    assert (refused.status_code, problem(refused)["detail"]) == (
        413,
        "The body isn't read: it has more than 250 fields.",
    )
    wide = json.dumps({"email": "joe@acme.example", "list": [0] * OF_A_FORM.values}).encode()
    assert problem(reader.asks("POST", path, content=wide))["status"] == 413
    deep = json.dumps({"email": "joe@acme.example", "deep": nested(OF_A_FORM.depth)}).encode()
    assert problem(reader.asks("POST", path, content=deep))["status"] == 413
    assert [lead.email for lead in sender.stored(Lead)] == ["joe@acme.example"]


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/activities", "/v1/in/website"])
def test_so_has_whatever_a_sender_posts(sender: Sender, path: str) -> None:
    wide = b"[" + b"0," * OF_A_SENDER.values + b"0]"
    assert problem(sender.asks("POST", path, content=wide))["status"] == 413
    deep = json.dumps({**IVY, "fields": nested(OF_A_SENDER.depth)}).encode()
    assert problem(sender.asks("POST", path, content=deep))["status"] == 413
    assert sender.stored(Lead) == []


def nested(depth: int) -> object:
    """Return a list within a list, and so on."""
    value: object = []
    for _ in range(depth):
        value = [value]
    return value


def test_the_name_of_a_field_is_folded_once(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    folded: Counter[str] = Counter()
    fold = normalization.fold_label

    def counting(name: str) -> str:
        folded[name] += 1
        return fold(name)

    monkeypatch.setattr(normalization, "fold_label", counting)
    fields = {f"a-field-of-this-test-{number}": "x" for number in range(100)}
    posted = urlencode({"email": "joe@acme.example", **fields}).encode()
    assert sender.asks("POST", "/v1/in/website", content=posted).status_code == 200
    assert {name: folded[name] for name in fields} == dict.fromkeys(fields, 1)


def test_a_body_is_not_read_before_the_key_is_known(sender: Sender) -> None:
    sender.baton.start(working=False)
    to = urlsplit(sender.baton.http.address)
    for path in ("/v1/leads", "/v1/leads?key=baton_wrong", "/v1/leads?sender=nobody", "/slack/events"):
        with socket.create_connection((to.hostname, to.port or 0), PATIENCE) as connection:
            head = f"POST {path} HTTP/1.1\r\nhost: baton\r\ncontent-length: {LARGEST}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 401")


class NotedWaits(ClicksFirst):
    """Notes for how long intake offers to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def test_intake_gives_way_for_as_long_as_it_has_worked(sender: Sender) -> None:
    clicks = NotedWaits()
    queue = IntakeQueue(sender.baton.database, clicks, places=1)

    def work() -> float:
        began = time.thread_time()
        sum(range(100_000))
        with queue.transaction():
            pass
        return time.thread_time() - began

    async def twice() -> list[float]:
        with ThreadPoolExecutor(1) as threads:
            queue._threads = threads  # noqa: SLF001 - one thread, so that it is the same one each time
            return [await queue.run(work) for _ in range(2)]

    worked = asyncio.run(twice())
    # Before each piece of work, and before each transaction.
    assert len(clicks.waits) == 4
    assert 0 < clicks.waits[1] < worked[0]
    assert 0 < clicks.waits[3] < worked[1]


def test_intake_waits_for_a_click_and_goes_on_when_it_is_answered() -> None:
    clicks, waiting = ClicksFirst(), threading.Event()
    with ThreadPoolExecutor(1) as threads:
        with clicks.answering():

            def wait() -> None:
                waiting.set()
                clicks.wait(PATIENCE)

            waits = threads.submit(wait)
            assert waiting.wait(PATIENCE)
            assert not waits.done()
        waits.result(PATIENCE)


def test_a_full_queue_takes_no_more_and_says_when_it_will() -> None:
    leave = threading.Event()

    async def fill(queue: IntakeQueue) -> int:
        waiting = [asyncio.create_task(queue.run(lambda: leave.wait(PATIENCE))) for _ in range(PLACES)]
        await asyncio.wait(waiting, timeout=0)
        with pytest.raises(QueueFull) as full:
            await queue.run(lambda: True)
        leave.set()
        assert all(await asyncio.gather(*waiting))
        assert await queue.run(lambda: True)
        return full.value.retry_after

    queue = IntakeQueue(Database("sqlite://"), ClicksFirst())
    assert asyncio.run(fill(queue)) == math.ceil(PLACES * FIRST_GUESS_SECONDS / THREADS)
    queue.shutdown()


def test_a_sender_is_told_that_the_queue_is_full(sender: Sender) -> None:
    sender.baton.intake.queue = IntakeQueue(sender.baton.database, ClicksFirst(), places=0)
    refused = sender.posts("/v1/leads", IVY)
    assert (problem(refused)["detail"], refused.headers["retry-after"]) == ("Too much is waiting already.", "1")
    assert refused.status_code == 503


def test_slack_and_health_never_wait_behind_intake(
    sender: Sender, sandbox: Sandbox, clock: Callable[[], datetime]
) -> None:
    baton, leave = sender.baton, threading.Event()
    baton.directories[0].look_up()
    baton.start(working=False)
    address = baton.http.address
    threads = baton.intake.queue._threads  # noqa: SLF001 - all of them are busy
    busy = [threads.submit(leave.wait, PATIENCE) for _ in range(THREADS)]
    headers = {"authorization": f"Bearer {sender.key}"}
    with ThreadPoolExecutor(1) as senders:
        post = partial(httpx.post, f"{address}/v1/leads", json=IVY, headers=headers, timeout=PATIENCE, trust_env=False)
        posting = senders.submit(post)
        body, signed = command(sandbox, clock())
        answer = httpx.post(f"{address}/slack/events", content=body, headers=signed, timeout=PATIENCE, trust_env=False)
        health = httpx.get(f"{address}/healthz", timeout=PATIENCE, trust_env=False)
        assert (answer.status_code, health.json()["database"], posting.done()) == (200, "ok", False)
        leave.set()
        assert posting.result().status_code == 200
    assert all(each.result() for each in busy)
