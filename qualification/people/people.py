"""Who acts, who is there, who may decide."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import IS_OPEN, Handoff, Offer, Person, Team, rows
from qualification.records.base import insert_once
from qualification.rules.handoffs.permissions import Actor
from qualification.rules.handoffs.sight import ReaderRoles
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.people.reachability import Unreachable
from qualification.rules.people.working_time import WeeklyHours, is_working, known_zone
from qualification.rules.person_ref import PersonRef


@dataclass(frozen=True, slots=True)
class Reader:
    """How somebody reads: a language tag such as de-DE, None where Slack said none, and the IANA name of a zone."""

    locale: str | None = None
    zone: str = "UTC"


def ref(person: Person) -> PersonRef:
    """Return the person as readers see them."""
    return PersonRef(name=person.name, slack_user_id=person.slack_user_id)


def ref_of(session: Session, workspace_id: int, person_id: int | None) -> PersonRef | None:
    """Return the person with that id as readers see them, or None for None."""
    person = rows.get(session, Person, person_id, workspace_id)
    return ref(person) if person else None


def actor(session: Session, workspace_id: int, slack_user_id: str, *, name: str | None = None) -> Person:
    """Return whoever has that Slack user; anyone may act, so somebody new is written down.

    Two first acts at the same instant make one person: the unique key decides, and the loser reads the winner's row.
    """
    known = by_slack_user(session, workspace_id, slack_user_id)
    if known is not None:
        return known
    insert_once(session, Person, workspace_id=workspace_id, slack_user_id=slack_user_id, name=name or slack_user_id)
    return _must_exist(by_slack_user(session, workspace_id, slack_user_id))


def by_slack_user(session: Session, workspace_id: int, slack_user_id: str) -> Person | None:
    """Return the person of that Slack user, if known here."""
    return session.scalar(
        select(Person).where(Person.workspace_id == workspace_id, Person.slack_user_id == slack_user_id)
    )


def name_of(session: Session, workspace_id: int, slack_user_id: str) -> str | None:
    """Return the name of whoever has that Slack user, None for somebody not known here."""
    person = by_slack_user(session, workspace_id, slack_user_id)
    return person.name if person else None


def reader(session: Session, workspace_id: int, slack_user_id: str) -> Reader:
    """Return how the person of that Slack user reads; English and UTC for somebody not known here."""
    person = by_slack_user(session, workspace_id, slack_user_id)
    return Reader(person.locale, zone_of(session, person).key) if person else Reader()


def together(
    session: Session, workspace_id: int, slack_user_id: str, person_ids: Iterable[int | None]
) -> Sequence[Person]:
    """Return at once whoever has that Slack user, if known here, and the people with these ids."""
    ids = {each for each in person_ids if each is not None}
    return session.scalars(_TOGETHER, {"workspace_id": workspace_id, "slack_user_id": slack_user_id, "ids": ids}).all()


def by_ids(session: Session, workspace_id: int, person_ids: Iterable[int | None]) -> dict[int, Person]:
    """Return the people with these ids at once, by id."""
    ids = {each for each in person_ids if each is not None}
    return {person.id: person for person in session.scalars(_BY_IDS, {"workspace_id": workspace_id, "ids": ids})}


def acting(person: Person, team: Team) -> Actor:
    """Say what the person may decide about a handoff of that team."""
    return Actor(
        person_id=person.id,
        is_manager_of_team=manages(person, team),
        is_admin=person.is_admin,
        is_here=not has_left(person),
    )


def roles_of(person: Person) -> ReaderRoles:
    """Say what the person is here."""
    return ReaderRoles(
        is_here=not has_left(person),
        is_rep=person.is_rep,
        is_manager=person.is_manager,
        is_marketer=person.is_marketer,
        is_admin=person.is_admin,
    )


def manages(person: Person, team: Team) -> bool:
    """Say whether the person is the team's manager, or another manager in it; the queue is the former's."""
    return person.id == team.manager_id or (person.is_manager and person.team_id == team.id)


def managed_by(person: Person) -> Select[int]:
    """Select the ids of the teams the person manages; an administrator stands in where nobody does."""
    theirs = [Team.manager_id == person.id]
    if person.is_manager:
        theirs.append(Team.id == person.team_id)
    if person.is_admin:
        theirs.append(Team.manager_id.is_(None))
    return select(Team.id).where(Team.workspace_id == person.workspace_id, or_(*theirs))


def zone_of(session: Session, person: Person) -> ZoneInfo:
    """Return the zone the person works in: Slack's word, else the team's, else UTC."""
    team = rows.get(session, Team, person.team_id, person.workspace_id)
    return ZoneInfo(person.zone or (team.zone if team else "UTC"))


def is_away(person: Person, now: datetime) -> bool:
    """Say whether the person has said they are away at `now`."""
    if person.away_since is None or person.away_since > now:
        return False
    return person.away_until is None or now < person.away_until


def is_available(session: Session, person: Person, now: datetime) -> bool:
    """Say whether a lead can be put before the person at `now`: in the playbook, known to Slack, not away, at work."""
    if not person.active or not is_reachable(person) or is_away(person, now):
        return False
    return is_working(now, hours_of(session, person), zone_of(session, person))


def is_reachable(person: Person) -> bool:
    """Say whether the person can read and press what is put before them; True until Slack was asked about them."""
    return why_unreachable(person) is None


def why_unreachable(person: Person) -> Unreachable | None:
    """Return why the person can neither read nor press what is put before them; None for those who can."""
    return Unreachable.DEACTIVATED if person.deactivated else person.unreachable


def hours_of(session: Session, person: Person) -> WeeklyHours:
    """Return the weekly hours the person works: own, else the team's, else round the clock."""
    team = rows.get(session, Team, person.team_id, person.workspace_id)
    return WeeklyHours.from_json(person.hours or (team.hours if team else None) or WeeklyHours.always().to_json())


def set_away(
    session: UnitOfWork, workspace_id: int, slack_user_id: str, *, until: datetime | None, now: datetime
) -> Person:
    """Pass the person over in routing from now on, until then or until they are back."""
    person = actor(session, workspace_id, slack_user_id)
    person.away_since = now
    person.away_until = until
    surfaces.refresh_home(session, person, now=now)
    return person


def set_back(session: UnitOfWork, workspace_id: int, slack_user_id: str, *, now: datetime) -> Person:
    """Let routing ask the person again."""
    person = actor(session, workspace_id, slack_user_id)
    come_back(session, person, now=now)
    return person


def come_back(session: UnitOfWork, person: Person, *, now: datetime) -> None:
    """Note that the person is there again: they said so, or the time they gave is over."""
    person.away_since = person.away_until = None
    surfaces.refresh_home(session, person, now=now)


def refresh(
    session: UnitOfWork,
    workspace_id: int,
    slack_user_id: str,
    *,
    name: str | None,
    zone: str | None,
    locale: str | None,
    deactivated: bool,
    unreachable: Unreachable | None = None,
    now: datetime,
) -> None:
    """Write down what Slack now says of the person, if known here; the playbook's name stands for those it names.

    What is offered to somebody who can't be reached any more moves on with the next pass of the clock.
    """
    person = by_slack_user(session, workspace_id, slack_user_id)
    if person is None:
        return
    # A zone that this machine does not know would break every clock of theirs.
    person.zone = zone if zone and known_zone(zone) else person.zone
    person.locale = locale or person.locale
    set_reach(session, person, deactivated=deactivated, unreachable=unreachable, now=now)
    person.refreshed_at = now
    if not person.active:
        person.name = name or person.name
    surfaces.refresh_home(session, person, now=now)


def set_reach(
    session: UnitOfWork, person: Person, *, deactivated: bool, unreachable: Unreachable | None, now: datetime
) -> None:
    """Write down whether Slack lets the person read and press; their leads' cards and those over them show it."""
    if (person.deactivated, person.unreachable) == (deactivated, unreachable):
        return
    if person.deactivated is not deactivated:
        # Their own cards show an address only as long as they are here.
        for handoff_id in session.scalars(_HAVING, {"workspace_id": person.workspace_id, "person_id": person.id}):
            outbox.mark_stale(session, person.workspace_id, handoff_id, now)
    person.deactivated, person.unreachable = deactivated, unreachable
    for each in session.scalars(_OVER_OTHERS, {"workspace_id": person.workspace_id}):
        surfaces.refresh_home(session, each, now=now)


def has_left(person: Person) -> bool:
    """Say whether somebody is deactivated in Slack, or no longer in the playbook."""
    return person.deactivated or not person.active


# Built once: to build a statement takes longer than to run it.
_HAVING: Final = (
    select(Handoff.id)
    .outerjoin(Offer, (Offer.handoff_id == Handoff.id) & IS_OPEN)
    .where(
        Handoff.workspace_id == bindparam("workspace_id"),
        Handoff.state.in_(LIVE_STATES),
        or_(Handoff.owner_id == bindparam("person_id"), Offer.person_id == bindparam("person_id")),
    )
)
_OVER_OTHERS: Final = (
    select(Person).where(rows.in_workspace(Person), or_(Person.is_manager, Person.is_admin)).order_by(Person.id)
)
_BY_IDS: Final = select(Person).where(rows.in_workspace(Person), Person.id.in_(bindparam("ids", expanding=True)))
_TOGETHER: Final = select(Person).where(
    Person.workspace_id == bindparam("workspace_id"),
    or_(Person.slack_user_id == bindparam("slack_user_id"), Person.id.in_(bindparam("ids", expanding=True))),
)


def _must_exist(person: Person | None) -> Person:
    if person is None:
        message = "a person's unique key was taken, yet no such person is there"
        raise LookupError(message)
    return person
