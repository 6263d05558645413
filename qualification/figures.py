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
    """How many handoffs, and what their leads are worth: a sum for each currency, the workspace's own first."""

    count: int
    amounts: tuple[Amount, ...] = ()


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
    or all; `teams` the names of those it counts where it is team. `team` is the team's total, for a rep. `words` asks
    for the same again. Counted are the handoffs made in the period, each where it stands now.
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
    words: str
