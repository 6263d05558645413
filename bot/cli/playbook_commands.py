"""`baton playbook check`, `publish` and `show`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import machine
from bot.cli import console, databases
from bot.slack import directory
from bot.slack.client import Slack
from qualification.organisation import publishing
from qualification.playbook import playbooks
from qualification.records import PlaybookVersion, rows
from qualification.rules.playbook.playbook import PlaybookFaults, parse
from qualification.rules.refusals import NoPlaybook

commands = typer.Typer(no_args_is_help=True, help="Check, publish and show the playbook.")

PlaybookFile = Annotated[Path, typer.Argument(help="The playbook's file.", show_default=True)]


@commands.command()
def check(file: PlaybookFile = console.PLAYBOOK) -> None:
    """Read a playbook and name every fault with its line; nothing is changed."""
    text = console.text(file)
    try:
        found = parse(text, str(file))
    except PlaybookFaults as faults:
        console.fail(f"{faults}\n{len(faults.faults)} to put right; nothing was changed.", console.FAILED)
    console.say(f"{file} is good. Teams: {len(found.teams)}, people: {len(found.people)}, rules: {len(found.rules)}.")


@commands.command()
def publish(file: PlaybookFile = console.PLAYBOOK) -> None:
    """Put a playbook into effect in every process; a bad one changes nothing.

    Makes the tables of a new SQLite database first.
    """
    check(file)
    given = console.settings()
    with databases.writable(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.transaction() as session:
            publishing.publish(
                session,
                workspace_id=workspace_id,
                text=console.text(file),
                by=machine.operator(),
                now=machine.utc_now(),
            )
        if given.bot_token:
            slack = Slack(given.bot_token, base_url=given.slack_api_url)
            directory.Directory(
                database=database, slack=slack, workspace_id=workspace_id, now=machine.utc_now
            ).look_up()
    if given.bot_token:
        console.say(f"{file} is published. baton doctor checks whether Slack knows everybody in it.")
    else:
        console.say(f"{file} is published. Its people are looked up in Slack once the bot runs with a token.")


@commands.command()
def show() -> None:
    """Print the playbook that is in effect."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            try:
                version = playbooks.current(session, workspace_id).id
            except NoPlaybook:
                console.fail(console.UNPUBLISHED, console.FAILED)
            text = rows.get_one(session, PlaybookVersion, version, workspace_id).text
    sys.stdout.write(text)
