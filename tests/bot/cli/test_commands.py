"""What holds for every command: its help, its settings, and that Slack is asked for only where it is needed."""

import shutil
from pathlib import Path

import bot
from tests.bot.cli.terminal import INIT, Command, Start, ending

ROOT = Path(__file__).parents[3]


def test_help_is_there_for_every_command(command: Command) -> None:
    told = command("--help").stdout
    for name in (
        "run",
        "web",
        "worker",
        "migrate",
        "init",
        "doctor",
        "export",
        "score",
        "playbook",
        "intake",
        "deliveries",
        "summary",
    ):
        assert name in told


def test_every_fault_of_the_settings_is_named_before_anything_is_done(start: Start, tmp_path: Path) -> None:
    said = ending(start("run", SLACK_BOT_TOKEN="", PORT="many"), code=2)
    assert "SLACK_BOT_TOKEN is missing" in said
    assert "PORT must be" in said
    assert not (tmp_path / "baton.db").exists()


def test_the_version_is_printed(command: Command) -> None:
    done = command("--version")
    assert (done.exit_code, done.stdout) == (0, f"baton {bot.__version__}\n")


def test_a_misspelt_setting_in_the_file_stops_every_command(command: Command, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SLAK_BOT_TOKEN=xoxb-1\n")
    for words in (("init",), ("playbook", "publish"), ("doctor",), ("run",)):
        (tmp_path / "playbook.yaml").unlink(missing_ok=True)
        if words[0] == "playbook":
            shutil.copy(ROOT / "playbook.example.yaml", tmp_path / "playbook.yaml")
        done = command(*words, *(INIT[1:] if words[0] == "init" else ()))
        assert done.exit_code == 2
        assert "SLAK_BOT_TOKEN in .env is not a setting. Did you mean SLACK_BOT_TOKEN?" in done.stderr


def test_a_database_out_of_reach_is_a_sentence_with_its_remedy(command: Command, tmp_path: Path) -> None:
    gone = f"sqlite:///{tmp_path / 'nowhere' / 'baton.db'}"
    for words in (("migrate",), ("keys", "make", "website"), ("keys", "list")):
        done = command(*words, DATABASE_URL=gone)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"The database cannot be used: the folder {tmp_path / 'nowhere'} does not exist.")
        assert "mkdir -p" in done.stderr
