"""Measures the intake API: leads and activities, alone and in lists; the floor writes as many rows."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count, islice

from bot.machine import utc_now
from handlers import intake
from handlers.intake import Answer
from qualification.intake import api_keys
from tests.bench import children, files
from tests.bench.bare import work_of
from tests.bench.engines import Engine
from tests.bench.ground import Ground, Request, laid
from tests.bench.measuring import Figure
from tests.bench.requests_over_http import WARM_UP, compared

LIST = 100
SENDER = "website"
# Too few points for a handoff, which is another figure.
ACTS_EACH, KIND = 10, "email-opened"


@dataclass(frozen=True, slots=True)
class _Posted:
    """A kind of request: its name in the table, its path, and a function that makes a row from a number."""

    name: str
    path: str
    take: Callable[..., Answer]
    row: Callable[[int], object]


def measure(engine: Engine, *, rounds: int, requests: int, lists: int) -> Iterator[Figure]:
    """Post each kind of row alone and in lists, from eight clients; the floor is as many bare transactions."""
    with laid(engine.fresh()) as ground, ExitStack() as stack:
        with ground.database.transaction() as session:
            key = api_keys.make(
                session,
                ground.workspace_id,
                SENDER,
                by="unix:ana",
                random=lambda: secrets.token_urlsafe(32),
                now=utc_now(),
            )
        each = WARM_UP + 1 + rounds * requests + (WARM_UP + 1 + rounds * lists) * LIST
        active = each // ACTS_EACH + 1
        _write_down(ground, active)
        environment = ground.environment(SLACK_APP_TOKEN="")
        ours = children.first_line(
            stack.enter_context(children.started("tests.bench.programs.open_intake", environment=environment))
        )
        for posted in (
            _Posted("activities", "/v1/activities", intake.activities, lambda number: _activity(number, active)),
            _Posted("leads", "/v1/leads", intake.leads, _stranger),
        ):
            rows = map(posted.row, count())
            alone = (_request(key, row) for row in rows)
            listed = (_request(key, [*islice(rows, LIST)]) for _ in count())
            for name, bodies, times in (("one by one", alone, requests), (f"in lists of {LIST}", listed, lists)):
                first = next(bodies)
                work = work_of(ground.database, partial(_taken, ground, posted, first))
                batches = [[*islice(bodies, size)] for size in (WARM_UP, *([times] * rounds))]
                bare = ("tests.bench.programs.bare_endpoint", str(work.inserted), str(work.changed), "at once")
                with children.started(*bare, environment={"DATABASE_URL": engine.fresh()}) as floor:
                    addresses = (f"{ours}{posted.path}", children.first_line(floor))
                    yield from compared(engine, f"{posted.name} posted {name}", addresses, batches)


def _taken(ground: Ground, posted: _Posted, request: Request) -> None:
    """Take in a request in this process."""
    answer = posted.take(
        json.loads(request.body),
        sender=SENDER,
        transaction=ground.database.transaction,
        now=utc_now,
        workspace=ground.baton.installations[0],
    )
    if answer.status != 200:
        raise RuntimeError(f"{posted.path} was answered {answer.status}: {answer.body}")


def _write_down(ground: Ground, leads: int) -> None:
    """Store the leads whose activities are posted later."""
    known = _Posted("leads", "", intake.leads, _stranger)
    for start in range(0, leads, LIST):
        people = [files.person(number, batch=0) for number in range(start, start + LIST)]
        _taken(ground, known, _request("", people))


def _activity(number: int, leads: int) -> dict[str, object]:
    person = files.person(number % leads, batch=0)
    return {"id": f"visit-{number}", "kind": KIND, "what": f"/page/{number % 100}", "lead": person}


def _stranger(number: int) -> dict[str, object]:
    return {"id": f"stranger-{number}", **files.person(number, batch=1)}


def _request(key: str, body: object) -> Request:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    return Request(json.dumps(body).encode(), headers)
