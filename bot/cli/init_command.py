"""`baton init`: the first playbook, written from questions or options."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bot.cli import console, first_playbook, personal_keys
from bot.slack.client import Slack, SlackError
from qualification.rules.playbook.playbook import PlaybookFaults, parse


def command(
    file: Annotated[Path, typer.Option(help="Where to write it.")] = console.PLAYBOOK,
    team: Annotated[str | None, typer.Option(help="The sales team's name.")] = None,
    channel: Annotated[str | None, typer.Option(help="The channel that shows its lead cards, such as #sales.")] = None,
    manager: Annotated[str | None, typer.Option(help="Its manager: an e-mail address, or a name Slack knows.")] = None,
    rep: Annotated[list[str] | None, typer.Option(help="A rep; repeat it for each.")] = None,
    marketer: Annotated[list[str] | None, typer.Option(help="Somebody in marketing; repeat it for each.")] = None,
    zone: Annotated[str | None, typer.Option(help="The team's time zone; without it the manager's.")] = None,
    hours: Annotated[str, typer.Option(help="Working hours from Monday to Friday.")] = first_playbook.DEFAULT_HOURS,
    currency: Annotated[str, typer.Option(help="The currency of deals.")] = "EUR",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file without asking.")] = False,
    key: Annotated[bool, typer.Option("--key", help="Only make BATON_KEY, where .env has none.")] = False,
) -> None:
    """Write a first playbook, from a few questions or from the options given, and BATON_KEY into .env.

    With SLACK_BOT_TOKEN set, people and channels are read from Slack, and you can write names.
    """
    if key:
        if not personal_keys.make(console.ENV_FILE):
            console.say("BATON_KEY is set already. Keep it: with another one nobody who was erased is known.")
        return
    asking = sys.stdin.isatty()
    if file.exists() and not overwrite:
        if not asking:
            console.fail(f"{file} already exists; use --overwrite to replace it.", console.WRONG)
        if not typer.confirm(f"{file} already exists. Replace it?", default=False):
            console.fail("Nothing was changed.", console.FAILED)
    given = {"--team": team, "--channel": channel, "--manager": manager, "--rep": rep}
    missing = [name for name, value in given.items() if not value]
    if missing and not (asking and len(missing) == len(given)):
        console.fail(f"Still needed: {', '.join(missing)}. Without any option, questions are asked.", console.WRONG)
    roster = _roster()
    try:
        if missing:
            answers = first_playbook.ask(console.stdout(), roster)
        else:
            answers = first_playbook.answers(
                roster,
                team=team or "",
                channel=channel or "",
                manager=manager or "",
                reps=rep or [],
                marketers=marketer or [],
                zone=zone,
                hours=hours,
                currency=currency,
            )
        text = first_playbook.compose(answers)
        parse(text, str(file))
    except first_playbook.Nonsense as nonsense:
        console.fail(str(nonsense), console.WRONG)
    except PlaybookFaults as faults:
        console.fail(str(faults), console.WRONG)
    console.write(file, text)
    console.say(f"{file} is written. Look at it, then: baton playbook publish {file}")
    personal_keys.make(console.ENV_FILE)


def _roster() -> first_playbook.Roster:
    """Ask Slack for people and channels, where there is a token."""
    given = console.settings()
    if not given.bot_token:
        return first_playbook.Roster()
    try:
        return first_playbook.roster(Slack(given.bot_token, base_url=given.slack_api_url))
    except SlackError as error:
        console.stderr().print(
            f"Slack refuses to list people ({escape(str(error))}); use e-mail addresses.",
            highlight=False,
            soft_wrap=True,
        )
        return first_playbook.Roster()
