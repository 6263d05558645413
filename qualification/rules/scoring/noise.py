"""How often activities count: the same thing over and over once, and no more than the playbook says.

The count is the same in whatever order and however late they come: of each thing the first time counts, and the spans
of `per` begin at whole multiples of it since 1970 in UTC, so that 24h are a day in UTC.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qualification.rules.playbook.scoring_schema import Activity

# What programs that check mail call themselves in `User-Agent`; none of them is a person's browser.
SCANNERS: Final = (
    "barracuda",
    "bitdefender",
    "cloudmark",
    "forcepoint",
    "fortiguard",
    "headlesschrome",
    "mimecast",
    "proofpoint",
    "safelinks",
    "symantec",
    "trendmicro",
    "urldefense",
    "zscaler",
)
_AGENT_FIELDS: Final = frozenset({"useragent", "agent", "ua"})
_LONGEST_AGENT: Final = 500


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that was done `times` times, first at `at`; without a `what`, `times` different ones."""

    what: str | None
    at: datetime
    times: int = 1


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a kind of activity was done, and why some of that doesn't count.

    `scanned` were done by a mail scanner, `repeated` are the same things again, `over` are more than `at_most`.
    """

    done: int
    scanned: int = 0
    repeated: int = 0
    over: int = 0

    @property
    def counted(self) -> int:
        """How often it counts."""
        return self.done - self.scanned - self.repeated - self.over


def tally(kind: Activity, things: Iterable[Thing], *, scanned: int = 0) -> Tally:
    """Say how often what was done counts. `things` were done by people, `scanned` says what scanners did beside."""
    all_things = list(things)
    done = sum(each.times for each in all_things)
    counting = [(each.at, each.times) for each in all_things]
    if kind.once_per is not None:
        first: dict[str, datetime] = {}
        for each in all_things:
            if each.what:
                key = " ".join(each.what.casefold().split())
                first[key] = min(first.get(key, each.at), each.at)
        # Where the sender doesn't say what it was, nothing says that it is the same.
        unnamed = [(each.at, each.times) for each in all_things if not each.what]
        counting = [*((at, 1) for at in first.values()), *unnamed]
    distinct = sum(times for _, times in counting)
    over = distinct - _within(kind, counting) if kind.at_most is not None else 0
    return Tally(done=done + scanned, scanned=scanned, repeated=done - distinct, over=over)


def is_by_scanner(fields: Mapping[str, object]) -> bool:
    """Say whether the browser that a sender names in its fields is a program that checks mail."""
    for name, value in fields.items():
        if "".join(filter(str.isalnum, name.lower())) in _AGENT_FIELDS and isinstance(value, str):
            agent = "".join(filter(str.isalnum, value[:_LONGEST_AGENT].lower()))
            return any(each in agent for each in SCANNERS)
    return False


def _within(kind: Activity, counting: Iterable[tuple[datetime, int]]) -> int:
    """Count what is no more than `at_most` in each span."""
    spans: Counter[int] = Counter()
    for at, times in counting:
        spans[0 if kind.per is None else int(at.timestamp() // kind.per.total_seconds())] += times
    return sum(min(times, kind.at_most or times) for times in spans.values())
