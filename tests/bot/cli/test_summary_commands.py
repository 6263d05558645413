"""`baton summary preview`: what a team's next summary would say."""

import re
from pathlib import Path

from bot.database import Database
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from sandbox.server import Sandbox
from tests.bot.cli.terminal import Command


def test_a_summary_is_previewed_and_nothing_changed(ready: Command, environ: dict[str, str], sandbox: Sandbox) -> None:
    database = Database(environ["DATABASE_URL"])
    with database.transaction() as session:
        form = HandOverForm(company="Contoso\x1b[31m", did="Asked for a demo", value="1200.50 EUR")
        mika = sandbox.person("Mika Sato").id
        handover.hand_over(session, workspace_id=1, by=mika, form=form, now=sandbox.clock())
    database.dispose()
    first = ready("summary", "preview")
    assert (first.exit_code, first.stdout) == (0, ready("summary", "preview", "emea").stdout)
    assert re.match(r"EMEA: the next summary comes on \w+, \d\d \w+ \d{4}, 08:30 \(Europe/London\)\.", first.stdout)
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
    assert (done.exit_code, "baton playbook publish" in done.stderr) == (1, True)
