"""Where somebody stands: what they may do, what waits for them, what they work on."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification import deliveries, delivery_queries, people, search, showing
from qualification.cards import lead_title
from qualification.facts import Parked, Start
from qualification.records import Delivery, Handoff, Lane, Person, Team

MOST = 5


def start(session: Session, workspace_id: int, person_id: int, now: datetime) -> Start:
    """Return what the person's Home and /baton show; administrators also see what Slack would not take."""
    person = session.scalars(select(Person).where(Person.workspace_id == workspace_id, Person.id == person_id)).one()
    team = session.get(Team, person.team_id) if person.team_id is not None else None
    asks_me, asks_me_count = search.asking(session, person, MOST)
    mine, mine_count = search.mine(session, person, MOST)
    stuck, stuck_count = parked(session, workspace_id) if person.is_admin else ((), 0)
    return Start(
        person=people.ref(person),
        is_rep=person.is_rep,
        is_manager=person.is_manager,
        is_marketer=person.is_marketer,
        is_admin=person.is_admin,
        away=people.is_away(person, now),
        away_until=person.away_until if people.is_away(person, now) else None,
        team=team.name if team else None,
        asks_me=tuple(asks_me),
        asks_me_count=asks_me_count,
        mine=tuple(mine),
        mine_count=mine_count,
        parked=stuck,
        parked_count=stuck_count,
        slack_trouble=deliveries.refused(session, workspace_id) if person.is_admin else None,
    )


def greet(session: Session, workspace_id: int, slack_user_id: str, *, name: str | None, now: datetime) -> Start:
    """Return the same for a Slack user, who is written down if new here."""
    return start(session, workspace_id, people.actor(session, workspace_id, slack_user_id, name=name).id, now)


def open_home(session: Session, workspace_id: int, slack_user_id: str, *, now: datetime) -> None:
    """Owe the Slack user their Home tab, which is kept true from now on."""
    showing.owe_home(session, people.actor(session, workspace_id, slack_user_id), now=now)


def parked(session: Session, workspace_id: int, most: int = MOST) -> tuple[tuple[Parked, ...], int]:
    """Return the messages that Slack would not take, the newest first, and how many there are."""
    rows = (
        select(Delivery, Lane.place)
        .join(Lane, Lane.id == Delivery.lane_id)
        .where(Delivery.workspace_id == workspace_id, delivery_queries.IS_PARKED)
        .order_by(Delivery.id.desc())
    )
    count = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    return tuple(
        Parked(
            kind=delivery.kind,
            place=place,
            trouble=delivery.trouble or "",
            lead=lead_title(session, session.get_one(Handoff, delivery.handoff_id)) if delivery.handoff_id else None,
        )
        for delivery, place in session.execute(rows.limit(most))
    ), count
