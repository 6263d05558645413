"""Each team's day summed up in its channel: made once when it is due, and told from what was written down then."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qualification.leads.titles import title_of
from qualification.outbox import surfaces
from qualification.people import people
from qualification.playbook import playbooks
from qualification.playbook.playbooks import Published
from qualification.records import Company, Handoff, Lead, Person, Summary, Team, Workspace
from qualification.reporting import summary_plans, team_days
from qualification.reporting.figures import (
    Amount,
    DailySummary,
    LifecycleCount,
    NamedCount,
    Needed,
    RepDay,
    StageTally,
    Steps,
    Tally,
)
from qualification.reporting.summary_plans import DAILY
from qualification.rules.person_ref import PersonRef
from qualification.rules.reporting import summary_schedule
from qualification.rules.reporting.summary_schedule import GRACE, LATE, Due

log = logging.getLogger(__name__)

# So long is one put off that could not be made.
PUT_OFF: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a team's summary would say now, and when the next one comes; None where it has none."""

    team: str
    key: str
    zone: str
    next_at: datetime | None
    summary: DailySummary | None


def run_due(session: Session, workspace_id: int, now: datetime, *, limit: int = 1) -> int:
    """Make the summaries that are due, at most `limit` and the longest due first; return how many were done.

    Each is settled under its team's lock: two workers never make the same one, and a second pass at the same moment
    finds nothing. It is owed to Slack in the same transaction, and the next one planned. One that cannot be made is
    logged, put off, and holds up no other.
    """
    due = select(Summary.id, Summary.team_id).where(
        Summary.workspace_id == workspace_id,
        Summary.made_at.is_(None),
        Summary.due_at <= now - GRACE,
        or_(Summary.retry_at.is_(None), Summary.retry_at <= now),
    )
    done = 0
    for summary_id, team_id in session.execute(due.order_by(Summary.due_at, Summary.id)).all():
        team = session.scalar(
            select(Team).where(Team.id == team_id).with_for_update(skip_locked=True, key_share=True),
            execution_options={"populate_existing": True},
        )
        summary = session.get(Summary, summary_id, populate_existing=True) if team else None
        if team is None or summary is None or summary.made_at is not None:
            continue
        done += _try(session, team, summary, now)
        if done >= limit:
            break
    return done


def plan(session: Session, workspace_id: int, now: datetime) -> None:
    """Plan what a database that was brought up to date knows nothing of yet."""
    # Who publishes meanwhile plans, too: by what counts afterwards.
    session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})
    published = playbooks.perhaps(session, workspace_id)
    if published is not None:
        summary_plans.plan_all(session, workspace_id, published.playbook, now=now)


def told(session: Session, workspace_id: int, summary_id: int, shown_at: datetime) -> DailySummary:
    """Return what a summary tells that is shown then; the same moment and rows tell the same."""
    summary = session.scalars(
        select(Summary).where(Summary.workspace_id == workspace_id, Summary.id == summary_id)
    ).one()
    late = summary_schedule.is_late(summary.due_at, shown_at)
    return _told(session, session.get_one(Team, summary.team_id), summary, late=late)


def preview(session: Session, workspace_id: int, now: datetime) -> list[Preview]:
    """Return what each team's summary would say were it made now, by name; nothing is changed."""
    published = playbooks.current(session, workspace_id)
    teams = session.scalars(select(Team).where(Team.workspace_id == workspace_id, Team.active).order_by(Team.name))
    return [_preview(session, team, published, now) for team in teams]


def _preview(session: Session, team: Team, published: Published, now: datetime) -> Preview:
    timetable = published.playbook.summary_of(team.key)
    if timetable is None:
        return Preview(team.name, team.key, team.zone, None, None)
    coming = summary_plans.to_come(session, team.id) or summary_schedule.next_due(timetable, now)
    today = now.astimezone(timetable.zone).date()
    sketch = Summary(workspace_id=team.workspace_id, team_id=team.id, day=today, due_at=now)
    since = _ended_before(session, team) or summary_schedule.day_before(timetable, today)
    _fill(session, team, sketch, published, since=min(since, now), now=now)
    return Preview(team.name, team.key, team.zone, coming.at, _told(session, team, sketch, late=False))


def _try(session: Session, team: Team, summary: Summary, now: datetime) -> int:
    """Make one summary, wholly or not at all."""
    try:
        with session.begin_nested():
            _make(session, team, summary, now)
    except SQLAlchemyError:
        raise  # the database's trouble, not the summary's
    except Exception:
        log.exception(
            "A summary could not be made; it will be tried again.",
            extra={"action": "summary", "workspace": team.workspace_id, "team": team.id},
        )
        summary.retry_at = now + PUT_OFF
        return 0
    return 1


def _make(session: Session, team: Team, summary: Summary, now: datetime) -> None:
    published = playbooks.current(session, team.workspace_id)
    timetable = published.playbook.summary_of(team.key)
    if timetable is None:
        session.delete(summary)
        return
    since = _ended_before(session, team) or summary_schedule.day_before(timetable, summary.day)
    due = summary_schedule.catch_up(timetable, Due(summary.day, summary.due_at), now - GRACE)
    summary.day, summary.due_at = due.day, due.at
    _fill(session, team, summary, published, since=since, now=now)
    session.flush()
    surfaces.owe_summary(session, summary, team, detailed=team_days.is_detailed(summary.figures or {}), now=now)
    summary_plans.plan(session, team, timetable, now=now)


def _fill(
    session: Session, team: Team, summary: Summary, published: Published, *, since: datetime, now: datetime
) -> None:
    """Write down what a summary tells."""
    summary.since, summary.made_at, summary.playbook_id = since, now, published.id
    summary.figures = team_days.sum_up(
        session, team, published.playbook, since=since, until=summary.due_at, day=summary.day, now=now
    )


def _ended_before(session: Session, team: Team) -> datetime | None:
    """Return where the team's last summary ended: there the next one begins."""
    return session.scalar(_BEFORE, {"team_id": team.id})


def _told(session: Session, team: Team, summary: Summary, *, late: bool) -> DailySummary:
    figures: dict[str, Any] = summary.figures or {}
    since, made_at = summary.since or summary.due_at, summary.made_at or summary.due_at
    names = _names(session, figures)
    refs = _people(session, figures)
    return DailySummary(
        team=team.name,
        day=summary.day,
        since=since,
        until=summary.due_at,
        made_at=made_at,
        stands_later=made_at - summary.due_at > LATE,
        late=late,
        teams=figures["teams"],
        came_in=figures["came_in"],
        steps=Steps(**figures["steps"]),
        stages=tuple(_stage(*each) for each in figures["stages"]),
        lifecycle=tuple(LifecycleCount(*each) for each in figures["lifecycle"]),
        waiting=tuple(_needed(each, names, refs) for each in figures["waiting"]),
        waiting_count=figures["waiting_count"],
        overdue=tuple(_needed(each, names, refs) for each in figures["overdue"]),
        overdue_count=figures["overdue_count"],
        reps=tuple(RepDay(refs.get(each["person"]), Steps(**each["steps"])) for each in figures["reps"]),
        sources=tuple(NamedCount(*each) for each in figures["sources"]),
        reasons=tuple(NamedCount(*each) for each in figures["reasons"]),
        new=tuple(names[each] for each in figures["new"]),
        new_count=figures["steps"]["handed_over"],
    )


def _stage(key: str, name: str | None, count: int, amounts: Iterable[tuple[int, str]]) -> StageTally:
    return StageTally(key, name, Tally(count, tuple(Amount(minor, currency) for minor, currency in amounts)))


def _needed(row: dict[str, Any], names: dict[int, str], refs: dict[int | None, PersonRef]) -> Needed:
    return Needed(
        lead=names[row["handoff"]],
        why=row["why"],
        what=row["what"],
        who=refs.get(row["person"]),
        since=datetime.fromisoformat(row["since"]),
        overdue=row["overdue"],
    )


def _names(session: Session, figures: dict[str, Any]) -> dict[int, str]:
    """Return what the leads are called that a summary names, by handoff; a channel reads no address or number."""
    ids = {*figures["new"], *(each["handoff"] for each in (*figures["waiting"], *figures["overdue"]))}
    rows = session.execute(_LEADS, {"ids": ids})
    return {handoff_id: title_of(lead, company, contact=False) for handoff_id, lead, company in rows}


def _people(session: Session, figures: dict[str, Any]) -> dict[int | None, PersonRef]:
    ids = [each["person"] for each in (*figures["waiting"], *figures["overdue"], *figures["reps"])]
    found: dict[int, Person] = people.by_ids(session, ids)
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
