"""What is well and what is not."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot import health
from bot.app import Baton
from bot.database import Database
from bot.health import WELL, Health
from bot.machine import utc_now
from bot.slack.rate_limits import lock_rate_limits
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.records import ChannelQueue, Workspace
from sandbox.clock import ManualClock
from sandbox.server import Sandbox


def examine(baton: Baton, clock: ManualClock, *, connections: int | None = None, working: bool | None = None) -> Health:
    """Look at a bot's parts."""
    return health.examine(
        baton.database, workspace_id=baton.installations[0].id, connections=connections, working=working, now=clock()
    )


def test_a_fresh_bot_is_well(baton: Baton, clock: ManualClock) -> None:
    assert examine(baton, clock, connections=2, working=True) == Health(WELL, WELL, WELL, WELL)


def test_slacks_refusal_of_everything_shows(baton: Baton, clock: ManualClock) -> None:
    with baton.database.transaction() as session:
        session.get_one(Workspace, baton.installations[0].id).last_error = "token_revoked"
    assert examine(baton, clock).slack == "refuses every call: token_revoked"


def test_a_method_without_its_scope_shows(baton: Baton, clock: ManualClock) -> None:
    with baton.database.transaction() as session:
        limits = lock_rate_limits(session, baton.installations[0].id, ["conversations.open"])
        limits["conversations.open"].last_error = "missing_scope, needs im:write"
    assert examine(baton, clock).slack == "refuses some: conversations.open: missing_scope, needs im:write"


def test_a_disk_that_fills_up_shows(baton: Baton, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.health.LEAST_BYTES", 2**60)
    said = examine(baton, clock).database
    assert said.endswith("MB of disk left") if baton.database.is_sqlite else said == WELL


def test_a_slack_that_takes_nothing_shows_after_a_minute(
    baton: Baton, publish: Callable[[], None], sandbox: Sandbox, clock: ManualClock
) -> None:
    publish()
    baton.directories[0].look_up()
    sandbox.fault("*", "500")
    with baton.database.transaction() as session:
        form = HandOverForm(company="Contoso", did="Asked for a demo")
        mika = sandbox.person("Mika Sato").id
        handover.hand_over(session, workspace_id=baton.installations[0].id, by=mika, form=form, now=clock())
    said = []
    for _ in range(8):
        baton.workers[0].run_once(clock())
        said.append(examine(baton, clock).slack)
        clock.advance(timedelta(seconds=10))
    assert said[:7] == [WELL] * 7
    assert said[7] == "has accepted nothing for more than 60 s"
    sandbox.heal()
    clock.advance(timedelta(seconds=30))
    baton.workers[0].run_once(clock())
    assert examine(baton, clock).slack == WELL


def test_no_connection_of_socket_mode_is_no_slack(baton: Baton, clock: ManualClock) -> None:
    assert examine(baton, clock, connections=0).slack == "no Socket Mode connection is open"


def test_a_worker_elsewhere_is_judged_by_what_it_leaves_undone(baton: Baton, clock: ManualClock) -> None:
    with baton.database.transaction() as session:
        session.add(ChannelQueue(workspace_id=baton.installations[0].id, place="C1", due_at=clock()))
    clock.advance(timedelta(seconds=60))
    assert examine(baton, clock).worker == WELL
    clock.advance(timedelta(seconds=1))
    assert examine(baton, clock).worker == "overdue for more than 60 s: message queues 1, offers 0"


def test_a_worker_that_ended_is_not_well(baton: Baton, clock: ManualClock) -> None:
    assert examine(baton, clock, working=False).worker == "stopped"


def test_an_old_schema_shows(tmp_path: Path, clock: ManualClock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    report = health.examine(database, workspace_id=1, connections=None, working=None, now=clock())
    database.dispose()
    assert report.schema.startswith("is at revision none")
    assert not report.is_well


def test_a_database_that_is_gone_shows(tmp_path: Path, clock: ManualClock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'baton.db'}")
    report = health.examine(database, workspace_id=1, connections=None, working=None, now=clock())
    database.dispose()
    assert report.database == "does not answer (OperationalError)"


def test_a_postgresql_is_looked_at_the_same_way(postgresql_url: str, clock: ManualClock) -> None:
    database = Database(postgresql_url)
    report = health.examine(database, workspace_id=1, connections=None, working=None, now=clock())
    database.dispose()
    assert report == Health(WELL, WELL, "the workspace is not known here", WELL)


def test_the_clock_of_another_machine_with_the_database_is_compared(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    assert health.clocks(database, ahead_of_slack=None, now=utc_now()) == WELL
    told = health.clocks(database, ahead_of_slack=None, now=utc_now() + timedelta(hours=1))
    database.dispose()
    assert told.startswith("the database's clock is ")
    assert told.endswith("s behind this machine's")


@pytest.mark.parametrize(("connections", "working"), [(0, False), (2, True), (None, None)])
def test_what_needs_no_database_is_told_without_one(
    tmp_path: Path, clock: ManualClock, connections: int | None, *, working: bool | None
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'baton.db'}")
    report = health.examine(database, workspace_id=1, connections=connections, working=working, now=clock())
    database.dispose()
    well = "not looked at"
    assert report.slack == ("no Socket Mode connection is open" if connections == 0 else well)
    assert report.worker == ("stopped" if working is False else well)
