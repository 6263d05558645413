"""The command line as an operator meets it: a process of its own, its words, its exit code."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL
from typer.testing import CliRunner, Result

from bot.__main__ import baton
from bot.database import Database
from bot.slack.client import Slack
from bot.worker import Worker
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.intake import ingest
from qualification.rules.leads.lead_data import GivenActivity
from sandbox.clock import RealClock
from sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0

Command = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Start a Slack that goes by the machine's clock, as the process does."""
    with Sandbox(json.loads((ROOT / "manifest.json").read_text(encoding="utf-8")), clock=RealClock()) as started:
        yield started


@pytest.fixture
def environ(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Point a process at that Slack and an empty database; nothing of this machine's own settings is left."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "LOG_"))}
    return inherited | {
        "SLACK_BOT_TOKEN": sandbox.bot_token(),
        "SLACK_APP_TOKEN": sandbox.app_token(),
        "SLACK_API_URL": sandbox.api_url,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'baton.db'}",
        "HOST": "127.0.0.1",
        "PORT": "0",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def command(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command that ends by itself, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - set(environ):
        monkeypatch.delenv(name)

    def command(*words: str, **changed: str) -> Result:
        done = CliRunner().invoke(baton, words, env=environ | changed, prog_name="python -m bot")
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return command


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start a command that goes on, and make sure that it ends."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **changed: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=tmp_path,
            env=environ | changed,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(PATIENCE)
        if process.stderr is not None:
            process.stderr.close()


def ending(process: "subprocess.Popen[str]", *, code: int) -> str:
    """Wait until a process has ended with that code, and give what it said."""
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, said
    return said


INIT = (
    *("init", "--team", "EMEA", "--channel", "#sales-emea", "--manager", "Maya", "--marketer", "Mika"),
    *("--rep", "Ana", "--rep", "ben.okafor@northwind.example", "--hours", "00:00-24:00"),
)


@pytest.fixture
def ready(command: Command) -> Command:
    """Take the steps of the operator's guide up to a published playbook."""
    for words in (("migrate",), INIT, ("playbook", "publish")):
        done = command(*words)
        assert done.exit_code == 0, done.stderr
    return command


def test_the_steps_of_the_guide_end_in_a_clean_bill_of_health(ready: Command) -> None:
    done = ready("doctor")
    assert done.exit_code == 0, done.stdout
    assert "Everything is well." in done.stdout
    assert "✗" not in done.stdout


def test_the_doctor_fails_where_something_is_to_be_done(command: Command) -> None:
    done = command("doctor")
    assert done.exit_code == 1
    assert "Run python -m bot migrate." in done.stdout
    assert "One thing to put right." in done.stderr


def test_every_fault_of_the_settings_is_named_before_anything_is_done(start: Start, tmp_path: Path) -> None:
    said = ending(start("run", SLACK_BOT_TOKEN="", PORT="many"), code=2)
    assert "SLACK_BOT_TOKEN is missing" in said
    assert "PORT must be" in said
    assert not (tmp_path / "baton.db").exists()


def test_a_playbook_with_faults_is_named_line_by_line_and_changes_nothing(ready: Command, tmp_path: Path) -> None:
    before = ready("playbook", "show").stdout
    file = tmp_path / "playbook.yaml"
    assert before == file.read_text(encoding="utf-8")
    file.write_text(before.replace("zone:", "zoen:").replace("pool: emea", "pool: emae"))
    for verb in ("check", "publish"):
        done = ready("playbook", verb)
        assert done.exit_code == 1
        assert "playbook.yaml:" in done.stderr
        assert "zoen" in done.stderr
        assert "emae" in done.stderr
    assert ready("playbook", "show").stdout == before


def test_a_missing_playbook_is_a_sentence(command: Command) -> None:
    done = command("playbook", "check", "nowhere.yaml")
    assert (done.exit_code, done.stderr) == (2, "nowhere.yaml cannot be read: No such file or directory.\n")


def test_nothing_is_published_before_the_schema_is_there(command: Command) -> None:
    assert command(*INIT).exit_code == 0
    done = command("playbook", "publish")
    assert done.exit_code == 1
    assert "Run python -m bot migrate." in done.stderr


def test_init_never_overwrites_unasked(command: Command, tmp_path: Path) -> None:
    (tmp_path / "playbook.yaml").write_text("mine")
    done = command(*INIT)
    assert done.exit_code == 2
    assert "--overwrite" in done.stderr
    assert (tmp_path / "playbook.yaml").read_text() == "mine"
    assert command(*INIT, "--overwrite").exit_code == 0
    assert (tmp_path / "playbook.yaml").read_text() != "mine"


def test_init_says_what_it_still_needs_and_refuses_nonsense(command: Command, tmp_path: Path) -> None:
    done = command("init", "--team", "EMEA")
    assert (done.exit_code, "--channel, --manager, --rep" in done.stderr) == (2, True)
    done = command(*INIT, "--zone", "Mars/Olympus")
    assert (done.exit_code, done.stderr) == (
        2,
        "Mars/Olympus is no time zone; one looks like Europe/London.\n",
    )
    assert not (tmp_path / "playbook.yaml").exists()


@pytest.fixture
def connected(command: Command, tmp_path: Path) -> Command:
    """Write a playbook with a sender, and have neither a database nor a token."""
    assert command(*INIT).exit_code == 0
    file = tmp_path / "playbook.yaml"
    senders = "senders: {web: {name: Website, like: form, activity: {kind: {from: form, as: {demo: demo-request}}}}}"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{senders}\n", encoding="utf-8")
    return lambda *words: command(*words, SLACK_BOT_TOKEN="", SLACK_APP_TOKEN="", DATABASE_URL="")


def test_a_payload_is_shown_as_what_it_would_become(connected: Command, tmp_path: Path) -> None:
    (tmp_path / "demo.txt").write_text("form=demo&email=lea%40contoso.example&name=%5Bred%5DLea%1b%5B31m&country=DE\n")
    done = connected("intake", "try", "web", "demo.txt")
    assert (done.exit_code, done.stderr) == (0, "")
    for shown in ("activity.kind", "demo-request", "lea@contoso.example", "[red]Lea [31m", "lead.country"):
        assert shown in done.stdout
    assert not (tmp_path / "baton.db").exists()


def test_a_payload_is_shown_as_json_line_by_line(connected: Command, tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"form": "demo", "email": "lea@contoso.example", "entry id": 7}')
    done = connected("intake", "try", "web", "demo.json", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "activity": {"id": "7", "kind": "demo-request", "what": "demo", "lead": {"email": "lea@contoso.example"}}
    }


def test_what_would_not_be_taken_is_named_by_its_field(connected: Command, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"form": "survey", "email": "lea"}')
    done = connected("intake", "try", "web", "odd.json")
    assert done.exit_code == 1
    assert "lead.email" in done.stdout
    assert "isn't a valid e-mail address" in done.stdout
    assert done.stderr == "1 of 1 would not be taken.\n"
    told = json.loads(connected("intake", "try", "web", "odd.json", "--json").stdout)
    assert [fault["field"] for fault in told["faults"]] == ["activity.kind", "lead.email"]


def test_a_sender_a_file_or_a_playbook_that_is_not_there_is_a_sentence(connected: Command, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "demo.txt").write_text("form=demo")
    for words, code, said in (
        (("wbe", "demo.txt"), 2, "No sender of playbook.yaml is called `wbe`; did you mean `web`?"),
        (("web", "nowhere.txt"), 2, "nowhere.txt cannot be read: No such file or directory."),
        (("web", "picture.png"), 2, "picture.png is no payload: it is neither JSON nor a form."),
        (("web", "demo.txt", "--playbook", "other.yaml"), 2, "other.yaml cannot be read: No such file or directory."),
    ):
        done = connected("intake", "try", *words)
        assert (done.exit_code, done.stderr.strip()) == (code, said)
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text(playbook.read_text(encoding="utf-8").replace("like: form", "like: frm"), encoding="utf-8")
    done = connected("intake", "try", "web", "demo.txt")
    assert (done.exit_code, "did you mean `form`?" in done.stderr) == (1, True)


def test_keys_are_made_listed_and_revoked(ready: Command) -> None:
    assert "There is none" in ready("keys", "list").stdout
    secret = ready("keys", "make", "crm").stdout.strip()
    published = ready("keys", "make", "website", "--publishable")
    assert secret.startswith("baton_")
    assert "/v1/in/website?key=… and opens nothing else" in " ".join(published.stderr.split())
    again = ready("keys", "make", "crm")
    assert (again.exit_code, "in force already" in again.stderr) == (1, True)
    listed = ready("keys", "list").stdout
    assert (secret in listed, listed.count("never"), listed.count("publishable")) == (False, 2, 1)
    assert "lets nobody in any more" in ready("keys", "revoke", "website").stdout
    assert ready("keys", "revoke", "website").exit_code == 1
    listed = ready("keys", "list").stdout
    assert (listed.count("revoked"), listed.count("publishable")) == (1, 0)


def test_a_parked_message_is_listed_and_tried_again(ready: Command, environ: dict[str, str], sandbox: Sandbox) -> None:
    assert ready("deliveries", "list").stdout == "None is parked.\n"
    sandbox.people.archive("sales-emea", workspace=sandbox.workspace())
    database = Database(environ["DATABASE_URL"])
    with database.transaction() as session:
        form = HandOverForm(company="Contoso", did="Asked for a demo")
        mika = sandbox.person("Mika Sato").id
        handover.hand_over(session, workspace_id=1, by=mika, form=form, key="V1", now=sandbox.clock())
    slack = Slack(sandbox.bot_token(), base_url=sandbox.api_url)
    Worker(database, slack, 1, now=sandbox.clock).run_once(sandbox.clock())
    database.dispose()
    assert "is_archived" in ready("deliveries", "list").stdout
    assert ready("deliveries", "retry", "--place", "C0NOWHERE").stdout == "None is parked like that.\n"
    assert "will be tried again" in ready("deliveries", "retry", "--because", "is_archived").stdout
    assert ready("deliveries", "list").stdout == "None is parked.\n"


def test_who_is_ready_by_a_new_playbook_is_counted_and_handed_over_on_a_word(
    ready: Command, environ: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    assert ready("score").stdout == "No lead has come in yet.\n"
    assert ready("score", "--hand-over").stdout.startswith("Nobody is ready:")
    database = Database(environ["DATABASE_URL"])
    sent = [("Ivy\x1b[31m", "Acme", "ivy@acme.example"), ("Joe", "Globex", "joe@globex.example")]
    sent += [("Kim", "Initech", "kim@initech.example"), ("Lee", "Contoso", "lee@gmail.com")]
    for number, (name, company, email) in enumerate(sent):
        said = {"id": f"a{number}", "kind": "contact-form", "lead": {"name": name, "company": company, "email": email}}
        with database.transaction() as session:
            ingest.take(session, 1, "web", [GivenActivity.model_validate(said)], now=sandbox.clock())
    file = tmp_path / "playbook.yaml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\nscoring: {{threshold: 10}}\n", encoding="utf-8")
    assert ready("playbook", "publish").exit_code == 0
    shown = ready("score").stdout
    for row in (r"All +│ +4", r"Ready for sales, and not handed over +│ +3", r"Held +│ +0", r"Free mail +│ +0"):
        assert re.search(row, shown), row
    assert "4 are still to be added up by this playbook" in shown
    assert "To hand over the oldest 3: python -m bot score --hand-over" in shown
    first = ready("score", "--hand-over", "--most", "1").stdout.splitlines()
    # At the weekend nobody works here.
    assert re.fullmatch(r"Acme · Ivy \[31m: (offered to|in the queue of) [A-Z].+", first[0])
    assert first[1] == "1 handed over. How many more are ready: python -m bot score"
    slack = Slack(sandbox.bot_token(), base_url=sandbox.api_url)
    Worker(database, slack, 1, now=sandbox.clock).run_once(sandbox.clock())
    database.dispose()
    assert "still to be added up" not in ready("score").stdout
    rest = ready("score", "--hand-over").stdout.splitlines()
    assert [line.partition(":")[0] for line in rest[:2]] == ["Globex · Joe", "Initech · Kim"]
    assert rest[2] == "2 handed over; nobody else is ready."
    assert ready("score", "--hand-over").stdout.startswith("Nobody is ready:")


def test_nothing_is_scored_before_a_playbook_is_published(command: Command) -> None:
    assert command("migrate").exit_code == 0
    done = command("score")
    assert (done.exit_code, "python -m bot playbook publish" in done.stderr) == (1, True)


def test_a_summary_is_previewed_and_nothing_changed(ready: Command, environ: dict[str, str], sandbox: Sandbox) -> None:
    database = Database(environ["DATABASE_URL"])
    with database.transaction() as session:
        form = HandOverForm(company="Contoso\x1b[31m", did="Asked for a demo", value="1200.50 EUR")
        mika = sandbox.person("Mika Sato").id
        handover.hand_over(session, workspace_id=1, by=mika, form=form, key="V1", now=sandbox.clock())
    database.dispose()
    first = ready("summary", "preview")
    assert (first.exit_code, first.stdout) == (0, ready("summary", "preview", "emea").stdout)
    assert re.match(r"EMEA: the next one comes on \w+, \d\d \w+ \d{4}, 08:30 \(Europe/London\)\.", first.stdout)
    for row in (r"Came in +│ +1", r"Handed over +│ +1", r"Won +│ +0", r"Waiting for a rep +│ +1 │ 1,200\.50 EUR"):
        assert re.search(row, first.stdout), row
    assert "Waiting to be accepted: 1" in first.stdout
    assert "\x1b[31m" not in first.stdout
    wrong = ready("summary", "preview", "emae")
    assert (wrong.exit_code, "did you mean `emea`?" in wrong.stderr) == (2, True)


def test_of_a_team_without_summaries_it_says_so(ready: Command, tmp_path: Path) -> None:
    file = tmp_path / "playbook.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"( +)zone: .*", r"\g<0>\n\1summary: off", text, count=1), encoding="utf-8")
    assert ready("playbook", "publish").exit_code == 0
    assert ready("summary", "preview").stdout == "EMEA: no summary; the playbook says summary: off.\n"


def test_nothing_is_previewed_before_a_playbook_is_published(command: Command) -> None:
    assert command("migrate").exit_code == 0
    done = command("summary", "preview")
    assert (done.exit_code, "python -m bot playbook publish" in done.stderr) == (1, True)


def test_help_is_there_for_every_command(command: Command) -> None:
    told = command("--help").stdout
    for name in (
        "run",
        "web",
        "worker",
        "migrate",
        "init",
        "doctor",
        "score",
        "playbook",
        "intake",
        "deliveries",
        "summary",
    ):
        assert name in told


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
    assert running.stderr is not None
    lines = running.stderr.read().splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    assert records[-1]["message"] == "Everything in hand is finished."
    assert not any("Ana" in line or "northwind" in line for line in lines)


def test_run_brings_an_empty_sqlite_database_up_to_date_by_itself(start: Start, sandbox: Sandbox) -> None:
    running = start("run")
    sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
    running.send_signal(signal.SIGINT)
    assert running.wait(PATIENCE) == 0


def test_postgresql_is_only_migrated_when_told(start: Start, postgresql_server: URL) -> None:
    url = postgresql_server.set(database="postgres").render_as_string(hide_password=False)
    assert "Run python -m bot migrate." in ending(start("run", DATABASE_URL=url), code=1)


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
    assert web.stderr is not None
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
