"""What senders post: each row taken in or refused by itself, and an answer that says which."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from handlers.plumbing.context import Now, Sessions, Workspace
from qualification.intake import ingest
from qualification.intake.ingest import Taken
from qualification.playbook import playbooks
from qualification.rules.intake.mapping import Flawed, map_payload
from qualification.rules.intake.row_errors import Flaw, flaws
from qualification.rules.leads.lead_data import MOST_ROWS, GivenActivity, GivenLead
from qualification.views import lead_page

# So many rows are taken in by one transaction: clicks go in between.
TOGETHER: Final = 25

Row: TypeAlias = GivenLead | GivenActivity | tuple[Flaw, ...]
Result: TypeAlias = Taken | tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender is told: an HTTP status, and what goes with it as JSON."""

    status: int
    body: dict[str, Any]


def leads(posted: object, *, sender: str, transaction: Sessions, now: Now, workspace: Workspace) -> Answer:
    """Take in one lead, or a list of them."""
    return _taken(posted, GivenLead, sender=sender, transaction=transaction, now=now, workspace=workspace)


def activities(posted: object, *, sender: str, transaction: Sessions, now: Now, workspace: Workspace) -> Answer:
    """Take in one activity, or a list of them."""
    return _taken(posted, GivenActivity, sender=sender, transaction=transaction, now=now, workspace=workspace)


def mapped(
    payload: object,
    *,
    sender: str,
    received_id: str | None,
    snapshot: Sessions,
    transaction: Sessions,
    now: Now,
    workspace: Workspace,
) -> Answer:
    """Take in what a sender of the playbook posts in a shape of its own."""
    with snapshot() as session:
        known = playbooks.current(session, workspace.id).playbook.sender(sender)
    if known is None:
        return problem(404, f"The playbook has no sender called {sender}.")
    entries = map_payload(known, payload, received_id=received_id, now=now())
    rows: list[Row] = [entry.flaws if isinstance(entry, Flawed) else entry for entry in entries.values()]
    results = list(_results(rows, sender=sender, transaction=transaction, now=now, workspace=workspace))
    return _listed(dict(zip(entries, results, strict=True)))


def lead(lead_id: int, *, snapshot: Sessions, workspace: Workspace) -> Answer:
    """Return a lead as it stands."""
    with snapshot() as session:
        facts = lead_page.lead_facts(session, workspace.id, lead_id)
    return Answer(200, asdict(facts)) if facts else problem(404, f"There is no lead {lead_id}.")


def problem(status: int, detail: str, found: Sequence[Flaw] = ()) -> Answer:
    """Say what is wrong as RFC 9457 has it (application/problem+json)."""
    body: dict[str, Any] = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    if found:
        body["errors"] = [asdict(flaw) for flaw in found]
    return Answer(status, body)


TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _taken(
    posted: object,
    shape: type[GivenLead | GivenActivity],
    *,
    sender: str,
    transaction: Sessions,
    now: Now,
    workspace: Workspace,
) -> Answer:
    """Take in what was posted: alone, it is answered by itself; in a list, the good rows are kept."""
    listed = posted if isinstance(posted, list) else [posted]
    if len(listed) > MOST_ROWS:
        return problem(413, f"A list can hold at most {MOST_ROWS} rows. Send the rest in another request.")
    rows = [_row(shape, each) for each in listed]
    results = list(_results(rows, sender=sender, transaction=transaction, now=now, workspace=workspace))
    if listed is posted:
        return _listed(dict(enumerate(results)))
    (result,) = results
    return (
        Answer(200, _told(result)) if isinstance(result, Taken) else problem(422, "What was posted has errors.", result)
    )


def _row(shape: type[GivenLead | GivenActivity], posted: object) -> Row:
    try:
        return shape.model_validate(posted)
    except ValidationError as error:
        return tuple(flaws(error))


def _results(
    rows: Sequence[Row], *, sender: str, transaction: Sessions, now: Now, workspace: Workspace
) -> Iterator[Result]:
    """Take the rows in, some at a time; what is committed stays, whatever becomes of the rest."""
    for start in range(0, len(rows), TOGETHER):
        together = rows[start : start + TOGETHER]
        fit = [row for row in together if not isinstance(row, tuple)]
        with transaction() as session:
            taken = iter(ingest.take(session, workspace.id, sender, fit, now=now()))
        yield from (row if isinstance(row, tuple) else next(taken) for row in together)


def _listed(results: Mapping[int, Result]) -> Answer:
    """Answer a list row by row, each by its place.

    That is 200 where all were taken in, 207 where some were refused, 422 where all were.
    """
    refused = sum(not isinstance(result, Taken) for result in results.values())
    told = []
    for index, result in results.items():
        if isinstance(result, Taken):
            told.append({"index": index, "status": 200, **_told(result)})
        else:
            told.append({"index": index, "status": 422, "errors": [asdict(flaw) for flaw in result]})
    status = 200 if not refused else 207 if refused < len(results) else 422
    if status == 422:  # noqa: PLR2004 - HTTP's own number
        return Answer(status, {**problem(status, "Every row has errors.").body, "results": told})
    return Answer(status, {"taken": len(results) - refused, "refused": refused, "results": told})


def _told(taken: Taken) -> dict[str, Any]:
    if taken.activity_id is None:
        return {"id": taken.lead_id}
    return {"id": taken.activity_id, "lead_id": taken.lead_id}
