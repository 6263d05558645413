"""Owing Slack something is one note in the transaction of the change: counted, in order, and without deadlock."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import ChannelQueue, Delivery, DeliveryState, Handoff, Membership, Offer, Pool, Priority
from qualification.rules.handoffs.states import OfferOutcome
from tests.worlds.deliveries import Desk
from tests.worlds.waiting import until_waiting


def test_invariant_2_what_is_rolled_back_owes_nothing(desk: Desk) -> None:
    woken = threading.Event()
    desk.database.on_commit(woken.set)
    handoff = desk.handoff()

    def change_half() -> None:
        with desk.database.transaction() as session:
            session.get_one(Handoff, handoff).did = "changed"
            enqueue(session, desk, desk.channel(), handoff)
            raise LookupError

    with pytest.raises(LookupError):
        change_half()
    with desk.database.snapshot() as session:
        assert session.get_one(Handoff, handoff).did == "asked for a demo"
        assert session.scalars(select(Delivery)).all() == []
        assert session.scalars(select(ChannelQueue)).all() == []
    assert not woken.is_set()


def test_owing_twice_is_one_row_that_counts(desk: Desk) -> None:
    handoff = desk.handoff()
    assert desk.card(handoff) == desk.card(handoff)
    assert desk.delivery(desk.card(handoff)).desired_revision == 3


def test_what_is_owed_again_stands_behind_what_was_owed_before(desk: Desk) -> None:
    worker = desk.worker()
    first, second = desk.handoff("first"), desk.handoff("second")
    card = desk.card(first)
    worker.run_once(desk.clock())
    other = desk.card(second)
    worker.run_once(desk.clock())
    desk.change(second, "second changed")
    desk.change(first, "first changed")
    desk.change(second, "second changed twice")
    assert desk.delivery(other).sequence <= desk.delivery(card).sequence
    worker.run_once(desk.clock())
    edits = [call.arguments["text"] for call in desk.sandbox.calls("chat.update")]
    assert sorted(edits) == ["first changed", "second changed twice"]


def test_a_change_makes_the_lane_due_at_once_and_a_pause_outlasts_it(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("0")
    card = desk.card(handoff)
    worker.run_once(desk.clock())
    assert desk.queue(card).due_at is None
    desk.sandbox.fault("chat.update", "429", retry_after=30, times=1)
    desk.change(handoff, "1")
    assert desk.queue(card).due_at == desk.clock()
    worker.run_once(desk.clock())
    desk.clock.advance(5)
    desk.change(handoff, "2")
    assert worker.run_once(desk.clock()) == 0
    assert desk.dispatcher("another").ready_at() == desk.clock() + timedelta(seconds=25)


def test_a_change_redraws_the_home_tabs_of_those_concerned_and_of_nobody_else(desk: Desk) -> None:
    worker = desk.worker()
    home = desk.home()
    handoff = desk.handoff()
    worker.run_once(desk.clock())
    desk.change(handoff, "of no concern to Ana")
    assert desk.delivery(home).state is DeliveryState.DELIVERED
    with desk.database.transaction() as session:
        pool = Pool(workspace_id=desk.workspace_id, team_id=desk.team_id, key="emea", name="EMEA")
        session.add(pool)
        session.flush()
        session.add(Membership(workspace_id=desk.workspace_id, pool_id=pool.id, person_id=desk.ana_id, position=0))
        session.add(
            Offer(
                workspace_id=desk.workspace_id,
                handoff_id=handoff,
                pool_id=pool.id,
                playbook_id=desk.playbook_id,
                why="pool",
                offered_at=desk.clock(),
                outcome=OfferOutcome.OPEN,
            )
        )
    desk.change(handoff, "may be claimed by Ana")
    assert desk.delivery(home).state is DeliveryState.PENDING


def test_a_tab_opened_again_is_owed_and_a_parked_one_is_tried_again(desk: Desk) -> None:
    worker = desk.worker()
    home = desk.home()
    member = desk.sandbox.person("Ana Ruiz", "Northwind").member
    member.deactivated = True
    worker.run_once(desk.clock())
    assert desk.delivery(home).state is DeliveryState.DEAD_LETTER
    member.deactivated = False
    assert desk.home() == home
    worker.run_once(desk.clock())
    assert desk.delivery(home).state is DeliveryState.DELIVERED
    desk.home()
    assert desk.delivery(home).state is DeliveryState.PENDING


def test_transactions_that_owe_the_same_places_in_opposite_order_never_wait_for_each_other(desk: Desk) -> None:
    """On PostgreSQL a deadlock would end one of them; on SQLite writers queue anyway."""
    desk.home()
    handoffs = [desk.handoff() for _ in range(24)]
    start = threading.Barrier(6)

    def work(share: list[int], *, backwards: bool) -> None:
        start.wait()
        for handoff in share:
            places = [
                (desk.channel("emea"), None),
                (desk.channel("amer"), None),
                (outbox.direct(desk.ana_id), desk.ana_id),
                (outbox.direct(desk.maya_id), desk.maya_id),
            ]
            with desk.database.transaction() as session:
                for place, person in reversed(places) if backwards else places:
                    enqueue(session, desk, place, handoff, person)
                outbox.mark_stale(session, desk.workspace_id, handoff, desk.clock())

    with ThreadPoolExecutor(6) as pool:
        shares = [handoffs[number::6] for number in range(6)]
        working = [pool.submit(work, share, backwards=number % 2 == 1) for number, share in enumerate(shares)]
        for done in working:
            done.result(timeout=30)
    with desk.database.snapshot() as session:
        assert len(session.scalars(select(Delivery).where(Delivery.kind != "home")).all()) == 96
        assert len(session.scalars(select(ChannelQueue)).all()) == 5


def enqueue(session: UnitOfWork, desk: Desk, place: str, handoff_id: int, person_id: int | None = None) -> None:
    """Enqueue a handoff's card in this transaction."""
    outbox.enqueue(
        session,
        workspace_id=desk.workspace_id,
        place=place,
        person_id=person_id,
        kind="direct_card" if person_id else "lead_card",
        subject=handoff_id,
        handoff_id=handoff_id,
        priority=Priority.NEW_MESSAGE,
        now=desk.clock(),
    )


def test_on_postgresql_a_reply_is_extended_only_once_its_card_is_locked(desk: Desk) -> None:
    """Whoever posts a thread anew locks the card, then its replies: in another order two could wait for each other."""
    if desk.database.is_sqlite:
        return
    handoff = desk.handoff()
    card, line = desk.card(handoff), desk.line(handoff, 1)

    def extend() -> int | None:
        with desk.database.transaction() as session:
            return outbox.extend_reply(session, desk.workspace_id, handoff, kind="thread_line", now=desk.clock())

    with ThreadPoolExecutor(1) as pool:
        with desk.database.transaction() as session:
            session.scalars(select(Delivery).where(Delivery.id == card).with_for_update(key_share=True)).one()
            extending = pool.submit(extend)
            until_waiting(session, extending)
            session.scalars(select(Delivery).where(Delivery.id == line).with_for_update(nowait=True)).one()
        assert extending.result() == line
