"""What is due by time is found by one question, which mostly is all that a pass asks."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event, update
from sqlalchemy.orm import Session

from bot import due_work
from bot.database import Database
from bot.delivery import wrong_clocks
from bot.due_work import DUE_WORK, DueWork
from bot.http import permits
from bot.slack import once
from bot.slack.client import Slack
from bot.slack.rate_limits import GREATEST_PAUSE
from bot.worker import Worker
from qualification.people import audit
from qualification.records import Base, ChannelQueue, Delivery, IdempotencyKey, Lead, RateLimit, RateWindow
from qualification.rules.leads.lead_input import LeadInput
from tests.worlds.desk import MORNING, Desk, open_desk
from tests.worlds.playbook import PLAYBOOK

BEYOND = MORNING + GREATEST_PAUSE + timedelta(seconds=1)


@pytest.fixture
def desk(database: Database) -> Desk:
    """Open a desk at which nothing is due, not even the day's look for what the audit no longer keeps."""
    desk = open_desk(database)
    desk.does(audit.forget_old, limit=5)
    return desk


def found(desk: Desk) -> list[DueWork]:
    """Return what may be due."""
    with desk.database.snapshot() as session:
        return due_work.may_be_due(session, desk.workspace_id, desk.now)


def test_an_idle_pass_asks_three_statements_at_most_and_holds_up_no_writer(desk: Desk) -> None:
    slack = Slack("xoxb-nobody", base_url="http://127.0.0.1:9/")
    worker = Worker(desk.database, slack, desk.workspace_id, now=lambda: desk.now)
    worker.run_once(desk.now)
    asked: list[str] = []

    def hear(_: Connection, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    assert worker.run_once(desk.now) == 0
    event.remove(Engine, "before_cursor_execute", hear)
    said = [statement for statement in asked if statement != "BEGIN"]
    assert 0 < len(said) <= 3
    assert [statement for statement in said if not statement.startswith("SELECT") or " FOR " in statement] == []


@pytest.mark.parametrize(
    ("work", "row"),
    [
        (wrong_clocks.mend, RateLimit(method="chat.update", free_at=BEYOND)),
        (wrong_clocks.mend, ChannelQueue(place="C1", due_at=BEYOND)),
        (wrong_clocks.mend, ChannelQueue(place="C1", posts_free_at=BEYOND)),
        (wrong_clocks.mend, ChannelQueue(place="C1", leased_by="worker", leased_until=BEYOND)),
        (once.forget_old, IdempotencyKey(key="key", at=MORNING - once.KEPT - timedelta(seconds=1))),
        (permits.forget_old, RateWindow(subject="key", began_at=MORNING - permits.KEPT * 1000, leased=1)),
    ],
    ids=["a rate", "a queue", "a queue's posts", "a lease", "a key", "a window"],
)
def test_what_is_left_behind_is_found_until_it_is_gone(desk: Desk, work: DueWork, row: Base) -> None:
    assert found(desk) == []
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name in vars(row)}
    with desk.database.transaction() as session:
        session.add(type(row)(**values, workspace_id=desk.workspace_id))
    assert found(desk) == [work]
    with desk.database.transaction() as session:
        work(session, desk.workspace_id, desk.now, limit=5)
    assert found(desk) == []


def test_what_has_no_question_may_always_be_due(desk: Desk) -> None:
    def other(session: Session, workspace_id: int, now: object, *, limit: int) -> int:
        del session, workspace_id, now, limit
        return 0

    with desk.database.snapshot() as session:
        assert due_work.may_be_due(session, desk.workspace_id, desk.now, [other]) == [other]
        assert due_work.may_be_due(session, desk.workspace_id, desk.now, [*DUE_WORK, other]) == [other]


def test_a_search_that_a_clock_which_was_ahead_put_off_is_found(desk: Desk) -> None:
    desk.hands_over()
    with desk.database.transaction() as session:
        session.execute(update(Delivery).values(duplicate_check_at=BEYOND))
    assert found(desk) == [wrong_clocks.mend]


def test_a_worker_erases_in_one_night_all_that_is_old(desk: Desk) -> None:
    desk.publishes(f"{PLAYBOOK}\nretention: {{leads: [{{state: unworked, after: 1 year}}]}}\n")
    old = [desk.takes(LeadInput(email=f"old{number}@acme.example")).lead_id for number in range(3)]
    young = desk.takes(LeadInput(email="young@acme.example")).lead_id
    with desk.database.transaction() as session:
        long_ago = MORNING - timedelta(days=400)
        session.execute(update(Lead).where(Lead.id.in_(old)).values(updated_at=long_ago))
    slack = Slack("xoxb-nobody", base_url="http://127.0.0.1:9/")
    worker = Worker(desk.database, slack, desk.workspace_id, now=lambda: desk.now)
    for days, left in ((0, [*old, young]), (7, [*old, young]), (8, [young])):
        worker.run_once(MORNING.replace(hour=2) + timedelta(days=days))
        assert {each.id for each in desk.all(Lead, Lead.erased_at.is_(None))} == {*left}
    desk.now = MORNING.replace(hour=2) + timedelta(days=8)
    assert found(desk) == []
