"""Where somebody stands: who they are here, what waits for them, what they work on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification.leads.titles import lead_title
from qualification.outbox import statements
from qualification.people import people
from qualification.records import ChannelQueue, Delivery, Handoff, Person, Team
from qualification.rules.person_ref import PersonRef
from qualification.views import search
from qualification.views.search import LeadLine


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that Slack would not take, and Slack's word for why."""

    kind: str
    place: str
    last_error: str
    lead: str | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever reads a list of their own: who they are here, and whether they are away."""

    person: PersonRef
    is_rep: bool
    is_manager: bool
    is_marketer: bool
    is_admin: bool
    away: bool
    away_until: datetime | None
    team: str | None


@dataclass(frozen=True, slots=True)
class Overview(Viewer):
    """What somebody can do here: /baton.

    `asks_me` are offers waiting for this person (and, for a manager, the team's queue); `mine` accepted leads that are
    open, the oldest first; the counts tell how many there are where the lists are cut.
    """

    asks_me: tuple[LeadLine, ...]
    asks_me_count: int
    mine: tuple[LeadLine, ...]
    mine_count: int


MOST = 5


def overview_of(session: Session, workspace_id: int, person_id: int, now: datetime) -> Overview:
    """Return what /baton shows the person."""
    person = session.scalars(select(Person).where(Person.workspace_id == workspace_id, Person.id == person_id)).one()
    asks_me, asks_me_count = search.asking(session, person, MOST)
    mine, mine_count = search.mine(session, person, MOST)
    return Overview(
        **viewer_fields(session, person, now),
        asks_me=tuple(asks_me),
        asks_me_count=asks_me_count,
        mine=tuple(mine),
        mine_count=mine_count,
    )


def viewer_fields(session: Session, person: Person, now: datetime) -> dict[str, Any]:
    """Return the fields of Myself: who the person is here, and whether they are away."""
    team = session.get(Team, person.team_id) if person.team_id is not None else None
    is_away = people.is_away(person, now)
    return {
        "person": people.ref(person),
        "is_rep": person.is_rep,
        "is_manager": person.is_manager,
        "is_marketer": person.is_marketer,
        "is_admin": person.is_admin,
        "away": is_away,
        "away_until": person.away_until if is_away else None,
        "team": team.name if team else None,
    }


def greet(session: Session, workspace_id: int, slack_user_id: str, *, name: str | None, now: datetime) -> Overview:
    """Return the same for a Slack user, who is written down if new here."""
    return overview_of(session, workspace_id, people.actor(session, workspace_id, slack_user_id, name=name).id, now)


def dead_letters(session: Session, workspace_id: int, most: int = MOST) -> tuple[tuple[DeadLetter, ...], int]:
    """Return the messages that Slack would not take, the newest first, and how many there are."""
    rows = (
        select(Delivery, ChannelQueue.place)
        .join(ChannelQueue, ChannelQueue.id == Delivery.queue_id)
        .where(Delivery.workspace_id == workspace_id, statements.IS_DEAD_LETTER)
        .order_by(Delivery.id.desc())
    )
    count = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    return tuple(
        DeadLetter(
            kind=delivery.kind,
            place=place,
            last_error=delivery.last_error or "",
            lead=lead_title(session, session.get_one(Handoff, delivery.handoff_id)) if delivery.handoff_id else None,
        )
        for delivery, place in session.execute(rows.limit(most))
    ), count
