"""What a press and a pass of the clocks ask stays quick with many leads: indexes are used, lists ask once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot import metrics
from bot.database import Database
from qualification.handoffs import due, erasure, retention
from qualification.outbox import outbox, retries, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Handoff, Person
from qualification.reporting import lifecycle_counts, summaries
from qualification.rules.leads.retention import Age, RetainedState
from qualification.scoring import rescoring
from qualification.views import held, overview, search
from tests.conftest import written
from tests.postgresql import ProcessDatabase
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK


@pytest.fixture
def postgresql_url(process_database: ProcessDatabase) -> Iterator[str]:
    """Give a database of its own: how PostgreSQL goes about a statement hangs on what was counted before."""
    with process_database.own() as url:
        yield written(url)


@contextmanager
def heard(connection: Engine | Connection) -> Iterator[list[tuple[str, Any]]]:
    """Hear what is asked of the database."""
    asked: list[tuple[str, Any]] = []

    def hear(_: Connection, __: object, statement: str, values: object, *___: object) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", hear)
    yield asked
    event.remove(connection, "before_cursor_execute", hear)


def plans(desk: Desk, act: Callable[[Session], object]) -> str:
    """Tell how the engine goes about all that is asked meanwhile, were the tables too large to read through."""
    sqlite = desk.database.is_sqlite
    with desk.database.transaction() as session:
        connection = session.connection()
        with heard(connection) as asked:
            act(session)
        if not sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
        rows = (row for said, given in asked for row in connection.exec_driver_sql(explain + said, given))
        return "\n".join(str(row) for row in rows)


def enqueue_all(session: UnitOfWork, workspace_id: int, now: datetime) -> None:
    """Enqueue all that shows a handoff."""
    outbox.mark_stale(session, workspace_id, 1, now)
    assert isinstance(session, UnitOfWork)
    outbox.flush(session)


def by_station(session: Session, person: Person) -> None:
    """Count the leads of somebody's team by station."""
    lifecycle_counts.count(session, person.workspace_id, Handoff.team_id == person.team_id)


def scrape(session: Session, ana: Person, now: datetime) -> None:
    """Ask what /metrics tells."""
    list(metrics.stored(session, [ana.workspace_id], now))


# The partial indexes that a scrape goes by.
SCRAPED = (
    *("ix_delivery_pending", "ix_delivery_dead_letter"),
    *("ix_handoff_resume", "ix_summary_due", "ix_task_clock"),
)


@pytest.mark.parametrize(
    ("act", "index"),
    [
        (lambda session, ana, now: surfaces.refresh_home(session, ana, now=now), "ix_delivery_home"),
        (lambda session, ana, now: due.run_due(session, ana.workspace_id, now), "ix_handoff_undo"),
        (lambda session, ana, now: due.run_due(session, ana.workspace_id, now), "ix_handoff_resume"),
        (lambda session, ana, now: due.run_due(session, ana.workspace_id, now), "ix_task_clock"),
        (lambda session, ana, now: rescoring.run_due(session, ana.workspace_id, now), "ix_lead_scored_by_id"),
        (lambda session, ana, now: summaries.run_due(session, ana.workspace_id, now), "ix_summary_due"),
        (lambda session, ana, now: summaries.preview(session, ana.workspace_id, now), "ix_lead_event_counted"),
        (lambda session, ana, now: by_station(session, ana), "ix_lead_merged_into_id"),  # noqa: ARG005
        (lambda session, ana, now: held.gated_leads(session, ana.workspace_id, "UANA", now=now), "ix_lead_gated_by"),
        (lambda session, ana, now: held.gated_leads(session, ana.workspace_id, "UANA", now=now), "ix_lead_event_gated"),
        (
            lambda session, ana, now: retries.retry_dead_letters(session, ana.workspace_id, now=now),
            "ix_delivery_dead_letter",
        ),
        (lambda session, ana, now: enqueue_all(session, ana.workspace_id, now), "ix_delivery_home"),
        (lambda session, ana, now: overview.dead_letters(session, ana.workspace_id), "ix_delivery_dead_letter"),  # noqa: ARG005
        *((scrape, index) for index in SCRAPED),
    ],
    ids=[
        "home",
        "undo",
        "flush",
        "tasks",
        "scores",
        "summaries due",
        "summed up",
        "merged leads",
        "gated",
        "held lately",
        "retry dead letters",
        "stale",
        "dead_letters",
        *(f"metrics by {index}" for index in SCRAPED),
    ],
)
def test_the_partial_index_is_used(desk: Desk, act: Callable[..., object], index: str) -> None:
    ana = desk.person("UANA")
    assert index in plans(desk, lambda session: act(session, session.get_one(Person, ana.id), desk.now))


def test_a_longer_list_asks_no_more_often(desk: Desk) -> None:
    maya = desk.person("UMAYA")

    def asks() -> int:
        with desk.database.snapshot() as session, heard(session.connection()) as asked:
            search.mine(session, maya)
        return len(asked)

    desk.accepted("First", by="UMAYA")
    few = asks()
    for number in range(5):
        desk.accepted(f"Company {number}", by="UMAYA")
    assert asks() == few


def test_old_leads_are_found_by_their_ids_and_not_by_their_workspace(sqlite_url: str) -> None:
    """PostgreSQL knows how many rows a workspace has; SQLite went through all of them."""
    desk = open_desk(Database(sqlite_url))
    desk.hands_over()
    kept = {RetainedState.UNWORKED: Age(days=1)}
    plan = plans(
        desk,
        lambda session: retention.preview(session, desk.workspace_id, kept, now=desk.now + timedelta(days=9)),
    )
    assert "SEARCH lead USING INTEGER PRIMARY KEY (rowid>?)" in plan
    assert "ix_activity_lead_id" in plan
    assert "ix_handoff_lead_id" in plan
    assert "uq_activity_workspace_id" not in plan
    desk.database.dispose()


def test_the_summaries_that_name_somebody_erased_are_found_by_team_and_their_messages_by_subject(
    sqlite_url: str,
) -> None:
    desk = open_desk(Database(sqlite_url))
    desk.publishes(PLAYBOOK.replace("zone: Europe/London}", 'zone: Europe/London, summary: {at: "08:30"}}'))
    handoff_id, _ = desk.offered()
    lead_id = desk.handoff(handoff_id).lead_id
    desk.now = datetime(2026, 11, 25, 8, 30, 10, tzinfo=UTC)
    assert desk.does(summaries.run_due) == 1
    plan = plans(desk, lambda session: erase(session, desk, lead_id))
    assert "SEARCH delivery USING INDEX uq_delivery_subject (queue_id=? AND kind=? AND subject=?)" in plan
    assert "SEARCH summary USING INDEX sqlite_autoindex_summary_1 (team_id=?)" in plan
    assert not [each for each in plan.splitlines() if "SCAN delivery" in each or "SCAN summary" in each]
    desk.database.dispose()


def erase(session: Session, desk: Desk, lead_id: int) -> None:
    """Erase a person, as retention does."""
    assert isinstance(session, UnitOfWork)
    erasure.erase(session, desk.workspace_id, lead_id, by="unix:tests", keep_away=False, now=desk.now)
