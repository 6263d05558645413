"""`baton keys make`, `list` and `revoke`: the API keys of senders."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bot import app as wiring
from bot.cli import console, databases
from bot.http.intake_api import new_key
from qualification.intake import api_keys

commands = typer.Typer(no_args_is_help=True, help="Make, list and revoke the API keys of senders.")


@commands.command("make")
def make_key(
    name: Annotated[str, typer.Argument(help="The sender that it lets in, such as website.")],
    publishable: Annotated[
        bool,
        typer.Option(
            "--publishable", help="For a page that anybody reads: it only posts to /v1/in/NAME, and reads nothing."
        ),
    ] = False,
) -> None:
    """Make an API key for a sender and show it once: Baton stores only a hash."""
    given = console.settings()
    with databases.writable(given) as database:
        workspace_id = databases.workspace_id(given, database)
        try:
            with database.transaction() as session:
                key = api_keys.make(
                    session,
                    workspace_id,
                    name.strip(),
                    publishable=publishable,
                    random=new_key,
                    now=wiring.utc_now(),
                )
        except api_keys.NameTaken as taken:
            console.fail(str(taken), console.FAILED)
    console.say(key)
    keep = "Shown once. Copy it now; Baton stores only a hash."
    if publishable:
        keep += f" It posts to /v1/in/{name.strip()}?key=… and opens nothing else."
    console.stderr().print(keep, highlight=False)


@commands.command("list")
def list_keys() -> None:
    """List the keys: their sender, when they were made and last used."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            found = api_keys.listed(session, workspace_id)
    if not found:
        console.say("There are no keys. Make one with baton keys make NAME.")
        return
    table = Table("Sender", "Key", "Made (UTC)", "Last used (UTC)", "")
    for each in found:
        used = f"{each.used_at:%Y-%m-%d %H:%M}" if each.used_at else "never"
        rights = "publishable" if each.publishable else ""
        over = f"revoked {each.revoked_at:%Y-%m-%d %H:%M}" if each.revoked_at else rights
        table.add_row(escape(each.name), f"{escape(each.hint)}…", f"{each.created_at:%Y-%m-%d %H:%M}", used, over)
    console.stdout().print(table)


@commands.command("revoke")
def revoke_key(name: Annotated[str, typer.Argument(help="The sender, as the list names it.")]) -> None:
    """Revoke a sender's key; what it sent stays."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.transaction() as session:
            done = api_keys.revoke(session, workspace_id, name.strip(), now=wiring.utc_now())
    if not done:
        console.fail(f"No valid key has the name {name}. See baton keys list.", console.FAILED)
    console.say(f"The key of {name} is revoked.")
