"""`baton`: a table of its commands."""

from typing import Annotated

import typer

import bot
from bot.cli import (
    console,
    delivery_commands,
    doctor_command,
    import_command,
    init_command,
    intake_commands,
    key_commands,
    playbook_commands,
    process_commands,
    score_command,
    summary_commands,
)

baton = typer.Typer(
    name="baton",
    help="Carries a lead from marketing to sales inside Slack. Settings come from the environment and from .env.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - Typer calls it by position
    if asked:
        console.say(f"baton {bot.__version__}")
        raise typer.Exit


@baton.callback()
def _baton(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command; `--version` ends the program by itself."""
    del version


baton.command("run")(process_commands.run)
baton.command("web")(process_commands.web)
baton.command("worker")(process_commands.worker)
baton.command("migrate")(process_commands.migrate)
baton.command("init")(init_command.command)
baton.command("doctor")(doctor_command.command)
baton.command("import")(import_command.command)
baton.command("score")(score_command.command)
baton.add_typer(playbook_commands.commands, name="playbook")
baton.add_typer(intake_commands.commands, name="intake")
baton.add_typer(key_commands.commands, name="keys")
baton.add_typer(delivery_commands.commands, name="deliveries")
baton.add_typer(summary_commands.commands, name="summary")
