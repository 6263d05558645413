"""`baton audit`: who did what, the newest first, by each filter."""

import json
import os
import pwd
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from bot import machine
from bot.database import Database
from qualification.people import audit
from qualification.records import Lead
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.people.audited import Surface
from tests.bot.cli.terminal import INIT, Command

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ME = f"unix:{pwd.getpwuid(os.getuid()).pw_name}"


def lines(command: Command, *words: str) -> list[dict[str, Any]]:
    """Return the entries that a command prints as JSON."""
    done = command("audit", "--json", *words)
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def looks_up(database: Database, *lead_ids: int, by: str = "key:crm", now: datetime = NOON) -> None:
    """Record that somebody was shown these leads."""
    with database.transaction() as session:
        audit.record_lookup(session, 1, lead_ids, by=by, surface=Surface.API, now=now, shown="contact")


def test_what_the_operator_did_is_in_it_by_the_user_of_the_machine_whatever_the_environment_says(
    ready: Command,
) -> None:
    assert ready("keys", "make", "crm", "--scope", "read", USER="mallory", LOGNAME="mallory").exit_code == 0
    assert ready("keys", "revoke", "crm").exit_code == 0
    assert [(each["action"], each["by"], each["details"]) for each in lines(ready)][:2] == [
        ("key_revoked", ME, {"key": "crm", "keys": 1}),
        ("key_made", ME, {"key": "crm", "may": ["read"]}),
    ]
    assert [each["action"] for each in lines(ready, "--action", "playbook_published")] == ["playbook_published"]
    shown = ready("audit", COLUMNS="300").stdout
    assert "key crm, may read" in shown
    assert re.search("managers_added Maya[^,]*, team_managers emea=Maya", shown)
    assert ME in shown


def test_a_user_without_a_name_goes_by_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs as any user."""
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    assert machine.operator() == "unix:987654321"


def test_it_is_found_by_lead_by_whom_and_by_days(ready: Command, database: Database) -> None:
    looks_up(database, 7)
    looks_up(database, 7, 8, by="unix:ana", now=NOON.replace(day=3))
    assert [(each["by"], each["lead"]) for each in lines(ready, "--lead", "7")] == [("unix:ana", 7), ("key:crm", 7)]
    assert [each["lead"] for each in lines(ready, "--by", "crm")] == [7]
    assert [each["lead"] for each in lines(ready, "--until", "2026-03-02")] == [7]
    assert [each["lead"] for each in lines(ready, "--since", "2026-03-03", "--until", "2026-03-03")] == [8, 7]
    done = ready("audit", "--action", "looked_up", "--limit", "1", COLUMNS="200")
    assert "in api, listed 2, shown contact" in done.stdout
    assert "These are the newest 1." in done.stderr


def test_a_lead_is_found_with_those_merged_into_it(ready: Command, database: Database) -> None:
    with database.transaction() as session:
        kept, merged = (
            Lead(workspace_id=1, lifecycle=Lifecycle.LEAD, fields={}, created_at=NOON, updated_at=NOON)
            for _ in range(2)
        )
        session.add(kept)
        session.flush()
        merged.merged_into_id = kept.id
        session.add(merged)
        session.flush()
        ids = kept.id, merged.id
    looks_up(database, ids[1])
    assert [each["lead"] for each in lines(ready, "--lead", str(ids[0]))] == [ids[1]]


def test_nothing_found_and_a_day_that_is_none_are_said(ready: Command) -> None:
    assert ready("audit", "--lead", "7").stdout == "No entry fits.\n"
    wrong = ready("audit", "--since", "yesterday")
    assert (wrong.exit_code, "Write for example 2026-11-30." in wrong.stderr) == (2, True)


def test_an_audit_that_begins_is_empty(command: Command) -> None:
    assert command(*INIT).exit_code == 0
    assert command("migrate").exit_code == 0
    assert command("audit").stdout == "The audit has no entry.\n"
    assert command("audit", "--json").stdout == ""
