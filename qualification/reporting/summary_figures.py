"""What a summary keeps: the figures of one team's day, and the code that writes and reads their JSON.

The JSON is `summary.figures`. Old rows are never rewritten, so `decode` must read every form that `encode` ever wrote.
Which handoffs it names is also read by `rules.reporting.named_handoffs`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from qualification.reporting.figures import Amount, LifecycleCount, NamedCount, StageTally, Steps, Tally


@dataclass(frozen=True, slots=True)
class NeededHandoff:
    """A handoff that needs somebody; `why`, `what` and `overdue` are those of `figures.Needed`.

    `person_id` is whoever it waits for, None where it waits for a pool or for nobody in particular.
    """

    handoff_id: int
    why: str
    person_id: int | None
    what: str | None
    since: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class PersonSteps:
    """The steps that one person took; `person_id` is None for those that a rule took."""

    person_id: int | None
    steps: Steps


@dataclass(frozen=True, slots=True)
class SummaryFigures:
    """All that is counted for one team's day; people and leads are kept by id and named when the summary is drawn.

    `teams` and `came_in` count active teams and new leads of the whole workspace, everything else is the team's own.
    `waiting` and `overdue` list the first few, `waiting_count` and `overdue_count` count all. `new` holds the handoffs
    that were made, the earliest few of `steps.handed_over`. `last_event` is the newest event there was when this was
    counted: what is written down later was not counted here, whatever its time. None in what older versions stored.
    """

    teams: int
    came_in: int
    steps: Steps
    stages: tuple[StageTally, ...]
    lifecycle: tuple[LifecycleCount, ...]
    waiting: tuple[NeededHandoff, ...]
    waiting_count: int
    overdue: tuple[NeededHandoff, ...]
    overdue_count: int
    reps: tuple[PersonSteps, ...]
    sources: tuple[NamedCount, ...]
    reasons: tuple[NamedCount, ...]
    new: tuple[int, ...]
    last_event: int | None = None

    @property
    def has_details(self) -> bool:
        """Whether anybody took a step, so that a reply under the summary can say who did."""
        return self.steps.any


def encode(figures: SummaryFigures) -> dict[str, Any]:
    """Return the figures as JSON has them: moments in ISO 8601, short rows as lists, a person's steps without zeros."""
    return {
        "teams": figures.teams,
        "came_in": figures.came_in,
        "steps": _steps(figures.steps),
        "stages": [
            [each.key, each.name, each.tally.count, [[sum_.minor, sum_.currency] for sum_ in each.tally.amounts]]
            for each in figures.stages
        ],
        "lifecycle": [[each.lifecycle, each.count] for each in figures.lifecycle],
        "waiting": [_needed(each) for each in figures.waiting],
        "waiting_count": figures.waiting_count,
        "overdue": [_needed(each) for each in figures.overdue],
        "overdue_count": figures.overdue_count,
        "reps": [
            {"person": each.person_id, "steps": {step: count for step, count in _steps(each.steps).items() if count}}
            for each in figures.reps
        ],
        "sources": [[each.name, each.count] for each in figures.sources],
        "reasons": [[each.name, each.count] for each in figures.reasons],
        "new": [*figures.new],
        "last_event": figures.last_event,
    }


def decode(stored: Mapping[str, Any]) -> SummaryFigures:
    """Read what `encode` wrote; raises KeyError where a part is missing, as in a summary that was never made."""
    return SummaryFigures(
        teams=stored["teams"],
        came_in=stored["came_in"],
        steps=Steps(**stored["steps"]),
        stages=tuple(
            StageTally(key, name, Tally(count, tuple(Amount(minor, currency) for minor, currency in amounts)))
            for key, name, count, amounts in stored["stages"]
        ),
        lifecycle=tuple(LifecycleCount(lifecycle, count) for lifecycle, count in stored["lifecycle"]),
        waiting=tuple(_read_needed(each) for each in stored["waiting"]),
        waiting_count=stored["waiting_count"],
        overdue=tuple(_read_needed(each) for each in stored["overdue"]),
        overdue_count=stored["overdue_count"],
        reps=tuple(PersonSteps(each["person"], Steps(**each["steps"])) for each in stored["reps"]),
        sources=tuple(NamedCount(name, count) for name, count in stored["sources"]),
        reasons=tuple(NamedCount(name, count) for name, count in stored["reasons"]),
        new=tuple(stored["new"]),
        last_event=stored.get("last_event"),
    )


def _steps(steps: Steps) -> dict[str, int]:
    return {each.name: getattr(steps, each.name) for each in fields(steps)}


def _needed(needed: NeededHandoff) -> dict[str, Any]:
    return {
        "handoff": needed.handoff_id,
        "why": needed.why,
        "person": needed.person_id,
        "what": needed.what,
        "since": needed.since.isoformat(),
        "overdue": needed.overdue,
    }


def _read_needed(stored: Mapping[str, Any]) -> NeededHandoff:
    return NeededHandoff(
        handoff_id=stored["handoff"],
        why=stored["why"],
        person_id=stored["person"],
        what=stored["what"],
        since=datetime.fromisoformat(stored["since"]),
        overdue=stored["overdue"],
    )
