"""What Slack must be told: noted in the transaction of the change itself, sent by the worker afterwards.

Locks are always taken in one order, so that PostgreSQL finds no deadlock: deliveries by id, then, when the transaction
ends, Home tabs by id, then lanes by id.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, func, literal_column, null, or_, select, text, tuple_, union, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from qualification.records import Delivery, DeliveryState, Handoff, Lane, Membership, Offer, Team

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

# Where a session keeps what `wake` will do before it commits.
_NOTED: Final = "deliveries"


@dataclass(slots=True)
class _Noted:
    """What a transaction has made due so far."""

    now: datetime
    lanes: set[int] = field(default_factory=set)
    homes: set[tuple[int, int]] = field(default_factory=set)


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
) -> Delivery:
    """Owe Slack this message, or an edit of it where it stands already; one that was parked is tried again."""
    if parent_id is None:
        lane_id = _lane(session, workspace_id, place, person_id)
    else:
        # A team may move to another channel; what replies to a message stays with it.
        lane_id = session.scalars(select(Delivery.lane_id).where(Delivery.id == parent_id)).one()
    if kind == "home":
        tab = session.scalar(select(Delivery).where(Delivery.lane_id == lane_id, Delivery.kind == kind))
        if tab is not None and tab.state is not DeliveryState.PARKED:
            _noted(session, now).homes.add((workspace_id, subject))
            return tab
    insert = postgresql.insert(Delivery) if _is_postgresql(session) else sqlite.insert(Delivery)
    statement = insert.values(
        workspace_id=workspace_id,
        lane_id=lane_id,
        kind=kind,
        subject=subject,
        handoff_id=handoff_id,
        parent_id=parent_id,
        state=DeliveryState.OWED,
        urgency=urgency,
        sequence=_end_of_line(),
        wanted=1,
        shown=0,
        posting=0,
        attempts=0,
    ).on_conflict_do_update(
        index_elements=["lane_id", "kind", "subject"],
        set_={**_once_more(), "state": DeliveryState.OWED, "attempts": 0, "refused_at": None, "trouble": None},
    )
    delivery = session.scalars(statement.returning(Delivery), execution_options={"populate_existing": True}).one()
    _noted(session, now).lanes.add(lane_id)
    return delivery


def stale(session: Session, handoff_id: int, now: datetime) -> None:
    """Owe an edit of everything that shows this handoff: its cards, its reminders, the Home tabs of those concerned."""
    cards = session.execute(
        select(Delivery.id, Delivery.lane_id)
        .where(Delivery.handoff_id == handoff_id, Delivery.kind.in_(DRAWN_FROM_HANDOFF))
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
    ).all()
    _owe_again(session, [card.id for card in cards])
    noted = _noted(session, now)
    noted.lanes.update(card.lane_id for card in cards)
    noted.homes.update((row.workspace_id, row.person_id) for row in session.execute(_concerned(handoff_id)))


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
            **_once_more(),
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
    """Make due what this transaction noted, as its last act before it commits; False: it owed Slack nothing."""
    noted: _Noted | None = session.info.pop(_NOTED, None)
    if noted is None:
        return False
    session.flush()
    if noted.homes:
        tabs = session.execute(_tabs(noted.homes)).all()
        _owe_again(session, [tab.id for tab in tabs])
        noted.lanes.update(tab.lane_id for tab in tabs)
    if noted.lanes:
        lanes = sorted(noted.lanes)
        if len(lanes) > 1 and _is_postgresql(session):
            session.execute(select(Lane.id).where(Lane.id.in_(lanes)).order_by(Lane.id).with_for_update(key_share=True))
        session.execute(
            update(Lane)
            .where(Lane.id.in_(lanes))
            .values(due_at=case((or_(Lane.due_at.is_(None), Lane.due_at > noted.now), noted.now), else_=Lane.due_at))
            .execution_options(synchronize_session=False)
        )
    return bool(noted.lanes)


def _noted(session: Session, now: datetime) -> _Noted:
    noted: _Noted = session.info.setdefault(_NOTED, _Noted(now))
    noted.now = min(noted.now, now)
    return noted


def _owe_again(session: Session, delivery_ids: Iterable[int]) -> None:
    ids = sorted(delivery_ids)
    if ids:
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids))
            .values(**_once_more())
            .execution_options(synchronize_session=False)
        )


def _once_more() -> dict[str, ColumnElement[Any]]:
    """One more change to show: a count, not a queue, so that a burst of changes makes one edit."""
    return {
        "wanted": Delivery.wanted + 1,
        "state": case((_is("parked"), literal_column("'parked'")), else_=literal_column("'owed'")),
        "sequence": case((_is("settled"), _end_of_line()), else_=Delivery.sequence),
    }


def _is(state: str) -> ColumnElement[bool]:
    """Compare with a literal: a bound parameter would hide the partial indexes from SQLite's planner."""
    return Delivery.state == literal_column(f"'{state}'")


def _end_of_line() -> ColumnElement[int]:
    """The place behind everything owed so far: the highest id there is; equals follow by id."""
    every = Delivery.__table__.alias("every_delivery")
    return select(func.coalesce(func.max(every.c.id), 0) + 1).scalar_subquery()


def _lane(session: Session, workspace_id: int, place: str, person_id: int | None) -> int:
    find = select(Lane.id).where(Lane.workspace_id == workspace_id, Lane.place == place)
    lane_id = session.scalar(find)
    if lane_id is None:
        if _is_postgresql(session):
            # Two transactions that make the same two lanes in opposite order would wait for each other.
            session.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('baton lane'), :workspace)"), {"workspace": workspace_id}
            )
        lane_id = session.scalar(find)
    if lane_id is None:
        lane = Lane(workspace_id=workspace_id, place=place, person_id=person_id)
        session.add(lane)
        session.flush()
        lane_id = lane.id
    return lane_id


def _concerned(handoff_id: int) -> Select[Any]:
    """Select the people whose Home tab lists this handoff: owner, manager, those asked, and the pool's reps."""
    return select("*").select_from(
        union(
            select(Handoff.workspace_id, Handoff.owner_id.label("person_id")).where(
                Handoff.id == handoff_id, Handoff.owner_id.is_not(None)
            ),
            select(Handoff.workspace_id, Team.manager_id)
            .join(Team, Team.id == Handoff.team_id)
            .where(Handoff.id == handoff_id, Team.manager_id.is_not(None)),
            select(Offer.workspace_id, Offer.person_id).where(
                Offer.handoff_id == handoff_id, Offer.person_id.is_not(None)
            ),
            select(Membership.workspace_id, Membership.person_id)
            .join(Offer, Offer.pool_id == Membership.pool_id)
            .where(Offer.handoff_id == handoff_id, Offer.person_id.is_(None)),
        ).subquery()
    )


def _tabs(people: Collection[tuple[int, int]]) -> Select[int, int]:
    places: dict[int, list[str]] = {workspace_id: [] for workspace_id, _ in people}
    for workspace_id, person_id in sorted(people):
        places[workspace_id].append(home(person_id))
    return (
        select(Delivery.id, Delivery.lane_id)
        .join(Lane, Lane.id == Delivery.lane_id)
        .where(
            Delivery.kind == "home",
            or_(*(Lane.place.in_(tabs) & (Lane.workspace_id == workspace) for workspace, tabs in places.items())),
        )
        .order_by(Delivery.id)
        .with_for_update(of=Delivery, key_share=True)
    )


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
