"""The intake API: who may post, how much and how often; what is posted goes to `handlers.intake`."""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.database import Database
from bot.http import openapi, signatures
from bot.http.request_body import TooLarge, read
from bot.slack.installations import Served
from bot.slack.rate_limits import Rate
from handlers import intake
from handlers.intake import Answer, problem
from qualification.intake import api_keys
from qualification.playbook import playbooks
from qualification.rules.intake import payloads
from qualification.rules.playbook.known_senders import Signature
from qualification.rules.refusals import NoPlaybook

log = logging.getLogger(__name__)

# So much each sender may post: a hundred requests at once, and then fifty a second.
RATE: Final = Rate(timedelta(seconds=1) / 50, burst=100)
BEARER: Final = "bearer "


class OnlyItsForm(Exception):
    """A publishable key is used for something else than what it stands in a page for."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who posts; `is_anybody` says that the key is one that anybody can read."""

    name: str
    is_anybody: bool = False


class Act(Protocol):
    """What is done with a request, in a thread: the sender's name and the body in, the answer out."""

    def __call__(self, sender: str, body: bytes, /) -> Answer:
        """Do it."""


def new_key() -> str:
    """Make what nobody guesses."""
    return secrets.token_urlsafe(32)


@dataclass
class Intake:
    """The endpoints under /v1; each request is answered by a thread, in transactions of its own.

    `secrets_of` names what senders sign with, by the sender's key in the playbook; `public_url` is the
    address that they have of this machine, where a proxy before it does not tell.
    """

    database: Database
    workspace: Served
    secrets_of: Mapping[str, str]
    now: Callable[[], datetime]
    reference: Callable[[], str]
    threads: Executor
    public_url: str | None = None
    rate: Rate = RATE
    _free_at: dict[str, datetime] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """Return what Starlette is told."""
        return [
            Route("/v1/openapi.json", self.describe, methods=["GET"]),
            Route("/v1/leads", self.leads, methods=["POST"]),
            Route("/v1/leads/{lead_id}", self.lead, methods=["GET"]),
            Route("/v1/activities", self.activities, methods=["POST"]),
            Route("/v1/in/{sender}", self.mapped, methods=["POST"]),
        ]

    async def describe(self, request: Request) -> Response:
        """Give the description of this API."""
        return JSONResponse(openapi.document(str(request.base_url).rstrip("/")))

    async def leads(self, request: Request) -> Response:
        """Take in one lead, or a list of them."""
        return await self._posted(request, lambda sender, body: self._rows(intake.leads, sender, body))

    async def activities(self, request: Request) -> Response:
        """Take in one activity, or a list of them."""
        return await self._posted(request, lambda sender, body: self._rows(intake.activities, sender, body))

    async def mapped(self, request: Request) -> Response:
        """Take in what a sender of the playbook posts in a shape of its own."""
        named = request.path_params["sender"]
        received_id = request.headers.get("webhook-id") or request.headers.get("idempotency-key")

        def act(_: str, body: bytes) -> Answer:
            try:
                payload = payloads.read(body)
            except payloads.NoPayload as fault:
                return problem(400, f"The body can't be read: {fault}.")
            return intake.mapped(
                payload,
                sender=named,
                received_id=received_id,
                snapshot=self.database.snapshot,
                transaction=self.database.transaction,
                now=self.now,
                workspace=self.workspace,
            )

        return await self._posted(request, act, named=named)

    async def lead(self, request: Request) -> Response:
        """Return a lead as it stands."""
        lead_id = str(request.path_params["lead_id"])

        def act(_: str, __: bytes) -> Answer:
            if not (lead_id.isascii() and lead_id.isdecimal() and 0 < int(lead_id) < 2**63):
                return problem(404, "There is no such lead.")
            return intake.lead(int(lead_id), snapshot=self.database.snapshot, workspace=self.workspace)

        return await self._posted(request, act)

    async def _posted(self, request: Request, act: Act, *, named: str | None = None) -> Response:
        try:
            body = await read(request)
        except TooLarge:
            return _response(problem(413, "A request can hold at most 1 MB."))
        loop = asyncio.get_running_loop()
        return _response(await loop.run_in_executor(self.threads, self._answer, request, body, act, named))

    def _answer(self, request: Request, body: bytes, act: Act, named: str | None) -> Answer:
        """Let the sender in, and do it; a surprise is told with a reference that is in the log."""
        try:
            caller = self._caller(request, body, named)
            if caller is None:
                return problem(401, "Send an API key as Authorization: Bearer …, or sign the request.")
            wait = self._too_soon(caller.name)
            if wait is not None:
                return Answer(429, {**problem(429, "Too many requests.").body, "retry_after": wait})
            answer = act(caller.name, body)
            return _without_ids(answer) if caller.is_anybody else answer
        except OnlyItsForm as misused:
            return problem(403, f"Anybody can read this key, so it can only post to /v1/in/{misused}.")
        except NoPlaybook:
            return problem(503, "No playbook has been published yet. Run: python -m bot playbook publish")
        except Exception as error:
            reference = self.reference()
            keys = {"action": "intake", "workspace": self.workspace.id, "reference": reference}
            log.exception("Something unforeseen happened.", exc_info=error, extra=keys)
            return problem(
                500,
                f"Something went wrong in Baton. Send it again: what was taken in counts once. Reference: {reference}",
            )

    def _caller(self, request: Request, body: bytes, named: str | None) -> Caller | None:
        """Name who sends this, by an API key or by the signature of a sender that has a secret; None: nobody known.

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
        genuine = signatures.verify(
            self._scheme(signer) if named else Signature.STANDARD,
            secret,
            headers=dict(request.headers),
            body=body,
            url=self._address(request),
            method=request.method,
            now=self.now(),
        )
        return Caller(signer) if genuine else None

    def _by_key(self, key: str, named: str | None) -> Caller | None:
        with self.database.snapshot() as session:
            known = api_keys.sender_of(session, self.workspace.id, key)
        if known is None:
            return None
        if not api_keys.opens(known, named):
            raise OnlyItsForm(known.name)
        if api_keys.is_use_to_be_noted(known, self.now()):
            with self.database.transaction() as session:
                api_keys.note_use(session, known.id, now=self.now())
        return Caller(known.name, is_anybody=known.publishable)

    def _address(self, request: Request) -> str:
        """Return the address that the sender wrote to, which some sign."""
        if self.public_url is None:
            return str(request.url)
        query = f"?{request.url.query}" if request.url.query else ""
        return f"{self.public_url.rstrip('/')}{request.url.path}{query}"

    def _scheme(self, signer: str) -> Signature:
        with self.database.snapshot() as session:
            sender = playbooks.current(session, self.workspace.id).playbook.sender(signer)
        return (sender.signed if sender else None) or Signature.STANDARD

    def _too_soon(self, sender: str) -> int | None:
        """Say in how many seconds the sender may post again; None where it may now."""
        now, before = self.now(), self._free_at.get(sender)
        if before is not None and before > now:
            return max(1, round((before - now).total_seconds() + 0.5))
        self._free_at[sender] = self.rate.free_at(before, now)
        return None

    def _rows(self, take: Callable[..., Answer], sender: str, body: bytes) -> Answer:
        try:
            posted = json.loads(body)
        except (ValueError, RecursionError):
            return problem(400, "The body isn't valid JSON.")
        return take(
            posted, sender=sender, transaction=self.database.transaction, now=self.now, workspace=self.workspace
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
    """Leave out the numbers by which one could tell whether somebody was known before."""
    if "results" not in answer.body:
        return answer
    kept = [
        {name: told for name, told in each.items() if name not in {"id", "lead_id"}} for each in answer.body["results"]
    ]
    return Answer(answer.status, {**answer.body, "results": kept})
