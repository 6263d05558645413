"""Who is asked next: the pool's rotation, the whole pool, or the manager's queue."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from qualification.leads.events import record_event
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook.playbooks import Published
from qualification.records import IS_OPEN, Handoff, Membership, Offer, Person, Pool, Team, rows
from qualification.rules.handoffs.event_types import Offered, OpenedToPool, QueuedForManager
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from qualification.rules.people.working_time import WeeklyHours, add_working_time, working_time_between
from qualification.rules.playbook.playbook import Rule
from qualification.rules.routing.rotation import Seat, next_seat

# Why somebody was asked: they talk with the lead's company.
WHY_COMPANY: Final = "company"


@dataclass(frozen=True, slots=True)
class Clock:
    """When an offer is reminded of and when it expires, by somebody's working hours."""

    remind_at: datetime | None
    accept_by: datetime

    @property
    def next_at(self) -> datetime:
        """The earlier of the two still to come."""
        return min(self.remind_at, self.accept_by) if self.remind_at else self.accept_by


def offer_to_owner(
    session: UnitOfWork, handoff: Handoff, person: Person, published: Published, *, now: datetime
) -> Offer:
    """Put the handoff before the rep who talks with its company; it takes no turn of theirs in the pool."""
    handoff.state = HandoffState.OFFERED
    clock = clock_for_person(session, person, published, now=now)
    offer = make_offer(session, handoff, published, person=person, why=WHY_COMPANY, clock=clock, now=now)
    event = Offered(to_id=person.id, rule=None, pool=None, turn=None, accept_by=offer.accept_by)
    record_event(session, handoff, event, now=now, playbook_id=published.id)
    return offer


def offer_next(session: UnitOfWork, handoff: Handoff, published: Published, *, now: datetime) -> Offer | None:
    """Put the handoff before the next rep of its pool, or before the whole pool, or into the manager's queue.

    The pool's row is locked until the commit, so that turns are dealt one after another however many handoffs arrive at
    once. A rep who was asked before about this handoff, or since it last was resumed, is not asked again. Returns None
    when it went to the queue.
    """
    if handoff.pool_id is None:
        queue(session, handoff, "nobody_there", now=now)
        return None
    pool = rows.lock_one(session, Pool, handoff.pool_id, handoff.workspace_id)
    if not pool.active:
        queue(session, handoff, "nobody_there", now=now)
        return None
    seats = _seats(session, handoff, pool, now=now)
    rule = published.playbook.rule(handoff.rule) if handoff.rule else None
    if rule is not None and rule.offer == "claim":
        return _open_to_pool(session, handoff, pool, seats, published, now=now)
    expired = session.scalar(
        select(func.count()).select_from(Offer).where(*_counting(handoff), Offer.outcome == OfferOutcome.EXPIRED)
    )
    if (expired or 0) >= published.playbook.clocks.offers:
        queue(session, handoff, "everyone_asked", now=now)
        return None
    seat = next_seat(seats)
    if seat is None:
        asked = any(each.asked_before for each in seats)
        queue(session, handoff, "everyone_asked" if asked else "nobody_there", now=now)
        return None
    return _deal(session, handoff, pool, seat, published, now=now)


def lock_pools(session: Session, workspace_id: int, pool_ids: Iterable[int] | None = None) -> None:
    """Lock the pools that may deal, all of the workspace's unless they are named, in one order.

    A transaction that deals from several pools calls this before it makes any message: queues are made after pools are
    locked, so that two transactions never wait for each other.
    """
    pools = select(Pool.id).where(Pool.workspace_id == workspace_id).order_by(Pool.id).with_for_update(key_share=True)
    session.execute(pools if pool_ids is None else pools.where(Pool.id.in_(pool_ids))).all()


def pool_for(session: Session, workspace_id: int, rule: Rule | None) -> Pool | None:
    """Return the pool the rule names, locked."""
    if rule is None:
        return None
    named = select(Pool).where(Pool.workspace_id == workspace_id, Pool.key == rule.pool)
    locked = named.with_for_update(key_share=True)
    return session.scalars(locked).one()


def open_offer(session: Session, handoff: Handoff) -> Offer | None:
    """Return the offer that waits for an answer, if one does."""
    return session.scalar(
        select(Offer).where(rows.in_workspace(Offer, handoff.workspace_id), Offer.handoff_id == handoff.id, IS_OPEN)
    )


def last_offer(session: Session, handoff: Handoff) -> Offer | None:
    """Return the offer made last, open or ended."""
    its = select(Offer).where(rows.in_workspace(Offer, handoff.workspace_id), Offer.handoff_id == handoff.id)
    return session.scalar(its.order_by(Offer.id.desc()).limit(1))


def make_offer(
    session: UnitOfWork,
    handoff: Handoff,
    published: Published,
    *,
    person: Person | None,
    why: str,
    clock: Clock | None,
    now: datetime,
    turn: int | None = None,
) -> Offer:
    """Write the offer down and show it to whoever it is for."""
    offer = Offer(
        workspace_id=handoff.workspace_id,
        handoff_id=handoff.id,
        person_id=person.id if person else None,
        pool_id=handoff.pool_id,
        playbook_id=published.id,
        why=why,
        rule=handoff.rule,
        turn=turn,
        offered_at=now,
        remind_at=clock.remind_at if clock else None,
        accept_by=clock.accept_by if clock else None,
        next_at=clock.next_at if clock else None,
        outcome=OfferOutcome.OPEN,
    )
    session.add(offer)
    session.flush()
    if person is not None:
        surfaces.enqueue_direct_card(session, handoff, person, now=now)
        surfaces.refresh_home(session, person, now=now)
    if why != WHY_COMPANY:
        surfaces.enqueue_own_card(session, handoff, now=now)
    surfaces.refresh_pool(session, offer, now=now)
    if handoff.resumed_at is not None and why != "manager":
        surfaces.enqueue_resumed(session, handoff, person, now=now)
    return offer


def clock_for_person(session: Session, person: Person, published: Published, *, now: datetime) -> Clock:
    """Start the accept-by clock in the person's own working time."""
    return _clock(published, people.hours_of(session, person), people.zone_of(session, person), now=now)


def clock_for_team(team: Team, published: Published, *, now: datetime) -> Clock:
    """Start the accept-by clock in the team's working time."""
    return _clock(published, WeeklyHours.from_json(team.hours), ZoneInfo(team.zone), now=now)


def clock_again(session: Session, offer: Offer, left: timedelta, *, now: datetime) -> Clock:
    """Give an offer back the working time it had left, its reminder included if that was still to come."""
    hours, zone = hours_of_offer(session, offer)
    accept_by = add_working_time(now, left, hours, zone)
    remind_at = None
    if offer.remind_at is not None and offer.accept_by is not None:
        last_part = working_time_between(offer.remind_at, offer.accept_by, hours, zone)
        remind_at = add_working_time(now, max(left - last_part, timedelta()), hours, zone)
    return Clock(remind_at=remind_at, accept_by=accept_by)


def hours_of_offer(session: Session, offer: Offer) -> tuple[WeeklyHours, ZoneInfo]:
    """Return the hours and zone that an offer's clock runs by: the rep's, or the pool's team's."""
    if offer.person_id is not None:
        person = rows.get_one(session, Person, offer.person_id, offer.workspace_id)
        return people.hours_of(session, person), people.zone_of(session, person)
    handoff = rows.get_one(session, Handoff, offer.handoff_id, offer.workspace_id)
    team = rows.get_one(session, Team, handoff.team_id, handoff.workspace_id)
    return WeeklyHours.from_json(team.hours), ZoneInfo(team.zone)


def give_credit(session: Session, offer: Offer) -> None:
    """Give the turn back: the rep stands where the last turn they kept put them."""
    if offer.turn is not None and not offer.credited:
        offer.credited = True
        _recount(session, offer)


def take_credit_back(session: Session, offer: Offer) -> None:
    """Undo a credit: the turn counts again."""
    if offer.turn is not None and offer.credited:
        offer.credited = False
        _recount(session, offer)


def end_offer(session: UnitOfWork, offer: Offer, outcome: OfferOutcome, *, now: datetime) -> None:
    """End the offer; its clock stops."""
    offer.outcome = outcome
    offer.ended_at = now
    offer.next_at = None
    surfaces.refresh_pool(session, offer, now=now)


def queue(session: UnitOfWork, handoff: Handoff, reason: str, *, now: datetime) -> None:
    """Put the handoff into its team's manager's queue, visibly and without a clock."""
    team = rows.get_one(session, Team, handoff.team_id, handoff.workspace_id)
    manager = rows.get(session, Person, team.manager_id, team.workspace_id)
    handoff.state = HandoffState.MANAGER_QUEUE
    handoff.queue_reason = reason
    surfaces.enqueue_own_card(session, handoff, now=now)
    event = QueuedForManager(manager_id=manager.id if manager else None, reason=reason)
    record_event(session, handoff, event, now=now)
    if manager is not None:
        surfaces.enqueue_direct_card(session, handoff, manager, now=now)
        surfaces.refresh_home(session, manager, now=now)
        if handoff.resumed_at is not None:
            surfaces.enqueue_resumed(session, handoff, manager, now=now)


def _counting(handoff: Handoff) -> tuple[ColumnElement[bool], ...]:
    """Select the handoff's offers by which somebody was asked before: those made since it last was resumed."""
    its = (rows.in_workspace(Offer, handoff.workspace_id), Offer.handoff_id == handoff.id)
    return its if handoff.resumed_at is None else (*its, Offer.offered_at >= handoff.resumed_at)


def _deal(
    session: UnitOfWork, handoff: Handoff, pool: Pool, seat: Seat, published: Published, *, now: datetime
) -> Offer:
    person = rows.get_one(session, Person, seat.person_id, handoff.workspace_id)
    membership = session.scalars(
        select(Membership).where(
            rows.in_workspace(Membership, pool.workspace_id),
            Membership.pool_id == pool.id,
            Membership.person_id == person.id,
        )
    ).one()
    pool.turns += 1
    membership.last_turn = pool.turns
    handoff.state = HandoffState.OFFERED
    offer = make_offer(
        session,
        handoff,
        published,
        person=person,
        why="turn",
        clock=clock_for_person(session, person, published, now=now),
        now=now,
        turn=pool.turns,
    )
    event = Offered(to_id=person.id, rule=handoff.rule, pool=pool.name, turn=pool.turns, accept_by=offer.accept_by)
    record_event(session, handoff, event, now=now, playbook_id=published.id)
    return offer


def _open_to_pool(
    session: UnitOfWork, handoff: Handoff, pool: Pool, seats: list[Seat], published: Published, *, now: datetime
) -> Offer | None:
    asked = session.scalar(select(Offer.id).where(*_counting(handoff), Offer.person_id.is_(None)).limit(1))
    if asked is not None:
        last = last_offer(session, handoff)
        queue(session, handoff, "pool_expired" if last is not None and last.id == asked else "everyone_asked", now=now)
        return None
    if not any(seat.available for seat in seats):
        queue(session, handoff, "nobody_there", now=now)
        return None
    handoff.state = HandoffState.POOLED
    clock = clock_for_team(rows.get_one(session, Team, pool.team_id, pool.workspace_id), published, now=now)
    offer = make_offer(session, handoff, published, person=None, why="pool", clock=clock, now=now)
    event = OpenedToPool(pool=pool.name, accept_by=offer.accept_by)
    record_event(session, handoff, event, now=now, playbook_id=published.id)
    return offer


def _seats(session: Session, handoff: Handoff, pool: Pool, *, now: datetime) -> list[Seat]:
    asked = set(session.scalars(select(Offer.person_id).where(*_counting(handoff), Offer.person_id.is_not(None))))
    members = session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(rows.in_workspace(Membership, pool.workspace_id), Membership.pool_id == pool.id, Membership.active)
        .execution_options(populate_existing=True)
    )
    return [
        Seat(
            person_id=person.id,
            position=membership.position,
            last_turn=membership.last_turn,
            available=people.is_available(session, person, now),
            asked_before=person.id in asked,
        )
        for membership, person in members
    ]


def _recount(session: Session, offer: Offer) -> None:
    """Write down anew which turn the rep kept last; offers may be given back in any order."""
    rows.lock_one(session, Pool, offer.pool_id, offer.workspace_id)
    seat = session.scalar(
        select(Membership)
        .where(rows.in_workspace(Membership, offer.workspace_id))
        .where(Membership.pool_id == offer.pool_id, Membership.person_id == offer.person_id)
        .execution_options(populate_existing=True)
    )
    kept = (
        select(Offer.turn)
        .where(rows.in_workspace(Offer, offer.workspace_id))
        .where(Offer.person_id == offer.person_id, Offer.pool_id == offer.pool_id)
        .where(Offer.turn.is_not(None), Offer.credited.is_(False))
    )
    if seat is not None:
        seat.last_turn = session.scalar(kept.order_by(Offer.turn.desc()).limit(1)) or 0


def _clock(published: Published, hours: WeeklyHours, zone: ZoneInfo, *, now: datetime) -> Clock:
    clocks = published.playbook.clocks
    remind_at = add_working_time(now, clocks.remind_after, hours, zone) if clocks.remind_after else None
    return Clock(remind_at=remind_at, accept_by=add_working_time(now, clocks.accept_within, hours, zone))
