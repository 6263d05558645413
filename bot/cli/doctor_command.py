"""`baton doctor`: what the checks of `bot.cli.doctor` found, shown."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot import machine
from bot.cli import console, doctor
from bot.database import Database


def command(
    playbook: Annotated[Path, typer.Option(help="The playbook's file, to compare.")] = console.PLAYBOOK,
) -> None:
    """Check tokens, scopes, people, channels, schema, playbook and clocks; name the remedy for each fault."""
    given = console.settings(slack=True)
    database = Database(given.database_url)
    faults = 0
    try:
        with console.explained(given):
            for finding in doctor.examine(
                given, database, playbook=playbook, env_file=console.ENV_FILE, now=machine.utc_now
            ):
                mark = "[red]✗[/red]" if finding.is_fault else "[green]✓[/green]"
                console.stdout().print(
                    f"{mark} [bold]{finding.subject}[/bold]: {escape(finding.seen)}", highlight=False, soft_wrap=True
                )
                if finding.remedy is not None:
                    faults += 1
                    console.stdout().print(f"  → {escape(finding.remedy)}", highlight=False, soft_wrap=True)
    finally:
        database.dispose()
    if faults:
        console.fail(f"{faults} to put right." if faults > 1 else "One thing to put right.", console.FAILED)
    console.stdout().print("Everything is well.")
