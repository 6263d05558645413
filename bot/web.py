"""The ASGI application: Slack's endpoint, which believes nothing unsigned, the intake API, the state of health."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from slack_bolt import BoltResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.health import Health
from bot.http.request_body import TooLarge, UncertainLength, read_body

log = logging.getLogger(__name__)

# docs.slack.dev/authentication/verifying-requests-from-slack
OLDEST_SIGNATURE: Final = timedelta(minutes=5)
LONGEST_STAMP: Final = 12

Payload: TypeAlias = dict[str, Any]
Dispatch: TypeAlias = Callable[[Payload, Mapping[str, str]], BoltResponse]


class Unreadable(Exception):
    """A signed body that is nothing Slack sends."""


def is_genuine(secret: str, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Tell whether Slack signed `body` with `secret` within five minutes of `now`; names of headers in lower case."""
    stamp = headers.get("x-slack-request-timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= LONGEST_STAMP):
        return False
    if abs(now.timestamp() - int(stamp)) > OLDEST_SIGNATURE.total_seconds():
        return False
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), headers.get("x-slack-signature", "").encode())


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


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What answers over HTTP; `dispatch` and `health` run in `threads`, never in the event loop."""

    dispatch: Dispatch
    signing_secret: str | None
    health: Callable[[], Health]
    now: Callable[[], datetime]
    threads: Executor
    intake: Sequence[Route] = ()

    def application(self) -> Starlette:
        """Make the ASGI application; without a signing secret it has no endpoint for Slack."""
        routes = [Route("/healthz", self.healthz, methods=["GET"]), *self.intake]
        if self.signing_secret:
            routes.append(Route("/slack/events", self.events, methods=["POST"]))
        return Starlette(routes=routes)

    async def events(self, request: Request) -> Response:
        """Hand what Slack signed to its listener: 401 for another's hand, 400 for rubbish, 413 for too much of it."""
        try:
            body = await read_body(request)
        except TooLarge:
            return _refuse(413, "body_too_large")
        except UncertainLength:
            return _refuse(400, "length_given_twice")
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
        return Response(answer.body, answer.status, answer.first_headers_without_set_cookie())

    async def healthz(self, _: Request) -> Response:
        """Say what is well and what is not: 200 where everything is, else 503."""
        report = await asyncio.get_running_loop().run_in_executor(self.threads, self.health)
        return JSONResponse(report.as_json(), 200 if report.is_well else 503)


def _refuse(status: int, error: str) -> Response:
    log.warning("A request to Slack's endpoint was refused.", extra={"action": "slack_request", "error": error})
    return JSONResponse({"error": error}, status)
