"""`baton deliveries list` and `retry`: the messages that Slack would not take."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bot import app as wiring
from bot.cli import console, databases
from bot.delivery import dead_letters

commands = typer.Typer(no_args_is_help=True, help="Look after messages that Slack would not take.")


@commands.command("list")
def list_dead_letters() -> None:
    """List the messages that Slack would not take, and its word for why."""
    given = console.settings()
    with databases.ready(given) as database:
        found = dead_letters.found(database, databases.workspace_id(given, database))
    if not found:
        console.say("None is parked.")
        return
    table = Table("Id", "Message", "Place", "Slack's word for it", "Since (UTC)")
    for each in found:
        since = f"{each.since:%Y-%m-%d %H:%M}" if each.since else ""
        table.add_row(str(each.id), each.kind, each.place, escape(each.last_error), since)
    console.stdout().print(table)


@commands.command("retry")
def retry_dead_letters(
    because: Annotated[str | None, typer.Option(help="Only those parked for this word of Slack's.")] = None,
    place: Annotated[str | None, typer.Option(help="Only those of this place, as the list names it.")] = None,
) -> None:
    """Try parked messages again: all of them, or those of one place or with one cause."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        count = dead_letters.retry(database, workspace_id, because=because, place=place, now=wiring.utc_now())
    console.say(f"{count} will be tried again by the running bot." if count else "None is parked like that.")
