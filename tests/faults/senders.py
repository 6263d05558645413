"""Forms and tools that post to the intake API, and send again what got no answer."""

import random
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.faults.ledger import Answer
from tests.faults.world import World

# How often a sender tries, and how long it waits for an answer, in real seconds.
TRIES: Final = 12
PATIENCE: Final = 6.0
# Points by kind of activity, as the playbook's defaults have them; the last hands a lead over by itself.
POINTS: Final = {"blog-post": 2, "content-download": 10, "pricing-page": 15, "contact-form": 15, "demo-request": 0}
KINDS: Final = ("post a lead", "post leads", "post an activity", "post activities")
MOST: Final = 60


@dataclass
class Sender:
    """One program that posts; `known` are the leads that it told of."""

    world: World
    chance: random.Random
    name: str
    known: list[dict[str, str]] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        """Post until `stop` is set."""
        while not stop.is_set():
            self.act(self.chance.choice(KINDS), stop)
            stop.wait(self.chance.uniform(0, 0.5))

    def act(self, kind: str, stop: threading.Event) -> None:
        """Post one row or a list, until it is answered; sometimes once more after that, or twice at the same moment."""
        is_one = kind in {"post a lead", "post an activity"}
        count = 1 if is_one else self.chance.choices((2, 5, MOST), (6, 3, 1))[0]
        rows = [self._lead() if "lead" in kind else self._activity() for _ in range(count)]
        path = "leads" if "lead" in kind else "activities"
        body: object = rows[0] if is_one else rows
        at = self.world.time.slack()
        at_once = self.chance.random() < 0.15
        results = self._insist(path, body, stop, copies=2 if at_once else 1)
        if results is not None and self.chance.random() < 0.2:
            self._insist(path, body, stop)
            self.world.ledger.count_fault("intake posted again")
        if at_once:
            self.world.ledger.count_fault("intake posted twice at once")
        for index, row in enumerate(rows):
            answer = Answer.UNANSWERED
            if results is not None:
                answer = Answer.ACKNOWLEDGED if results.get(index) else Answer.REFUSED
            self.world.ledger.write(
                kind, self.name, at, answer, mark=f"{path}:{row['id']}:{row.get('kind', '')}:{_lead_id(row)}"
            )

    def _lead(self) -> dict[str, Any]:
        mark = self.world.ledger.mark()
        lead = {"id": f"lead-{mark}", "email": f"{mark}@firm-{mark}.example", "company": f"Firm {mark}"}
        self.known.append(lead)
        return lead

    def _activity(self) -> dict[str, Any]:
        lead = self.chance.choice(self.known[-20:]) if self.known and self.chance.random() < 0.7 else self._lead()
        (kind,) = self.chance.choices([*POINTS], (6, 4, 2, 1, 1))
        return {"id": f"activity-{self.world.ledger.mark()}", "kind": kind, "lead": lead}

    def _insist(self, path: str, body: object, stop: threading.Event, copies: int = 1) -> Mapping[int, bool] | None:
        """Post until somebody answers 2xx; return for each row whether it was taken, None where nobody answered."""
        for _ in range(TRIES):
            with ThreadPoolExecutor(copies) as hands:
                answers = list(hands.map(lambda _: self._post(path, body), range(copies)))
            taken = [each for each in answers if each is not None]
            if taken:
                return taken[0]
            if stop.wait(self.chance.uniform(0.1, 1.0)):
                return None
        return None

    def _post(self, path: str, body: object) -> Mapping[int, bool] | None:
        try:
            answer = httpx.post(
                f"{self.world.http}/v1/{path}",
                json=body,
                headers={"Authorization": f"Bearer {self.world.api_key}"},
                timeout=PATIENCE,
            )
        except httpx.HTTPError:
            return None
        if answer.status_code == 422:
            return {}
        if not answer.is_success:
            return None
        if not isinstance(body, Sequence):
            return {0: True}
        return {each["index"]: each["status"] == 200 for each in answer.json()["results"]}


def senders(world: World, seed: int) -> list[Sender]:
    """Return two senders' programs, which share one key."""
    return [
        Sender(world, random.Random(f"{seed} {name}"), name)  # noqa: S311 - not a secret
        for name in ("the website", "the platform")
    ]


def _lead_id(row: Mapping[str, Any]) -> str:
    return str(row["lead"]["id"] if "lead" in row else row["id"])
