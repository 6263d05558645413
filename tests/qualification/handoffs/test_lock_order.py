"""Who waits for whom, on PostgreSQL: handoffs, then leads, then pools, then messages, so that nobody waits in a circle.

Each test lets two or three transactions meet where another order was a deadlock. Whoever waits in a circle finds it out
at once here, so that a circle ends the test, and not only now and then.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.database import Database
from qualification.handoffs import decisions, erasure, handover, retention
from qualification.handoffs.handover_form import HandOverForm
from qualification.intake import ingest
from qualification.leads import resolution, suppression
from qualification.organisation import publishing
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Lead
from qualification.rules.intake.row_errors import InvalidRow
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.leads.retention import Age, RetainedState
from qualification.rules.refusals import LeadErased
from qualification.scoring import rescoring
from tests.qualification.handoffs.test_snooze import snoozed
from tests.worlds.desk import Desk, open_desk
from tests.worlds.keys import PERSONAL_KEY
from tests.worlds.playbook import PLAYBOOK, without
from tests.worlds.waiting import until_waiting

SCORED = PLAYBOOK + "scoring: {threshold: 90, activities: [{key: page, name: Page, points: 5}]}\n"
NO_NEED: dict[str, Any] = {"reason": "no-need", "note": None}


@pytest.fixture
def desk(postgresql_url: str) -> Iterator[Desk]:
    """Give a workspace on PostgreSQL: SQLite's writers go one after the other."""
    database = Database(postgresql_url, personal_key=PERSONAL_KEY)
    yield open_desk(database)
    database.dispose()


@pytest.fixture
def hands() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@contextmanager
def impatient(desk: Desk) -> Iterator[UnitOfWork]:
    """Open a transaction that finds out almost at once where it waits in a circle, and is then the one that ends."""
    with desk.database.transaction() as session:
        session.execute(text("SET LOCAL deadlock_timeout = '20ms'"))
        yield session


def decides(desk: Desk, use_case: Callable[..., Any], **facts: Any) -> None:
    with impatient(desk) as session:
        rest = {name: fact for name, fact in facts.items() if name not in {"by", "handoff_id", "offer_id"}}
        use_case(session, desk.command(**facts), **rest)


def hands_over_again(desk: Desk, email: str) -> None:
    with impatient(desk) as session:
        form = HandOverForm(company="Acme", did="Came back", email=email)
        handover.hand_over(session, workspace_id=desk.workspace_id, by="UMIKA", form=form, now=desk.now)


def test_a_hand_over_that_finds_the_lead_live_only_now_does_not_hold_it_while_it_waits(
    desk: Desk, hands: ThreadPoolExecutor
) -> None:
    """It waited for the lead while somebody reopened it; by then somebody else waits for the handoff."""
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id, **NO_NEED)
    with desk.database.transaction() as session:
        decisions.reopen(session, desk.command(by="UMAYA", handoff_id=handoff_id))
        coming = hands.submit(desk.hands_over, "Acme", email="jo@acme.example")
        until_waiting(session, coming)
        ending = hands.submit(decides, desk, decisions.disqualify, by="UMAYA", handoff_id=handoff_id, **NO_NEED)
        until_waiting(session, coming, ending)
    ending.result()
    assert not coming.result().already
    assert desk.card(handoff_id).state == "disqualified"


def test_whoever_brings_a_lead_back_that_turns_out_to_be_another_locks_one_lead_at_a_time(
    desk: Desk, hands: ThreadPoolExecutor
) -> None:
    """A batch that means both locks them by id; the lead that was merged is the younger one."""
    desk.takes(LeadInput(id="1", email="jo.b@acme.example"))
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id, **NO_NEED)
    merged_id = desk.handoff(handoff_id).lead_id
    (elder,) = desk.all(Lead, Lead.id != merged_id)

    def takes_both() -> None:
        with desk.database.transaction() as session:
            entries = [LeadInput(id="2", email="jo@acme.example"), LeadInput(id="1", email="jo.b@acme.example")]
            ingest.ingest(session, workspace_id=desk.workspace_id, sender="web", entries=entries, now=desk.now)

    with desk.database.transaction() as session:
        merged = session.get_one(Lead, merged_id)
        merged.merged_into_id = elder.id
        session.flush()
        reopening = hands.submit(decides, desk, decisions.reopen, by="UMAYA", handoff_id=handoff_id)
        until_waiting(session, reopening)
        taking = hands.submit(takes_both)
        until_waiting(session, reopening, taking)
    reopening.result()
    taking.result()
    assert desk.handoff(handoff_id).lead_id == elder.id


def test_a_decision_waits_for_its_lead_before_it_holds_the_card(desk: Desk, hands: ThreadPoolExecutor) -> None:
    """Whoever adds a lead up anew has the lead, and draws the card behind it."""
    desk.publishes(SCORED)
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    desk.takes(ActivityInput(id="p", kind="page", lead=LeadInput(email="jo@acme.example")))
    desk.publishes(SCORED.replace("points: 5", "points: 7"))
    with desk.database.transaction() as session:
        assert rescoring.run_due(session, desk.workspace_id, desk.now) == 1
        ending = hands.submit(
            decides, desk, decisions.disqualify, by="UANA", handoff_id=handoff_id, offer_id=offer_id, **NO_NEED
        )
        until_waiting(session, ending)
    ending.result()
    assert desk.card(handoff_id).state == "disqualified"


def _declines(desk: Desk) -> Callable[[], None]:
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    return lambda: decides(
        desk, decisions.decline, by="UANA", handoff_id=handoff_id, offer_id=offer_id, reason="no-time", note=None
    )


def _accepts_for_another(desk: Desk) -> Callable[[], None]:
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    return lambda: decides(desk, decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id)


def _reassigns(desk: Desk) -> Callable[[], None]:
    handoff_id, _ = desk.offered("Acme", email="jo@acme.example")
    return lambda: decides(desk, decisions.reassign, by="UMAYA", handoff_id=handoff_id, to="UBEN")


def _undoes(desk: Desk) -> Callable[[], None]:
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    desk.does(decisions.accept, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id)
    return lambda: decides(desk, decisions.undo, by="UMAYA", handoff_id=handoff_id)


def _comes_back(desk: Desk) -> Callable[[], None]:
    snoozed(desk, "Acme", person="Jo", email="jo@acme.example")
    desk.publishes(without(PLAYBOOK, "UANA"))
    return lambda: hands_over_again(desk, "jo@acme.example")


@pytest.mark.parametrize("prepare", [_declines, _accepts_for_another, _reassigns, _undoes, _comes_back])
def test_whoever_deals_a_turn_waits_for_the_pool_before_they_hold_the_card(
    desk: Desk, hands: ThreadPoolExecutor, prepare: Callable[[Desk], Callable[[], None]]
) -> None:
    """Whoever publishes a pool's new name has the pool, and draws every card behind it."""
    deal = prepare(desk)
    renamed = PLAYBOOK.replace("name: Inbound", "name: New business")
    with desk.database.transaction() as session:
        publishing.publish(session, workspace_id=desk.workspace_id, text=renamed, by="test", now=desk.now)
        dealing: Future[None] = hands.submit(deal)
        until_waiting(session, dealing)
    dealing.result()


def test_a_lead_locked_by_itself_begins_anew_where_it_was_handed_over_meanwhile(
    desk: Desk, hands: ThreadPoolExecutor
) -> None:
    """`resolution.locked` finds the live handoff in its place."""
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    desk.does(decisions.disqualify, by="UMAYA", handoff_id=handoff_id, offer_id=offer_id, **NO_NEED)

    def locks() -> int | None:
        with desk.database.transaction() as session:
            live = resolution.locked(session, session.get_one(Lead, desk.handoff(handoff_id).lead_id))
            return live.id if live else None

    with desk.database.transaction() as session:
        decisions.reopen(session, desk.command(by="UMAYA", handoff_id=handoff_id))
        locking = hands.submit(locks)
        until_waiting(session, locking)
    assert locking.result() == handoff_id


def test_a_post_that_waits_for_a_lead_that_is_erased_meanwhile_brings_nothing_back(
    desk: Desk, hands: ThreadPoolExecutor
) -> None:
    lead_id = desk.takes(LeadInput(id="1", email="jo@acme.example")).lead_id

    def posts() -> None:
        desk.takes(LeadInput(id="1", email="jo@acme.example", name="Jo"))

    with desk.database.transaction() as session:
        erasure.erase(session, desk.workspace_id, lead_id, by="unix:tests", now=desk.now)
        posting = hands.submit(posts)
        until_waiting(session, posting)
    with pytest.raises(InvalidRow):
        posting.result()
    assert [(each.name, each.email) for each in desk.all(Lead)] == [(None, None)]


def test_two_who_erase_the_same_person_at_once_erase_them_once(desk: Desk, hands: ThreadPoolExecutor) -> None:
    handoff_id, offer_id = desk.offered("Acme", email="jo@acme.example")
    lead_id = desk.handoff(handoff_id).lead_id

    def erases() -> None:
        desk.does(erasure.erase, lead_id=lead_id, by="unix:tests")

    with desk.database.transaction() as session:
        erasure.erase(session, desk.workspace_id, lead_id, by="unix:tests", now=desk.now)
        second = hands.submit(erases)
        accepting = hands.submit(
            decides, desk, decisions.accept, by=desk.asked(handoff_id), handoff_id=handoff_id, offer_id=offer_id
        )
        until_waiting(session, second, accepting)
    for each in (second, accepting):
        with pytest.raises(LeadErased):
            each.result()
    assert desk.kinds(handoff_id).count("erased") == 1


def test_retention_lets_whoever_comes_in_go_first_and_waits_in_no_circle(desk: Desk, hands: ThreadPoolExecutor) -> None:
    lead_id = desk.takes(LeadInput(id="1", email="jo@acme.example")).lead_id
    desk.publishes(f"{PLAYBOOK}retention: {{leads: [{{state: unworked, after: 1 day}}]}}\n")
    later = desk.now + timedelta(days=30)
    ages = {RetainedState.UNWORKED: Age(days=1)}

    def erases() -> bool:
        with impatient(desk) as session:
            return retention._erase(session, desk.workspace_id, lead_id, ages, 1, now=later)  # noqa: SLF001 - one step

    with desk.database.transaction() as session:
        suppression.suppressed(session, desk.workspace_id, [LeadData(email="ivy@acme.example")])
        erasing = hands.submit(erases)
        until_waiting(session, erasing)
        entries = [LeadInput(id="2", email="ivy@acme.example")]
        ingest.ingest(session, workspace_id=desk.workspace_id, sender="web", entries=entries, now=desk.now)
    assert erasing.result()
    assert [each.email for each in desk.all(Lead, Lead.erased_at.is_(None))] == ["ivy@acme.example"]
