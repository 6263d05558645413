"""The pipeline: how many leads sales has, at which stage, and what they are worth, counted from the current rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, text
from sqlalchemy.orm import Session

from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import IS_OPEN, Handoff, Lead, Offer, Person, Team, rows
from qualification.reporting import lifecycle_counts
from qualification.reporting.figures import Amount, Conversion, GroupTally, Pipeline, Rate, StageTally, Tally
from qualification.rules.handoffs.states import LIVE_STATES, UNDECIDED_STATES, HandoffState, OfferOutcome
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import NotForYou, UnknownPerson
from qualification.rules.reporting import pipeline_query
from qualification.rules.reporting.pipeline_query import By, PipelineQuery
from qualification.rules.values import exchange_rates

WAITING: Final = "waiting"
DISQUALIFIED: Final = "disqualified"
NOT_NOW: Final = "not_now"
# The keys of handoffs that have no stage, by state.
_BESIDE: Final = {HandoffState.DISQUALIFIED: DISQUALIFIED, HandoffState.SNOOZED: NOT_NOW}
# The column of a `GroupTally` that a handoff counts in, by state.
_COLUMN: Final[Mapping[HandoffState, str]] = {
    **dict.fromkeys(UNDECIDED_STATES, "waiting"),
    HandoffState.ACCEPTED: "open",
    HandoffState.SNOOZED: "snoozed",
    HandoffState.WON: "won",
    HandoffState.LOST: "lost",
    HandoffState.DISQUALIFIED: "lost",
}


@dataclass(slots=True)
class _Sum:
    """A count, and a sum for each currency in minor units, while they are added up."""

    count: int = 0
    minor: dict[str, int] = field(default_factory=dict)

    def add(self, count: int, minor: int | None, currency: str | None) -> None:
        self.count += count
        if minor is not None and currency is not None:
            self.minor[currency] = self.minor.get(currency, 0) + int(minor)

    def tally(self, playbook: Playbook) -> Tally:
        sums = exchange_rates.summed(self.minor, playbook.currency, playbook.rates)
        return Tally(self.count, tuple(Amount(minor, currency) for currency, minor in sums.items() if minor))


@dataclass(frozen=True, slots=True)
class _Scope:
    """The handoffs that a person may count."""

    name: str
    teams: tuple[Team, ...]
    fits: ColumnElement[bool] | None
    around: ColumnElement[bool] | None  # the whole team's, where `fits` selects only the person's own


def ask(session: Session, workspace_id: int, slack_user_id: str, text: str, *, now: datetime) -> Pipeline:
    """Answer a question about the pipeline, asked by a Slack user in the words of `/pipeline`.

    A rep counts their own leads and the totals of their team, a manager the teams they manage, administrators and
    marketers everything. Days are those of the asker's zone. Raises UnknownWord, UnknownPerson, and NotForYou for
    somebody whom the playbook does not name, and for a rep who asks about another.
    """
    person = _require_here(people.by_slack_user(session, workspace_id, slack_user_id))
    zone = people.zone_of(session, person)
    query = pipeline_query.parse(text, now.astimezone(zone).date())
    scope = _scope_of(session, person)
    rep = _rep(session, workspace_id, query, person, scope)
    playbook = playbooks.current(session, workspace_id).playbook
    wanted = _wanted(workspace_id, query, zone)
    if rep is not None:
        wanted.append(_of(rep))
    counted = _count(session, query.by, wanted + ([scope.fits] if scope.fits is not None else []))
    around = None
    if scope.around is not None and rep is None:
        around = _grouped(_count(session, By.TEAM, [*_wanted(workspace_id, query, zone), scope.around]), playbook)
    return Pipeline(
        by=query.by.value,
        period=query.period.key if query.period else None,
        scope=scope.name,
        teams=tuple(team.name for team in scope.teams),
        rep=people.ref(rep) if rep else None,
        count=sum(row.count for row in counted),
        total=_grouped(counted, playbook),
        team=around,
        stages=_by_stage(counted, playbook) if query.by is By.STAGE else (),
        groups=_by_group(session, workspace_id, query.by, counted, playbook) if query.by is not By.STAGE else (),
        lifecycle=() if rep is not None else lifecycle_counts.count(session, workspace_id, scope.fits),
        words=query.words,
    )


def conversion(session: Session, workspace_id: int, slack_user_id: str) -> Conversion:
    """Return the currency and the exchange rates of all sums; raises NotForYou for whoever may not see these."""
    _require_here(people.by_slack_user(session, workspace_id, slack_user_id))
    playbook = playbooks.current(session, workspace_id).playbook
    return Conversion(
        currency=playbook.currency,
        rates=tuple(Rate(currency, f"{worth:f}") for currency, worth in sorted(playbook.rates.items())),
    )


def standing(session: Session, team: Team, playbook: Playbook) -> tuple[StageTally, ...]:
    """Count a team's live handoffs by stage, the waiting ones first; a stage that ends them is left out if empty."""
    live = [Handoff.workspace_id == team.workspace_id, Handoff.state.in_(LIVE_STATES), Handoff.team_id == team.id]
    over = {NOT_NOW, DISQUALIFIED, *(stage.key for stage in playbook.stages if stage.ends)}
    stages = _by_stage(_count(session, By.STAGE, live), playbook)
    return tuple(each for each in stages if each.key not in over or each.tally.count)


def _require_here(person: Person | None) -> Person:
    """Return the person; raises NotForYou for somebody whom the playbook does not name, or not any more."""
    if person is None or people.has_left(person):
        raise NotForYou
    return person


def _scope_of(session: Session, person: Person) -> _Scope:
    if person.is_admin or (person.is_marketer and not (person.is_rep or person.is_manager)):
        return _Scope("all", (), None, None)
    managed = select(Team).where(
        rows.in_workspace(Team, person.workspace_id), Team.id.in_(people.managed_by(person)), Team.active
    )
    teams = session.scalars(managed.order_by(Team.name)).all()
    if teams:
        return _Scope("team", tuple(teams), Handoff.team_id.in_([team.id for team in teams]), None)
    team = rows.get(session, Team, person.team_id, person.workspace_id)
    return _Scope("own", (team,) if team else (), _of(person), Handoff.team_id == team.id if team else None)


def _of(person: Person) -> ColumnElement[bool]:
    """Say which handoffs are somebody's: theirs, offered to them, or snoozed by them and to come back."""
    offered = exists().where(Offer.handoff_id == Handoff.id, Offer.person_id == person.id, IS_OPEN)
    snoozed = and_(Handoff.state == HandoffState.SNOOZED, person.id == _SNOOZED_BY)
    return or_(Handoff.owner_id == person.id, and_(Handoff.owner_id.is_(None), or_(offered, snoozed)))


def _rep(session: Session, workspace_id: int, query: PipelineQuery, person: Person, scope: _Scope) -> Person | None:
    if query.rep is None:
        return None
    rep = people.by_slack_user(session, workspace_id, query.rep)
    if rep is None:
        raise UnknownPerson
    if scope.name == "own" and rep.id != person.id:
        raise NotForYou
    return rep


def _wanted(workspace_id: int, query: PipelineQuery, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    wanted = [Handoff.workspace_id == workspace_id]
    if query.period is not None:
        wanted += [Handoff.announced_at >= query.period.begins(zone), Handoff.announced_at < query.period.ends(zone)]
    return wanted


def _count(session: Session, by: By, wanted: Iterable[ColumnElement[bool]]) -> list[Any]:
    """Count the handoffs and add up what their leads are worth, by state, key of the row, and currency."""
    key = _KEYS[by].label("key")
    counted = (
        select(
            Handoff.state,
            key,
            Lead.currency,
            func.count().label("count"),
            func.sum(Lead.value_minor).label("minor"),
        )
        .join(Lead, Lead.id == Handoff.lead_id)
        .where(*wanted)
        .group_by(Handoff.state, text("key"), Lead.currency)
    )
    return [*session.execute(counted)]


def _by_stage(counted: Iterable[Any], playbook: Playbook) -> tuple[StageTally, ...]:
    sums: dict[str, _Sum] = defaultdict(_Sum)
    for row in counted:
        if row.state in UNDECIDED_STATES:
            key = WAITING
        else:
            key = _BESIDE.get(row.state) or row.key or playbook.first_stage.key
        sums[key].add(row.count, row.minor, row.currency)
    names: dict[str, str | None] = {WAITING: None, **{stage.key: stage.name for stage in playbook.stages}}
    # A stage that the playbook no longer has is listed while leads are in it.
    names |= {key: key for key in sorted(sums) if key not in names and key not in _BESIDE.values()}
    names |= {NOT_NOW: None, DISQUALIFIED: None}
    return tuple(StageTally(key, name, sums[key].tally(playbook)) for key, name in names.items())


def _by_group(
    session: Session, workspace_id: int, by: By, counted: Iterable[Any], playbook: Playbook
) -> tuple[GroupTally, ...]:
    grouped: dict[Any, list[Any]] = defaultdict(list)
    for row in counted:
        grouped[row.key].append(row)
    names = _NAMES[by](session, workspace_id, grouped, playbook)
    groups = [_grouped(each, playbook, names.get(key)) for key, each in grouped.items()]
    return tuple(sorted(groups, key=lambda each: (each.name is None, -_worth(each), (each.name or "").casefold())))


def _worth(group: GroupTally) -> int:
    return group.waiting.count + group.open.count + group.snoozed.count + group.won.count + group.lost.count


def _grouped(counted: Iterable[Any], playbook: Playbook, name: str | None = None) -> GroupTally:
    sums = {column: _Sum() for column in ("waiting", "open", "snoozed", "won", "lost")}
    for row in counted:
        sums[_COLUMN[row.state]].add(row.count, row.minor, row.currency)
    return GroupTally(name, **{column: each.tally(playbook) for column, each in sums.items()})


def _rep_names(session: Session, workspace_id: int, keys: Iterable[Any], _: Playbook) -> dict[Any, str]:
    return {person_id: person.name for person_id, person in people.by_ids(session, workspace_id, keys).items()}


def _team_names(session: Session, workspace_id: int, keys: Iterable[Any], _: Playbook) -> dict[Any, str]:
    named = select(Team.id, Team.name).where(rows.in_workspace(Team, workspace_id), Team.id.in_(list(keys)))
    return {team.id: team.name for team in session.execute(named)}


def _source_names(_: Session, __: int, keys: Iterable[Any], playbook: Playbook) -> dict[Any, str]:
    found = {key: playbook.source(key) for key in keys if key is not None}
    return {key: source.name if source else key for key, source in found.items()}


# The rep who snoozed a handoff when it was offered to them, and to whom it comes back.
_SNOOZED_BY: Final[Any] = (
    select(case((Offer.outcome == OfferOutcome.SNOOZED, Offer.person_id)))
    .where(Offer.handoff_id == Handoff.id)
    .order_by(Offer.id.desc())
    .limit(1)
    .correlate(Handoff)
    .scalar_subquery()
)
_KEYS: Final[Mapping[By, Any]] = {
    By.STAGE: Handoff.stage,
    By.REP: func.coalesce(Handoff.owner_id, case((Handoff.state == HandoffState.SNOOZED, _SNOOZED_BY))),
    By.TEAM: Handoff.team_id,
    By.SOURCE: Handoff.source,
}
_NAMES: Final[Mapping[By, Callable[[Session, int, Iterable[Any], Playbook], dict[Any, str]]]] = {
    By.REP: _rep_names,
    By.TEAM: _team_names,
    By.SOURCE: _source_names,
}
