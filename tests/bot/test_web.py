"""Slack's endpoint and the state of health, over ASGI."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt import BoltResponse
from starlette.applications import Starlette

from bot.health import WELL, Health
from bot.http.request_body import LARGEST
from bot.web import Endpoints, Unreadable, decode

SECRET = "a-signing-secret"
PATIENCE = 10.0
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
COMMAND = urlencode({"command": "/bant", "text": "payload & sons", "team_id": "T1"}).encode()


class Client:
    """Asks an ASGI application, one request at a time."""

    def __init__(self, application: Starlette) -> None:
        self._transport = httpx.ASGITransport(application)

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._request("GET", path, b"", {}))

    def post(self, path: str, *, content: bytes, headers: Mapping[str, Any] | None = None) -> httpx.Response:
        return asyncio.run(self._request("POST", path, content, headers or {}))

    async def _request(self, verb: str, path: str, content: bytes, headers: Mapping[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://baton") as client:
            return await client.request(verb, path, content=content, headers=dict(headers))


class Ground:
    """An application whose listener writes down what it gets."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.heard: list[dict[str, Any]] = []
        self.health = Health(WELL, WELL, WELL, WELL)
        endpoints = Endpoints(
            dispatch=self.dispatch, signing_secret=SECRET, health=lambda: self.health, now=lambda: NOW, threads=threads
        )
        self.client = Client(endpoints.application())

    def dispatch(self, payload: dict[str, Any], _: Mapping[str, str]) -> BoltResponse:
        self.heard.append(payload)
        return BoltResponse(status=200, body={"text": "heard"})

    def post(self, body: bytes, content_type: str = FORM, *, at: datetime = NOW, secret: str = SECRET) -> int:
        """Send a signed request; return the status."""
        stamp = str(int(at.timestamp()))
        signature = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": content_type,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": f"v0={signature}",
        }
        return self.client.post("/slack/events", content=body, headers=headers).status_code


@pytest.fixture
def ground() -> Iterator[Ground]:
    """Make the application with threads of its own."""
    with ThreadPoolExecutor(2) as threads:
        yield Ground(threads)


def test_a_signed_command_reaches_its_listener_whatever_its_words(ground: Ground) -> None:
    assert ground.post(COMMAND) == 200
    assert ground.heard == [{"command": "/bant", "text": "payload & sons", "team_id": "T1"}]


def test_an_interaction_arrives_unwrapped(ground: Ground) -> None:
    assert ground.post(urlencode({"payload": json.dumps({"type": "block_actions"})}).encode()) == 200
    assert ground.heard == [{"type": "block_actions"}]


def test_slack_is_told_the_challenge_and_nobody_hears_of_it(ground: Ground) -> None:
    assert ground.post(b'{"type": "url_verification", "challenge": "abc"}', "application/json") == 200
    assert ground.heard == []


@pytest.mark.parametrize("age", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1)])
def test_an_old_signature_is_refused_and_so_is_one_from_the_future(ground: Ground, age: timedelta) -> None:
    assert ground.post(COMMAND, at=NOW - age) == 401
    assert ground.heard == []


def test_five_minutes_are_not_old(ground: Ground) -> None:
    assert ground.post(COMMAND, at=NOW - timedelta(minutes=5)) == 200


def test_another_hand_is_refused(ground: Ground) -> None:
    assert ground.post(COMMAND, secret="another") == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-request-timestamp": str(int(NOW.timestamp()))},
        {"x-slack-request-timestamp": "yesterday", "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": "9" * 5000, "x-slack-signature": "v0=00"},
        {"x-slack-request-timestamp": str(int(NOW.timestamp())), "x-slack-signature": "v0=\u00e9".encode("latin-1")},
    ],
)
def test_no_signature_is_no_entry(ground: Ground, headers: dict[str, Any]) -> None:
    assert ground.client.post("/slack/events", content=COMMAND, headers=headers).status_code == 401
    assert ground.heard == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"rubbish", "application/json"),
        (b"rubbish", FORM),
        (b"payload=rubbish", FORM),
        (b"payload=[1]", FORM),
        (b"[]", "application/json; charset=utf-8"),
        (b"null", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"", FORM),
    ],
)
def test_rubbish_is_called_that(ground: Ground, body: bytes, content_type: str) -> None:
    assert ground.post(body, content_type) == 400
    assert ground.heard == []


def test_a_body_too_large_is_refused_before_it_is_read(ground: Ground) -> None:
    assert ground.post(b"x" * (LARGEST + 1)) == 413


@given(st.binary(max_size=200), st.sampled_from(["application/json", FORM, "", "text/plain"]))
def test_no_body_breaks_the_reader(body: bytes, content_type: str) -> None:
    try:
        payload = decode(body, content_type)
    except Unreadable:
        return
    assert payload


def test_only_post_is_for_slack(ground: Ground) -> None:
    assert ground.client.get("/slack/events").status_code == 405


def test_without_a_secret_there_is_no_endpoint(ground: Ground) -> None:
    with ThreadPoolExecutor(1) as threads:
        endpoints = Endpoints(ground.dispatch, None, lambda: ground.health, lambda: NOW, threads)
        assert Client(endpoints.application()).post("/slack/events", content=COMMAND).status_code == 404


def test_health_is_200_only_where_everything_is_well(ground: Ground) -> None:
    answer = ground.client.get("/healthz")
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    ground.health = Health(WELL, WELL, "refuses every call: token_revoked", WELL)
    answer = ground.client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ok": False,
        "database": "ok",
        "schema": "ok",
        "slack": "refuses every call: token_revoked",
        "worker": "ok",
        "clocks": "ok",
    }


def test_health_is_examined_once_for_all_who_ask_meanwhile(ground: Ground) -> None:
    examined, leave = [], threading.Event()

    def examine() -> Health:
        examined.append(1)
        assert leave.wait(10.0)
        return ground.health

    endpoints = Endpoints(ground.dispatch, SECRET, examine, lambda: NOW, ThreadPoolExecutor(1))

    async def ask_several() -> list[int]:
        transport = httpx.ASGITransport(endpoints.application())
        async with httpx.AsyncClient(transport=transport, base_url="http://baton") as client:
            asking = [asyncio.create_task(client.get("/healthz")) for _ in range(20)]
            await asyncio.wait(asking, timeout=0.05)
            leave.set()
            return [answer.status_code for answer in await asyncio.gather(*asking)]

    assert asyncio.run(ask_several()) == [200] * 20
    assert examined == [1]


def test_health_is_told_in_time_even_while_the_database_says_nothing(ground: Ground) -> None:
    answered = threading.Event()

    def wait() -> Health:
        answered.wait(PATIENCE)
        return ground.health

    with ThreadPoolExecutor(1) as threads:
        endpoints = Endpoints(ground.dispatch, None, wait, lambda: NOW, threads, patience_seconds=0.01)
        answer = Client(endpoints.application()).get("/healthz")
        answered.set()
    assert (answer.status_code, answer.json()["database"]) == (503, "does not answer within 0.01 s")


def test_health_is_told_while_a_scrape_hangs_and_the_end_waits_for_neither(ground: Ground) -> None:
    answered, scraped = threading.Event(), threading.Event()

    def scrape() -> bytes:
        assert answered.wait(PATIENCE)
        scraped.set()
        return b""

    with ThreadPoolExecutor(1) as threads:
        endpoints = Endpoints(
            ground.dispatch,
            None,
            lambda: ground.health,
            lambda: NOW,
            threads,
            metrics=scrape,
            metrics_token=SECRET,
            patience_seconds=1.0,
        )

        async def ask_both() -> list[int]:
            transport = httpx.ASGITransport(endpoints.application())
            async with httpx.AsyncClient(transport=transport, base_url="http://baton") as client:
                scraping = asyncio.create_task(client.get("/metrics", headers={"authorization": f"Bearer {SECRET}"}))
                await asyncio.wait([scraping], timeout=0.05)
                return [(await client.get("/healthz")).status_code, (await scraping).status_code]

        assert asyncio.run(ask_both()) == [200, 503]
        endpoints.shutdown()
        assert not scraped.is_set()
        answered.set()
        assert scraped.wait(PATIENCE)
