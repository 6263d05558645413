"""Each team's daily summary: its figures are counted and stored once when it is due, and drawn from what is stored."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from qualification.leads.titles import title_of
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import IS_COUNTED, Company, Handoff, Lead, LeadEvent, Person, Summary, Team, Workspace, rows
from qualification.reporting import summary_figures, summary_plans, team_days
from qualification.reporting.figures import DailySummary, Needed, RepDay
from qualification.reporting.summary_figures import NeededHandoff, SummaryFigures
from qualification.reporting.summary_plans import DAILY
from qualification.reporting.team_days import Span
from qualification.rules.person_ref import PersonRef
from qualification.rules.reporting import summary_schedule
from qualification.rules.reporting.summary_schedule import GRACE, LATE, Due

log = logging.getLogger(__name__)

# How long a summary that could not be made, or was counted again, waits for its next try.
RETRY_PAUSE: Final = timedelta(minutes=5)
# How long after its hour a summary is counted again that missed something. What it misses later is for the next one.
PUT_RIGHT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a team's summary would say now, and when the next one is due; both are None for a team without summaries."""

    team: str
    key: str
    zone: str
    next_at: datetime | None
    summary: DailySummary | None


def run_due(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int = 1) -> int:
    """Make at most `limit` of the summaries that are due, the longest due first; return how many were made.

    Each is made under its team's lock, so two workers never make the same one, and a second pass at the same moment
    finds nothing. Its message is queued and the next summary planned in the same transaction. A summary that cannot be
    made is logged and tried again later, and delays no other.

    A team's last summary is counted again within an hour of its time if it missed something, because a clock was
    wrong; its message is edited.
    """
    asked = given(workspace_id, now)
    done = 0
    for summary_id, team_id in [row for found in _FOUND for row in session.execute(found, asked).all()]:
        team = session.scalar(_FREE_TEAM, {"workspace_id": workspace_id, "team_id": team_id})
        if team is None:
            continue
        # Another worker may have made it before the lock was ours.
        summary = session.scalar(_AGAIN, {**asked, "summary_id": summary_id})
        if summary is None:
            continue
        done += _try(session, team, summary, now)
        if done >= limit:
            break
    return done


def given(workspace_id: int, now: datetime) -> dict[str, object]:
    """Return what the statements that look for due summaries are given."""
    return {
        "workspace_id": workspace_id,
        "now": now,
        "hour_by": now - GRACE,
        "longest_pause": now + RETRY_PAUSE,
        "first_day": (now - timedelta(days=2)).date(),
        "hour_since": now - PUT_RIGHT,
    }


def plan(session: Session, workspace_id: int, now: datetime) -> None:
    """Plan the summaries of a database that was migrated from before there were any; changes nothing elsewhere."""
    # Publishing plans too, under the same lock: whichever comes second plans by the playbook that then counts.
    session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    published = playbooks.current_or_none(session, workspace_id)
    if published is not None:
        summary_plans.plan_all(session, workspace_id, published.playbook, now=now)


def daily_summary(session: Session, workspace_id: int, summary_id: int, shown_at: datetime) -> DailySummary:
    """Return what a summary says when it is shown at that moment; the same moment and rows give the same value.

    Raises NoResultFound where the workspace has no such summary.
    """
    summary = session.scalars(
        select(Summary).where(Summary.workspace_id == workspace_id, Summary.id == summary_id)
    ).one()
    late = summary_schedule.is_late(summary.due_at, shown_at)
    figures = summary_figures.decode(summary.figures or {})
    return _named(session, rows.get_one(session, Team, summary.team_id, workspace_id), summary, figures, late=late)


def preview(session: Session, workspace_id: int, now: datetime) -> list[Preview]:
    """Return what each active team's summary would say if it were made now, ordered by team; changes nothing."""
    published = playbooks.current(session, workspace_id)
    teams = session.scalars(select(Team).where(Team.workspace_id == workspace_id, Team.active).order_by(Team.name))
    return [_preview(session, team, published, now) for team in teams]


def _preview(session: Session, team: Team, published: Published, now: datetime) -> Preview:
    timetable = published.playbook.summary_of(team.key)
    if timetable is None:
        return Preview(team.name, team.key, team.zone, None, None)
    coming = summary_plans.planned(session, team) or summary_schedule.next_due(timetable, now)
    today = now.astimezone(timetable.zone).date()
    sketch = Summary(workspace_id=team.workspace_id, team_id=team.id, day=today, due_at=now)
    # One that was made too early is put right at its hour, so the preview begins before it.
    since, counted_to = _end_before(session, team, Summary.due_at <= now)
    since = since or summary_schedule.day_before(timetable, today)
    figures = _fill(session, team, sketch, published, Span(min(since, now), now, counted_to), now=now)
    summary = _named(session, team, sketch, figures, late=False)
    return Preview(team.name, team.key, team.zone, coming.at, summary)


def _try(session: UnitOfWork, team: Team, summary: Summary, now: datetime) -> int:
    """Make one summary in a savepoint; return 1, or 0 where it failed and will be tried again."""
    try:
        with session.begin_nested():
            make = _make if summary.made_at is None else _count_again
            make(session, team, summary, now)
    except SQLAlchemyError:
        raise  # the database failed, not this summary
    except Exception:
        log.exception(
            "A summary could not be made; it will be tried again.",
            extra={"action": "summary", "workspace": team.workspace_id, "team": team.id},
        )
        summary.retry_at = now + RETRY_PAUSE
        return 0
    return 1


def _make(session: UnitOfWork, team: Team, summary: Summary, now: datetime) -> None:
    published = playbooks.current(session, team.workspace_id)
    timetable = published.playbook.summary_of(team.key)
    if timetable is None:
        session.delete(summary)
        return
    since, counted_to = _end_before(session, team, Summary.day < summary.day)
    since = since or summary_schedule.day_before(timetable, summary.day)
    due = summary_schedule.catch_up(timetable, Due(summary.day, summary.due_at), now - GRACE)
    summary.day, summary.due_at = due.day, due.at
    figures = _fill(session, team, summary, published, Span(since, due.at, counted_to), now=now)
    session.flush()
    surfaces.enqueue_summary(session, summary, team, detailed=figures.has_details, now=now)
    summary_plans.plan(session, team, timetable, now=now)


def _count_again(session: UnitOfWork, team: Team, summary: Summary, now: datetime) -> None:
    """Count again what a summary says of its time, and have its message edited; the plan stays."""
    published = playbooks.current(session, team.workspace_id)
    _, counted_to = _end_before(session, team, Summary.day < summary.day)
    had_details = summary_figures.decode(summary.figures or {}).has_details
    span = Span(summary.since or summary.due_at, summary.due_at, counted_to)
    figures = _fill(session, team, summary, published, span, now=now)
    # While another machine's clock is behind, more of that kind may come.
    summary.retry_at = now + RETRY_PAUSE
    session.flush()
    surfaces.enqueue_summary(session, summary, team, detailed=figures.has_details or had_details, now=now)


def _fill(
    session: Session, team: Team, summary: Summary, published: Published, span: Span, *, now: datetime
) -> SummaryFigures:
    """Count what the summary says, and store it in the row."""
    summary.since, summary.made_at, summary.playbook_id = span.since, now, published.id
    figures = team_days.sum_up(session, team, published.playbook, span=span, day=summary.day, now=now)
    summary.figures = summary_figures.encode(figures)
    return figures


def _end_before(session: Session, team: Team, where: ColumnElement[bool]) -> tuple[datetime | None, int | None]:
    """Return where the team's last summary among these ended, and the newest event that it may have counted.

    There the next one begins. Each is None where nothing is known of it.
    """
    row = session.execute(_BEFORE.where(where), {"workspace_id": team.workspace_id, "team_id": team.id}).first()
    return (row.due_at, row.last_event) if row else (None, None)


def _named(session: Session, team: Team, summary: Summary, figures: SummaryFigures, *, late: bool) -> DailySummary:
    """Put names in the place of ids."""
    since, made_at = summary.since or summary.due_at, summary.made_at or summary.due_at
    titles = _titles(session, team, figures)
    refs = _people(session, team.workspace_id, figures)

    def needed(each: NeededHandoff) -> Needed:
        who = refs.get(each.person_id)
        return Needed(titles[each.handoff_id], each.why, each.what, who, each.since, each.overdue)

    return DailySummary(
        team=team.name,
        day=summary.day,
        since=since,
        until=summary.due_at,
        made_at=made_at,
        stands_later=made_at - summary.due_at > LATE,
        late=late,
        teams=figures.teams,
        came_in=figures.came_in,
        steps=figures.steps,
        stages=figures.stages,
        lifecycle=figures.lifecycle,
        waiting=tuple(needed(each) for each in figures.waiting),
        waiting_count=figures.waiting_count,
        overdue=tuple(needed(each) for each in figures.overdue),
        overdue_count=figures.overdue_count,
        reps=tuple(RepDay(refs.get(each.person_id), each.steps) for each in figures.reps),
        sources=figures.sources,
        reasons=figures.reasons,
        new=tuple(titles[each] for each in figures.new),
        new_count=figures.steps.handed_over,
    )


def _titles(session: Session, team: Team, figures: SummaryFigures) -> dict[int, str]:
    """Return the title of each lead that the summary names, by handoff; a channel sees no address or phone number."""
    ids = {*figures.new, *(each.handoff_id for each in (*figures.waiting, *figures.overdue))}
    named = session.execute(_LEADS, {"workspace_id": team.workspace_id, "ids": ids})
    return {handoff_id: title_of(lead, company, contact=False, zone=team.zone) for handoff_id, lead, company in named}


def _people(session: Session, workspace_id: int, figures: SummaryFigures) -> dict[int | None, PersonRef]:
    needed = [each.person_id for each in (*figures.waiting, *figures.overdue)]
    found: dict[int, Person] = people.by_ids(
        session, workspace_id, [*needed, *(each.person_id for each in figures.reps)]
    )
    return {person_id: people.ref(person) for person_id, person in found.items()}


_FREE_TEAM: Final = (
    select(Team)
    .where(rows.in_workspace(Team), Team.id == bindparam("team_id"))
    .with_for_update(skip_locked=True, key_share=True)
)
_LAST_EVENT: Final = Summary.figures["last_event"].as_integer()
_BEFORE: Final = (
    select(Summary.due_at, _LAST_EVENT.label("last_event"))
    .where(
        rows.in_workspace(Summary),
        Summary.team_id == bindparam("team_id"),
        Summary.kind == DAILY,
        Summary.made_at.is_not(None),
    )
    .order_by(Summary.due_at.desc())
    .limit(1)
)
_LATER: Final = aliased(Summary)
_IS_LAST: Final = ~exists().where(
    _LATER.team_id == Summary.team_id,
    _LATER.kind == Summary.kind,
    _LATER.day > Summary.day,
    _LATER.made_at.is_not(None),
)
_MISSED: Final = exists().where(
    LeadEvent.workspace_id == Summary.workspace_id,
    IS_COUNTED,
    LeadEvent.at >= Summary.since,
    LeadEvent.at < Summary.due_at,
    LeadEvent.id > _LAST_EVENT,
)
_IS_PLANNED: Final = Summary.made_at.is_(None)
# A team's last summary, of the last hour, has not counted all that happened in its time. Once there is a later one,
# that has counted what was missed. An index finds it by team, kind and day; none has the hours of what is made.
_MISSED_SOMETHING: Final = and_(
    Summary.team_id.in_(select(Team.id).where(Team.workspace_id == bindparam("workspace_id"))),
    Summary.kind == DAILY,
    Summary.made_at.is_not(None),
    Summary.day >= bindparam("first_day"),
    Summary.due_at > bindparam("hour_since"),
    _IS_LAST,
    _MISSED,
)
_IS_DUE: Final = (
    Summary.workspace_id == bindparam("workspace_id"),
    Summary.due_at <= bindparam("hour_by"),
    # No pause is longer: a clock that was ahead wrote it.
    or_(
        Summary.retry_at.is_(None),
        Summary.retry_at <= bindparam("now"),
        Summary.retry_at > bindparam("longest_pause"),
    ),
)
# Two questions, not one with `or`: so SQLite sees the partial index.
_FOUND: Final = tuple(
    select(Summary.id, Summary.team_id).where(which, *_IS_DUE).order_by(Summary.due_at, Summary.id)
    for which in (_IS_PLANNED, _MISSED_SOMETHING)
)
_AGAIN: Final = (
    select(Summary)
    .where(Summary.id == bindparam("summary_id"), or_(_IS_PLANNED, _MISSED_SOMETHING), *_IS_DUE)
    .execution_options(populate_existing=True)
)
MAY_BE_DUE: Final = or_(*(found.exists() for found in _FOUND))
_LEADS: Final = (
    select(Handoff.id, Lead, Company)
    .join(Lead, Lead.id == Handoff.lead_id)
    .outerjoin(Company, Company.id == Lead.company_id)
    .where(rows.in_workspace(Handoff), Handoff.id.in_(bindparam("ids", expanding=True)))
)
