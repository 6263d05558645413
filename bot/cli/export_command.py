"""`baton export`: all that is known of one lead, as JSON and as a page, to be given to the person."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from bot import machine, private_files
from bot.cli import console, databases
from bot.database import Database
from qualification.leads.naming import named_lead
from qualification.people import audit
from qualification.rules.people.audited import AuditAction
from qualification.rules.refusals import UnknownLead
from qualification.views.lead_export import LeadExport, lead_export, to_json
from templates.engine.pages import page

_HERE: Final = Path()


def command(
    lead: Annotated[str, typer.Argument(help="The lead's number (12 or #12), or its whole e-mail address.")],
    to: Annotated[Path, typer.Option(help="The folder that the files go into.")] = _HERE,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the JSON instead of writing files.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")] = False,
) -> None:
    """Write all that is known of one lead: a file for machines (JSON) and a page for people (HTML)."""
    given = console.settings()
    with databases.ready(given) as database:
        found = _read(database, databases.workspace_id(given, database), lead)
    if json:
        sys.stdout.write(f"{to_json(found)}\n")
    else:
        _write(found, to, overwrite=overwrite)


def _read(database: Database, workspace_id: int, name: str) -> LeadExport:
    """Read what is known of the lead that was named, as of one moment, and have the audit keep who did."""
    now = machine.utc_now()
    with database.transaction() as session:
        try:
            lead = named_lead(session, workspace_id, name)
        except UnknownLead:
            console.fail(
                f"There is no lead {console.printable(name)}. Give its number, or its whole e-mail address.",
                console.FAILED,
            )
        exported = lead_export(session, lead, now=now)
        audit.record(session, workspace_id, AuditAction.EXPORTED, by=machine.operator(), lead_id=lead.id, now=now)
        return exported


def _write(found: LeadExport, folder: Path, *, overwrite: bool) -> None:
    """Write both files, or say why not and leave."""
    contents = {
        folder / f"lead-{found.lead_id}.json": f"{to_json(found)}\n",
        folder / f"lead-{found.lead_id}.html": page("export/lead", {"export": found}, zone=found.zone),
    }
    there = [str(file) for file in contents if file.exists() or file.is_symlink()]
    if there and not overwrite:
        console.fail(f"Already there: {', '.join(there)}. --overwrite replaces them.", console.FAILED)
    for file, content in contents.items():
        try:
            # A file that is there may be open to others.
            file.unlink(missing_ok=True)
            private_files.write_new(file, content)
        except OSError as error:
            console.fail(f"{file} cannot be written: {error.strerror}.", console.WRONG)
        console.say(f"Written: {file}")
    console.say("These files hold personal data. Only you can read them; delete them once they are handed over.")
