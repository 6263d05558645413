"""`baton erase`: a person, from every table and from what Baton has posted."""

import sys
from typing import Annotated

import typer
from rich.table import Table

from bot import machine
from bot.cli import console, databases, personal_keys
from qualification.handoffs import erasure
from qualification.handoffs.erasure import Erasure
from qualification.leads.naming import named_lead
from qualification.leads.titles import title_of
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.records import Company, rows
from qualification.rules.people.audited import Surface
from qualification.rules.refusals import LeadErased, NoPersonalKey, UnknownLead


def command(
    lead: Annotated[str, typer.Argument(help="The lead: its number, such as 12, or its whole e-mail address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Erase a person wholly: what is known of them, here and in what Baton has posted in Slack. It can't be undone.

    What only counts stays, so that figures remain true. Hashes keep the person from coming back without a word:
    baton suppressions lift lets them. Answers that one person saw alone, messages that people wrote, files that were
    imported and backups stay as they are: see docs/privacy.md.
    """
    given = console.settings()
    with databases.ready(given) as database:
        personal_keys.require(database)
        workspace_id = databases.workspace_id(given, database)
        try:
            with database.transaction() as session:
                found = named_lead(session, workspace_id, lead)
                company = rows.get(session, Company, found.company_id, workspace_id)
                title = title_of(found, company, contact=True, zone=None)
                would = erasure.preview(session, workspace_id, found.id)
                # Committed before anything is shown.
                _record(session, workspace_id, would)
            _print(title, would)
            if dry_run:
                return
            if not yes and not (sys.stdin.isatty() and typer.confirm("Erase this person? It can't be undone.")):
                console.fail("Nothing was erased. Add --yes where nobody can be asked.", console.FAILED)
            with database.transaction() as session:
                done = erasure.erase(session, workspace_id, would.lead_id, by=machine.operator(), now=machine.utc_now())
        except UnknownLead:
            console.fail(f"There is no lead {console.printable(lead)}.", console.FAILED)
        except LeadErased as erased:
            console.fail(f"This person was erased already, {erased.facts['at']:%Y-%m-%d %H:%M} UTC.", console.FAILED)
        except NoPersonalKey:
            console.fail(
                "BATON_KEY is not set: without it they would come back unknown. Run baton init --key.", console.WRONG
            )
        database.sweep()
    console.say(f"Erased. Lead #{done.lead_id} stays, without anything of theirs.")
    if done.messages:
        console.remark(f"The bot writes {done.messages} messages in Slack anew, once it runs.")


def _record(session: UnitOfWork, workspace_id: int, would: Erasure) -> None:
    """Have the audit keep that the operator was shown who it is, also where nobody is erased then."""
    by, now = machine.operator(), machine.utc_now()
    audit.record_lookup(session, workspace_id, [would.lead_id], by=by, surface=Surface.ERASE, now=now, contact=True)


def _print(title: str, would: Erasure) -> None:
    console.say(f"Lead #{would.lead_id}: {title}")
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, count in sorted(would.rows.items()):
        table.add_row(name, str(count))
    console.stdout().print(table)
    if would.split:
        others = ", ".join(f"#{each}" for each in would.split)
        console.say(f"Was merged with {others} for a while: what was said meanwhile may stand there. Look at it too.")
    if would.ended:
        console.say("Sales is at work on this lead: that ends.")
