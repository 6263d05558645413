"""One engine's run: rounds in which all act and things break, each with a rest and an audit at its end."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from sqlalchemy import func, select

from qualification.records import Delivery
from tests.faults import people, rest, senders, trouble
from tests.faults.audit import Finding, Verdict, audit
from tests.faults.ledger import Act
from tests.faults.trouble import Trouble
from tests.faults.world import World, open_world

# A round, and what a rest after it may take of a short run, in real seconds.
ROUND_SECONDS: Final = 40.0
REST_SECONDS: Final = 16.0
LEAST_SECONDS: Final = 8.0
PROGRESS_SECONDS: Final = 10.0


@dataclass
class Result:
    """What became of one engine's run."""

    engine: str
    seconds: float
    acts: Counter[tuple[str, str]]
    faults: Counter[str]
    ended: Counter[str]
    deliveries: Counter[str]
    findings: list[Finding] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    happened: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    ledger: list[Act] = field(default_factory=list)

    def count(self, verdict: Verdict) -> int:
        """Return how many findings are of this kind."""
        return sum(each.verdict is verdict for each in self.findings)


def run(engine: str, seconds: float, seed: int, say: Callable[[str], None]) -> Result:
    """Run one engine for so long; ends after the first round with a finding."""
    with open_world(engine) as world:
        began = monotonic()
        breaking = Trouble(world, random.Random(f"{seed} trouble"))  # noqa: S311 - not a secret
        workers, posting = people.staff(world, seed), senders.senders(world, seed)
        findings: list[Finding] = []
        while not findings and (left := began + seconds - monotonic()) > LEAST_SECONDS:
            most = max(left - REST_SECONDS, LEAST_SECONDS)
            _round(world, [*workers, *posting, breaking], breaking, min(ROUND_SECONDS, most), say)
            findings = _rest(world)
            say(f"{engine}: {_figures(world)}, at rest; {len(findings)} found")
        kinds = Counter((act.kind, act.answer.value) for act in world.ledger.acts())
        with world.database.snapshot() as session:
            counted = session.execute(select(Delivery.kind, func.count()).group_by(Delivery.kind))
            deliveries = Counter(dict(counted.tuples().all()))
        return Result(
            engine,
            monotonic() - began,
            kinds,
            world.ledger.faults,
            world.fleet.counts,
            deliveries,
            findings,
            words=world.fleet.last_words() if findings else [],
            ledger=world.ledger.acts(),
            expected=_expected(breaking),
            happened={f"act: {each}" for each in world.ledger.acknowledged}
            | {f"fault: {each}" for each in +world.ledger.faults},
        )


def _round(
    world: World,
    acting: list[people.Worker | senders.Sender | Trouble],
    breaking: Trouble,
    seconds: float,
    say: Callable[[str], None],
) -> None:
    stop = threading.Event()
    threads = [threading.Thread(target=each.run, args=(stop,), daemon=True) for each in acting]
    for thread in threads:
        thread.start()
    ends = monotonic() + seconds
    while (left := ends - monotonic()) > 0:
        stop.wait(min(left, PROGRESS_SECONDS))
        say(f"{world.store.engine}: {_figures(world)}")
    stop.set()
    breaking.heal()
    for thread in threads:
        while thread.is_alive():
            thread.join(1)
            # What was overtaken waits for the next delivery, whatever it is.
            world.sandbox.person("Olu Adeyemi").opens_home()
            breaking.heal()


def _rest(world: World) -> list[Finding]:
    """Let everything come to rest, and return what is wrong, found twice with another rest between.

    Time goes on while one looks: a clock may strike between the look at the rows and that at Slack. Nothing mends what
    is lost, doubled or untrue at rest, so the second look finds it too.
    """
    first = _look(world)
    if not first:
        return []
    again = {str(each).partition("\n")[0]: each for each in _look(world)}
    return [again[line] for line in (str(each).partition("\n")[0] for each in first) if line in again]


def _look(world: World) -> list[Finding]:
    left = rest.settle(world)
    return [
        *(Finding(Verdict.LOST, f"after {rest.PATIENCE:g} s without a fault: {each}") for each in left),
        *(Finding(Verdict.LOST, each) for each in world.fleet.faults),
        *audit(world),
    ]


def _figures(world: World) -> str:
    acts = world.ledger.acts()
    return f"{len(acts)} acts, {world.ledger.faults.total()} faults, {len(world.sandbox.slack.journal.calls())} calls"


def _expected(breaking: Trouble) -> set[str]:
    """Return the kinds of act and of fault that a run must have seen."""
    faults = {name for name, _ in breaking.deck()} | set(trouble.CALLS)
    return {f"act: {each}" for each in people.KINDS | {*senders.KINDS}} | {f"fault: {each}" for each in faults}
