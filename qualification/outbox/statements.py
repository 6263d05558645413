"""The statements that queue messages, built once: building one takes longer than running it.

They run on the session's connection: they return columns and not records, and the session would take twice as long.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from qualification.records import Delivery, Handoff, Lane, Membership, Offer, Person, Team
from qualification.records.base import Key
from qualification.rules.handoffs.states import LIVE_STATES

_DELIVERY: Final[Any] = Delivery.__table__
_LANE: Final[Any] = Lane.__table__
# Literals: with bound values SQLite would not use the partial index, or plan the statement again for each run.
IS_PARKED: Final = Delivery.state == literal_column("'parked'")
IS_HOME: Final = Delivery.kind == literal_column("'home'")
# The kinds that show a handoff's current state; a thread line never changes.
_DRAWN_FROM_HANDOFF: Final = Delivery.kind.in_(
    literal_column(f"'{kind}'") for kind in ("lead_card", "direct_card", "reminder", "woken", "receipt")
)


def once_more(delivery: Any) -> dict[str, Any]:  # noqa: ANN401 - the record, or its table's columns
    """Return the values that count one more change to show: a burst of changes makes one edit."""
    return {
        "wanted": delivery.wanted + literal_column("1"),
        "state": case((_is(delivery, "parked"), literal_column("'parked'")), else_=literal_column("'owed'")),
        "sequence": case((_is(delivery, "settled"), end_of_line()), else_=delivery.sequence),
    }


def _is(delivery: Any, state: str) -> ColumnElement[bool]:  # noqa: ANN401 - the record, or its table's columns
    """Compare the state with a literal: a bound value would hide the partial indexes from SQLite's planner."""
    compared: ColumnElement[bool] = delivery.state == literal_column(f"'{state}'")
    return compared


def end_of_line() -> ScalarSelect[int]:
    """Return the sequence behind everything queued so far: one more than the highest id; equal ones go by id."""
    every = Delivery.__table__.alias("every_delivery")
    return select(func.coalesce(func.max(every.c.id), literal_column("0")) + literal_column("1")).scalar_subquery()


def _owe_in(lane_id: Any, parent_id: Any, found: ColumnElement[bool]) -> Mapping[str, Any]:  # noqa: ANN401 - columns
    """Build an insert into a lane, under a message, both found by the same statement; returns no row if not found."""
    row = _DELIVERY
    columns = {
        **{column.name: bindparam(column.name, type_=column.type) for column in _GIVEN},
        "lane_id": lane_id,
        "parent_id": parent_id,
        "state": literal_column("'owed'"),
        "sequence": end_of_line(),
        "wanted": literal_column("1"),
        "shown": literal_column("0"),
        "posting": literal_column("0"),
        "attempts": literal_column("0"),
    }
    again = {**once_more(row.c), "state": literal_column("'owed'"), "attempts": 0, "refused_at": None, "trouble": None}

    def upsert(insert: Any) -> Any:  # noqa: ANN401 - either dialect's insert
        return (
            insert.from_select(list(columns), select(*columns.values()).where(found))
            .on_conflict_do_update(index_elements=["lane_id", "kind", "subject"], set_=again)
            .returning(row.c.id, row.c.lane_id)
        )

    return {"postgresql": upsert(postgresql.insert(row)), "sqlite": upsert(sqlite.insert(row))}


def _newest_card(handoff: str) -> ScalarSelect[int]:
    """Select a handoff's newest card: a team that moved may have an older one that its old channel refuses."""
    card = Delivery.__table__.alias("newest_card")
    cards = select(func.max(card.c.id)).where(card.c.handoff_id == bindparam(handoff, type_=Key))
    return cards.where(card.c.kind == literal_column("'lead_card'")).scalar_subquery()


def _stale() -> CompoundSelect[int]:
    """Select the deliveries that show these handoffs, and these Home tabs."""
    handoffs = bindparam("handoffs", type_=Key, expanding=True)
    # The people whose Home tabs list a handoff: announcer, owner, managers, administrators where there is no manager,
    # reps who were asked, and the reps of a pool that was asked.
    concerned: CompoundSelect[Any] = union(
        select(Handoff.announcer_id).where(Handoff.id.in_(handoffs)),
        select(Handoff.owner_id).where(Handoff.id.in_(handoffs)),
        select(Team.manager_id).join(Handoff, Handoff.team_id == Team.id).where(Handoff.id.in_(handoffs)),
        select(Person.id)
        .join(Handoff, Handoff.team_id == Person.team_id)
        .where(Handoff.id.in_(handoffs), Person.is_manager),
        select(Person.id)
        .join(Team, Team.workspace_id == Person.workspace_id)
        .join(Handoff, Handoff.team_id == Team.id)
        .where(Handoff.id.in_(handoffs), Team.manager_id.is_(None), Person.is_admin),
        select(Offer.person_id).where(Offer.handoff_id.in_(handoffs)),
        select(Membership.person_id)
        .join(Offer, Offer.pool_id == Membership.pool_id)
        .where(Offer.handoff_id.in_(handoffs), Offer.person_id.is_(None)),
    )
    return union(
        select(Delivery.id).where(Delivery.handoff_id.in_(handoffs), _DRAWN_FROM_HANDOFF),
        select(Delivery.id).where(IS_HOME, Delivery.subject.in_(concerned)),
        select(Delivery.id).where(Delivery.id.in_(bindparam("tabs", expanding=True))),
    )


def _all_stale() -> CompoundSelect[int]:
    """Select the deliveries that show any live handoff of a workspace, and all its Home tabs."""
    workspace = bindparam("workspace", type_=Key)
    live = select(Handoff.id).where(Handoff.workspace_id == workspace, Handoff.state.in_(LIVE_STATES))
    return union(
        select(Delivery.id).where(Delivery.handoff_id.in_(live), _DRAWN_FROM_HANDOFF),
        select(Delivery.id).where(Delivery.workspace_id == workspace, IS_HOME),
    )


def _owe_again(stale: CompoundSelect[int]) -> Any:  # noqa: ANN401 - SQLAlchemy's type of an update that returns
    """Build an update that queues what is stale and returns the lanes; locks cards, then Home tabs, each by id."""
    locked = (
        select(Delivery.id)
        .where(Delivery.id.in_(stale))
        .order_by(IS_HOME, Delivery.id)
        .with_for_update(of=Delivery, key_share=True)
    )
    row = _DELIVERY.c
    return update(_DELIVERY).where(row.id.in_(locked)).values(**once_more(row)).returning(row.lane_id)


MAKE_LANES_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtext('baton lane'), :workspace_id)")
_AT: Final = and_(Lane.workspace_id == bindparam("workspace_id"), Lane.place == bindparam("place"))
TAB_AT: Final = (
    select(Delivery.id, Delivery.lane_id, Delivery.state).join(Lane, Lane.id == Delivery.lane_id).where(_AT, IS_HOME)
)
_GIVEN: Final = [_DELIVERY.c[name] for name in ("workspace_id", "kind", "subject", "handoff_id", "urgency")]
OWE_AT: Final = _owe_in(Lane.id, null(), _AT)
_CARD: Final = _DELIVERY.alias("card")
OWE_UNDER_CARD: Final = _owe_in(_CARD.c.lane_id, _CARD.c.id, _CARD.c.id == _newest_card("handoff_id"))
_MESSAGE: Final = _DELIVERY.alias("message")
OWE_UNDER: Final = _owe_in(_MESSAGE.c.lane_id, _MESSAGE.c.id, _MESSAGE.c.id == bindparam("parent", type_=Key))
OWE_CARD_AGAIN: Final = (
    update(_DELIVERY)
    .where(_DELIVERY.c.id == _newest_card("handoff"), _DELIVERY.c.state != literal_column("'parked'"))
    .values(**once_more(_DELIVERY.c))
    .returning(_DELIVERY.c.id, _DELIVERY.c.lane_id)
)
OWE_AGAIN: Final = _owe_again(_stale())
OWE_ALL: Final = _owe_again(_all_stale())
MAKE_DUE: Final = (
    update(_LANE)
    .where(
        Lane.id.in_(
            select(Lane.id)
            .where(Lane.id.in_(bindparam("lanes", expanding=True)))
            .order_by(Lane.id)
            .with_for_update(key_share=True)
        )
    )
    .values(
        due_at=case((or_(Lane.due_at.is_(None), Lane.due_at > bindparam("now")), bindparam("now")), else_=Lane.due_at)
    )
)
