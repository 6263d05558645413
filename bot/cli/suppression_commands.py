"""`baton suppressions list` and `lift`: who must not come back without a word."""

from typing import Annotated

import typer
from rich.table import Table

from bot import machine
from bot.cli import console, databases
from qualification.leads import suppression
from qualification.rules.refusals import NoPersonalKey

commands = typer.Typer(no_args_is_help=True, help="See and lift what keeps people from coming back.")


@commands.command("list")
def list_suppressions() -> None:
    """List them by the number of the lead that they were: since when, and why. Nobody's name or address is kept."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            found = suppression.listed(session, workspace_id)
    if not found:
        console.say("Nobody is kept from coming back.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("lead", "reason", "since (UTC)", "hashes"):
        table.add_column(heading)
    for each in found:
        lead = f"#{each.lead_id}" if each.lead_id is not None else "-"
        table.add_row(lead, each.reason.value, f"{each.since:%Y-%m-%d %H:%M}", str(each.hashes))
    console.stdout().print(table)


@commands.command("lift")
def lift(
    person: Annotated[str, typer.Argument(help="The number of the lead that they were, or their e-mail address.")],
) -> None:
    """Let a person come in again, because they asked for contact. What was erased stays erased."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        try:
            with database.transaction() as session:
                lifted = suppression.lift(session, workspace_id, person, by=machine.operator(), now=machine.utc_now())
        except NoPersonalKey:
            console.fail(
                "BATON_KEY is not set, so nobody is known by an address. Give the lead's number.", console.WRONG
            )
    if not lifted:
        console.fail("Nobody like that is kept from coming back.", console.FAILED)
    console.say("They may come in again.")
