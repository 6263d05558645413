"""Senders: somebody who posts to a bot's intake API, without a server between them."""

import asyncio
import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from sqlalchemy import select

from bot.app import Baton
from sandbox.events.signed_http import sign
from sandbox.server import Sandbox

IVY = {"email": "ivy@acme.example", "name": "Ivy Chen", "company": "Acme"}
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a secret of the website").decode()
SENDERS = """
senders:
  website: {name: Website, like: form, activity: {kind: {always: contact-form}}}
"""


class Sender:
    """Somebody who posts, with a key."""

    def __init__(self, baton: Baton, key: str, host: str = "203.0.113.1") -> None:
        self.baton = baton
        self.key = key
        self.host = host

    def asks(self, verb: str, path: str, **with_: Any) -> httpx.Response:
        """Send a request."""
        given = {"authorization": f"Bearer {self.key}"} if self.key else {}
        with_["headers"] = {**given, **with_.get("headers", {})}

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.baton.asgi, client=(self.host, 50_000))
            async with httpx.AsyncClient(transport=transport, base_url="http://baton") as client:
                return await client.request(verb, path, **with_)

        return asyncio.run(ask())

    def posts(self, path: str, body: object, **with_: Any) -> httpx.Response:
        """Post JSON."""
        return self.asks("POST", path, content=json.dumps(body), **with_)

    def stored(self, record: type[Any]) -> list[Any]:
        """Return the rows of a record."""
        with self.baton.database.snapshot() as session:
            return list(session.scalars(select(record)))


def problem(response: httpx.Response) -> dict[str, Any]:
    """Read a problem."""
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert told["status"] == response.status_code
    return told


def command(sandbox: Sandbox, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of `/baton help`, signed as by Slack."""
    body = urlencode(
        {
            "command": "/baton",
            "text": "help",
            "user_id": sandbox.person("Ana Ruiz").id,
            "user_name": "ana",
            "team_id": sandbox.workspace().id,
            "api_app_id": sandbox.workspace().app.id,
            "trigger_id": "1.2.3",
        }
    ).encode()
    stamp = str(int(now.timestamp()))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": sign(sandbox.signing_secret, stamp, body),
    }
    return body, headers


def webhook_headers(body: bytes, now: datetime, *, key: bytes) -> dict[str, str]:
    """Sign as Standard Webhooks has it."""
    stamp = str(int(now.timestamp()))
    code = base64.b64encode(hmac.new(key, b"msg_1." + stamp.encode() + b"." + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": f"v1,{code}"}
