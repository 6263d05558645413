"""The intake API: who posts, to which installation, how much and how often; `handlers.intake` does the rest."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.database import Database
from bot.http import openapi
from bot.http.callers import Caller, Callers, Credentials, Refused, too_often
from bot.http.intake_queue import IntakeQueue, QueueFull
from bot.http.request_body import BodyRefused, Received, expect_one_length, read_body, read_posted
from bot.outages import is_away
from bot.slack.installations import Installation
from handlers import intake
from handlers.intake import Answer, problem
from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.refusals import NoPlaybook

log = logging.getLogger(__name__)

# What a sender is told while the database can't be used, and when to send again.
AWAY: Final = "Baton can't reach its database right now. Send it again: what was taken in counts once."
RETRY_SECONDS: Final = 10

T = TypeVar("T")


class Operation(Protocol):
    """What an endpoint does with a body, in a thread, once the caller is known."""

    def __call__(self, caller: Caller, body: Received, /) -> Answer:
        """Do it, and return the answer. Raises NoPayload and TooMuch."""


@dataclass
class Intake:
    """The endpoints under /v1; each request is answered by the threads of the queue, in transactions of its own."""

    database: Database
    served: Sequence[Installation]
    callers: Callers
    queue: IntakeQueue
    now: Callable[[], datetime]
    reference: Callable[[], str]

    def routes(self) -> list[Route]:
        """Return the routes for Starlette."""
        return [
            Route("/v1/openapi.json", self.describe, methods=["GET"]),
            Route("/v1/leads", self.leads, methods=["POST"]),
            Route("/v1/leads/{lead_id}", self.lead, methods=["GET"]),
            Route("/v1/activities", self.activities, methods=["POST"]),
            Route("/v1/in/{sender}", self.mapped, methods=["POST"]),
        ]

    async def describe(self, _: Request) -> Response:
        """Return the OpenAPI description of this API."""
        return JSONResponse(openapi.document((self.callers.public_url or "").rstrip("/") or "/"))

    async def leads(self, request: Request) -> Response:
        """Take in one lead, or a list of them."""
        return await self._posted(request, lambda caller, body: self._rows(intake.leads, caller, body))

    async def activities(self, request: Request) -> Response:
        """Take in one activity, or a list of them."""
        return await self._posted(request, lambda caller, body: self._rows(intake.activities, caller, body))

    async def mapped(self, request: Request) -> Response:
        """Take in a payload in the shape that a sender of the playbook has."""
        named = request.path_params["sender"]

        def ingest(caller: Caller, body: Received) -> Answer:
            return intake.mapped(
                body.payload(caller.bounds),
                sender=named,
                received_id=caller.delivery_id,
                snapshot=self.database.snapshot,
                transaction=self.queue.transaction,
                now=self.now,
                workspace=caller.installation,
            )

        return await self._posted(request, ingest, named=named)

    async def lead(self, request: Request) -> Response:
        """Return a lead as it is now."""
        lead_id = str(request.path_params["lead_id"])

        def show(caller: Caller, _: Received) -> Answer:
            if not (lead_id.isascii() and lead_id.isdecimal() and 0 < int(lead_id) < 2**63):
                return problem(404, "There is no such lead.")
            return intake.lead(
                int(lead_id),
                sender=caller.name,
                snapshot=self.database.snapshot,
                transaction=self.queue.transaction,
                now=self.now,
                workspace=caller.installation,
            )

        return await self._posted(request, show)

    async def _posted(self, request: Request, operation: Operation, *, named: str | None = None) -> Response:
        """Find the caller, read as much as it may post, and do the operation."""
        callers, credentials = self.callers, Credentials.of(request, named)
        try:
            expect_one_length(request)
            if credentials.key:
                caller = await self._run(partial(callers.by_key, credentials))
                request.state.sender = caller.name
                body = await read_posted(request, caller.largest, caller.bounds)
                return _response(await self._run(partial(_done, operation, caller, body), caller.installation))
            callers.expect_signature(credentials)
            signed = await read_body(request)

            def by_signature() -> Answer:
                signer = callers.by_signature(credentials, request, signed)
                request.state.sender = signer.name
                return _done(operation, signer, Received(signed, request.headers.get("content-type", "")))

            return _response(await self._run(by_signature))
        except Refused as refused:
            return _response(refused.answer)
        except BodyRefused as refused:
            return _response(problem(refused.status, str(refused)))
        except (NoPayload, TooMuch) as fault:
            return _response(_unread(fault).answer)

    async def _run(self, work: Callable[[], T], installation: Installation | None = None) -> T:
        """Do a piece of work in its turn. Raises Refused, also for an unexpected error, which is in the log."""
        try:
            return await self.queue.run(work)
        except Refused:
            raise
        except QueueFull as full:
            raise too_often("Too much is waiting already.", full.retry_after, status=503) from full
        except (NoPayload, TooMuch) as fault:
            raise _unread(fault) from fault
        except NoPlaybook as fault:
            raise Refused(problem(503, "No playbook has been published yet. Run: baton playbook publish")) from fault
        except Exception as error:
            raise self._failed(error, installation or self.served[0]) from error

    def _failed(self, error: Exception, installation: Installation) -> Refused:
        """Return the answer to an error that is no fault of the sender's; it is in the log."""
        keys: dict[str, object] = {"action": "intake", "workspace": installation.id}
        if is_away(error):
            keys["error"] = type(error).__name__
            log.warning("The database can't be used, so a request was refused.", extra=keys)
            return too_often(AWAY, RETRY_SECONDS, status=503)
        reference = self.reference()
        log.error("An unexpected error stopped a request.", exc_info=error, extra={**keys, "reference": reference})
        sentence = "Something went wrong in Baton. Send it again: what was taken in counts once."
        return Refused(problem(500, f"{sentence} Reference: {reference}"))

    def _rows(self, ingest: Callable[..., Answer], caller: Caller, body: Received) -> Answer:
        return ingest(
            body.payload(caller.bounds),
            sender=caller.name,
            transaction=self.queue.transaction,
            now=self.now,
            workspace=caller.installation,
        )


def _unread(fault: NoPayload | TooMuch) -> Refused:
    """Return the answer to a body that isn't read."""
    if isinstance(fault, TooMuch):
        return Refused(problem(413, f"The body isn't read: {fault}."))
    return Refused(problem(400, f"The body can't be read: {fault}."))


def _done(operation: Operation, caller: Caller, body: Received) -> Answer:
    answer = operation(caller, body)
    return _without_ids(answer) if caller.is_anybody else answer


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
