"""The numbers that reports and summaries show: frozen values, with nothing left to look up or decide."""

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
    """The number of handoffs, and what their leads are worth.

    `amounts` is one sum in the workspace's currency, and one more for each currency that has no exchange rate.
    """

    count: int
    amounts: tuple[Amount, ...] = ()


@dataclass(frozen=True, slots=True)
class LifecycleCount:
    """The number of leads at one lifecycle station now; `lifecycle` is its key, such as mql."""

    lifecycle: str
    count: int


@dataclass(frozen=True, slots=True)
class Rate:
    """An exchange rate of the playbook: one unit of `currency` in units of the workspace's currency, as a decimal."""

    currency: str
    worth: str


@dataclass(frozen=True, slots=True)
class Conversion:
    """How sums are converted: to which currency, and by which rates."""

    currency: str
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class StageTally:
    """The handoffs at one stage.

    `key` and `name` are the stage's. The keys waiting (nobody has accepted), not_now and disqualified stand for the
    handoffs that have no stage, and have no name.
    """

    key: str
    name: str | None
    tally: Tally


@dataclass(frozen=True, slots=True)
class GroupTally:
    """The handoffs of one rep, team or source by state; `name` is None where they have none, or it is not known.

    `waiting` counts handoffs that nobody has accepted, `open` those that a rep works on, `snoozed` the snoozed ones,
    and `lost` the lost and the disqualified.
    """

    name: str | None
    waiting: Tally
    open: Tally
    snoozed: Tally
    won: Tally
    lost: Tally


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The answer to a question about the pipeline: one row a stage, or one a rep, team or source.

    Counts the handoffs made in the period, at their current stage. `by` is stage, rep, team or source; `period` is a
    key such as last-month, None for all time; `scope` is own, team or all, and `teams` are the names of the teams that
    it counts where it is team. `team` is the total of the rep's team, for a rep who asks. `lifecycle` counts the leads
    in scope where they are now, whatever the period; it is empty for one rep. `words` asks the same question again.
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
    """The number of handoffs that took each step in a span of time; a step undone before its end does not count."""

    handed_over: int = 0
    accepted: int = 0
    qualified: int = 0
    opportunities: int = 0
    won: int = 0
    lost: int = 0
    disqualified: int = 0

    @property
    def any(self) -> bool:
        """Whether any handoff took a step."""
        return self != Steps()


@dataclass(frozen=True, slots=True)
class Needed:
    """A lead that needs somebody; `why` says for what.

    A lead that nobody has accepted is offered (to `who`), pooled (open to the pool `what`) or manager_queue (with the
    manager `who`). An accepted lead is here for contact (`who` accepted it and has not been in touch) or for a task
    (`what`, which `who` should have done by `since`). For the others `since` is when the wait began.
    """

    lead: str
    why: str
    what: str | None
    who: PersonRef | None
    since: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class RepDay:
    """The steps that one rep took; `who` is None for those that a rule took."""

    who: PersonRef | None
    steps: Steps


@dataclass(frozen=True, slots=True)
class NamedCount:
    """A number of something; `name` is None where it is not known."""

    name: str | None
    count: int


@dataclass(frozen=True, slots=True)
class DailySummary:
    """A team's day, for its channel.

    Steps, sources and reasons are counted from `since` to `until`, the team's hour on `day`. `stages`, `lifecycle`,
    `waiting` and `overdue` are as of `made_at`; `stands_later` says that this was long after `until`, and `late` that
    the message came long after `until`. `came_in` counts the new leads of the whole workspace, `teams` its teams.
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
        """Whether the team had any lead at `made_at`."""
        return any(stage.tally.count for stage in self.stages)
