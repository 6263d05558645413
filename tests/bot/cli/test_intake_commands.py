"""`baton intake try`: what would become of a payload."""

import json
from pathlib import Path

import pytest

from tests.bot.cli.terminal import INIT, Command


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


def test_what_made_no_difference_is_named(connected: Command, tmp_path: Path) -> None:
    payload = {
        "event": {"id": "e1", "sent": "now", "email": "lea@contoso.example"},
        "fields": [{"key": "k", "label": "Email", "value": "lea@contoso.example"}, {"label": "Plan", "value": "team"}],
        "form": "demo",
        "country": "Atlantis",
        "submission id": 7,
    }
    (tmp_path / "demo.json").write_text(json.dumps(payload))
    shown = " ".join(connected("intake", "try", "web", "demo.json").stdout.split())
    assert "Not used: country" in shown
    told = [json.loads(line) for line in connected("intake", "try", "web", "demo.json", "--json").stdout.splitlines()]
    assert told[0]["activity"]["lead"]["email"] == "lea@contoso.example"
    assert told[1] == {"unused": ["country"]}


def test_what_would_be_lost_is_named_by_its_field(connected: Command, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"form": "survey", "email": "lea", "name": "Lea Roth"}')
    done = connected("intake", "try", "web", "odd.json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "✗ lead.email" in done.stdout
    first, last = connected("intake", "try", "web", "odd.json", "--json").stdout.splitlines()
    told = json.loads(first)
    assert [each["field"] for each in told["lost"]] == ["lead.email", "activity.kind"]
    assert told["lead"] == {"name": "Lea Roth"}
    assert json.loads(last) == {"unused": ["form"]}


def test_what_would_not_be_taken_is_named_by_its_field(connected: Command, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"form": "survey", "email": "lea"}')
    done = connected("intake", "try", "web", "odd.json")
    assert done.exit_code == 1
    assert "lead.email" in done.stdout
    assert "isn't a valid e-mail address" in done.stdout
    assert done.stderr == "1 of 1 would be rejected.\n"
    told = json.loads(connected("intake", "try", "web", "odd.json", "--json").stdout.splitlines()[0])
    assert [fault["field"] for fault in told["faults"]] == ["lead.email", "lead"]


def test_a_sender_a_file_or_a_playbook_that_is_not_there_is_a_sentence(connected: Command, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "demo.txt").write_text("form=demo")
    for words, code, said in (
        (("wbe", "demo.txt"), 2, "No sender of playbook.yaml is called `wbe`; did you mean `web`?"),
        (("web", "nowhere.txt"), 2, "nowhere.txt cannot be read: No such file or directory."),
        (("web", "picture.png"), 2, "picture.png can't be read: it is neither JSON nor a form."),
        (("web", "demo.txt", "--playbook", "other.yaml"), 2, "other.yaml cannot be read: No such file or directory."),
    ):
        done = connected("intake", "try", *words)
        assert (done.exit_code, done.stderr.strip()) == (code, said)
    playbook = tmp_path / "playbook.yaml"
    playbook.write_text(playbook.read_text(encoding="utf-8").replace("like: form", "like: frm"), encoding="utf-8")
    done = connected("intake", "try", "web", "demo.txt")
    assert (done.exit_code, "did you mean `form`?" in done.stderr) == (1, True)
