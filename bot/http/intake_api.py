"""The intake API: who posts, to which installation, how much and how often; `handlers.intake` does the rest."""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.database import Database
from bot.http import openapi, signatures
from bot.http.request_body import TooLarge, UncertainLength, read_body
from bot.slack.installations import Installation
from bot.slack.rate_limits import Rate
from handlers import intake
from handlers.intake import Answer, problem
from qualification.intake import api_keys
from qualification.playbook import playbooks
from qualification.rules.intake import payloads
from qualification.rules.playbook.known_senders import Signature
from qualification.rules.refusals import NoPlaybook

log = logging.getLogger(__name__)

# The rate of each sender: a hundred requests at once, then fifty a second.
RATE: Final = Rate(timedelta(seconds=1) / 50, burst=100)
BEARER: Final = "bearer "


class OnlyItsForm(Exception):
    """A publishable key was used for something other than the form that it belongs to, which the text names."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A sender, and the installation that it posts to; `is_anybody` marks a key that anybody can read in a page."""

    installation: Installation
    name: str
    is_anybody: bool = False


class Operation(Protocol):
    """What an endpoint does with a body, in a thread, once the caller is known."""

    def __call__(self, caller: Caller, body: bytes, /) -> Answer:
        """Do it, and return the answer."""


def new_key() -> str:
    """Return 32 random bytes as text, for a key that nobody can guess."""
    return secrets.token_urlsafe(32)


@dataclass
class Intake:
    """The endpoints under /v1; each request is answered in a thread, in transactions of its own.

    An API key belongs to one of the installations `served`; a signed request is for the first of them. `secrets_of`
    maps a sender's key in the playbook to the secret that it signs with; `public_url` is the address at which senders
    reach this machine, None where the request itself tells it.
    """

    database: Database
    served: Sequence[Installation]
    secrets_of: Mapping[str, str]
    now: Callable[[], datetime]
    reference: Callable[[], str]
    threads: Executor
    public_url: str | None = None
    rate: Rate = RATE
    _free_at: dict[tuple[int, str], datetime] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Return the routes for Starlette."""
        return [
            Route("/v1/openapi.json", self.describe, methods=["GET"]),
            Route("/v1/leads", self.leads, methods=["POST"]),
            Route("/v1/leads/{lead_id}", self.lead, methods=["GET"]),
            Route("/v1/activities", self.activities, methods=["POST"]),
            Route("/v1/in/{sender}", self.mapped, methods=["POST"]),
        ]

    async def describe(self, request: Request) -> Response:
        """Return the OpenAPI description of this API."""
        return JSONResponse(openapi.document(str(request.base_url).rstrip("/")))

    async def leads(self, request: Request) -> Response:
        """Take in one lead, or a list of them."""
        return await self._posted(request, lambda caller, body: self._rows(intake.leads, caller, body))

    async def activities(self, request: Request) -> Response:
        """Take in one activity, or a list of them."""
        return await self._posted(request, lambda caller, body: self._rows(intake.activities, caller, body))

    async def mapped(self, request: Request) -> Response:
        """Take in a payload in the shape that a sender of the playbook has."""
        named = request.path_params["sender"]
        received_id = request.headers.get("webhook-id") or request.headers.get("idempotency-key")

        def ingest(caller: Caller, body: bytes) -> Answer:
            try:
                payload = payloads.parse_body(body)
            except payloads.NoPayload as fault:
                return problem(400, f"The body can't be read: {fault}.")
            return intake.mapped(
                payload,
                sender=named,
                received_id=received_id,
                snapshot=self.database.snapshot,
                transaction=self.database.transaction,
                now=self.now,
                workspace=caller.installation,
            )

        return await self._posted(request, ingest, named=named)

    async def lead(self, request: Request) -> Response:
        """Return a lead as it is now."""
        lead_id = str(request.path_params["lead_id"])

        def show(caller: Caller, _: bytes) -> Answer:
            if not (lead_id.isascii() and lead_id.isdecimal() and 0 < int(lead_id) < 2**63):
                return problem(404, "There is no such lead.")
            return intake.lead(int(lead_id), snapshot=self.database.snapshot, workspace=caller.installation)

        return await self._posted(request, show)

    async def _posted(self, request: Request, operation: Operation, *, named: str | None = None) -> Response:
        try:
            body = await read_body(request)
        except TooLarge:
            return _response(problem(413, "A request can hold at most 1 MB."))
        except UncertainLength:
            return _response(problem(400, "The request gives its length twice; send Content-Length alone."))
        loop = asyncio.get_running_loop()
        return _response(await loop.run_in_executor(self.threads, self._answer, request, body, operation, named))

    def _answer(self, request: Request, body: bytes, operation: Operation, named: str | None) -> Answer:
        """Find the caller, and do the operation; an unexpected error is answered with a reference to the log."""
        caller: Caller | None = None
        try:
            caller = self._caller(request, body, named)
            if caller is None:
                return problem(401, "Send an API key as Authorization: Bearer …, or sign the request.")
            wait = self._too_soon(caller)
            if wait is not None:
                return Answer(429, {**problem(429, "Too many requests.").body, "retry_after": wait})
            answer = operation(caller, body)
            return _without_ids(answer) if caller.is_anybody else answer
        except OnlyItsForm as misused:
            return problem(403, f"Anybody can read this key, so it can only post to /v1/in/{misused}.")
        except NoPlaybook:
            return problem(503, "No playbook has been published yet. Run: baton playbook publish")
        except Exception as error:
            reference = self.reference()
            installation = caller.installation if caller else self.served[0]
            keys = {"action": "intake", "workspace": installation.id, "reference": reference}
            log.exception("An unexpected error stopped a request.", exc_info=error, extra=keys)
            sentence = "Something went wrong in Baton. Send it again: what was taken in counts once."
            return problem(500, f"{sentence} Reference: {reference}")

    def _caller(self, request: Request, body: bytes, named: str | None) -> Caller | None:
        """Find the caller by API key, or by the signature of a sender that has a secret; None for an unknown one.

        Raises OnlyItsForm.
        """
        given = request.headers.get("authorization", "")
        key = given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else request.query_params.get("key", "")
        if key:
            return self._by_key(key, named)
        signer = named or request.query_params.get("sender", "")
        secret = self.secrets_of.get(signer)
        if not secret:
            return None
        installation = self.served[0]
        genuine = signatures.verify(
            self._scheme(installation, signer) if named else Signature.STANDARD,
            secret,
            headers=dict(request.headers),
            body=body,
            url=self._address(request),
            method=request.method,
            now=self.now(),
        )
        return Caller(installation, signer) if genuine else None

    def _by_key(self, key: str, named: str | None) -> Caller | None:
        with self.database.snapshot() as session:
            for installation in self.served:
                known = api_keys.sender_of(session, installation.id, key)
                if known is not None:
                    break
            else:
                return None
        if not api_keys.opens(known, named):
            raise OnlyItsForm(known.name)
        if api_keys.is_use_to_be_noted(known, self.now()):
            with self.database.transaction() as session:
                api_keys.note_use(session, known.id, now=self.now())
        return Caller(installation, known.name, is_anybody=known.publishable)

    def _address(self, request: Request) -> str:
        """Return the address that the sender posted to, which is part of some signatures."""
        if self.public_url is None:
            return str(request.url)
        query = f"?{request.url.query}" if request.url.query else ""
        return f"{self.public_url.rstrip('/')}{request.url.path}{query}"

    def _scheme(self, installation: Installation, signer: str) -> Signature:
        with self.database.snapshot() as session:
            sender = playbooks.current(session, installation.id).playbook.sender(signer)
        return (sender.signed if sender else None) or Signature.STANDARD

    def _too_soon(self, caller: Caller) -> int | None:
        """Return the seconds until the sender may post again, None where it may post now."""
        sender = (caller.installation.id, caller.name)
        now, before = self.now(), self._free_at.get(sender)
        if before is not None and before > now:
            return max(1, round((before - now).total_seconds() + 0.5))
        self._free_at[sender] = self.rate.free_at(before, now)
        return None

    def _rows(self, ingest: Callable[..., Answer], caller: Caller, body: bytes) -> Answer:
        try:
            posted = json.loads(body)
        except (ValueError, RecursionError):
            return problem(400, "The body isn't valid JSON.")
        return ingest(
            posted,
            sender=caller.name,
            transaction=self.database.transaction,
            now=self.now,
            workspace=caller.installation,
        )


def _response(answer: Answer) -> Response:
    headers = {}
    body = dict(answer.body)
    if answer.status == 401:  # noqa: PLR2004 - HTTP's own number
        headers["www-authenticate"] = "Bearer"
    if "retry_after" in body:
        headers["retry-after"] = str(body.pop("retry_after"))
    kind = "application/problem+json" if answer.status >= 400 else "application/json"  # noqa: PLR2004 - the same
    return Response(json.dumps(body, default=_plain), answer.status, headers, media_type=kind)


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not written as JSON")


def _without_ids(answer: Answer) -> Answer:
    """Leave out the ids, by which anybody could tell whether a person was known before."""
    if "results" not in answer.body:
        return answer
    kept = [
        {name: told for name, told in each.items() if name not in {"id", "lead_id"}} for each in answer.body["results"]
    ]
    return Answer(answer.status, {**answer.body, "results": kept})
