"""`baton doctor` after the steps of the guide."""

from tests.bot.cli.terminal import Command


def test_the_steps_of_the_guide_end_in_a_clean_bill_of_health(ready: Command) -> None:
    done = ready("doctor")
    assert done.exit_code == 0, done.stdout
    assert "Everything is well." in done.stdout
    assert "✗" not in done.stdout


def test_the_doctor_fails_where_something_is_to_be_done(command: Command) -> None:
    done = command("doctor")
    assert done.exit_code == 1
    assert "Run baton migrate." in done.stdout
    assert "One thing to put right." in done.stderr
