"""`baton deliveries list` and `retry`: the messages that Slack refused."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bot import machine
from bot.cli import console, databases
from bot.delivery import dead_letters

commands = typer.Typer(no_args_is_help=True, help="List and retry the messages that Slack refused.")


@commands.command("list")
def list_dead_letters() -> None:
    """List the messages that Slack refused, each with its error."""
    given = console.settings()
    with databases.ready(given) as database:
        found = dead_letters.found(database, databases.workspace_id(given, database))
    if not found:
        console.say("No undelivered messages.")
        return
    table = Table("Id", "Message", "Place", "Slack's error", "Since (UTC)")
    for each in found:
        since = f"{each.since:%Y-%m-%d %H:%M}" if each.since else ""
        table.add_row(str(each.id), each.kind, each.place, escape(each.last_error), since)
    console.stdout().print(table)


@commands.command("retry")
def retry_dead_letters(
    because: Annotated[str | None, typer.Option(help="Only those with this error of Slack's.")] = None,
    place: Annotated[str | None, typer.Option(help="Only those of this place, as the list names it.")] = None,
) -> None:
    """Send undelivered messages again: all, or those of one place or with one error."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        count = dead_letters.retry(database, workspace_id, because=because, place=place, now=machine.utc_now())
    console.say(f"{count} will be tried again by the running bot." if count else "No undelivered message matches.")
