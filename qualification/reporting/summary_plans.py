"""The next summary of each team: one planned row a team, as the playbook says."""

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from qualification.records import Summary, Team, rows
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.reporting import summary_schedule
from qualification.rules.reporting.summary_schedule import Due, Timetable

DAILY: Final = "daily"
# A summary that has been due for this long is not being made: no worker runs.
OVERDUE: Final = timedelta(minutes=10)


def plan_all(session: Session, workspace_id: int, playbook: Playbook, *, now: datetime) -> None:
    """Plan every team's next summary by this playbook, and delete the plan of a team that has none any longer.

    A plan that is right already stays untouched. Every team is locked, as by a worker that makes its summary.
    """
    teams = select(Team).where(Team.workspace_id == workspace_id).order_by(Team.id)
    for team in session.scalars(teams.with_for_update(key_share=True)):
        timetable = playbook.summary_of(team.key) if team.active and team.key in playbook.teams else None
        plan(session, team, timetable, now=now)


def plan(session: Session, team: Team, timetable: Timetable | None, *, now: datetime) -> None:
    """Plan the next summary of a team, which the caller has locked; without a `timetable` it gets none."""
    row = session.scalar(_of(team).where(*_PLANNED))
    was = Due(row.day, row.due_at) if row else None
    due = summary_schedule.plan(timetable, was, last_day(session, team), now)
    if due == was:
        return
    if row is not None:
        session.execute(delete(Summary).where(rows.in_workspace(Summary, team.workspace_id), Summary.id == row.id))
    if due is not None:
        session.add(
            Summary(workspace_id=team.workspace_id, team_id=team.id, kind=DAILY, day=due.day, due_at=due.at),
        )
    session.flush()


def last_day(session: Session, team: Team) -> date | None:
    """Return the day of the latest summary that was made for the team, None before the first."""
    made = _of(team).where(Summary.kind == DAILY, Summary.made_at.is_not(None))
    day: date | None = session.scalar(made.with_only_columns(func.max(Summary.day)))
    return day


def planned(session: Session, team: Team) -> Due | None:
    """Return the day and time of the team's next summary, None where it has no summaries."""
    row = session.scalar(_of(team).where(*_PLANNED))
    return Due(row.day, row.due_at) if row else None


def overdue(session: Session, workspace_id: int, now: datetime) -> list[tuple[str, datetime]]:
    """Return each team whose summary has been due for OVERDUE or longer: its name, and since when, longest first."""
    late = (
        select(Team.name, Summary.due_at)
        .join(Team, Team.id == Summary.team_id)
        .where(Summary.workspace_id == workspace_id, Summary.made_at.is_(None), Summary.due_at < now - OVERDUE)
    )
    return [(row.name, row.due_at) for row in session.execute(late.order_by(Summary.due_at, Team.name))]


def _of(team: Team) -> Select[Summary]:
    return select(Summary).where(rows.in_workspace(Summary, team.workspace_id), Summary.team_id == team.id)


_PLANNED: Final = (Summary.kind == DAILY, Summary.made_at.is_(None))
