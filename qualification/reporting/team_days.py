"""What a team did from one hour to another, and what needs somebody: counted from its history and rows as they are."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification.handoffs import first_contact
from qualification.leads.events import IS_NEWS, event_of
from qualification.records import (
    IS_COUNTED,
    IS_OPEN,
    IS_OPEN_TASK,
    WAITING_SINCE,
    Handoff,
    LeadEvent,
    Offer,
    Pool,
    Task,
    Team,
)
from qualification.reporting import lifecycles, pipeline
from qualification.reporting.figures import Steps
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import Disqualified, Event, LifecycleMoved, Reassigned, Reopened, Undone
from qualification.rules.handoffs.states import UNDECIDED_STATES, HandoffState, OfferOutcome
from qualification.rules.playbook.playbook import Playbook

# So many leads are named of each kind; how many more there are is told.
MOST_NEEDED: Final = 10
MOST_NEW: Final = 20
# How far a lead has come, and the step that brings it there. Who is put off or disqualified has come no less far.
_FAR: Final[Mapping[str, int]] = MappingProxyType({"lead": 0, "mql": 1, "sql": 2, "opportunity": 3, "customer": 4})
_STEP_TO: Final[Mapping[str, str]] = MappingProxyType({"opportunity": "opportunities", "customer": "won"})


@dataclass(slots=True)
class HandoffProgress:
    """What became of one handoff in the span: each step with the id of whoever took it, None for a rule."""

    source: str | None
    taken: dict[str, int | None] = field(default_factory=dict)
    reason: str | None = None
    put_back_at: datetime | None = None

    def follow(self, event: Event, at: datetime, actor_id: int | None) -> None:
        """Count one event, the earlier ones first."""
        match event:
            case LifecycleMoved():
                self._move(event, at, actor_id)
            case Undone() | Reopened():
                self.taken.pop(event.was.value, None)
                self.put_back_at = at
            case Reassigned():
                self.taken.pop("accepted", None)
            case _:
                self.taken[event.kind.value] = actor_id
                if isinstance(event, Disqualified):
                    self.reason = event.reason

    def _move(self, event: LifecycleMoved, at: datetime, actor_id: int | None) -> None:
        # The rules of the lifecycle settle when a lead counts as qualified; the event says that it did.
        match event.qualified:
            case True:
                self.taken["qualified"] = actor_id
            case False:
                self.taken.pop("qualified", None)
        was, to = event.was.value, event.to.value
        if to == "lead":
            # Only a deal that is lost makes its lead a lead again.
            self.taken["lost"] = actor_id
        elif was in _FAR and to in _FAR and _FAR[to] < _FAR[was]:
            for station, step in _STEP_TO.items():
                if _FAR[station] > _FAR[to]:
                    self.taken.pop(step, None)
        elif to in _STEP_TO and at != self.put_back_at:
            # A decision that was taken back puts the lead back; that is nothing new.
            self.taken[_STEP_TO[to]] = actor_id


def sum_up(
    session: Session, team: Team, playbook: Playbook, *, since: datetime, until: datetime, day: date, now: datetime
) -> dict[str, Any]:
    """Return all that a summary tells, in plain values that can be kept.

    Counted are the events from `since` to `until`, by handoff: what was taken back before `until` counts nothing, and
    what a file brought in as past is no news. Where leads stand, and who is needed, is as it is `now`.
    """
    courses = _courses(session, team, since, until)
    new = [handoff_id for handoff_id, course in courses.items() if "handed_over" in course.taken]
    reasons = Counter(course.reason for course in courses.values() if "disqualified" in course.taken)
    stages = pipeline.standing(session, team, playbook)
    waiting = _waiting(session, team, now)
    overdue = _overdue(session, team, playbook, datetime.combine(day, time(), ZoneInfo(team.zone)), now)
    return {
        "teams": session.scalar(select(func.count()).where(Team.workspace_id == team.workspace_id, Team.active)),
        "came_in": _came_in(session, team.workspace_id, since, until),
        "steps": _steps(courses.values()),
        "stages": [
            (each.key, each.name, each.tally.count, [(sum_.minor, sum_.currency) for sum_ in each.tally.amounts])
            for each in stages
        ],
        "lifecycle": [
            (each.lifecycle, each.count)
            for each in lifecycles.count(session, team.workspace_id, Handoff.team_id == team.id)
        ],
        "waiting": waiting[:MOST_NEEDED],
        "waiting_count": len(waiting),
        "overdue": overdue[:MOST_NEEDED],
        "overdue_count": len(overdue),
        "reps": _by_rep(courses.values()),
        "sources": _ranked(Counter(_source(playbook, courses[each].source) for each in new)),
        "reasons": _ranked(reasons),
        "new": new[:MOST_NEW],
    }


def is_detailed(figures: Mapping[str, Any]) -> bool:
    """Say whether anything happened of which more can be told."""
    return any(figures["steps"].values())


def _courses(session: Session, team: Team, since: datetime, until: datetime) -> dict[int, HandoffProgress]:
    events = (
        select(LeadEvent.handoff_id, LeadEvent.kind, LeadEvent.at, LeadEvent.actor_id, LeadEvent.facts, Handoff.source)
        .join(Handoff, Handoff.id == LeadEvent.handoff_id)
        .where(
            LeadEvent.workspace_id == team.workspace_id,
            LeadEvent.at >= since,
            LeadEvent.at < until,
            IS_COUNTED,
            LeadEvent.kind != EventKind.CAME_IN,
            Handoff.team_id == team.id,
        )
        .order_by(LeadEvent.id)
    )
    courses: dict[int, HandoffProgress] = {}
    for row in session.execute(events):
        event = event_of(row)
        if event.sender is None:
            courses.setdefault(row.handoff_id, HandoffProgress(row.source)).follow(event, row.at, row.actor_id)
    return courses


def _came_in(session: Session, workspace_id: int, since: datetime, until: datetime) -> int:
    came = select(func.count()).where(
        LeadEvent.workspace_id == workspace_id,
        LeadEvent.at >= since,
        LeadEvent.at < until,
        LeadEvent.kind == EventKind.CAME_IN,
        IS_NEWS,
    )
    return session.scalar(came) or 0


def _steps(courses: Iterable[HandoffProgress]) -> dict[str, int]:
    counted = Counter(step for course in courses for step in course.taken)
    return {each.name: counted[each.name] for each in fields(Steps)}


def _by_rep(courses: Iterable[HandoffProgress]) -> list[dict[str, Any]]:
    """Count what each rep did, whoever did most first; to hand over is not theirs to do."""
    counts: dict[int | None, Counter[str]] = {}
    for course in courses:
        for step, person_id in course.taken.items():
            if step != "handed_over":
                counts.setdefault(person_id, Counter())[step] += 1
    ordered = sorted(counts.items(), key=lambda each: (-each[1].total(), each[0] or 0))
    return [{"person": person_id, "steps": dict(counted)} for person_id, counted in ordered]


def _ranked(counts: Counter[str | None]) -> list[tuple[str | None, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0] is None, each[0] or ""))


def _source(playbook: Playbook, key: str | None) -> str | None:
    source = playbook.source(key) if key else None
    return source.name if source else key


def _waiting(session: Session, team: Team, now: datetime) -> list[dict[str, Any]]:
    """List the handoffs that nobody has accepted, those first that are overdue or have waited longest."""
    rows = (
        select(
            Handoff.id,
            Handoff.state,
            _LAST_OUTCOME.label("last"),
            WAITING_SINCE.label("since"),
            Offer.person_id,
            Offer.accept_by,
            Pool.name.label("pool"),
        )
        .select_from(Handoff)
        .outerjoin(Offer, (Offer.handoff_id == Handoff.id) & IS_OPEN)
        .outerjoin(Pool, Pool.id == Handoff.pool_id)
        .where(
            Handoff.workspace_id == team.workspace_id,
            Handoff.state.in_(UNDECIDED_STATES),
            Handoff.team_id == team.id,
            Handoff.wake_at.is_(None),
        )
    )
    waiting = []
    for each in session.execute(rows):
        is_queued = each.state is HandoffState.QUEUED
        lapsed = is_queued and each.last is OfferOutcome.LAPSED
        overdue = lapsed or (each.accept_by is not None and each.accept_by <= now)
        who = team.manager_id if is_queued else each.person_id
        waiting.append(_row(each.id, each.state.value, who, each.since, what=each.pool, overdue=overdue))
    return sorted(waiting, key=lambda row: (not row["overdue"], row["since"], row["handoff"]))


def _overdue(
    session: Session, team: Team, playbook: Playbook, midnight: datetime, now: datetime
) -> list[dict[str, Any]]:
    """List the accepted leads of which a step is overdue, or whom nobody has contacted since the day before."""
    ours = (Handoff.workspace_id == team.workspace_id, Handoff.team_id == team.id)
    tasks = (
        select(Task.handoff_id, Task.person_id, Task.due_at, Task.name)
        .join(Handoff, Handoff.id == Task.handoff_id)
        # Its clock marks it overdue as well, in its turn: after an outage that may come later.
        .where(*ours, IS_OPEN_TASK, Task.due_at <= now)
    )
    rows = [
        _row(each.handoff_id, "task", each.person_id, each.due_at, what=each.name) for each in session.execute(tasks)
    ]
    found = {row["handoff"] for row in rows}
    untouched = select(Handoff.id, Handoff.owner_id, Handoff.accepted_at).where(
        *ours, first_contact.untouched(playbook), Handoff.accepted_at < midnight
    )
    rows += [
        _row(each.id, "contact", each.owner_id, each.accepted_at)
        for each in session.execute(untouched)
        if each.id not in found
    ]
    return sorted(rows, key=lambda row: (row["since"], row["handoff"]))


def _row(
    handoff_id: int, why: str, person_id: int | None, since: datetime, *, what: str | None = None, overdue: bool = True
) -> dict[str, Any]:
    return {
        "handoff": handoff_id,
        "why": why,
        "person": person_id,
        "what": what,
        "since": since.isoformat(),
        "overdue": overdue,
    }


# How the last offer ended that was made since the handoff came, or came back.
_LAST_OUTCOME: Final = (
    select(Offer.outcome)
    .where(Offer.handoff_id == Handoff.id, Offer.offered_at >= WAITING_SINCE)
    .order_by(Offer.id.desc())
    .limit(1)
    .correlate(Handoff)
    .scalar_subquery()
)
