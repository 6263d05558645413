"""`baton`: a table of its commands."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Annotated, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup

import bot

# Each command's module, and in it what runs: a function, or a group of commands.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "run": ("process_commands", "run"),
        "web": ("process_commands", "web"),
        "worker": ("process_commands", "worker"),
        "migrate": ("migrate_command", "command"),
        "init": ("init_command", "command"),
        "doctor": ("doctor_command", "command"),
        "import": ("import_command", "commands"),
        "export": ("export_command", "command"),
        "score": ("score_command", "command"),
        "playbook": ("playbook_commands", "commands"),
        "intake": ("intake_commands", "commands"),
        "keys": ("key_commands", "commands"),
        "erase": ("erase_command", "command"),
        "suppressions": ("suppression_commands", "commands"),
        "audit": ("audit_command", "command"),
        "deliveries": ("delivery_commands", "commands"),
        "summary": ("summary_commands", "commands"),
    }
)


class LazyGroup(TyperGroup):
    """Imports a command when it is called: all of them together take longer than most of them run."""

    def list_commands(self, ctx: object) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | TyperGroup | None:
        """Return a command by its name, None for a name that is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        found = getattr(import_module(f"bot.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            group = typer.main.get_group(found)
            group.name = cmd_name
            return group
        alone = typer.Typer(add_completion=False, rich_markup_mode="rich")
        alone.command(cmd_name)(found)
        return cast("TyperCommand", typer.main.get_command(alone))


baton = typer.Typer(
    cls=LazyGroup,
    name="baton",
    help="Carries a lead from marketing to sales inside Slack. Settings come from the environment and from .env.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - Typer calls it by position
    if asked:
        typer.echo(f"baton {bot.__version__}")
        raise typer.Exit


@baton.callback()
def _baton(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command; `--version` ends the program by itself."""
    del version
