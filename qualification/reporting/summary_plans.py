"""Which summary of each team's day is to come: one planned row a team, as the playbook says."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from qualification.records import Summary, Team
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.reporting import summary_schedule
from qualification.rules.reporting.summary_schedule import Due, Timetable

DAILY: Final = "daily"
# Nobody makes what has been due for so long.
OVERDUE: Final = timedelta(minutes=10)


def plan_all(session: Session, workspace_id: int, playbook: Playbook, *, now: datetime) -> None:
    """Plan every team's next summary by this playbook; one that a team is to have no more is forgotten.

    Nothing changes where the right one is planned. Teams are locked: a worker that makes a summary locks its team, too.
    """
    teams = select(Team).where(Team.workspace_id == workspace_id).order_by(Team.id)
    for team in session.scalars(teams.with_for_update(key_share=True)).all():
        timetable = playbook.summary_of(team.key) if team.active and team.key in playbook.teams else None
        plan(session, team, timetable, now=now)


def plan(session: Session, team: Team, timetable: Timetable | None, *, now: datetime) -> None:
    """Plan the next summary of a team that is locked."""
    planned = session.scalar(select(Summary).where(Summary.team_id == team.id, *_PLANNED))
    was = Due(planned.day, planned.due_at) if planned else None
    due = summary_schedule.plan(timetable, was, told_last(session, team.id), now)
    if due == was:
        return
    if planned is not None:
        session.execute(delete(Summary).where(Summary.id == planned.id))
    if due is not None:
        session.add(
            Summary(workspace_id=team.workspace_id, team_id=team.id, kind=DAILY, day=due.day, due_at=due.at),
        )
    session.flush()


def told_last(session: Session, team_id: int) -> date | None:
    """Return the day of the team's latest summary that was made, None before the first."""
    made = select(func.max(Summary.day)).where(Summary.team_id == team_id, Summary.kind == DAILY)
    return session.scalar(made.where(Summary.made_at.is_not(None)))


def to_come(session: Session, team_id: int) -> Due | None:
    """Return what is planned for a team, None where it has no summaries."""
    planned = session.scalar(select(Summary).where(Summary.team_id == team_id, *_PLANNED))
    return Due(planned.day, planned.due_at) if planned else None


def overdue(session: Session, workspace_id: int, now: datetime) -> list[tuple[str, datetime]]:
    """Return the teams, by name, whose summary has been due for long, and since when: no worker runs."""
    late = (
        select(Team.name, Summary.due_at)
        .join(Team, Team.id == Summary.team_id)
        .where(Summary.workspace_id == workspace_id, Summary.made_at.is_(None), Summary.due_at < now - OVERDUE)
    )
    return [(row.name, row.due_at) for row in session.execute(late.order_by(Summary.due_at, Team.name))]


_PLANNED: Final = (Summary.kind == DAILY, Summary.made_at.is_(None))
