"""What Slack must be told: noted in the transaction of the change itself, sent by the worker afterwards.

Locks are taken in one order, so that PostgreSQL finds no deadlock: deliveries by id, and only when the transaction ends
the cards that became stale, Home tabs and lanes, each by id.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import null, or_, select, tuple_, update
from sqlalchemy.orm import Session

from qualification.outbox import statements as queries
from qualification.records import Delivery, DeliveryState, Lane, Pace, Workspace
from qualification.records.base import insert_once

NEW_MESSAGE: Final = 0
REPLY_OR_EDIT: Final = 1
CAN_WAIT: Final = 2

# Why a message is parked before Slack was asked; every other reason is Slack's own word.
NO_SLACK_USER: Final = "no_slack_user"
NO_CHANNEL_ID: Final = "channel_not_looked_up"
PARENT_PARKED: Final = "parent_parked"
CANNOT_BE_DRAWN: Final = "cannot_be_drawn"
# Why one is parked after a fault of ours that came back each time.
UNFORESEEN: Final = "unforeseen"

# Where a session keeps what `wake` will do before it commits.
_NOTED: Final = "deliveries"


@dataclass(slots=True)
class _Noted:
    """What a transaction has made due so far."""

    now: datetime
    handoffs: set[int] = field(default_factory=set)
    tabs: set[int] = field(default_factory=set)
    lanes: set[int] = field(default_factory=set)
    workspaces: set[int] = field(default_factory=set)


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


def owe_card_again(session: Session, handoff_id: int, now: datetime) -> Owed | None:
    """Owe an edit of the handoff's card where it stands; None where there is none yet, or it is parked."""
    noted = _noted(session, now)
    session.flush()
    row = session.connection().execute(queries.OWE_CARD_AGAIN, {"handoff": handoff_id}).first()
    if row is None:
        return None
    noted.lanes.add(row.lane_id)
    return Owed(row.id, row.lane_id)


def owe(
    session: Session,
    *,
    workspace_id: int,
    place: str,
    person_id: int | None,
    kind: str,
    subject: int,
    handoff_id: int | None,
    urgency: int,
    now: datetime,
) -> Owed:
    """Owe Slack this message, or an edit of it where it stands already; one that was parked is tried again."""
    noted = _noted(session, now)
    session.flush()
    connection = session.connection()
    there: dict[str, Any] = {"workspace_id": workspace_id, "place": place}
    if kind == "home":
        tab = connection.execute(queries.TAB_AT, there).first()
        if tab is not None and tab.state is not DeliveryState.PARKED:
            noted.tabs.add(tab.id)
            return Owed(tab.id, tab.lane_id)
    upsert = queries.OWE_AT[connection.dialect.name]
    given = {**there, "kind": kind, "subject": subject, "handoff_id": handoff_id, "urgency": urgency}
    row = connection.execute(upsert, given).first()
    if row is None:
        _make_lane(session, workspace_id, place, person_id)
        row = connection.execute(upsert, given).one()
    noted.lanes.add(row.lane_id)
    return Owed(row.id, row.lane_id)


def owe_reply(
    session: Session, *, workspace_id: int, kind: str, subject: int, handoff_id: int, urgency: int, now: datetime
) -> Owed | None:
    """Owe a reply to the handoff's card in its place, wherever its team has moved meanwhile; None without one."""
    noted = _noted(session, now)
    session.flush()
    connection = session.connection()
    given = {
        "workspace_id": workspace_id,
        "kind": kind,
        "subject": subject,
        "handoff_id": handoff_id,
        "urgency": urgency,
    }
    row = connection.execute(queries.OWE_UNDER_CARD[connection.dialect.name], given).first()
    if row is None:
        return None
    noted.lanes.add(row.lane_id)
    return Owed(row.id, row.lane_id)


def owe_under(
    session: Session, message: Owed, *, workspace_id: int, kind: str, subject: int, urgency: int, now: datetime
) -> Owed:
    """Owe a reply to a message that shows no handoff; it waits until that stands."""
    noted = _noted(session, now)
    session.flush()
    connection = session.connection()
    given = {
        "workspace_id": workspace_id,
        "kind": kind,
        "subject": subject,
        "handoff_id": None,
        "urgency": urgency,
        "parent": message.id,
    }
    row = connection.execute(queries.OWE_UNDER[connection.dialect.name], given).one()
    noted.lanes.add(row.lane_id)
    return Owed(row.id, row.lane_id)


def stale(session: Session, handoff_id: int, now: datetime) -> None:
    """Owe an edit of everything that shows this handoff: its cards, its reminders, the Home tabs of those concerned."""
    _noted(session, now).handoffs.add(handoff_id)


def all_stale(session: Session, workspace_id: int, now: datetime) -> None:
    """Owe an edit of everything that shows a live handoff of the workspace, and of every Home tab.

    An edit that changes nothing is drawn, and not sent.
    """
    _noted(session, now).workspaces.add(workspace_id)


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
        .where(Delivery.workspace_id == workspace_id, queries.IS_PARKED)
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
            .values(
                state=DeliveryState.OWED,
                attempts=0,
                refused_at=None,
                trouble=None,
                sequence=queries.end_of_line(),
            )
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
            **queries.once_more(Delivery),
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


def refused(session: Session, workspace_id: int) -> str | None:
    """Say what Slack refuses until somebody looks: every call, or the methods named; None where all is well."""
    trouble = session.scalar(select(Workspace.trouble).where(Workspace.id == workspace_id))
    if trouble is not None:
        return trouble
    paces = select(Pace.method, Pace.trouble).where(Pace.workspace_id == workspace_id, Pace.trouble.is_not(None))
    return "; ".join(f"{pace.method}: {pace.trouble}" for pace in session.execute(paces.order_by(Pace.method))) or None


def wake(session: Session) -> bool:
    """Owe and make due what this transaction noted, as its last act before it commits; False: there was nothing."""
    noted: _Noted | None = session.info.pop(_NOTED, None)
    if noted is None:
        return False
    session.flush()
    connection = session.connection()
    for workspace_id in noted.workspaces:
        noted.lanes.update(connection.scalars(queries.OWE_ALL, {"workspace": workspace_id}))
    if noted.handoffs or noted.tabs:
        again = {"handoffs": [*noted.handoffs], "tabs": [*noted.tabs]}
        noted.lanes.update(connection.scalars(queries.OWE_AGAIN, again))
    if noted.lanes:
        connection.execute(queries.MAKE_DUE, {"lanes": [*noted.lanes], "now": noted.now})
    return bool(noted.lanes)


def _noted(session: Session, now: datetime) -> _Noted:
    noted: _Noted = session.info.setdefault(_NOTED, _Noted(now))
    noted.now = min(noted.now, now)
    return noted


def _make_lane(session: Session, workspace_id: int, place: str, person_id: int | None) -> None:
    if session.get_bind().dialect.name == "postgresql":
        # Two transactions that make the same two lanes in opposite order would wait for each other.
        session.execute(queries.MAKE_LANES_ALONE, {"workspace_id": workspace_id})
    insert_once(session, Lane, workspace_id=workspace_id, place=place, person_id=person_id)
