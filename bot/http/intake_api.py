"""The intake API: who posts, to which installation, how much and how often; `handlers.intake` does the rest."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.database import Database
from bot.http import openapi
from bot.http.callers import Caller, Callers, Credentials, Refused, too_often, unauthorised
from bot.http.intake_queue import IntakeQueue, QueueFull
from bot.http.request_body import (
    LARGEST_FORM,
    LONGEST_NUMBER,
    BodyRefused,
    Received,
    expect_one_length,
    read_body,
    read_posted,
)
from bot.http.visits import FORM_TYPES, Visit, allowed_to_ask, media_type
from bot.outages import is_away
from bot.slack.installations import Installation
from handlers import intake
from handlers.intake import Answer, problem
from qualification.rules.intake import page_form
from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.intake.page_form import PageForm
from qualification.rules.intake.payloads import OF_A_FORM
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
            Route("/v1/in/{sender}", self.preflight, methods=["OPTIONS"]),
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
        named, visit = request.path_params["sender"], Visit.of(request)

        def ingest(caller: Caller, body: Received) -> Answer:
            payload = body.payload(caller.bounds)
            form = page_form.read(payload) if caller.is_anybody else PageForm(payload)
            visit.speaks(form.language)
            if form.is_trapped:
                request.state.outcome = "trapped"
                log.info("A program filled in a form's honeypot.", extra={"action": "intake", "sender": named})
            return intake.mapped(
                form.filled_in,
                sender=named,
                received_id=caller.delivery_id,
                is_anybody=caller.is_anybody,
                is_trapped=form.is_trapped,
                snapshot=self.database.snapshot,
                transaction=self.queue.transaction,
                now=self.now,
                workspace=caller.installation,
            )

        return await self._posted(request, ingest, named=named, visit=visit)

    async def preflight(self, request: Request) -> Response:
        """Tell a browser whether a page's script may post to a sender."""
        credentials = Credentials.of(request, request.path_params["sender"])
        try:
            may = await self._run(partial(self.callers.may_ask, credentials))
        except Refused as refused:
            return Visit().response(refused.answer)
        return allowed_to_ask(credentials.origin or "") if may else Response(status_code=204)

    async def lead(self, request: Request) -> Response:
        """Return a lead as it is now."""
        lead_id = str(request.path_params["lead_id"])

        def show(caller: Caller, _: Received) -> Answer:
            if not (lead_id.isascii() and lead_id.isdecimal() and len(lead_id) < LONGEST_NUMBER and int(lead_id) > 0):
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

    async def _posted(
        self, request: Request, operation: Operation, *, named: str | None = None, visit: Visit | None = None
    ) -> Response:
        """Find the caller, read as much as it may post, do the operation, and answer."""
        visit = visit or Visit()
        try:
            expect_one_length(request)
            return visit.response(await self._answered(request, operation, named, visit))
        except Refused as refused:
            if refused.caller is not None:
                visit.is_from(refused.caller)
            return visit.response(refused.answer)
        except BodyRefused as refused:
            return visit.response(problem(refused.status, str(refused)))
        except (NoPayload, TooMuch) as fault:
            return visit.response(_unread(fault).answer)

    async def _answered(self, request: Request, operation: Operation, named: str | None, visit: Visit) -> Answer:
        """Find the caller by key, by a key in a field, or by signature; do the operation."""
        callers, credentials = self.callers, Credentials.of(request, named)

        def known(caller: Caller) -> Caller:
            request.state.sender = caller.name
            visit.is_from(caller)
            return caller

        if credentials.key:
            caller = known(await self._run(partial(callers.by_key, credentials)))
            body = await read_posted(request, caller.largest, caller.bounds)
            return await self._run(partial(_done, operation, caller, body), caller.installation)
        if named is not None and media_type(request) in FORM_TYPES and not callers.signs(credentials):
            callers.expect_patience(credentials)
            form = await read_posted(request, LARGEST_FORM, OF_A_FORM)

            def by_field() -> Answer:
                payload = form.payload(OF_A_FORM)
                key = page_form.read(payload).key
                if key is None:
                    raise unauthorised()
                return _done(operation, known(callers.by_key(credentials.with_field(key))), Received(payload))

            return await self._run(by_field)
        callers.expect_signature(credentials)
        signed = await read_body(request)

        def by_signature() -> Answer:
            signer = known(callers.by_signature(credentials, request, signed))
            return _done(operation, signer, Received(signed, request.headers.get("content-type", "")))

        return await self._run(by_signature)

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


def _without_ids(answer: Answer) -> Answer:
    """Leave out the ids, by which anybody could tell whether a person was known before."""
    if "results" not in answer.body:
        return answer
    kept = [
        {name: told for name, told in each.items() if name not in {"id", "lead_id"}} for each in answer.body["results"]
    ]
    return replace(answer, body={**answer.body, "results": kept})
