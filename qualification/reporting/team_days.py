"""What a team did between two moments, and which leads need somebody: counted from events and rows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
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
from qualification.reporting import lifecycle_counts, pipeline
from qualification.reporting.figures import NamedCount, Steps
from qualification.reporting.summary_figures import NeededHandoff, PersonSteps, SummaryFigures
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import Disqualified, Event, LifecycleMoved, Reassigned, Reopened, Undone
from qualification.rules.handoffs.states import UNDECIDED_STATES, HandoffState, OfferOutcome
from qualification.rules.playbook.playbook import Playbook

# A summary names at most this many leads of a kind, and counts the rest.
MOST_NEEDED: Final = 10
MOST_NEW: Final = 20
# How long before the span what no summary has counted may have happened, by its own time: clocks are a day off at most.
LOOK_BACK: Final = timedelta(days=2)
# How far a lead has come, and the step that brings it there. A snoozed or disqualified lead keeps its distance.
_FAR: Final[Mapping[str, int]] = MappingProxyType({"lead": 0, "mql": 1, "sql": 2, "opportunity": 3, "customer": 4})
_STEP_TO: Final[Mapping[str, str]] = MappingProxyType({"opportunity": "opportunities", "customer": "won"})


@dataclass(frozen=True, slots=True)
class Span:
    """What one summary counts: what happened from `since` to `until`, excluded, and what the ones before it missed.

    `counted_to` is the newest event there was when the one before was counted, None where nobody knows. An event that
    came later and is older than `since` was missed: that summary was made too early, or the event's clock was behind.
    """

    since: datetime
    until: datetime
    counted_to: int | None = None

    def events(self, last_event: int) -> ColumnElement[bool]:
        """Return the condition on events, of which `last_event` is the newest that counts."""
        counts = and_(LeadEvent.at >= self.since - LOOK_BACK, LeadEvent.at < self.until, LeadEvent.id <= last_event)
        if self.counted_to is None:
            return and_(counts, LeadEvent.at >= self.since)
        return and_(counts, or_(LeadEvent.at >= self.since, LeadEvent.id > self.counted_to))


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


def sum_up(session: Session, team: Team, playbook: Playbook, *, span: Span, day: date, now: datetime) -> SummaryFigures:
    """Return everything that the team's summary of `day` says.

    Counts the events of the span by handoff: a step that was undone before its end does not count, nor does anything
    that a file brought in as past. Where leads stand and who is needed is as of `now`.
    """
    last_event = session.scalar(select(func.max(LeadEvent.id)).where(LeadEvent.workspace_id == team.workspace_id)) or 0
    counts = span.events(last_event)
    progress_of_all = _progress_by_handoff(session, team, counts)
    new = [handoff_id for handoff_id, progress in progress_of_all.items() if "handed_over" in progress.taken]
    reasons = Counter(progress.reason for progress in progress_of_all.values() if "disqualified" in progress.taken)
    waiting = _waiting(session, team, now)
    overdue = _overdue(session, team, playbook, datetime.combine(day, time(), ZoneInfo(team.zone)), now)
    teams = select(func.count()).where(Team.workspace_id == team.workspace_id, Team.active)
    return SummaryFigures(
        teams=session.scalar(teams) or 0,
        came_in=_came_in(session, team.workspace_id, counts),
        steps=_steps(progress_of_all.values()),
        stages=pipeline.standing(session, team, playbook),
        lifecycle=lifecycle_counts.count(session, team.workspace_id, Handoff.team_id == team.id),
        waiting=tuple(waiting[:MOST_NEEDED]),
        waiting_count=len(waiting),
        overdue=tuple(overdue[:MOST_NEEDED]),
        overdue_count=len(overdue),
        reps=_by_rep(progress_of_all.values()),
        sources=_ranked(Counter(_source(playbook, progress_of_all[each].source) for each in new)),
        reasons=_ranked(reasons),
        new=tuple(new[:MOST_NEW]),
        last_event=last_event,
    )


def _progress_by_handoff(session: Session, team: Team, counts: ColumnElement[bool]) -> dict[int, HandoffProgress]:
    events = (
        select(LeadEvent.handoff_id, LeadEvent.kind, LeadEvent.at, LeadEvent.actor_id, LeadEvent.facts, Handoff.source)
        .join(Handoff, Handoff.id == LeadEvent.handoff_id)
        .where(
            LeadEvent.workspace_id == team.workspace_id,
            counts,
            IS_COUNTED,
            LeadEvent.kind != EventKind.CAME_IN,
            Handoff.team_id == team.id,
        )
        .order_by(LeadEvent.id)
    )
    progress_of_all: dict[int, HandoffProgress] = {}
    for row in session.execute(events):
        event = event_of(row)
        if event.sender is None:
            progress_of_all.setdefault(row.handoff_id, HandoffProgress(row.source)).follow(event, row.at, row.actor_id)
    return progress_of_all


def _came_in(session: Session, workspace_id: int, counts: ColumnElement[bool]) -> int:
    came = select(func.count()).where(
        LeadEvent.workspace_id == workspace_id,
        counts,
        LeadEvent.kind == EventKind.CAME_IN,
        IS_NEWS,
    )
    return session.scalar(came) or 0


def _steps(progress_of_all: Iterable[HandoffProgress]) -> Steps:
    counted = Counter(step for progress in progress_of_all for step in progress.taken)
    return Steps(**{each.name: counted[each.name] for each in fields(Steps)})


def _by_rep(progress_of_all: Iterable[HandoffProgress]) -> tuple[PersonSteps, ...]:
    """Count the steps of each person, the busiest first; handing over is the marketer's step and is left out."""
    counts: dict[int | None, Counter[str]] = {}
    for progress in progress_of_all:
        for step, person_id in progress.taken.items():
            if step != "handed_over":
                counts.setdefault(person_id, Counter())[step] += 1
    ordered = sorted(counts.items(), key=lambda each: (-each[1].total(), each[0] or 0))
    return tuple(PersonSteps(person_id, Steps(**counted)) for person_id, counted in ordered)


def _ranked(counts: Counter[str | None]) -> tuple[NamedCount, ...]:
    """Return the largest counts first, equal ones by name, the nameless last."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0] is None, each[0] or ""))
    return tuple(NamedCount(name, count) for name, count in ordered)


def _source(playbook: Playbook, key: str | None) -> str | None:
    source = playbook.source(key) if key else None
    return source.name if source else key


def _waiting(session: Session, team: Team, now: datetime) -> list[NeededHandoff]:
    """List the handoffs that nobody has accepted: overdue ones first, then by how long they have waited."""
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
            Handoff.resume_at.is_(None),
        )
    )
    waiting = []
    for each in session.execute(rows):
        in_manager_queue = each.state is HandoffState.MANAGER_QUEUE
        expired = in_manager_queue and each.last is OfferOutcome.EXPIRED
        overdue = expired or (each.accept_by is not None and each.accept_by <= now)
        who = team.manager_id if in_manager_queue else each.person_id
        waiting.append(NeededHandoff(each.id, each.state.value, who, each.pool, each.since, overdue))
    return sorted(waiting, key=lambda needed: (not needed.overdue, needed.since, needed.handoff_id))


def _overdue(
    session: Session, team: Team, playbook: Playbook, midnight: datetime, now: datetime
) -> list[NeededHandoff]:
    """List the accepted handoffs with an overdue task, and those accepted before `midnight` but not contacted yet."""
    ours = (Handoff.workspace_id == team.workspace_id, Handoff.team_id == team.id)
    tasks = (
        select(Task.handoff_id, Task.person_id, Task.due_at, Task.name)
        .join(Handoff, Handoff.id == Task.handoff_id)
        # By its time, not by its mark: after an outage the clock that marks it overdue may run later.
        .where(*ours, IS_OPEN_TASK, Task.due_at <= now)
    )
    needed = [
        NeededHandoff(each.handoff_id, "task", each.person_id, each.name, each.due_at, overdue=True)
        for each in session.execute(tasks)
    ]
    found = {each.handoff_id for each in needed}
    untouched = select(Handoff.id, Handoff.owner_id, Handoff.accepted_at).where(
        *ours, first_contact.untouched(playbook), Handoff.accepted_at < midnight
    )
    needed += [
        NeededHandoff(each.id, "contact", each.owner_id, None, each.accepted_at, overdue=True)
        for each in session.execute(untouched)
        if each.id not in found
    ]
    return sorted(needed, key=lambda each: (each.since, each.handoff_id))


# The outcome of the latest offer since the handoff was made, or came back.
_LAST_OUTCOME: Final = (
    select(Offer.outcome)
    .where(Offer.handoff_id == Handoff.id, Offer.offered_at >= WAITING_SINCE)
    .order_by(Offer.id.desc())
    .limit(1)
    .correlate(Handoff)
    .scalar_subquery()
)
