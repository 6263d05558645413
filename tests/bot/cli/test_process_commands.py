"""The commands that go on, as an operator meets them: a process of its own, its words, its exit code."""

import json
import signal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL

from sandbox.server import Sandbox
from tests.bot.cli.terminal import INIT, PATIENCE, Command, Start, ending


@pytest.mark.usefixtures("ready")
def test_a_running_bot_answers_and_ends_cleanly_at_sigterm(start: Start, sandbox: Sandbox) -> None:
    running = start("run", LOG_FORMAT="json")
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    ana = sandbox.person("Ana Ruiz")
    ana.types("/baton help", "#general")
    assert len(ana.private_replies) == 1
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE) == 0
    assert sandbox.connections() == 0
    lines = running.stderr.read().splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert records[-1]["message"] == "All open work is finished."
    assert not any("Ana" in line or "northwind" in line for line in lines)


def test_run_brings_an_empty_sqlite_database_up_to_date_by_itself(start: Start, sandbox: Sandbox) -> None:
    running = start("run")
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    running.send_signal(signal.SIGINT)
    assert running.wait(PATIENCE) == 0


def test_a_running_bot_tells_the_log_what_other_users_may_open(start: Start, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / ".env").touch(mode=0o644)
    running = start("run")
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE) == 0
    told = [line for line in running.stderr.read().splitlines() if "Other users may open" in line]
    # Its own database is made for its owner alone.
    assert len(told) == 1
    assert "Other users may open .env. Run chmod 600 .env, unless others are meant to read it." in told[0]


def test_postgresql_is_only_migrated_when_told(start: Start, postgresql_server: URL) -> None:
    url = postgresql_server.set(database="postgres").render_as_string(hide_password=False)
    assert "Run baton migrate." in ending(start("run", DATABASE_URL=url), code=1)


def test_a_second_process_on_the_same_sqlite_file_is_refused(ready: Command, start: Start, sandbox: Sandbox) -> None:
    start("run")
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    for second in (start("run"), start("worker"), start("migrate")):
        assert "SQLite serves one" in ending(second, code=1)
    assert ready("deliveries", "list").exit_code == 0


def test_web_and_worker_share_the_work_on_postgresql(
    command: Command, start: Start, sandbox: Sandbox, postgresql_url: str
) -> None:
    shared = {"DATABASE_URL": postgresql_url}
    assert command(*INIT).exit_code == 0
    assert command("playbook", "publish", **shared).exit_code == 0
    web = start("web", **shared)
    worker = start("worker", **shared)
    address = next(line for line in web.stderr if line.startswith("Listening")).split()[2].rstrip(".")
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    mika, ana = sandbox.person("Mika Sato"), sandbox.person("Ana Ruiz")
    mika.types("/handoff", "#general")
    mika.fills({"Company": "Contoso", "What they did": "Asked for a demo"})
    mika.submits()
    sandbox.wait_for(lambda: ana.sees("#sales-emea"), PATIENCE)
    assert "Contoso" in ana.sees("#sales-emea")[0].text
    health = httpx.get(f"{address}/healthz")
    assert (health.status_code, health.json()["worker"]) == (200, "ok")
    for process in (web, worker):
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
