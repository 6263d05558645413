"""`baton playbook`: checked, published, shown."""

import re
from datetime import timedelta
from pathlib import Path

from sqlalchemy import URL, func, select

import migrations
from bot.database import Database
from qualification.intake import ingest
from qualification.records import Lead
from qualification.rules.leads.lead_input import LeadInput
from sandbox.clock import RealClock
from sandbox.server import Sandbox
from tests.bot.cli.terminal import INIT, Command


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


def test_nothing_is_published_before_the_schema_is_there(command: Command, postgresql_server: URL) -> None:
    empty = postgresql_server.set(database="postgres").render_as_string(hide_password=False)
    assert command(*INIT).exit_code == 0
    done = command("playbook", "publish", DATABASE_URL=empty)
    assert done.exit_code == 1
    assert "Run baton migrate." in done.stderr


def test_publishing_makes_the_tables_of_a_new_sqlite_database_and_says_so(command: Command, tmp_path: Path) -> None:
    assert command(*INIT).exit_code == 0
    for name in ("new.db", "empty.db"):
        file = tmp_path / name
        if name == "empty.db":
            file.touch()
        done = command("playbook", "publish", DATABASE_URL=f"sqlite:///{file}")
        assert (done.exit_code, done.stderr) == (0, f"The database {file} was empty: its tables are made.\n")
        again = command("playbook", "publish", DATABASE_URL=f"sqlite:///{file}")
        assert (again.exit_code, again.stderr) == (0, "")


def test_an_older_database_with_something_in_it_is_left_to_migrate(command: Command, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'baton.db'}"
    migrations.upgrade(url, "0003")
    assert command(*INIT).exit_code == 0
    done = command("playbook", "publish")
    assert (done.exit_code, "Run baton migrate." in done.stderr) == (1, True)
    assert migrations.current(url) == "0003"


def test_what_only_reads_makes_no_database(command: Command, tmp_path: Path) -> None:
    for words in (("playbook", "show"), ("keys", "list"), ("summary", "preview"), ("score",), ("deliveries", "list")):
        done = command(*words)
        assert (done.exit_code, "baton playbook publish makes it" in done.stderr) == (1, True)
    assert not (tmp_path / "baton.db").exists()


def test_a_playbook_published_without_a_token_counts_for_the_first_one(command: Command) -> None:
    bare = {"SLACK_BOT_TOKEN": "", "SLACK_APP_TOKEN": ""}
    options = ("init", "--team", "EMEA", "--channel", "#sales-emea", "--manager", "maya.cohen@northwind.example")
    assert command(*options, "--rep", "ana.ruiz@northwind.example", **bare).exit_code == 0
    done = command("playbook", "publish", **bare)
    assert (done.exit_code, "once the bot runs with a token" in done.stdout) == (0, True)
    assert command("keys", "make", "website", **bare).exit_code == 0
    shown = command("playbook", "show", **bare).stdout
    assert shown == command("playbook", "show").stdout
    assert "website" in command("keys", "list").stdout
    assert "website" in command("keys", "list", **bare).stdout
    assert "Everything is well." in command("doctor").stdout


def test_without_a_token_one_of_several_workspaces_must_be_named(ready: Command, sandbox: Sandbox) -> None:
    assert ready("keys", "list", SLACK_BOT_TOKEN=sandbox.bot_token("Fabrikam")).exit_code == 0
    done = ready("keys", "list", SLACK_BOT_TOKEN="")
    assert (done.exit_code, done.stderr) == (
        2,
        "This database holds 2 workspaces. Set SLACK_BOT_TOKEN to the token of the one that is meant.\n",
    )


def test_a_retention_that_is_new_says_what_it_will_erase_before_and_when_it_is_published(
    ready: Command, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "playbook.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\nretention: {{leads: [{{state: unworked, after: 1 year}}]}}\n", encoding="utf-8")
    database = Database(environ["DATABASE_URL"])
    long_ago = RealClock()() - timedelta(days=400)
    with database.transaction() as session:
        leads = [LeadInput(email=f"old{number}@acme.example") for number in range(3)]
        ingest.ingest(session, 1, "web", leads, now=long_ago)
    assert "Old leads today: 3. They are erased at night, from 7 days after" in ready("playbook", "check").stdout
    said = ready("playbook", "publish").stdout
    assert re.search(
        r"From 20\d\d-\d\d-\d\d \d\d:\d\d UTC on, its retention erases old leads at night. Today they are 3\.", said
    )
    again = ready("playbook", "publish").stdout
    assert "Today they are 3." in again
    with database.snapshot() as session:
        assert session.scalar(select(func.count()).where(Lead.erased_at.is_not(None))) == 0
    database.dispose()
    assert "3 were old when it was published" in ready("doctor").stdout.replace("\n", " ")
    file.write_text(before, encoding="utf-8")
    assert "retention" not in ready("playbook", "publish").stdout


def test_a_playbook_with_retention_is_checked_also_where_there_is_no_database(command: Command, tmp_path: Path) -> None:
    assert command(*INIT).exit_code == 0
    file = tmp_path / "playbook.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\nretention: {{leads: [{{state: lost, after: 90 days}}]}}\n", encoding="utf-8")
    done = command("playbook", "check")
    assert (done.exit_code, "is good" in done.stdout) == (0, True)
    assert not (tmp_path / "baton.db").exists()
