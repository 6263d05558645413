"""What managers and marketers are told in numbers: frozen values, with nothing left to look up or decide."""

from dataclasses import dataclass
from datetime import date, datetime

from qualification.rules.person_ref import PersonRef


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
    """The handoffs at one stage; `key` is waiting (nobody has accepted), not_now, disqualified, or the stage's own.

    `name` is the stage's, None for the three that are none.
    """

    key: str
    name: str | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class GroupTally:
    """The handoffs of one rep, team or source, and where they stand; `name` is None where it is nobody's, or not known.

    `waiting` nobody has accepted, `open` somebody works on, `not_now` is put off, `lost` ended as lost or disqualified.
    """

    name: str | None
    waiting: Tally
    open: Tally
    not_now: Tally
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


@dataclass(frozen=True, slots=True)
class Steps:
    """How many handoffs took each step in a span of time, and had not taken it back when that ended."""

    handed_over: int = 0
    accepted: int = 0
    qualified: int = 0
    opportunities: int = 0
    won: int = 0
    lost: int = 0
    disqualified: int = 0

    @property
    def any(self) -> bool:
        """Whether there was one."""
        return self != Steps()


@dataclass(frozen=True, slots=True)
class Needed:
    """A lead that needs somebody.

    `why` is offered (to `who`), pooled (open to the pool `what`) or queued (with the manager `who`) where nobody has
    accepted it, contact where `who` did and nobody has been in touch, task where the step `what` of `who` is overdue.
    """

    lead: str
    why: str
    what: str | None
    who: PersonRef | None
    since: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class RepDay:
    """What one rep did; `who` is None for what a rule did."""

    who: PersonRef | None
    steps: Steps


@dataclass(frozen=True, slots=True)
class NamedCount:
    """How many there were of something; without a name where none is known."""

    name: str | None
    count: int


@dataclass(frozen=True, slots=True)
class DailySummary:
    """A team's day, for its channel.

    Counted is what happened from `since` to `until`, the team's hour on `day`. `stages`, `lifecycle`, `waiting`
    and `overdue` are as they stood at `made_at`; `stands_later` says that this was long after `until`, `late` that the
    message came long after. `came_in` counts leads of the whole workspace, which has so many `teams`.
    """

    team: str
    day: date
    since: datetime
    until: datetime
    made_at: datetime
    stands_later: bool
    late: bool
    teams: int
    came_in: int
    steps: Steps
    stages: tuple[StageTally, ...]
    lifecycle: tuple[LifecycleCount, ...]
    waiting: tuple[Needed, ...]
    waiting_count: int
    overdue: tuple[Needed, ...]
    overdue_count: int
    reps: tuple[RepDay, ...]
    sources: tuple[NamedCount, ...]
    reasons: tuple[NamedCount, ...]
    new: tuple[str, ...]
    new_count: int

    @property
    def has_leads(self) -> bool:
        """Whether the team has a lead now."""
        return any(stage.tally.count for stage in self.stages)
