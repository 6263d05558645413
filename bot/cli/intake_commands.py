"""`baton intake try`: what becomes of what senders post."""

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.markup import escape

from bot import machine
from bot.cli import console, payload_preview
from qualification.rules.intake import mapping, payloads
from qualification.rules.intake.body_faults import NoPayload, TooMuch
from qualification.rules.intake.mapping import InvalidEntry
from qualification.rules.intake.row_checks import fitted
from qualification.rules.intake.unused import unused
from qualification.rules.playbook.playbook import PlaybookFaults, parse
from qualification.rules.values.suggestions import choose_from

commands = typer.Typer(no_args_is_help=True, help="See what becomes of a sender's payload.")

# What is not used of a payload is named up to here; --json names everything.
MOST_SHOWN: Final = 20
_TECHNICAL: Final = frozenset({"id", "ref", "type", "key"})


@commands.command("try")
def try_payload(
    source: Annotated[str, typer.Argument(help="The sender, by its key in the playbook's senders.")],
    file: Annotated[Path, typer.Argument(help="What it posts: JSON, or a form as a browser encodes it.")],
    playbook: Annotated[Path, typer.Option(help="The playbook's file.")] = console.PLAYBOOK,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each entry.")] = False,
) -> None:
    """Show the leads and activities that a payload would become; nothing is stored."""
    text = console.text(playbook)
    try:
        read = parse(text, str(playbook))
    except PlaybookFaults as faults:
        console.fail(str(faults), console.FAILED)
    sender = read.sender(source)
    if sender is None:
        console.fail(
            f"No sender of {playbook} is called `{source}`; {choose_from(source, read.senders)}", console.WRONG
        )
    try:
        payload = payloads.parse_body(console.content(file))
    except (NoPayload, TooMuch) as nothing:
        console.fail(f"{file} can't be read: {nothing}.", console.WRONG)
    now = machine.utc_now()
    entries = [
        entry if isinstance(entry, InvalidEntry) else fitted(entry, read, now)
        for entry in mapping.map_payload(sender, payload, now=now).values()
    ]
    for entry in entries:
        if as_json:
            sys.stdout.write(f"{payload_preview.line(entry)}\n")
        else:
            console.stdout().print(payload_preview.table(entry))
    _show_unused(unused(sender, payload, now) if entries else [], as_json=as_json)
    wrong = sum(isinstance(entry, InvalidEntry) for entry in entries)
    if wrong:
        console.fail(f"{wrong} of {len(entries)} would be rejected.", console.FAILED)
    if not entries:
        console.stderr().print("Nothing in it would be stored: `when` leaves it out, or `each` finds nothing.")


def _show_unused(paths: list[str], *, as_json: bool) -> None:
    """Say which parts of the payload made no difference."""
    if as_json and paths:
        sys.stdout.write(f"{json.dumps({'unused': paths}, ensure_ascii=False)}\n")
    elif paths:
        told = [path for path in paths if path.rpartition(".")[2] not in _TECHNICAL]
        more = f" and {len(paths) - MOST_SHOWN} more (--json)" if len(told) > MOST_SHOWN else ""
        named = ", ".join(map(payload_preview.printable, told[:MOST_SHOWN]))
        console.stdout().print(escape(f"Not used: {named}{more}"))
