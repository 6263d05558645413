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

from qualification.records import ChannelQueue, Delivery, Handoff, Membership, Offer, Person, Team
from qualification.records.base import Key
from qualification.rules.handoffs.states import LIVE_STATES

_DELIVERY: Final[Any] = Delivery.__table__
_QUEUE: Final[Any] = ChannelQueue.__table__
# Literals: with bound values SQLite would not use the partial index, or plan the statement again for each run.
IS_DEAD_LETTER: Final = Delivery.state == literal_column("'dead_letter'")
IS_HOME: Final = Delivery.kind == literal_column("'home'")
# The kinds that show a handoff's current state; a thread line never changes.
_DRAWN_FROM_HANDOFF: Final = Delivery.kind.in_(
    literal_column(f"'{kind}'") for kind in ("lead_card", "direct_card", "reminder", "resumed", "receipt")
)


def once_more(delivery: Any) -> dict[str, Any]:  # noqa: ANN401 - the record, or its table's columns
    """Return the values that count one more change to show: a burst of changes makes one edit."""
    return {
        "desired_revision": delivery.desired_revision + literal_column("1"),
        "state": case(
            (_is(delivery, "dead_letter"), literal_column("'dead_letter'")), else_=literal_column("'pending'")
        ),
        "sequence": case((_is(delivery, "delivered"), end_of_line()), else_=delivery.sequence),
    }


def _is(delivery: Any, state: str) -> ColumnElement[bool]:  # noqa: ANN401 - the record, or its table's columns
    """Compare the state with a literal: a bound value would hide the partial indexes from SQLite's planner."""
    compared: ColumnElement[bool] = delivery.state == literal_column(f"'{state}'")
    return compared


def end_of_line() -> ScalarSelect[int]:
    """Return the sequence behind everything queued so far: one more than the highest id; equal ones go by id."""
    every = Delivery.__table__.alias("every_delivery")
    return select(func.coalesce(func.max(every.c.id), literal_column("0")) + literal_column("1")).scalar_subquery()


def _enqueue_in(queue_id: Any, parent_id: Any, found: ColumnElement[bool]) -> Mapping[str, Any]:  # noqa: ANN401 - columns
    """Build an insert into a queue, under a message, both found by the same statement; returns no row if not found."""
    row = _DELIVERY
    columns = {
        **{column.name: bindparam(column.name, type_=column.type) for column in _GIVEN},
        "queue_id": queue_id,
        "parent_id": parent_id,
        "state": literal_column("'pending'"),
        "sequence": end_of_line(),
        "desired_revision": literal_column("1"),
        "shown_revision": literal_column("0"),
        "posting": literal_column("0"),
        "attempts": literal_column("0"),
    }
    again = {
        **once_more(row.c),
        "state": literal_column("'pending'"),
        "attempts": 0,
        "refused_at": None,
        "last_error": None,
    }

    def upsert(insert: Any) -> Any:  # noqa: ANN401 - either dialect's insert
        return (
            insert.from_select(list(columns), select(*columns.values()).where(found))
            .on_conflict_do_update(index_elements=["queue_id", "kind", "subject"], set_=again)
            .returning(row.c.id, row.c.queue_id)
        )

    return {"postgresql": upsert(postgresql.insert(row)), "sqlite": upsert(sqlite.insert(row))}


def _newest_card(handoff: str) -> ScalarSelect[int]:
    """Select a handoff's newest card: a team that moved may have an older one that its old channel refuses."""
    card = Delivery.__table__.alias("newest_card")
    cards = select(func.max(card.c.id)).where(card.c.handoff_id == bindparam(handoff, type_=Key))
    return cards.where(card.c.kind == literal_column("'lead_card'")).scalar_subquery()


def _showing_handoffs() -> CompoundSelect[int]:
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


def _showing_any_handoff() -> CompoundSelect[int]:
    """Select the deliveries that show any live handoff of a workspace, and all its Home tabs."""
    workspace = bindparam("workspace", type_=Key)
    live = select(Handoff.id).where(Handoff.workspace_id == workspace, Handoff.state.in_(LIVE_STATES))
    return union(
        select(Delivery.id).where(Delivery.handoff_id.in_(live), _DRAWN_FROM_HANDOFF),
        select(Delivery.id).where(Delivery.workspace_id == workspace, IS_HOME),
    )


def _update_again(shown: CompoundSelect[int]) -> Any:  # noqa: ANN401 - SQLAlchemy's type of an update that returns
    """Build an update that queues what is stale and returns the queues; locks cards, then Home tabs, each by id."""
    locked = (
        select(Delivery.id)
        .where(Delivery.id.in_(shown))
        .order_by(IS_HOME, Delivery.id)
        .with_for_update(of=Delivery, key_share=True)
    )
    row = _DELIVERY.c
    return update(_DELIVERY).where(row.id.in_(locked)).values(**once_more(row)).returning(row.queue_id)


MAKE_QUEUES_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtext('baton queue'), :workspace_id)")
_AT: Final = and_(ChannelQueue.workspace_id == bindparam("workspace_id"), ChannelQueue.place == bindparam("place"))
TAB_AT: Final = (
    select(Delivery.id, Delivery.queue_id, Delivery.state)
    .join(ChannelQueue, ChannelQueue.id == Delivery.queue_id)
    .where(_AT, IS_HOME)
)
_GIVEN: Final = [_DELIVERY.c[name] for name in ("workspace_id", "kind", "subject", "handoff_id", "priority")]
ENQUEUE_AT: Final = _enqueue_in(ChannelQueue.id, null(), _AT)
_CARD: Final = _DELIVERY.alias("card")
ENQUEUE_UNDER_CARD: Final = _enqueue_in(_CARD.c.queue_id, _CARD.c.id, _CARD.c.id == _newest_card("handoff_id"))
_MESSAGE: Final = _DELIVERY.alias("message")
ENQUEUE_UNDER: Final = _enqueue_in(_MESSAGE.c.queue_id, _MESSAGE.c.id, _MESSAGE.c.id == bindparam("parent", type_=Key))
ENQUEUE_CARD_AGAIN: Final = (
    update(_DELIVERY)
    .where(_DELIVERY.c.id == _newest_card("handoff"), _DELIVERY.c.state != literal_column("'dead_letter'"))
    .values(**once_more(_DELIVERY.c))
    .returning(_DELIVERY.c.id, _DELIVERY.c.queue_id)
)
ENQUEUE_AGAIN: Final = _update_again(_showing_handoffs())
ENQUEUE_ALL: Final = _update_again(_showing_any_handoff())
MAKE_DUE: Final = (
    update(_QUEUE)
    .where(
        ChannelQueue.id.in_(
            select(ChannelQueue.id)
            .where(ChannelQueue.id.in_(bindparam("queues", expanding=True)))
            .order_by(ChannelQueue.id)
            .with_for_update(key_share=True)
        )
    )
    .values(
        due_at=case(
            (or_(ChannelQueue.due_at.is_(None), ChannelQueue.due_at > bindparam("now")), bindparam("now")),
            else_=ChannelQueue.due_at,
        )
    )
)
