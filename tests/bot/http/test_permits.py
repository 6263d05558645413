"""The rates that all processes share, on both databases, by a clock that the test moves."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.http import permits
from bot.http.permits import KEPT, WINDOW, Permits
from qualification.records import RateWindow, Workspace
from sandbox.clock import ManualClock

ALLOWED = 100
SUBJECT = "key:1"


def stored_workspace(database: Database, clock: ManualClock) -> int:
    """Store a workspace, and return its id."""
    with database.transaction() as session:
        workspace = Workspace(slack_team_id="T1", name="Acme", delivery_namespace="d", created_at=clock())
        session.add(workspace)
        session.flush()
        return workspace.id


@pytest.fixture
def workspace_id(database: Database, clock: ManualClock) -> int:
    """Store a workspace."""
    return stored_workspace(database, clock)


@pytest.fixture
def processes(database: Database, database_url: str, clock: ManualClock) -> Iterator[tuple[Permits, Permits]]:
    """Make the permits of two processes, which have their own connections; on SQLite both have the same."""
    with ExitStack() as stack:
        other = database if database.is_sqlite else Database(database_url)
        stack.callback(other.dispose)

        def read_clock(_: Session) -> Any:
            return clock()

        yield Permits(database, clock, read_clock), Permits(other, clock, read_clock)


def test_two_processes_let_through_what_is_allowed_and_no_more(
    processes: tuple[Permits, Permits], workspace_id: int, clock: ManualClock
) -> None:
    for _ in range(2):
        through = [0, 0]
        for number in range(3 * ALLOWED):
            through[number % 2] += processes[number % 2].take(workspace_id, SUBJECT, ALLOWED) is None
        assert sum(through) == ALLOWED
        assert min(through) > ALLOWED // 4
        clock.advance(WINDOW)


def test_whichever_process_is_asked_gets_all_that_the_other_has_not_leased(
    processes: tuple[Permits, Permits], workspace_id: int
) -> None:
    first, second = processes
    assert first.take(workspace_id, SUBJECT, ALLOWED) is None
    through = sum(second.take(workspace_id, SUBJECT, ALLOWED) is None for _ in range(2 * ALLOWED))
    assert through == ALLOWED - ALLOWED // permits.PART


def test_at_the_same_moment_no_permit_is_given_twice(processes: tuple[Permits, Permits], workspace_id: int) -> None:
    def take(number: int) -> bool:
        return processes[number % 2].take(workspace_id, SUBJECT, ALLOWED) is None

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(take, range(3 * ALLOWED))) == ALLOWED


def test_most_requests_cost_no_statement(processes: tuple[Permits, Permits], workspace_id: int) -> None:
    first, _ = processes
    statements: list[str] = []

    def note(*given: Any) -> None:
        statements.append(given[2])

    event.listen(first._database.engine, "before_cursor_execute", note)  # noqa: SLF001 - whose statements are counted
    for _ in range(ALLOWED // permits.PART):
        first.take(workspace_id, SUBJECT, ALLOWED)
    leased = len(statements)
    # Two leases where the window changed meanwhile.
    assert leased < ALLOWED // permits.PART
    while first.take(workspace_id, SUBJECT, ALLOWED) is None:
        pass
    refused = len(statements)
    first.take(workspace_id, SUBJECT, ALLOWED)
    assert len(statements) == refused


@pytest.mark.parametrize("into", [timedelta(), timedelta(seconds=3.5), WINDOW - timedelta(seconds=0.25)])
def test_the_time_to_wait_is_true(
    processes: tuple[Permits, Permits], workspace_id: int, clock: ManualClock, into: timedelta
) -> None:
    clock.advance(into)
    first, second = processes
    while (wait := first.take(workspace_id, SUBJECT, ALLOWED)) is None:
        pass
    clock.advance(timedelta(seconds=wait - 1))
    assert second.take(workspace_id, SUBJECT, ALLOWED) is not None or wait == 1
    clock.advance(timedelta(seconds=1))
    assert first.take(workspace_id, SUBJECT, ALLOWED) is None
    assert second.take(workspace_id, SUBJECT, ALLOWED) is None


def test_one_subject_does_not_use_up_another(processes: tuple[Permits, Permits], workspace_id: int) -> None:
    first, _ = processes
    while first.take(workspace_id, SUBJECT, 3) is None:
        pass
    assert first.take(workspace_id, "key:2", 3) is None


def test_a_clock_that_was_ahead_locks_nobody_out(database: Database, workspace_id: int, clock: ManualClock) -> None:
    ahead = [timedelta(hours=1)]

    def now(_: Session | None = None) -> Any:
        return clock() + ahead[0]

    permits_ = Permits(database, now, now)
    while permits_.take(workspace_id, SUBJECT, ALLOWED) is None:
        pass
    ahead[0] = timedelta()
    assert permits_.take(workspace_id, SUBJECT, ALLOWED) is None
    assert Permits(database, now, now).take(workspace_id, SUBJECT, ALLOWED) is None


def test_each_process_goes_by_the_databases_clock(postgresql_url: str, clock: ManualClock) -> None:
    """One whose own clock is an hour off shares the window of the others all the same."""
    opened = Database(postgresql_url)
    workspace_id = stored_workspace(opened, clock)
    Permits(opened, clock).take(workspace_id, SUBJECT, ALLOWED)
    Permits(opened, lambda: clock() + timedelta(hours=1)).take(workspace_id, SUBJECT, ALLOWED)
    with opened.snapshot() as session:
        age = session.scalars(select(func.clock_timestamp() - RateWindow.began_at)).one()
    assert timedelta() <= age < timedelta(minutes=5)
    opened.dispose()


def test_rows_of_old_windows_go(database: Database, workspace_id: int, clock: ManualClock) -> None:
    here = Permits(database, clock)
    for subject in (SUBJECT, "address:203.0.113.9"):
        here.take(workspace_id, subject, ALLOWED)
    with database.transaction() as session:
        old = session.scalars(select(RateWindow).where(RateWindow.subject != SUBJECT)).one()
        old.began_at -= KEPT + WINDOW
    with database.transaction() as session:
        assert permits.forget_old(session, workspace_id, clock(), limit=10) == 1
    with database.snapshot() as session:
        assert session.scalars(select(RateWindow.subject)).all() == [SUBJECT]


def test_a_worker_whose_clock_is_ahead_deletes_no_row_of_this_window(postgresql_url: str, clock: ManualClock) -> None:
    opened = Database(postgresql_url)
    workspace_id = stored_workspace(opened, clock)
    Permits(opened, clock).take(workspace_id, SUBJECT, ALLOWED)
    with opened.transaction() as session:
        ahead = session.scalars(select(RateWindow.began_at)).one() + timedelta(hours=1)
        assert permits.forget_old(session, workspace_id, ahead, limit=10) == 0
    opened.dispose()
