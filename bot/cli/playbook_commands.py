"""`baton playbook check`, `publish` and `show`."""

import contextlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import machine
from bot.cli import console, databases
from bot.database import Database
from bot.slack import directory
from bot.slack.client import Slack
from qualification.handoffs import retention
from qualification.organisation import publishing
from qualification.playbook import playbooks
from qualification.records import PlaybookVersion, rows
from qualification.rules.leads.retention import NOTICE
from qualification.rules.playbook.playbook import Playbook, PlaybookFaults, parse
from qualification.rules.refusals import NoPlaybook

commands = typer.Typer(no_args_is_help=True, help="Check, publish and show the playbook.")

PlaybookFile = Annotated[Path, typer.Argument(help="The playbook's file.", show_default=True)]


@commands.command()
def check(file: PlaybookFile = console.PLAYBOOK) -> None:
    """Read a playbook and name every fault with its line; nothing is changed."""
    found = _checked(file)
    if not found.retention.leads:
        return
    # Somebody may check a playbook where there is no database.
    with contextlib.suppress(typer.Exit):
        given = console.settings()
        with databases.ready(given) as database:
            workspace_id = databases.known_workspace_id(given, database)
            old = _old_leads(database, workspace_id, found) if workspace_id is not None else None
        if old is not None:
            console.say(
                f"Its retention is new or stricter. Old leads today: {old:,}. They are erased at night, from"
                f" {NOTICE.days} days after you publish it."
            )


def _checked(file: Path) -> Playbook:
    text = console.text(file)
    try:
        found = parse(text, str(file))
    except PlaybookFaults as faults:
        console.fail(f"{faults}\n{len(faults.faults)} to put right; nothing was changed.", console.FAILED)
    console.say(f"{file} is good. Teams: {len(found.teams)}, people: {len(found.people)}, rules: {len(found.rules)}.")
    return found


def _old_leads(database: Database, workspace_id: int, found: Playbook) -> int | None:
    """Count the leads that the playbook would erase today, if it says so newly or more strictly."""
    if not found.retention.leads:
        return None
    with database.snapshot() as session:
        return retention.preview(session, workspace_id, found.retention.ages, now=machine.utc_now())


@commands.command()
def publish(file: PlaybookFile = console.PLAYBOOK) -> None:
    """Put a playbook into effect in every process; a bad one changes nothing.

    Makes the tables of a new SQLite database first.
    """
    found = _checked(file)
    given = console.settings()
    with databases.writable(given) as database:
        workspace_id = databases.workspace_id(given, database)
        old = _old_leads(database, workspace_id, found)
        with database.transaction() as session:
            publishing.publish(
                session,
                workspace_id=workspace_id,
                text=console.text(file),
                by=machine.operator(),
                old_leads=old,
                now=machine.utc_now(),
            )
            announced = retention.notice(session, workspace_id, machine.utc_now())
        if given.bot_token:
            slack = Slack(given.bot_token, base_url=given.slack_api_url)
            directory.Directory(
                database=database, slack=slack, workspace_id=workspace_id, now=machine.utc_now
            ).look_up()
    if given.bot_token:
        console.say(f"{file} is published. baton doctor checks whether Slack knows everybody in it.")
    else:
        console.say(f"{file} is published. Its people are looked up in Slack once the bot runs with a token.")
    if announced is not None:
        console.say(
            f"From {announced.first_at:%Y-%m-%d %H:%M} UTC on, its retention erases old leads at night. Today they are"
            f" {announced.leads or 0:,}. Until then you can publish a playbook without it."
        )


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
