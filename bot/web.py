"""The ASGI application: Slack's endpoint, which believes nothing unsigned, the intake API, the state of health."""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from slack_bolt import BoltResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.health import Health, without_database
from bot.http.request_body import BodyRefused, Unfinished, expect_one_length, read_body
from bot.metrics import is_authorised

log = logging.getLogger(__name__)

# docs.slack.dev/authentication/verifying-requests-from-slack
OLDEST_SIGNATURE: Final = timedelta(minutes=5)
LONGEST_STAMP: Final = 12
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
# Whoever asks for the state of health waits no longer than this.
PATIENCE_SECONDS: Final = 2.0

Payload: TypeAlias = dict[str, Any]
Dispatch: TypeAlias = Callable[[Payload, Mapping[str, str]], BoltResponse]


class Unreadable(Exception):
    """A signed body that is nothing Slack sends."""


def is_genuine(secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Tell whether Slack signed `body` with `secret` within five minutes of `now`; names of headers in lower case."""
    if not is_recent(headers, now):
        return False
    stamp = headers["x-slack-request-timestamp"]
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), headers.get("x-slack-signature", "").encode())


def is_recent(headers: Mapping[str, str], now: datetime) -> bool:
    """Tell whether the headers name a time within five minutes of `now`, as everything does that Slack signed."""
    stamp = headers.get("x-slack-request-timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= LONGEST_STAMP):
        return False
    return abs(now.timestamp() - int(stamp)) <= OLDEST_SIGNATURE.total_seconds()


def decode(body: bytes, content_type: str) -> Payload:
    """Read a body as Slack builds them: JSON, a form, or JSON in a form's `payload`; raises Unreadable."""
    try:
        text = body.decode()
        if content_type.partition(";")[0].strip().lower() == "application/json":
            payload = json.loads(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
            payload = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError) as fault:
        raise Unreadable from fault
    if not isinstance(payload, dict) or not payload:
        raise Unreadable
    return payload


class _OneAtATime:
    """A question that many may ask: it is worked out once for all who wait."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[Health] | None = None

    async def ask(self, work: Callable[[], Health], threads: Executor) -> Health:
        if self._answer is None or self._answer.done():
            self._answer = asyncio.get_running_loop().run_in_executor(threads, work)
        return await asyncio.shield(self._answer)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What answers over HTTP.

    `dispatch` runs in `threads`, which nothing else uses, and never in the event loop. `health` and `metrics` run in a
    thread each, so that they are told even while all others wait for a database, and health while a scrape takes long.
    Whoever asks for health meanwhile gets the same answer. `answered` gets each payload of Slack's, and the seconds
    from its arrival to its answer.
    """

    dispatch: Dispatch
    signing_secret: str | None
    health: Callable[[], Health]
    now: Callable[[], datetime]
    threads: Executor
    intake: Sequence[Route] = ()
    answered: Callable[[Payload, float], None] = lambda *_: None
    metrics: Callable[[], bytes] | None = None
    metrics_token: str = ""
    examining: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="health"))
    scraping: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="metrics"))
    patience_seconds: float = PATIENCE_SECONDS
    _health: _OneAtATime = field(default_factory=_OneAtATime)

    def application(self) -> Starlette:
        """Make the ASGI application; without a signing secret it hears no Slack, without a token it has no metrics."""
        routes = [Route("/healthz", self.healthz, methods=["GET"]), *self.intake]
        if self.metrics is not None and self.metrics_token:
            routes.append(Route("/metrics", self.show_metrics, methods=["GET"]))
        if self.signing_secret:
            routes.append(Route("/slack/events", self.events, methods=["POST"]))
        return Starlette(routes=routes)

    def shutdown(self) -> None:
        """End the threads of health and metrics, without waiting for a question that hangs."""
        for threads in (self.examining, self.scraping):
            threads.shutdown(wait=False, cancel_futures=True)

    async def events(self, request: Request) -> Response:
        """Hand what Slack signed to its listener: 401 for another's hand, 400 for rubbish, 413 for too much of it."""
        began = time.perf_counter()
        try:
            expect_one_length(request)
            # What Slack cannot have signed now is not read.
            body = await read_body(request) if is_recent(request.headers, self.now()) else b""
        except Unfinished as unfinished:
            # Nobody is there to be told, and a log line for each would cost more than the request.
            return Response(status_code=unfinished.status)
        except BodyRefused as refused:
            return _refuse(refused.status, refused.error)
        if not is_genuine(self.signing_secret or "", body, request.headers, self.now()):
            return _refuse(401, "bad_signature")
        try:
            payload = decode(body, request.headers.get("content-type", ""))
        except Unreadable:
            return _refuse(400, "unreadable_body")
        if payload.get("type") == "url_verification":
            return JSONResponse({"challenge": payload.get("challenge")})
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self.threads, self.dispatch, payload, dict(request.headers))
        self.answered(payload, time.perf_counter() - began)
        return Response(answer.body, answer.status, answer.first_headers_without_set_cookie())

    async def healthz(self, _: Request) -> Response:
        """Say what is well and what is not: 200 where everything is, else 503."""
        try:
            report = await asyncio.wait_for(self._health.ask(self.health, self.examining), self.patience_seconds)
        except TimeoutError:
            fault = f"does not answer within {self.patience_seconds:g} s"
            report = without_database(fault, connections=None, working=None)
        return JSONResponse(report.as_json(), 200 if report.is_well else 503)

    async def show_metrics(self, request: Request) -> Response:
        """Return the metrics to whoever has the token: 401 for anybody else, 503 where they take too long."""
        if self.metrics is None or not is_authorised(request.headers.get("authorization", ""), self.metrics_token):
            return JSONResponse({"error": "bad_token"}, 401, {"www-authenticate": "Bearer"})
        try:
            collected = asyncio.get_running_loop().run_in_executor(self.scraping, self.metrics)
            return Response(await asyncio.wait_for(collected, self.patience_seconds), media_type=METRICS_TYPE)
        except TimeoutError:
            return JSONResponse({"error": "database_away"}, 503)


def _refuse(status: int, error: str) -> Response:
    log.warning("A request to Slack's endpoint was refused.", extra={"action": "slack_request", "error": error})
    return JSONResponse({"error": error}, status)
