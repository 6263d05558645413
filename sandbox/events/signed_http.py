"""Signed HTTP: every delivery is a POST to the app's request URL, with Slack's v0 signature.

docs.slack.dev/authentication/verifying-requests-from-slack
"""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import h11

from sandbox.clock import Clock
from sandbox.events.envelopes import Envelope, UndeliveredError
from sandbox.workspace.state import App, Json

OK = 200
READ_BYTES = 65_536


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return Slack's v0 signature of a body; `timestamp` is in seconds since 1970."""
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return "v0=" + digest.hexdigest()


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A complete HTTP response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class SignedHttp:
    """Posts deliveries to the app's `http_endpoint`."""

    def __init__(self, clock: Clock) -> None:
        """Take the timestamps of signatures from this clock."""
        self._clock = clock

    async def deliver(self, app: App, envelope: Envelope) -> Json | None:
        """Post an envelope and return the body of a 200. Raises UndeliveredError for any other outcome."""
        if app.http_endpoint is None:
            raise UndeliveredError("not_connected")
        body, content_type = _encode(envelope)
        timestamp = str(int(self._clock.unix()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(app.signing_secret, timestamp, body),
        }
        if envelope.attempt:
            headers |= {"X-Slack-Retry-Num": str(envelope.attempt), "X-Slack-Retry-Reason": envelope.reason or ""}
        try:
            answer = await post(app.http_endpoint, headers, body, read=not envelope.drop)
        except (OSError, h11.RemoteProtocolError) as error:
            raise UndeliveredError("connection_failed") from error
        if answer.status != OK:
            raise UndeliveredError("http_error", final=answer.headers.get("x-slack-no-retry") == "1")
        return _decode(answer)


async def post(url: str, headers: dict[str, str], body: bytes, *, read: bool = True) -> HttpResponse:
    """Send one POST on a new connection; with `read=False` close it without reading the response.

    Raises OSError or h11.RemoteProtocolError if no complete response came back.
    """
    target = urlsplit(url)
    secure = target.scheme == "https"
    host = target.hostname or "127.0.0.1"
    reader, writer = await asyncio.open_connection(host, target.port or (443 if secure else 80), ssl=secure or None)
    try:
        connection = h11.Connection(h11.CLIENT)
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        framing = {"Host": target.netloc, "Content-Length": str(len(body)), "Connection": "close"}
        request = h11.Request(method="POST", target=path, headers=list((framing | headers).items()))
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        await writer.drain()
        if not read:
            raise ConnectionAbortedError("hung up before the answer")
        return await _answer(connection, reader)
    finally:
        writer.close()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> HttpResponse:
    status, headers, chunks = 0, dict[str, str](), list[bytes]()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode().lower(): value.decode() for name, value in event.headers}
        elif isinstance(event, h11.Data):
            chunks.append(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            return HttpResponse(status, headers, b"".join(chunks))
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError("closed before the answer was whole")


def _encode(envelope: Envelope) -> tuple[bytes, str]:
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload).encode(), "application/json"
    form = envelope.payload if envelope.kind == "slash_commands" else {"payload": json.dumps(envelope.payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


def _decode(answer: HttpResponse) -> Json | None:
    text = answer.body.decode(errors="replace").strip()
    if not text:
        return None
    if answer.headers.get("content-type", "").startswith("application/json"):
        parsed = json.loads(text)
        return parsed if isinstance(parsed, dict) else None
    return {"text": text}
