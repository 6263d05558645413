"""`baton init`: a first playbook from options."""

from pathlib import Path

from tests.bot.cli.terminal import INIT, Command


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
        "Mars/Olympus isn't a time zone; write it like Europe/London.\n",
    )
    assert not (tmp_path / "playbook.yaml").exists()
