"""When somebody is away: said in words or picked in a form, understood in their own zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.records import Membership, Pool
from qualification.records.rows import in_workspace
from qualification.rules.field_errors import FieldFault
from qualification.rules.people.absence_dates import read_until
from qualification.rules.refusals import BadDate, InvalidFields


def begin(
    session: UnitOfWork, workspace_id: int, slack_user_id: str, *, words: str, name: str | None = None, now: datetime
) -> datetime | None:
    """Pass the person over from now until the moment the words mean; without words, until they say they are back.

    Returns that moment. Raises BadDate.
    """
    person = people.actor(session, workspace_id, slack_user_id, name=name)
    until = read_until(words, now, people.zone_of(session, person)) if words.strip() else None
    people.set_away(session, workspace_id, slack_user_id, until=until, now=now)
    return until


def begin_picked(
    session: UnitOfWork,
    workspace_id: int,
    slack_user_id: str,
    *,
    day: str,
    at: str,
    name: str | None = None,
    now: datetime,
) -> datetime | None:
    """Do the same for a day (2026-12-01) and a time (14:30) picked; either may be empty. Raises InvalidFields."""
    person = people.actor(session, workspace_id, slack_user_id, name=name)
    until = _picked(f"{day} {at}".strip(), now, people.zone_of(session, person))
    people.set_away(session, workspace_id, slack_user_id, until=until, now=now)
    return until


def ends(session: Session, workspace_id: int, slack_user_id: str, *, now: datetime) -> datetime | None:
    """Return when the person is back, None for somebody who is there or has not said."""
    person = people.by_slack_user(session, workspace_id, slack_user_id)
    return person.away_until if person is not None and people.is_away(person, now) else None


def in_pool(session: Session, workspace_id: int, slack_user_id: str) -> bool:
    """Say whether a pool deals the person leads, so that their absence makes a difference."""
    person = people.by_slack_user(session, workspace_id, slack_user_id)
    if person is None:
        return False
    seats = select(Membership.id).join(Pool, Pool.id == Membership.pool_id)
    kept = seats.where(
        in_workspace(Membership, workspace_id), Membership.person_id == person.id, Membership.active, Pool.active
    )
    return session.scalar(kept.limit(1)) is not None


def _picked(words: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the moment of a day, a time or both; a form's own pickers give nothing that cannot be read."""
    if not words:
        return None
    try:
        return read_until(words, now, zone)
    except BadDate as unreadable:
        over = words < now.astimezone(zone).isoformat(" ")
        raise InvalidFields({"date": FieldFault.PAST_DATE if over else FieldFault.BAD_DATE}) from unreadable
