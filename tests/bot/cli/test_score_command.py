"""`baton score`: who is ready by the current playbook."""

import re
from pathlib import Path

from bot.database import Database
from bot.slack.client import Slack
from bot.worker import Worker
from qualification.intake import ingest
from qualification.rules.leads.lead_input import ActivityInput
from sandbox.server import Sandbox
from tests.bot.cli.terminal import Command


def test_who_is_ready_by_a_new_playbook_is_counted_and_handed_over_on_a_word(
    ready: Command, environ: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    assert ready("score").stdout == "No lead has come in yet.\n"
    assert ready("score", "--hand-over").stdout.startswith("No lead is ready:")
    database = Database(environ["DATABASE_URL"])
    sent = [("Ivy\x1b[31m", "Acme", "ivy@acme.example"), ("Joe", "Globex", "joe@globex.example")]
    sent += [("Kim", "Initech", "kim@initech.example"), ("Lee", "Contoso", "lee@gmail.com")]
    for number, (name, company, email) in enumerate(sent):
        said = {"id": f"a{number}", "kind": "contact-form", "lead": {"name": name, "company": company, "email": email}}
        with database.transaction() as session:
            ingest.ingest(session, 1, "web", [ActivityInput.model_validate(said)], now=sandbox.clock())
    file = tmp_path / "playbook.yaml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\nscoring: {{threshold: 10}}\n", encoding="utf-8")
    assert ready("playbook", "publish").exit_code == 0
    shown = ready("score").stdout
    for row in (
        r"All +│ +4",
        r"Ready for sales, and not handed over +│ +3",
        r"Held back by filters +│ +0",
        r"Free mail +│ +0",
    ):
        assert re.search(row, shown), row
    assert "Scores still to be added up by this playbook: 4." in shown
    assert "To hand over the oldest 3: baton score --hand-over" in shown
    first = ready("score", "--hand-over", "--most", "1").stdout.splitlines()
    # At the weekend nobody works here.
    assert re.fullmatch(r"Acme · Ivy \[31m: (offered to|in the queue of) [A-Z].+", first[0])
    assert first[1] == "1 handed over. See how many more are ready: baton score"
    slack = Slack(sandbox.bot_token(), base_url=sandbox.api_url)
    Worker(database, slack, 1, now=sandbox.clock).run_once(sandbox.clock())
    database.dispose()
    assert "still to be added up" not in ready("score").stdout
    rest = ready("score", "--hand-over").stdout.splitlines()
    assert [line.partition(":")[0] for line in rest[:2]] == ["Globex · Joe", "Initech · Kim"]
    assert rest[2] == "2 handed over; no other lead is ready."
    assert ready("score", "--hand-over").stdout.startswith("No lead is ready:")


def test_nothing_is_scored_before_a_playbook_is_published(command: Command) -> None:
    assert command("migrate").exit_code == 0
    done = command("score")
    assert (done.exit_code, "baton playbook publish" in done.stderr) == (1, True)


def test_what_a_lead_did_and_what_of_it_does_not_count_is_shown_with_the_reason(
    ready: Command, environ: dict[str, str], sandbox: Sandbox
) -> None:
    assert ready("score", "--lead", "1").stderr == "There is no lead 1.\n"
    database = Database(environ["DATABASE_URL"])
    nora = {"email": "nora@scannedco.example", "name": "Nora Falk"}
    whats = [*["October newsletter"] * 26, *"abcdefghij"]
    said: list[dict[str, object]] = [
        {"id": f"o{number}", "kind": "email-opened", "what": what} for number, what in enumerate(whats)
    ]
    said += [{"id": "s", "kind": "email-clicked", "what": "x", "fields": {"user_agent": "Mimecast"}}]
    said += [{"id": "p", "kind": "pricing-page", "what": "prices"}]
    entries = [ActivityInput.model_validate({**each, "lead": nora, "at": sandbox.clock()}) for each in said]
    with database.transaction() as session:
        ingest.ingest(session, 1, "web", entries, now=sandbox.clock())
    database.dispose()
    shown = ready("score", "--lead", "1").stdout
    for row in (
        r"Welcome e-mail opened +│ +36 +│ +10 +│ +20 +│ 25 the same again",
        r"1 more than 10 in 24h",
        r"E-mail clicked +│ +1 +│ +0 +│ +0 +│ 1 by a mail scanner",
        r"Pricing page visited +│ +1 +│ +1 +│ +15 +│ +│$",
    ):
        assert re.search(row, shown, re.MULTILINE), shown
    assert "Score: 35. A lead is ready with 50." in shown
