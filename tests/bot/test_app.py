"""The bot put together, against a Slack over real HTTP and real websockets."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from bot.slack import installations
from bot.slack.client import PassingError
from bot.slack.socket_mode import CONNECTIONS
from qualification.records import Person, Workspace
from sandbox.clock import ManualClock
from sandbox.server import Sandbox

PATIENCE = 20.0


@pytest.fixture
def listening(baton: Baton, sandbox: Sandbox) -> Iterator[Baton]:
    """Let the bot listen over HTTP, and Slack call it there."""
    baton.start(working=False)
    sandbox.deliver_to(f"{baton.http.address}/slack/events")
    yield baton
    baton.stop()


def test_a_command_over_signed_http_is_answered(listening: Baton, sandbox: Sandbox) -> None:
    ana = sandbox.person("Ana Ruiz")
    ana.types("/baton help", "#general")
    assert [reply.ephemeral for reply in ana.private_replies] == [True]
    assert not sandbox.complaints
    assert listening.installations[0].slack_team_id == sandbox.workspace().id


def test_a_command_that_speaks_of_a_payload_is_not_lost(listening: Baton, sandbox: Sandbox) -> None:
    """Bolt alone would read a form whose words contain "payload" as empty."""
    assert listening.is_alive
    ana = sandbox.person("Ana Ruiz")
    ana.types("/baton payload", "#general")
    assert len(ana.private_replies) == 1
    assert not ana.notices


def test_no_thread_is_left_of_a_bot_that_was_asked_for_its_health_and_metrics(
    settings: Settings, ledger: Database, clock: ManualClock
) -> None:
    before = set(threading.enumerate())
    baton = build(replace(settings, metrics_token="only-for-prometheus"), database=ledger, now=clock)
    baton.start(working=False)
    for path in ("healthz", "metrics"):
        httpx.get(f"{baton.http.address}/{path}", headers={"authorization": "Bearer only-for-prometheus"})
    baton.stop()
    left = {each for each in threading.enumerate() if each.name.startswith(("health", "metrics"))} - before
    for thread in left:
        thread.join(PATIENCE)
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.mark.parametrize("path", ["/slack/events", "/v1/leads"])
def test_a_request_that_gives_its_length_in_two_ways_is_refused(listening: Baton, path: str) -> None:
    """A proxy and the bot could see its end at different places: what is left over would be another's request."""
    address = httpx.URL(listening.http.address)
    head = f"POST {path} HTTP/1.1\r\nHost: baton\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection((address.host, address.port or 0), PATIENCE) as connection:
        connection.sendall(head.encode() + b"3\r\na=b\r\n0\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 400")


def test_socket_mode_does_the_same_without_a_signing_secret(
    settings: Settings, ledger: Database, sandbox: Sandbox, clock: ManualClock
) -> None:
    told = replace(settings, app_token=sandbox.app_token(), signing_secret=None)
    baton = build(told, database=ledger, now=clock)
    baton.start()
    try:
        sandbox.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)
        ana = sandbox.person("Ana Ruiz")
        ana.types("/baton help", "#general")
        assert len(ana.private_replies) == 1
        assert httpx.post(f"{baton.http.address}/slack/events").status_code == 404
    finally:
        baton.stop()
    assert sandbox.connections() == 0
    assert not baton.is_alive


def test_a_workspace_is_known_again_while_slack_is_down(
    baton: Baton, settings: Settings, ledger: Database, sandbox: Sandbox, clock: ManualClock
) -> None:
    asked = len(sandbox.calls())
    sandbox.fault("*", "500")
    again = build(settings, database=ledger, now=clock)
    assert again.installations[0] == baton.installations[0]
    assert len(sandbox.calls()) == asked


def test_a_token_never_seen_needs_slack(settings: Settings, ledger: Database, sandbox: Sandbox) -> None:
    sandbox.fault("auth.test", "500")
    with pytest.raises(PassingError):
        build(settings, database=ledger)
    with ledger.snapshot() as session:
        assert session.scalars(select(Workspace)).all() == []


def test_two_tokens_share_a_database_without_sharing_a_workspace(
    baton: Baton, settings: Settings, ledger: Database, sandbox: Sandbox, clock: ManualClock
) -> None:
    fabrikam = build(replace(settings, bot_token=sandbox.bot_token("Fabrikam")), database=ledger, now=clock)
    assert fabrikam.installations[0].id != baton.installations[0].id
    assert fabrikam.installations[0].slack_team_id == sandbox.workspace("Fabrikam").id


def test_a_new_token_of_a_known_workspace_keeps_its_row_and_its_seal(
    baton: Baton, settings: Settings, ledger: Database, sandbox: Sandbox, clock: ManualClock
) -> None:
    with ledger.transaction() as session:
        workspace = session.get_one(Workspace, baton.installations[0].id)
        workspace.token_digest, workspace.last_error, workspace.last_error_at = "another's", "token_revoked", clock()
    again = build(settings, database=ledger, now=clock, delivery_namespace=lambda: "new")
    assert again.installations[0] == baton.installations[0]
    with ledger.snapshot() as session:
        workspace = session.get_one(Workspace, baton.installations[0].id)
        assert (workspace.delivery_namespace, workspace.last_error, workspace.last_error_at) == (
            "delivery_namespace",
            None,
            None,
        )
    assert sandbox.calls("auth.test")


@pytest.mark.parametrize("astray", [{"api_app_id": "A0THER"}, {"team_id": "T0THER"}])
def test_a_payload_from_another_app_or_workspace_is_refused_politely(baton: Baton, astray: dict[str, str]) -> None:
    command = {
        "command": "/baton",
        "text": "away",
        "user_id": "U1",
        "user_name": "ana",
        "team_id": baton.installations[0].slack_team_id,
        "api_app_id": str(baton.installations[0].app_id),
        "channel_id": "C1",
        "trigger_id": "1.2",
    }
    answer = baton.dispatch({**command, **astray}, {})
    assert answer.status == 200
    assert "another workspace" in str(answer.body)
    with baton.database.snapshot() as session:
        assert session.scalars(select(Person)).all() == []


def test_an_event_from_elsewhere_is_taken_and_forgotten(baton: Baton) -> None:
    event = {"type": "app_home_opened", "user": "U1", "tab": "home"}
    payload = {"type": "event_callback", "team_id": "T0THER", "api_app_id": "A1", "event": event, "event_id": "Ev1"}
    assert baton.dispatch(payload, {}).status == 200
    with baton.database.snapshot() as session:
        assert session.scalars(select(Person)).all() == []


def test_an_event_that_nobody_listens_to_is_not_sent_again(baton: Baton, caplog: pytest.LogCaptureFixture) -> None:
    event = {"type": "reaction_added", "user": "U1"}
    payload = {"type": "event_callback", "team_id": baton.installations[0].slack_team_id, "event": event}
    assert baton.dispatch(payload, {}).status == 200
    assert "Nothing listens" in caplog.text


def test_a_surprise_is_an_apology_with_the_reference_that_is_in_the_log(
    baton: Baton, caplog: pytest.LogCaptureFixture
) -> None:
    with baton.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE person RENAME TO gone")
    command = {
        "command": "/baton",
        "text": "",
        "user_id": "U07BATON0001",
        "team_id": baton.installations[0].slack_team_id,
        "api_app_id": str(baton.installations[0].app_id),
    }
    answer = baton.dispatch(command, {})
    assert answer.status == 200
    assert "ref-1" in str(answer.body)
    assert [record.reference for record in caplog.records if record.levelno == logging.ERROR] == ["ref-1"]  # type: ignore[attr-defined]


def test_bolt_asks_slack_nothing_to_answer_a_command(listening: Baton, sandbox: Sandbox) -> None:
    asked = len(sandbox.calls())
    sandbox.person("Ana Ruiz").types("/baton help", "#general")
    assert len(sandbox.calls()) == asked
    assert listening.installations[0].bot_id


def test_a_hand_over_reaches_the_channel_while_everything_runs(
    settings: Settings, ledger: Database, sandbox: Sandbox, publish: Callable[[], None], clock: ManualClock
) -> None:
    publish()
    baton = build(replace(settings, app_token=sandbox.app_token()), database=ledger, now=clock)
    baton.start()
    try:
        sandbox.wait_until_connected(connections=CONNECTIONS, timeout=PATIENCE)
        mika = sandbox.person("Mika Sato")
        mika.types("/handoff", "#general")
        mika.fills({"Company": "Contoso", "What they did": "Asked for a demo"})
        mika.submits()
        ana = sandbox.person("Ana Ruiz")
        sandbox.wait_for(lambda: ana.direct_messages and ana.sees("#sales-emea"), PATIENCE)
        assert "Contoso" in ana.sees("#sales-emea")[0].text
    finally:
        baton.stop()


def test_processes_that_start_with_a_new_token_at_once_make_one_workspace_known(
    settings: Settings, database_url: str, clock: ManualClock
) -> None:
    databases = [Database(database_url) for _ in range(4)]
    with ThreadPoolExecutor(len(databases)) as pool:
        served = list(pool.map(lambda each: installations.serve(settings, database=each, now=clock), databases))
    for each in databases:
        each.dispose()
    assert len({each.id for each in served}) == 1
