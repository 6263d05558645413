"""What Slack must be told: noted in the transaction of the change itself, sent by the worker afterwards.

Locks are taken in one order, so that PostgreSQL finds no deadlock: deliveries by id, and only when the transaction ends
the cards that became stale, Home tabs and lanes, each by id.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    text,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from qualification.records import Delivery, DeliveryState, Handoff, Lane, Membership, Offer, Team
from qualification.records.base import Key, insert_once

NEW_MESSAGE: Final = 0
REPLY_OR_EDIT: Final = 1
CAN_WAIT: Final = 2

# The kinds that draw a handoff as it stands; a thread line never changes once written.
DRAWN_FROM_HANDOFF: Final = ("lead_card", "direct_card", "reminder")

# Why a message is parked before Slack was asked; every other reason is Slack's own word.
NO_SLACK_USER: Final = "no_slack_user"
NO_CHANNEL_ID: Final = "channel_not_looked_up"
PARENT_PARKED: Final = "parent_parked"
CANNOT_BE_DRAWN: Final = "cannot_be_drawn"

# For statements that run on the connection itself.
_DELIVERY: Final[Any] = Delivery.__table__
_LANE: Final[Any] = Lane.__table__
# Where a session keeps what `wake` will do before it commits.
_NOTED: Final = "deliveries"


@dataclass(slots=True)
class _Noted:
    """What a transaction has made due so far."""

    now: datetime
    handoffs: set[int] = field(default_factory=set)
    tabs: set[int] = field(default_factory=set)
    lanes: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Owed:
    """A delivery as whoever owes it knows it: by its id and its lane's."""

    id: int
    lane_id: int


def direct(person_id: int) -> str:
    """Name the place of a person's direct messages with the bot."""
    return f"direct:{person_id}"


def home(person_id: int) -> str:
    """Name the place of a person's Home tab."""
    return f"home:{person_id}"


def owe(
    session: Session,
    *,
    workspace_id: int,
    place: str,
    person_id: int | None,
    kind: str,
    subject: int,
    handoff_id: int | None,
    parent_id: int | None,
    urgency: int,
    now: datetime,
) -> Owed:
    """Owe Slack this message, or an edit of it where it stands already; one that was parked is tried again.

    A reply stands in the place of the message it replies to, wherever its team has moved meanwhile.
    """
    noted = _noted(session, now)
    session.flush()
    connection = session.connection()
    there: dict[str, Any] = {"workspace_id": workspace_id, "place": place}
    if kind == "home":
        tab = connection.execute(_TAB_AT, there).first()
        if tab is not None and tab.state is not DeliveryState.PARKED:
            noted.tabs.add(tab.id)
            return Owed(tab.id, tab.lane_id)
    upsert = (_OWE_AT if parent_id is None else _OWE_UNDER)[connection.dialect.name]
    given = {
        **there,
        "kind": kind,
        "subject": subject,
        "handoff_id": handoff_id,
        "parent_id": parent_id,
        "urgency": urgency,
    }
    row = connection.execute(upsert, given).first()
    if row is None:
        _make_lane(session, workspace_id, place, person_id)
        row = connection.execute(upsert, given).one()
    noted.lanes.add(row.lane_id)
    return Owed(row.id, row.lane_id)


def stale(session: Session, handoff_id: int, now: datetime) -> None:
    """Owe an edit of everything that shows this handoff: its cards, its reminders, the Home tabs of those concerned."""
    _noted(session, now).handoffs.add(handoff_id)


def unpark(
    session: Session,
    workspace_id: int,
    *,
    now: datetime,
    place: str | None = None,
    person_id: int | None = None,
    troubles: Collection[str] | None = None,
) -> int:
    """Owe again what was parked, all of it or only at a place, of a person or for these reasons; return how many."""
    parked = (
        select(Delivery.id, Delivery.lane_id)
        .join(Lane, Lane.id == Delivery.lane_id)
        .where(Delivery.workspace_id == workspace_id, Delivery.state == DeliveryState.PARKED)
    )
    if place is not None:
        parked = parked.where(Lane.place == place)
    if person_id is not None:
        parked = parked.where(Lane.person_id == person_id)
    if troubles is not None:
        parked = parked.where(Delivery.trouble.in_({*troubles, PARENT_PARKED}))
    rows = session.execute(parked.order_by(Delivery.id).with_for_update(of=Delivery, key_share=True)).all()
    if rows:
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_([row.id for row in rows]))
            .values(state=DeliveryState.OWED, attempts=0, refused_at=None, trouble=None, sequence=_end_of_line())
            .execution_options(synchronize_session=False)
        )
        _noted(session, now).lanes.update(row.lane_id for row in rows)
    return len(rows)


def move(session: Session, workspace_id: int, *, place: str, channel: str, now: datetime) -> None:
    """Owe to a channel's id what was owed to its name, now that Slack has said the id."""
    named = session.scalar(
        select(Lane).where(Lane.workspace_id == workspace_id, Lane.place == place).with_for_update(key_share=True)
    )
    if named is None or place == channel:
        return
    taken = session.scalar(select(Lane.id).where(Lane.workspace_id == workspace_id, Lane.place == channel))
    if taken is None:
        named.place = channel
        session.flush()
    else:
        # What stands there already needs no second message; its lane under the name stays, and stays parked.
        there = select(Delivery.kind, Delivery.subject).where(Delivery.lane_id == taken)
        session.execute(
            update(Delivery)
            .where(Delivery.lane_id == named.id, tuple_(Delivery.kind, Delivery.subject).not_in(there))
            .values(lane_id=taken)
            .execution_options(synchronize_session=False)
        )
    unpark(session, workspace_id, now=now, place=channel, troubles=(NO_CHANNEL_ID,))


def gone(session: Session, *, workspace_id: int, channel: str, ts: str, now: datetime) -> bool:
    """Owe anew, with its replies, the message that somebody deleted in Slack; False: it was none of ours."""
    delivery_id = session.scalar(
        select(Delivery.id).where(Delivery.workspace_id == workspace_id, Delivery.channel == channel, Delivery.ts == ts)
    )
    if delivery_id is None:
        return False
    _noted(session, now).lanes.update(post_anew(session, delivery_id))
    return True


def post_anew(session: Session, delivery_id: int) -> set[int]:
    """Forget where a message and its replies stood, so that they are posted again; return their lanes."""
    thread = lock_thread(session, delivery_id)
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(thread))
        .values(
            **_once_more(Delivery),
            posting=Delivery.posting + 1,
            ts=null(),
            channel=null(),
            fingerprint=null(),
            began_at=null(),
            recheck_at=null(),
        )
        .execution_options(synchronize_session=False)
    )
    return set(thread.values())


def lock_thread(session: Session, delivery_id: int) -> dict[int, int]:
    """Lock a message and its replies, in the order in which everybody locks them; return their lanes."""
    rows = session.execute(
        select(Delivery.id, Delivery.lane_id)
        .where(or_(Delivery.id == delivery_id, Delivery.parent_id == delivery_id))
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
    )
    return {row.id: row.lane_id for row in rows}


def wake(session: Session) -> bool:
    """Owe and make due what this transaction noted, as its last act before it commits; False: there was nothing."""
    noted: _Noted | None = session.info.pop(_NOTED, None)
    if noted is None:
        return False
    session.flush()
    connection = session.connection()
    if noted.handoffs:
        noted.lanes.update(connection.scalars(_OWE_CARDS, {"handoffs": [*noted.handoffs]}))
    if noted.handoffs or noted.tabs:
        tabs = {"handoffs": [*noted.handoffs], "tabs": [*noted.tabs]}
        noted.lanes.update(connection.scalars(_OWE_TABS, tabs))
    if noted.lanes:
        connection.execute(_MAKE_DUE, {"lanes": [*noted.lanes], "now": noted.now})
    return bool(noted.lanes)


def _noted(session: Session, now: datetime) -> _Noted:
    noted: _Noted = session.info.setdefault(_NOTED, _Noted(now))
    noted.now = min(noted.now, now)
    return noted


def _make_lane(session: Session, workspace_id: int, place: str, person_id: int | None) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Two transactions that make the same two lanes in opposite order would wait for each other.
        session.execute(_MAKE_LANES_ALONE, {"workspace_id": workspace_id})
    insert_once(session, Lane, workspace_id=workspace_id, place=place, person_id=person_id)


def _once_more(delivery: Any) -> dict[str, Any]:  # noqa: ANN401 - the record, or its table's columns
    """One more change to show: a count, not a queue, so that a burst of changes makes one edit."""
    return {
        "wanted": delivery.wanted + 1,
        "state": case((_is(delivery, "parked"), literal_column("'parked'")), else_=literal_column("'owed'")),
        "sequence": case((_is(delivery, "settled"), _end_of_line()), else_=delivery.sequence),
    }


def _is(delivery: Any, state: str) -> ColumnElement[bool]:  # noqa: ANN401 - the record, or its table's columns
    """Compare with a literal: a bound parameter would hide the partial indexes from SQLite's planner."""
    compared: ColumnElement[bool] = delivery.state == literal_column(f"'{state}'")
    return compared


def _end_of_line() -> ScalarSelect[int]:
    """The place behind everything owed so far: after the highest id there is; equals follow by id."""
    every = Delivery.__table__.alias("every_delivery")
    return select(func.coalesce(func.max(every.c.id), 0) + 1).scalar_subquery()


def _owe_in(lane_id: Any, found: ColumnElement[bool]) -> Mapping[str, Any]:  # noqa: ANN401 - a column
    """Owe in a lane that is found in the same statement; where none is, no row comes back."""
    row = _DELIVERY
    columns = {
        **{column.name: bindparam(column.name, type_=column.type) for column in (*_GIVEN, row.c.workspace_id)},
        "lane_id": lane_id,
        "state": literal_column("'owed'"),
        "sequence": _end_of_line(),
        "wanted": literal(1),
        "shown": literal(0),
        "posting": literal(0),
        "attempts": literal(0),
    }
    again = {**_once_more(row.c), "state": literal_column("'owed'"), "attempts": 0, "refused_at": None, "trouble": None}

    def upsert(insert: Any) -> Any:  # noqa: ANN401 - either dialect's insert
        return (
            insert.from_select(list(columns), select(*columns.values()).where(found))
            .on_conflict_do_update(index_elements=["lane_id", "kind", "subject"], set_=again)
            .returning(row.c.id, row.c.lane_id)
        )

    return {"postgresql": upsert(postgresql.insert(row)), "sqlite": upsert(sqlite.insert(row))}


def _owe_again(deliveries: Select[int]) -> Any:  # noqa: ANN401 - SQLAlchemy's type of an update that returns
    """Update these, locked in the order of their ids, and return their lanes."""
    row = _DELIVERY.c
    locked = deliveries.order_by(Delivery.id).with_for_update(of=Delivery, key_share=True)
    return update(_DELIVERY).where(row.id.in_(locked)).values(**_once_more(row)).returning(row.lane_id)


def _concerned() -> Any:  # noqa: ANN401 - SQLAlchemy's type of a union
    """Select the places of the Home tabs that list a handoff: of owner, manager, those asked, the pool's reps."""
    handoffs = bindparam("handoffs", type_=Key, expanding=True)
    people = union(
        select(Handoff.workspace_id, Handoff.owner_id.label("person_id")).where(Handoff.id.in_(handoffs)),
        select(Handoff.workspace_id, Team.manager_id)
        .join(Team, Team.id == Handoff.team_id)
        .where(Handoff.id.in_(handoffs)),
        select(Offer.workspace_id, Offer.person_id).where(Offer.handoff_id.in_(handoffs)),
        select(Membership.workspace_id, Membership.person_id)
        .join(Offer, Offer.pool_id == Membership.pool_id)
        .where(Offer.handoff_id.in_(handoffs), Offer.person_id.is_(None)),
    ).subquery()
    return select(people.c.workspace_id, literal_column("'home:'").concat(cast(people.c.person_id, String)))


# Built once: to build a statement takes longer than to run it. They run on the session's connection: what comes back is
# no record, and the session's own way takes as long again.
_MAKE_LANES_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtext('baton lane'), :workspace_id)")
_AT: Final = and_(Lane.workspace_id == bindparam("workspace_id"), Lane.place == bindparam("place"))
_TAB_AT: Final = (
    select(Delivery.id, Delivery.lane_id, Delivery.state)
    .join(Lane, Lane.id == Delivery.lane_id)
    .where(_AT, Delivery.kind == "home")
)
_GIVEN: Final = [_DELIVERY.c[name] for name in ("kind", "subject", "handoff_id", "parent_id", "urgency")]
_PARENT: Final = _DELIVERY.alias("parent")
_OWE_AT: Final = _owe_in(Lane.id, _AT)
_OWE_UNDER: Final = _owe_in(_PARENT.c.lane_id, _PARENT.c.id == bindparam("parent_id"))
_OWE_CARDS: Final = _owe_again(
    select(Delivery.id).where(
        Delivery.handoff_id.in_(bindparam("handoffs", expanding=True)), Delivery.kind.in_(DRAWN_FROM_HANDOFF)
    )
)
_OWE_TABS: Final = _owe_again(
    select(Delivery.id)
    .join(Lane, Lane.id == Delivery.lane_id)
    .where(
        Delivery.kind == "home",
        or_(
            Delivery.id.in_(bindparam("tabs", expanding=True)), tuple_(Lane.workspace_id, Lane.place).in_(_concerned())
        ),
    )
)
_MAKE_DUE: Final = (
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
