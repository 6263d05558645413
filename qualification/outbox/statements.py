"""The statements that queue messages, built once: building one takes longer than running it.

They run on the session's connection: they return columns and not records, and the session would take twice as long.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    and_,
    bindparam,
    case,
    exists,
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

from qualification.records import (
    IS_OPEN,
    ChannelQueue,
    Delivery,
    Handoff,
    LeadEvent,
    Membership,
    Offer,
    Person,
    Priority,
    Team,
    rows,
)
from qualification.records.base import Instant, Key
from qualification.rules.handoffs.states import LIVE_STATES

_DELIVERY: Final[Any] = Delivery.__table__
_QUEUE: Final[Any] = ChannelQueue.__table__
# In an update no parameter may be called as a column is.
_WORKSPACE: Final[BindParameter[int]] = bindparam("workspace", type_=Key)
INSTANT: Final = Instant()
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
    """Return the sequence behind everything queued so far; what is queued by one statement goes by id."""
    # One count for all workspaces, at the end of its index: it only orders, and nobody sees it.
    every = Delivery.__table__.alias(rows.EVERY_WORKSPACE)
    last = func.max(every.c.sequence)
    return select(func.coalesce(last, literal_column("0")) + literal_column("1")).scalar_subquery()


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


def _newest_card(workspace: str, handoff: str) -> ScalarSelect[int]:
    """Select a handoff's newest card: a team that moved may have an older one that its old channel refuses."""
    card = Delivery.__table__.alias("newest_card")
    cards = select(func.max(card.c.id)).where(
        rows.in_workspace(card, bindparam(workspace, type_=Key)), card.c.handoff_id == bindparam(handoff, type_=Key)
    )
    return cards.where(card.c.kind == literal_column("'lead_card'")).scalar_subquery()


def _showing_handoffs() -> CompoundSelect[int]:
    """Select the deliveries that show these handoffs, and these Home tabs."""
    handoffs = Handoff.id.in_(bindparam("handoffs", type_=Key, expanding=True))
    offers = Offer.handoff_id.in_(bindparam("handoffs", type_=Key, expanding=True))
    ours = rows.in_workspace(Handoff, _WORKSPACE)
    of_us = rows.in_workspace(Delivery, _WORKSPACE)
    # The people whose Home tabs list a handoff: announcer, owner, managers, administrators where there is no manager,
    # reps who were asked, and the reps of a pool that was asked.
    concerned: CompoundSelect[Any] = union(
        select(Handoff.announcer_id).where(ours, handoffs),
        select(Handoff.owner_id).where(ours, handoffs),
        select(Team.manager_id).join(Handoff, Handoff.team_id == Team.id).where(ours, handoffs),
        select(Person.id).join(Handoff, Handoff.team_id == Person.team_id).where(ours, handoffs, Person.is_manager),
        select(Person.id)
        .join(Team, Team.workspace_id == Person.workspace_id)
        .join(Handoff, Handoff.team_id == Team.id)
        .where(ours, handoffs, Team.manager_id.is_(None), Person.is_admin),
        select(Offer.person_id).where(rows.in_workspace(Offer, _WORKSPACE), offers),
        select(Membership.person_id)
        .join(Offer, Offer.pool_id == Membership.pool_id)
        .where(rows.in_workspace(Offer, _WORKSPACE), offers, Offer.person_id.is_(None)),
    )
    return union(
        select(Delivery.id).where(
            of_us, Delivery.handoff_id.in_(bindparam("handoffs", type_=Key, expanding=True)), _DRAWN_FROM_HANDOFF
        ),
        select(Delivery.id).where(of_us, IS_HOME, Delivery.subject.in_(concerned)),
        select(Delivery.id).where(of_us, Delivery.id.in_(bindparam("tabs", expanding=True))),
    )


def _showing_any_handoff() -> CompoundSelect[int]:
    """Select the deliveries that show any live handoff of a workspace, and all its Home tabs."""
    live = select(Handoff.id).where(Handoff.workspace_id == _WORKSPACE, Handoff.state.in_(LIVE_STATES))
    return union(
        select(Delivery.id).where(
            rows.in_workspace(Delivery, _WORKSPACE), Delivery.handoff_id.in_(live), _DRAWN_FROM_HANDOFF
        ),
        select(Delivery.id).where(Delivery.workspace_id == _WORKSPACE, IS_HOME),
    )


def _update_again(shown: CompoundSelect[int], priority: ColumnElement[int]) -> Any:  # noqa: ANN401 - its own type
    """Build an update that queues what is stale and returns the queues; locks cards, then Home tabs, each by id.

    A row that is pending already keeps its sequence, and its priority only rises.
    """
    locked = (
        select(Delivery.id)
        .where(rows.in_workspace(Delivery, _WORKSPACE), Delivery.id.in_(shown))
        .order_by(IS_HOME, Delivery.id)
        .with_for_update(of=Delivery, key_share=True)
    )
    row = _DELIVERY.c
    again = {**once_more(row), "priority": case((row.priority < priority, row.priority), else_=priority)}
    ours = rows.in_workspace(_DELIVERY, _WORKSPACE)
    return update(_DELIVERY).where(ours, row.id.in_(locked)).values(**again).returning(row.queue_id)


def _whom_for() -> ColumnElement[int]:
    """Return the priority of an edit by whom it is for: who acted, who must act on the handoff, everybody else.

    The card in the channel is seen by all of them.
    """
    row = _DELIVERY.c
    actors = bindparam("actors", type_=Key, expanding=True)
    in_channel = row.kind == literal_column("'lead_card'")
    reader = ChannelQueue.id == row.queue_id
    acted = exists().where(reader, ChannelQueue.person_id.in_(actors)).correlate(_DELIVERY)
    must_act = or_(
        exists()
        .where(reader, Handoff.id == row.handoff_id, Handoff.owner_id == ChannelQueue.person_id)
        .correlate(_DELIVERY),
        exists()
        .where(reader, Offer.handoff_id == row.handoff_id, Offer.person_id == ChannelQueue.person_id, IS_OPEN)
        .correlate(_DELIVERY),
        exists()
        .where(
            reader,
            Handoff.id == row.handoff_id,
            Handoff.state == literal_column("'manager_queue'"),
            Team.id == Handoff.team_id,
            Team.manager_id == ChannelQueue.person_id,
        )
        .correlate(_DELIVERY),
    )
    return case(
        (acted, _priority(Priority.FOR_ACTOR)),
        (and_(in_channel, bindparam("acted", type_=Boolean)), _priority(Priority.FOR_ACTOR)),
        (or_(in_channel, must_act), _priority(Priority.FOR_RESPONSIBLE)),
        else_=_priority(Priority.FOR_WATCHER),
    )


def _priority(priority: Priority) -> ColumnElement[int]:
    return literal_column(str(int(priority)))


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
ENQUEUE_UNDER_CARD: Final = _enqueue_in(
    _CARD.c.queue_id,
    _CARD.c.id,
    and_(rows.in_workspace(_CARD), _CARD.c.id == _newest_card("workspace_id", "handoff_id")),
)
_LINE: Final = _DELIVERY.alias("line")
_TOLD: Final = (
    select(func.count())
    .where(rows.in_workspace(LeadEvent, _WORKSPACE), LeadEvent.told_in == _LINE.c.id)
    .scalar_subquery()
)


def _waits(line: Any) -> ColumnElement[bool]:  # noqa: ANN401 - the table's columns, or those of an alias
    """Say that a reply is queued, and no worker has begun to post it."""
    return and_(_is(line, "pending"), line.ts.is_(None), line.post_began_at.is_(None))


# The reply under the handoff's card that waits to be posted, if it does not show too much already.
WAITING_REPLY: Final = select(func.max(_LINE.c.id)).where(
    rows.in_workspace(_LINE, _WORKSPACE),
    _LINE.c.parent_id == _newest_card("workspace", "handoff"),
    _LINE.c.kind == bindparam("of_kind"),
    _waits(_LINE.c),
    bindparam("most") - literal_column("1") > _TOLD,
)
LOCK_CARD: Final = (
    select(_CARD.c.id)
    .where(rows.in_workspace(_CARD, _WORKSPACE), _CARD.c.id == _newest_card("workspace", "handoff"))
    .with_for_update(of=_CARD, key_share=True)
)
# Counted once more, unless a worker has taken it meanwhile.
EXTEND_REPLY: Final = (
    update(_DELIVERY)
    .where(rows.in_workspace(_DELIVERY, _WORKSPACE), _DELIVERY.c.id == bindparam("reply"), _waits(_DELIVERY.c))
    .values(desired_revision=_DELIVERY.c.desired_revision + literal_column("1"))
    .returning(_DELIVERY.c.id, _DELIVERY.c.queue_id)
)
_MESSAGE: Final = _DELIVERY.alias("message")
ENQUEUE_UNDER: Final = _enqueue_in(
    _MESSAGE.c.queue_id,
    _MESSAGE.c.id,
    and_(rows.in_workspace(_MESSAGE), _MESSAGE.c.id == bindparam("parent", type_=Key)),
)
ENQUEUE_CARD_AGAIN: Final = (
    update(_DELIVERY)
    .where(
        rows.in_workspace(_DELIVERY, _WORKSPACE),
        _DELIVERY.c.id == _newest_card("workspace", "handoff"),
        _DELIVERY.c.state != literal_column("'dead_letter'"),
    )
    .values(**once_more(_DELIVERY.c))
    .returning(_DELIVERY.c.id, _DELIVERY.c.queue_id)
)
ENQUEUE_AGAIN: Final = _update_again(_showing_handoffs(), _whom_for())
ENQUEUE_ALL: Final = _update_again(_showing_any_handoff(), _priority(Priority.BACKGROUND))
_LOCKED_MESSAGES: Final = (
    select(Delivery.id)
    .where(
        Delivery.workspace_id == bindparam("workspace", type_=Key),
        Delivery.id.in_(bindparam("messages", type_=Key, expanding=True)),
        # What Slack never showed needs no mending, and would come as news.
        or_(
            Delivery.state != literal_column("'dead_letter'"),
            Delivery.ts.is_not(None),
            Delivery.post_began_at.is_not(None),
        ),
    )
    .order_by(IS_HOME, Delivery.id)
    .with_for_update(of=Delivery, key_share=True)
)
WRITE_ANEW: Final = (
    update(_DELIVERY)
    .where(_DELIVERY.c.workspace_id == bindparam("workspace", type_=Key), _DELIVERY.c.id.in_(_LOCKED_MESSAGES))
    .values(
        **{
            **once_more(_DELIVERY.c),
            "state": literal_column("'pending'"),
            "fingerprint": null(),
            "attempts": literal_column("0"),
            "refused_at": null(),
            "last_error": null(),
        }
    )
    .returning(_DELIVERY.c.queue_id)
)
# No worker has the message in hand, and nobody shows it.
_IS_FREE: Final = and_(
    or_(
        _DELIVERY.c.answering_until.is_(None),
        _DELIVERY.c.answering_until <= bindparam("now", type_=INSTANT),
        _DELIVERY.c.answering_until > bindparam("beyond", type_=INSTANT),
    ),
    ~exists().where(
        ChannelQueue.id == _DELIVERY.c.queue_id,
        ChannelQueue.delivery_id == _DELIVERY.c.id,
        ChannelQueue.leased_by.is_not(None),
        ChannelQueue.leased_until > bindparam("now", type_=INSTANT),
    ),
)
# A pending message of which no copy is searched for; it is leased where it is free. Until the outcome is recorded,
# nobody knows what Slack shows.
LEASE_PRESSED: Final = (
    update(_DELIVERY)
    .where(
        _DELIVERY.c.workspace_id == bindparam("workspace"),
        _DELIVERY.c.channel == bindparam("in_channel"),
        _DELIVERY.c.ts == bindparam("at_ts"),
        _DELIVERY.c.state == literal_column("'pending'"),
        _DELIVERY.c.duplicate_check_at.is_(None),
    )
    .values(
        answering_until=case((_IS_FREE, bindparam("until", type_=INSTANT)), else_=_DELIVERY.c.answering_until),
        fingerprint=case((_IS_FREE, null()), else_=_DELIVERY.c.fingerprint),
    )
    .returning(_DELIVERY.c.id, _DELIVERY.c.answering_until)
)
MAKE_DUE: Final = (
    update(_QUEUE)
    .where(
        rows.in_workspace(_QUEUE, _WORKSPACE),
        ChannelQueue.id.in_(
            select(ChannelQueue.id)
            .where(
                rows.in_workspace(ChannelQueue, _WORKSPACE), ChannelQueue.id.in_(bindparam("queues", expanding=True))
            )
            .order_by(ChannelQueue.id)
            .with_for_update(key_share=True)
        ),
    )
    .values(
        due_at=case(
            (or_(ChannelQueue.due_at.is_(None), ChannelQueue.due_at > bindparam("now")), bindparam("now")),
            else_=ChannelQueue.due_at,
        )
    )
)
