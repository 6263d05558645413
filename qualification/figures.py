"""What managers and marketers are told in numbers: frozen values, with nothing left to look up or decide."""

from dataclasses import dataclass

from qualification.facts import PersonRef


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money in one currency, in its minor units."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many handoffs, and what their leads are worth: in the workspace's currency; apart what has no rate."""

    count: int
    amounts: tuple[Amount, ...] = ()


@dataclass(frozen=True, slots=True)
class LifecycleCount:
    """How many leads are at one station now; `lifecycle` is its key, such as mql."""

    lifecycle: str
    count: int


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in the workspace's own, as it is written in the playbook."""

    currency: str
    worth: str


@dataclass(frozen=True, slots=True)
class Measures:
    """What one needs to know of sums: their currency, and the rates by which others are brought to it."""

    currency: str
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class StageTally:
    """The handoffs at one stage; `key` is waiting (nobody has accepted), disqualified, or the stage's own.

    `name` is the stage's, None for the two that are none.
    """

    key: str
    name: str | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class GroupTally:
    """The handoffs of one rep, team or source, and where they stand; `name` is None where it is nobody's, or not known.

    `waiting` nobody has accepted, `open` somebody works on, `lost` ended as lost or disqualified.
    """

    name: str | None
    waiting: Tally
    open: Tally
    won: Tally
    lost: Tally


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What somebody asked of the pipeline: one row a stage, or one a rep, team or source.

    `by` is stage, rep, team or source; `period` its key, such as last-month, None for all times; `scope` is own, team
    or all; `teams` the names of those it counts where it is team. `team` is the team's total, for a rep. `lifecycle`
    counts the leads of that scope where they are now, whatever the period; empty for one rep. `words` asks for the same
    again. Counted are the handoffs made in the period, each where it stands now.
    """

    by: str
    period: str | None
    scope: str
    teams: tuple[str, ...]
    rep: PersonRef | None
    count: int
    total: GroupTally
    team: GroupTally | None
    stages: tuple[StageTally, ...]
    groups: tuple[GroupTally, ...]
    lifecycle: tuple[LifecycleCount, ...]
    words: str
