"""What senders post: each row is ingested or rejected by itself, and the answer says which."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from handlers.plumbing.context import Now, Sessions, Transactions, Workspace
from qualification.intake import ingest
from qualification.intake.ingest import Ingested
from qualification.leads.resolver import OF_OTHERS
from qualification.people import audit
from qualification.playbook import playbooks
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.intake import lenient
from qualification.rules.intake.mapping import InvalidEntry, map_payload
from qualification.rules.intake.row_errors import InvalidRow, RowError
from qualification.rules.leads.lead_input import MOST_ROWS, ActivityInput, LeadInput
from qualification.rules.people.audited import Surface
from qualification.views import lead_page
from qualification.views.lead_page import LeadFacts

log = logging.getLogger(__name__)

# One transaction ingests at most this many rows, so that clicks don't wait for a long list.
SLICE: Final = 25

Row: TypeAlias = LeadInput | ActivityInput | tuple[RowError, ...]
Result: TypeAlias = Ingested | tuple[RowError, ...]

# What the API calls otherwise than the code does: senders have built on it.
API_FIELDS: Final = MappingProxyType({"contributions": "weighed", "gated_by": "held_by"})
API_STATES: Final = MappingProxyType(
    {HandoffState.MANAGER_QUEUE.value: "queued", HandoffState.SNOOZED.value: "not_now"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a sender: an HTTP status and a JSON body; `redirect` is where a visitor of a page goes."""

    status: int
    body: dict[str, Any]
    redirect: str | None = None


def leads(posted: object, *, sender: str, transaction: Transactions, now: Now, workspace: Workspace) -> Answer:
    """Ingest one lead, or a list of them."""
    return _ingested(posted, LeadInput, sender=sender, transaction=transaction, now=now, workspace=workspace)


def activities(posted: object, *, sender: str, transaction: Transactions, now: Now, workspace: Workspace) -> Answer:
    """Ingest one activity, or a list of them."""
    return _ingested(posted, ActivityInput, sender=sender, transaction=transaction, now=now, workspace=workspace)


def mapped(
    payload: object,
    *,
    sender: str,
    received_id: str | None,
    is_anybody: bool = False,
    is_trapped: bool = False,
    snapshot: Sessions,
    transaction: Transactions,
    now: Now,
    workspace: Workspace,
) -> Answer:
    """Ingest a payload in the sender's own shape, by its mapping in the playbook.

    What `is_anybody` sent takes nobody's address; that it is somebody else's is in the log, and not in the answer, for
    a stranger could find out by it who is known.
    Of what fell into a form's honeypot nothing is kept, and the answer is that to any other.
    """
    with snapshot() as session:
        known = playbooks.current(session, workspace.id).playbook.sender(sender)
    if known is None:
        return problem(404, f"The playbook has no sender called {sender}.")
    if is_trapped:
        taken = {"taken": 1, "refused": 0, "results": [{"index": 0, "status": 200}]}
        return Answer(200, taken, redirect=known.redirect)
    entries = map_payload(known, payload, received_id=received_id, now=now())
    rows: list[Row] = [entry.errors if isinstance(entry, InvalidEntry) else entry for entry in entries.values()]
    results = [
        _for_anybody(each, sender, workspace) if is_anybody else each
        for each in _results(
            rows, sender=sender, may_take=not is_anybody, transaction=transaction, now=now, workspace=workspace
        )
    ]
    return replace(_listed(dict(zip(entries, results, strict=True)), inside=None), redirect=known.redirect)


def lead(
    lead_id: int, *, sender: str, snapshot: Sessions, transaction: Transactions, now: Now, workspace: Workspace
) -> Answer:
    """Return a lead as it is now, once the audit says who reads it."""
    with snapshot() as session:
        facts = lead_page.lead_facts(session, workspace.id, lead_id)
    if facts is None:
        return problem(404, f"There is no lead {lead_id}.")
    with transaction() as session:
        by = f"key:{sender}"
        audit.record_lookup(session, workspace.id, [facts.id], by=by, surface=Surface.API, now=now(), contact=True)
    return Answer(200, _as_read(facts))


def problem(status: int, detail: str, errors: Sequence[RowError] = ()) -> Answer:
    """Return a problem as RFC 9457 defines it (application/problem+json)."""
    body: dict[str, Any] = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    if errors:
        body["errors"] = [asdict(error) for error in errors]
    return Answer(status, body)


TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _ingested(
    posted: object,
    shape: type[LeadInput | ActivityInput],
    *,
    sender: str,
    transaction: Transactions,
    now: Now,
    workspace: Workspace,
) -> Answer:
    """Ingest what was posted: one row gets an answer of its own, of a list the valid rows are kept."""
    listed = posted if isinstance(posted, list) else [posted]
    if len(listed) > MOST_ROWS:
        return problem(413, f"A list can hold at most {MOST_ROWS} rows. Send the rest in another request.")
    rows = [_row(shape, each, now()) for each in listed]
    inside = lenient.LEAD if shape is LeadInput else lenient.ACTIVITY
    results = list(_results(rows, sender=sender, transaction=transaction, now=now, workspace=workspace))
    if listed is posted:
        return _listed(dict(enumerate(results)), inside=inside)
    (result,) = results
    return (
        Answer(200, _taken(result, inside))
        if isinstance(result, Ingested)
        else problem(422, "What was posted has errors.", result)
    )


def _row(shape: type[LeadInput | ActivityInput], posted: object, now: datetime) -> Row:
    try:
        return lenient.read(LeadInput, posted) if shape is LeadInput else lenient.read_activity(posted, now=now)
    except InvalidRow as invalid:
        return invalid.errors


def _results(
    rows: Sequence[Row],
    *,
    sender: str,
    may_take: bool = True,
    transaction: Transactions,
    now: Now,
    workspace: Workspace,
) -> Iterator[Result]:
    """Ingest the rows slice by slice; a slice that is committed stays, even if a later one fails."""
    for start in range(0, len(rows), SLICE):
        together = rows[start : start + SLICE]
        valid = [row for row in together if not isinstance(row, tuple)]
        with transaction() as session:
            ingested = iter(ingest.ingest(session, workspace.id, sender, valid, may_take=may_take, now=now()))
        yield from (row if isinstance(row, tuple) else next(ingested) for row in together)


def _for_anybody(result: Result, sender: str, workspace: Workspace) -> Result:
    """Return the result without what it says of others than whoever filled in the form; that is logged."""
    if not isinstance(result, Ingested):
        return result
    lost = tuple(each for each in result.lost if each.reason not in OF_OTHERS)
    if lost != result.lost:
        keys = {"action": "intake", "sender": sender, "lead": result.lead_id, "workspace": workspace.id}
        log.info("A form gave an address or an id of somebody else, and it stays with them.", extra=keys)
    return replace(result, lost=lost)


def _listed(results: Mapping[int, Result], *, inside: str | None) -> Answer:
    """Answer a list row by row, each with its index; `inside` is the section that the rows are, None for a mapping's.

    The status is 200 if all rows were ingested, 207 if some were rejected, 422 if all were.
    """
    rejected = sum(not isinstance(result, Ingested) for result in results.values())
    answers: list[dict[str, Any]] = []
    for index, result in results.items():
        if isinstance(result, Ingested):
            answers.append({"index": index, "status": 200, **_taken(result, inside)})
        else:
            answers.append({"index": index, "status": 422, "errors": [asdict(error) for error in result]})
    status = 200 if not rejected else 207 if rejected < len(results) else 422
    if status == 422:  # noqa: PLR2004 - HTTP's own number
        return Answer(status, {**problem(status, "Every row has errors.").body, "results": answers})
    return Answer(status, {"taken": len(results) - rejected, "refused": rejected, "results": answers})


def _taken(ingested: Ingested, inside: str | None) -> dict[str, Any]:
    """Return the ids, and what was lost, by the fields of what was posted."""
    if ingested.activity_id is None:
        ids: dict[str, Any] = {"lead_id" if inside == lenient.ACTIVITY else "id": ingested.lead_id}
    else:
        ids = {"id": ingested.activity_id, "lead_id": ingested.lead_id}
    if not ingested.lost:
        return ids
    own = f"{inside}."
    return {**ids, "lost": [{"field": each.field.removeprefix(own), "reason": each.reason} for each in ingested.lost]}


def _as_read(facts: LeadFacts) -> dict[str, Any]:
    """Return a lead with the names and values that the API keeps."""
    fields = {API_FIELDS.get(name, name): value for name, value in asdict(facts).items()}
    return {**fields, "state": API_STATES.get(facts.state, facts.state) if facts.state else None}
