"""What /baton shows somebody: who they are here, what waits for them, what they work on; and undelivered messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from qualification.leads.titles import lead_title
from qualification.outbox import outbox, statements
from qualification.people import people
from qualification.records import ChannelQueue, Delivery, Handoff, Person, Team, rows
from qualification.rules.person_ref import PersonRef
from qualification.views import search
from qualification.views.search import LeadLine


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Messages for one place that Slack would not take, and Slack's word for why.

    `channel` is the channel as the playbook names it, None where no team has it any more; `person` is whose direct
    messages it is, or Home tab. `lead` is that of the latest message.
    """

    channel: str | None
    person: PersonRef | None
    is_home: bool
    last_error: str
    count: int
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
    team = rows.get(session, Team, person.team_id, person.workspace_id)
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
    """Return where Slack would not take messages and why, the newest first, and how many such places there are.

    Replies that wait for the message above them are left out: what is wrong with that one is told.
    """
    latest = func.max(Delivery.id)
    rows = (
        select(Delivery.queue_id, Delivery.last_error, func.count().label("count"), latest.label("latest"))
        .where(
            Delivery.workspace_id == workspace_id,
            statements.IS_DEAD_LETTER,
            func.coalesce(Delivery.last_error, "") != outbox.PARENT_UNDELIVERED,
        )
        .group_by(Delivery.queue_id, Delivery.last_error)
        .order_by(latest.desc())
    )
    count = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
    found = session.execute(rows.limit(most)).all()
    return tuple(
        _dead_letter(session, workspace_id, queue_id=queue_id, last_error=error or "", count=times, latest_id=latest_id)
        for queue_id, error, times, latest_id in found
    ), count


def _dead_letter(
    session: Session, workspace_id: int, *, queue_id: int, last_error: str, count: int, latest_id: int
) -> DeadLetter:
    queue = rows.get_one(session, ChannelQueue, queue_id, workspace_id)
    latest = rows.get_one(session, Delivery, latest_id, workspace_id)
    handoff = rows.get(session, Handoff, latest.handoff_id, workspace_id)
    channel = session.scalar(
        select(Team.channel)
        .where(
            Team.workspace_id == queue.workspace_id, or_(Team.channel_id == queue.place, Team.channel == queue.place)
        )
        .order_by(Team.active.desc(), Team.id)
        .limit(1)
    )
    return DeadLetter(
        channel=channel,
        person=people.ref_of(session, workspace_id, queue.person_id),
        is_home=queue.person_id is not None and queue.place == outbox.home(queue.person_id),
        last_error=last_error,
        count=count,
        lead=lead_title(session, handoff, contact=True) if handoff is not None else None,
    )
