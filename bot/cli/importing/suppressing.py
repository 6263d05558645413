"""`baton import --suppress`: a list of who wants no contact."""

from collections.abc import Iterator, Sequence

from bot import machine
from bot.cli import console
from bot.cli.importing.columns import rows
from bot.database import Database
from bot.importing.tables import Table
from qualification.intake import suppression_lists
from qualification.intake.suppression_lists import PAGE, Marked, SuppressionList
from qualification.rules.leads.suppression import Recogniser


def carry_out(database: Database, workspace_id: int, table: Table, *, dry_run: bool) -> None:
    """Keep the list and mark the leads that stand in it, or only say what that would be. Raises NoTable."""
    if table.columns is None:
        console.fail("--suppress takes a table: CSV, TSV or a workbook.", console.WRONG)
    if database.personal_key is None:
        console.fail(
            "BATON_KEY is not set: without it nobody of the list would be known again. Run baton init --key.",
            console.WRONG,
        )
    listed = suppression_lists.read_list(table.columns, (row.cells for row in table.rows() if row.error is None))
    kinds = {"address": "email", "domain": "domain", "phone number": "phone"}
    found = ", ".join(f"{name}: {listed.count(how):,}" for name, how in kinds.items())
    console.say(f"{table.path.name}: {table.layout}. {rows(listed.rows)}. Entries by {found}.")
    _print_left_out(listed)
    if not listed.entries:
        console.fail("The list names nobody: no address, domain or telephone number was found in it.", console.FAILED)
    if dry_run:
        with database.snapshot() as session:
            _print_marked(suppression_lists.preview(session, workspace_id, listed), would=True)
        console.say("Nothing was stored.")
        return
    new = 0
    for entries in _parts([*listed.entries]):
        with database.transaction() as session:
            new += suppression_lists.keep(session, workspace_id, entries, by=machine.operator(), now=machine.utc_now())
    console.say(f"Kept: {new:,}. Kept before: {len(listed.entries) - new:,}.")
    _print_marked(_mark(database, workspace_id, listed), would=False)


def _parts(entries: Sequence[Recogniser]) -> Iterator[Sequence[Recogniser]]:
    return (entries[start : start + PAGE] for start in range(0, len(entries), PAGE))


def _mark(database: Database, workspace_id: int, listed: SuppressionList) -> Marked:
    """Mark the leads page by page, each page in a transaction of its own."""
    leads = with_sales = after = 0
    while True:
        with database.snapshot() as session:
            until = next(suppression_lists.pages(session, workspace_id, after), None)
        if until is None:
            return Marked(leads, with_sales)
        with database.transaction() as session:
            marked = suppression_lists.mark(
                session, workspace_id, listed, after=after, until=until, now=machine.utc_now()
            )
        leads, with_sales, after = leads + marked.leads, with_sales + marked.with_sales, until


def _print_left_out(listed: SuppressionList) -> None:
    if listed.permitted:
        console.say(f"  {rows(listed.permitted)} left out: a column says that they may be contacted")
    if listed.unread:
        cells = "1 cell" if listed.unread == 1 else f"{listed.unread:,} cells"
        console.say(f"  {cells} left out: no address, domain or telephone number")
    for domain in sorted(listed.free_mail):
        console.say(f"  {domain} left out: anybody may have an address there")


def _print_marked(marked: Marked, *, would: bool) -> None:
    leads = "1 lead" if marked.leads == 1 else f"{marked.leads:,} leads"
    verb = "would be marked" if would else "marked"
    with_sales = f", {marked.with_sales:,} of them in somebody's hands: their cards say so" if marked.with_sales else ""
    console.say(f"{leads} {verb} “Do not contact”{with_sales}.")
