"""Each team's daily summary: its figures are counted and stored once when it is due, and drawn from what is stored."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qualification.leads.titles import title_of
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import Company, Handoff, Lead, Person, Summary, Team, Workspace
from qualification.reporting import summary_figures, summary_plans, team_days
from qualification.reporting.figures import DailySummary, Needed, RepDay
from qualification.reporting.summary_figures import NeededHandoff, SummaryFigures
from qualification.reporting.summary_plans import DAILY
from qualification.rules.person_ref import PersonRef
from qualification.rules.reporting import summary_schedule
from qualification.rules.reporting.summary_schedule import GRACE, LATE, Due

log = logging.getLogger(__name__)

# How long a summary that could not be made waits for its next try.
RETRY_PAUSE: Final = timedelta(minutes=5)


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
    """
    due = select(Summary.id, Summary.team_id).where(
        Summary.workspace_id == workspace_id,
        Summary.made_at.is_(None),
        Summary.due_at <= now - GRACE,
        or_(Summary.retry_at.is_(None), Summary.retry_at <= now),
    )
    done = 0
    for summary_id, team_id in session.execute(due.order_by(Summary.due_at, Summary.id)).all():
        team = session.scalar(select(Team).where(Team.id == team_id).with_for_update(skip_locked=True, key_share=True))
        summary = session.get(Summary, summary_id, populate_existing=True) if team else None
        if team is None or summary is None or summary.made_at is not None:
            continue
        done += _try(session, team, summary, now)
        if done >= limit:
            break
    return done


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
    return _named(session, session.get_one(Team, summary.team_id), summary, figures, late=late)


def preview(session: Session, workspace_id: int, now: datetime) -> list[Preview]:
    """Return what each active team's summary would say if it were made now, ordered by team; changes nothing."""
    published = playbooks.current(session, workspace_id)
    teams = session.scalars(select(Team).where(Team.workspace_id == workspace_id, Team.active).order_by(Team.name))
    return [_preview(session, team, published, now) for team in teams]


def _preview(session: Session, team: Team, published: Published, now: datetime) -> Preview:
    timetable = published.playbook.summary_of(team.key)
    if timetable is None:
        return Preview(team.name, team.key, team.zone, None, None)
    coming = summary_plans.planned(session, team.id) or summary_schedule.next_due(timetable, now)
    today = now.astimezone(timetable.zone).date()
    sketch = Summary(workspace_id=team.workspace_id, team_id=team.id, day=today, due_at=now)
    since = _ended_before(session, team) or summary_schedule.day_before(timetable, today)
    figures = _fill(session, team, sketch, published, since=min(since, now), now=now)
    summary = _named(session, team, sketch, figures, late=False)
    return Preview(team.name, team.key, team.zone, coming.at, summary)


def _try(session: UnitOfWork, team: Team, summary: Summary, now: datetime) -> int:
    """Make one summary in a savepoint; return 1, or 0 where it failed and will be tried again."""
    try:
        with session.begin_nested():
            _make(session, team, summary, now)
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
    since = _ended_before(session, team) or summary_schedule.day_before(timetable, summary.day)
    due = summary_schedule.catch_up(timetable, Due(summary.day, summary.due_at), now - GRACE)
    summary.day, summary.due_at = due.day, due.at
    figures = _fill(session, team, summary, published, since=since, now=now)
    session.flush()
    surfaces.enqueue_summary(session, summary, team, detailed=figures.has_details, now=now)
    summary_plans.plan(session, team, timetable, now=now)


def _fill(
    session: Session, team: Team, summary: Summary, published: Published, *, since: datetime, now: datetime
) -> SummaryFigures:
    """Count what the summary says, and store it in the row."""
    summary.since, summary.made_at, summary.playbook_id = since, now, published.id
    figures = team_days.sum_up(
        session, team, published.playbook, since=since, until=summary.due_at, day=summary.day, now=now
    )
    summary.figures = summary_figures.encode(figures)
    return figures


def _ended_before(session: Session, team: Team) -> datetime | None:
    """Return where the team's last summary ended, which is where the next one begins."""
    return session.scalar(_BEFORE, {"team_id": team.id})


def _named(session: Session, team: Team, summary: Summary, figures: SummaryFigures, *, late: bool) -> DailySummary:
    """Put names in the place of ids."""
    since, made_at = summary.since or summary.due_at, summary.made_at or summary.due_at
    titles = _titles(session, figures)
    refs = _people(session, figures)

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


def _titles(session: Session, figures: SummaryFigures) -> dict[int, str]:
    """Return the title of each lead that the summary names, by handoff; a channel sees no address or phone number."""
    ids = {*figures.new, *(each.handoff_id for each in (*figures.waiting, *figures.overdue))}
    rows = session.execute(_LEADS, {"ids": ids})
    return {handoff_id: title_of(lead, company, contact=False) for handoff_id, lead, company in rows}


def _people(session: Session, figures: SummaryFigures) -> dict[int | None, PersonRef]:
    needed = [each.person_id for each in (*figures.waiting, *figures.overdue)]
    found: dict[int, Person] = people.by_ids(session, [*needed, *(each.person_id for each in figures.reps)])
    return {person_id: people.ref(person) for person_id, person in found.items()}


_BEFORE: Final = select(func.max(Summary.due_at)).where(
    Summary.team_id == bindparam("team_id"), Summary.kind == DAILY, Summary.made_at.is_not(None)
)
_LEADS: Final = (
    select(Handoff.id, Lead, Company)
    .join(Lead, Lead.id == Handoff.lead_id)
    .outerjoin(Company, Company.id == Lead.company_id)
    .where(Handoff.id.in_(bindparam("ids", expanding=True)))
)
