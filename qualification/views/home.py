"""The Home tab, by role: what waits for somebody, what they work on, their teams' clocks, what they announced."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from qualification.handoffs import first_contact, retention
from qualification.handoffs.retention import RetentionNotice
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import IS_OPEN, IS_OPEN_TASK, WAITING_SINCE, Handoff, Offer, Person, Task, Team
from qualification.records.rows import in_workspace
from qualification.rules.handoffs.states import LIVE_STATES, UNDECIDED_STATES, HandoffState
from qualification.rules.people.reachability import Unreachable
from qualification.rules.refusals import StaleCard
from qualification.rules.values.pagination import PageSlice, page_slice
from qualification.views import overview, receipts, search
from qualification.views.overview import DeadLetter, Viewer
from qualification.views.receipts import HandoffLine
from qualification.views.search import LeadLine

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """One page of a list: what stands on it, from `first` to `last` of `count`; the pages beside it where there are."""

    lines: tuple[Line, ...]
    first: int
    last: int
    count: int
    previous: int | None
    following: int | None


@dataclass(frozen=True, slots=True)
class TeamClocks:
    """How a team's clocks stand.

    `waiting` are leads that nobody has accepted, the first of them handed over at `longest_since`; `untouched` those
    accepted without a contact yet; `overdue` those whose next step is.
    """

    team: str
    waiting: int
    longest_since: datetime | None
    untouched: int
    overdue: int


@dataclass(frozen=True, slots=True)
class HandedOverLately:
    """What became of somebody's handoffs of the last `days` days."""

    days: int
    handed_over: int
    accepted: int
    qualified: int
    won: int
    lost: int
    disqualified: int


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """Somebody of the playbook who gets no leads, since Slack doesn't let them read and press, and why.

    `contact` is the e-mail address or the Slack id by which the playbook names them.
    """

    name: str
    contact: str | None
    why: Unreachable


@dataclass(frozen=True, slots=True)
class Home(Viewer):
    """The Home tab: what somebody is concerned with, by role.

    `waiting` are offers to this person or their pools, `mine` their open leads, what is due first on top, `snoozed`
    what they snoozed, what resumes first on top. `unaccepted` and `queue` are of the teams they manage, whose clocks
    stand in `teams`; `more_teams` counts those left out. `out_of_reach` are people of these teams who can't be reached
    in Slack, of all teams for administrators; `more_out_of_reach` counts those left out. `handoffs` are those they
    announced, the newest first. `is_new` says that no lead has been handed over here yet. `retention` announces to
    administrators that old leads will be erased.
    """

    waiting: Page[LeadLine]
    mine: Page[LeadLine]
    snoozed: Page[HandoffLine]
    teams: tuple[TeamClocks, ...]
    more_teams: int
    out_of_reach: tuple[OutOfReach, ...]
    more_out_of_reach: int
    unaccepted: Page[HandoffLine]
    queue: Page[HandoffLine]
    handoffs: Page[HandoffLine]
    lately: HandedOverLately
    is_new: bool
    dead_letters: tuple[DeadLetter, ...]
    dead_letter_count: int
    slack_error: str | None
    retention: RetentionNotice | None


# How many stand on a page of each list: all of them together keep within the hundred blocks of a Home tab.
SIZES: Final[Mapping[str, int]] = MappingProxyType(
    {"waiting": 5, "mine": 5, "snoozed": 5, "unaccepted": 5, "queue": 5, "handoffs": 8}
)
MOST_TEAMS: Final = 5
MOST_OUT_OF_REACH: Final = 10
LATELY: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class _Found:
    """The handoffs on a page of a list."""

    handoffs: Sequence[Handoff]
    slice: PageSlice
    count: int

    def page(self, lines: Sequence[Line]) -> Page[Line]:
        """Return the page, these being its lines."""
        return Page(
            lines=tuple(lines),
            first=self.slice.skip + 1 if lines else 0,
            last=self.slice.skip + len(lines),
            count=self.count,
            previous=self.slice.previous,
            following=self.slice.following,
        )


def home(session: Session, workspace_id: int, person_id: int, now: datetime) -> Home:
    """Return what the person's Home tab shows; administrators also see what Slack would not take."""
    person = session.scalars(select(Person).where(Person.workspace_id == workspace_id, Person.id == person_id)).one()
    managed = select(Team).where(in_workspace(Team, workspace_id), Team.id.in_(people.managed_by(person)))
    teams = session.scalars(managed.order_by(Team.name)).all() if not people.has_left(person) else ()
    clocks = _clocks(session, teams)
    found = {name: _find(session, person, name, rows) for name, rows in _lists(person, teams).items()}
    # Read together, so that five lists take no more statements than one.
    leads = iter(search.lines(session, [each for name in ("waiting", "mine") for each in found[name].handoffs]))
    of_lists = [each for name in ("snoozed", "unaccepted", "queue", "handoffs") for each in found[name].handoffs]
    handoffs = iter(receipts.lines(session, of_lists, person))
    administers = person.is_admin and not people.has_left(person)
    away_from_slack = _out_of_reach(session, person, teams)
    stuck, stuck_count = overview.dead_letters(session, workspace_id) if administers else ((), 0)
    return Home(
        **overview.viewer_fields(session, person, now),
        waiting=found["waiting"].page(_next(leads, found["waiting"])),
        mine=found["mine"].page(_next(leads, found["mine"])),
        snoozed=found["snoozed"].page(_next(handoffs, found["snoozed"])),
        teams=tuple(clocks[:MOST_TEAMS]),
        more_teams=len(clocks[MOST_TEAMS:]),
        out_of_reach=tuple(away_from_slack[:MOST_OUT_OF_REACH]),
        more_out_of_reach=len(away_from_slack[MOST_OUT_OF_REACH:]),
        unaccepted=found["unaccepted"].page(_next(handoffs, found["unaccepted"])),
        queue=found["queue"].page(_next(handoffs, found["queue"])),
        handoffs=found["handoffs"].page(_next(handoffs, found["handoffs"])),
        lately=_lately(session, person, now),
        is_new=session.scalar(select(exists().where(Handoff.workspace_id == workspace_id))) is not True,
        dead_letters=stuck,
        dead_letter_count=stuck_count,
        slack_error=outbox.slack_errors(session, workspace_id) if person.is_admin else None,
        retention=retention.notice(session, workspace_id, now) if administers else None,
    )


def open_home(session: UnitOfWork, workspace_id: int, slack_user_id: str, *, now: datetime) -> None:
    """Enqueue the Slack user's Home tab, which is kept true from now on; every list is at its first page again."""
    person = people.actor(session, workspace_id, slack_user_id)
    person.home_pages = None
    surfaces.enqueue_home(session, person, now=now)


def turn(session: UnitOfWork, workspace_id: int, slack_user_id: str, *, name: str, page: int, now: datetime) -> None:
    """Show that page of a list on the Slack user's Home tab, the last one where it is there no more.

    Raises StaleCard for a list that is none.
    """
    if name not in SIZES:
        raise StaleCard
    person = people.actor(session, workspace_id, slack_user_id)
    # Two presses at once, in two lists: the second waits here and keeps what the first turned to.
    session.refresh(person, with_for_update={"key_share": True})
    person.home_pages = {**(person.home_pages or {}), name: page}
    surfaces.enqueue_home(session, person, now=now)


def _next(lines: Iterator[Line], found: _Found) -> list[Line]:
    """Take from the lines of several lists those of the next."""
    return list(islice(lines, len(found.handoffs)))


def _lists(person: Person, teams: Sequence[Team]) -> dict[str, Select[Handoff]]:
    """Select what each list holds, in its order."""
    managed = select(Handoff).where(
        Handoff.workspace_id == person.workspace_id, Handoff.team_id.in_([team.id for team in teams])
    )
    return {
        "waiting": search.offered(person),
        "mine": search.own(person)
        .outerjoin(Task, (Task.handoff_id == Handoff.id) & IS_OPEN_TASK)
        .order_by(Task.due_at.is_(None), Task.due_at, Handoff.accepted_at, Handoff.id),
        "snoozed": select(Handoff)
        .where(
            Handoff.workspace_id == person.workspace_id,
            Handoff.state == HandoffState.SNOOZED,
            Handoff.resume_at.is_not(None),
            (Handoff.owner_id == person.id) | (Handoff.decided_by_id == person.id),
            search.is_here(person),
        )
        .order_by(Handoff.resume_at, Handoff.id),
        "unaccepted": managed.join(Offer, (Offer.handoff_id == Handoff.id) & IS_OPEN)
        .where(Handoff.state.in_({HandoffState.OFFERED, HandoffState.POOLED}))
        .order_by(Offer.accept_by.is_(None), Offer.accept_by, Handoff.id),
        "queue": managed.where(Handoff.state == HandoffState.MANAGER_QUEUE).order_by(WAITING_SINCE, Handoff.id),
        "handoffs": select(Handoff)
        .where(in_workspace(Handoff, person.workspace_id))
        .where(Handoff.announcer_id == person.id, search.is_here(person))
        .order_by(Handoff.announced_at.desc(), Handoff.id.desc()),
    }


def _find(session: Session, person: Person, name: str, rows: Select[Handoff]) -> _Found:
    """Read the page of the list that the person has turned to."""
    count = search.count_of(session, rows)
    turned = page_slice(count, SIZES[name], (person.home_pages or {}).get(name, 1))
    page = rows.limit(SIZES[name]).offset(turned.skip)
    return _Found(session.scalars(page).all() if count else (), turned, count)


def _clocks(session: Session, teams: Sequence[Team]) -> list[TeamClocks]:
    """Return how the clocks of each team stand; one that the playbook no longer names counts while it has leads."""
    if not teams:
        return []
    undecided = Handoff.state.in_(UNDECIDED_STATES)
    untouched = first_contact.untouched(playbooks.current(session, teams[0].workspace_id).playbook)
    counted = (
        select(
            Handoff.team_id,
            func.sum(case((undecided, 1), else_=0)),
            func.min(case((undecided, WAITING_SINCE))),
            func.sum(case((untouched, 1), else_=0)),
            func.count(Task.id),
        )
        .outerjoin(Task, (Task.handoff_id == Handoff.id) & IS_OPEN_TASK & Task.overdue)
        .where(Handoff.workspace_id == teams[0].workspace_id, Handoff.state.in_(LIVE_STATES))
        .where(Handoff.team_id.in_([team.id for team in teams]))
        .group_by(Handoff.team_id)
    )
    by_team = {team_id: tuple(counts) for team_id, *counts in session.execute(counted)}
    return [
        TeamClocks(team.name, *by_team.get(team.id, (0, None, 0, 0)))
        for team in teams
        if team.active or team.id in by_team
    ]


def _out_of_reach(session: Session, person: Person, teams: Sequence[Team]) -> list[OutOfReach]:
    """Return who of these teams can't be reached, by name: of all teams for an administrator, who can mend it."""
    if people.has_left(person) or not (person.is_admin or teams):
        return []
    found = select(Person).where(
        in_workspace(Person, person.workspace_id),
        Person.active,
        or_(Person.deactivated, Person.unreachable.is_not(None)),
    )
    if not person.is_admin:
        found = found.where(Person.team_id.in_([team.id for team in teams]))
    reasons = [(each, people.why_unreachable(each)) for each in session.scalars(found.order_by(Person.name, Person.id))]
    return [OutOfReach(each.name, each.email or each.slack_user_id, why) for each, why in reasons if why is not None]


def _lately(session: Session, person: Person, now: datetime) -> HandedOverLately:
    """Count what the person announced lately, and what became of it by now."""

    def ended(state: HandoffState) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((Handoff.state == state, 1), else_=0)), 0)

    counts = session.execute(
        select(
            func.count(),
            func.count(Handoff.accepted_at),
            func.count(Handoff.qualified_at),
            ended(HandoffState.WON),
            ended(HandoffState.LOST),
            ended(HandoffState.DISQUALIFIED),
        ).where(
            in_workspace(Handoff, person.workspace_id),
            Handoff.announcer_id == person.id,
            Handoff.announced_at > now - LATELY,
        )
    ).one()
    return HandedOverLately(LATELY.days, *counts)
