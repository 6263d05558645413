"""`baton import list` and `baton import undo`: which files came in, and one of them withdrawn."""

import sys
from typing import Annotated, Final

import typer
from rich.table import Table

from bot import machine
from bot.cli import console, databases
from bot.database import Database
from qualification.intake import import_withdrawals
from qualification.intake.import_withdrawals import RunSummary, Withdrawal
from qualification.records import ImportRun, rows

_MOST_KEPT: Final = 20


def list_imports() -> None:
    """List the files that were imported, the latest first: what each brought, and whether it can be undone."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            found = import_withdrawals.listed(session, workspace_id)
    if not found:
        console.say("Nothing was imported yet.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "file", "sender", "began (UTC)", "rows", "rejected", "new", "known", "state"):
        table.add_column(heading, no_wrap=heading != "file")
    for run in found:
        counts = (f"{run.new:,}", f"{run.known:,}") if run.is_traced else ("-", "-")
        table.add_row(
            str(run.id),
            console.printable(run.file),
            run.sender,
            f"{run.began_at:%Y-%m-%d %H:%M}",
            *(f"{run.rows:,}", f"{run.rejected:,}", *counts, _state(run)),
        )
    console.stdout().print(table)


def undo(
    number: Annotated[int, typer.Argument(metavar="ID", help="The import's id, as baton import list shows it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go and what would stay.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Withdraw an import: the leads that it made go, and known leads get back what it replaced.

    Leads on which somebody has worked since stay, and are named. Merges stay too: /lead splits them.
    """
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            run = rows.get(session, ImportRun, number, workspace_id)
            if run is None:
                console.fail(f"There is no import {number}: baton import list shows them.", console.FAILED)
            if not run.is_traced:
                console.fail(
                    f"Import {number} can't be undone: it is older than this version, which keeps what is replaced.",
                    console.FAILED,
                )
            if run.withdrawn_at is not None:
                console.fail(
                    f"Import {number} was undone already, {run.withdrawn_at:%Y-%m-%d %H:%M} UTC.", console.FAILED
                )
            file = run.file
        would = _preview(database, workspace_id, number)
        _print(would, f"Undoing import {number} ({console.printable(file)}) would withdraw", "put back", "leave")
        if dry_run:
            return
        if not yes and not (sys.stdin.isatty() and typer.confirm("Undo this import?")):
            console.fail("Nothing was undone. Add --yes where nobody can be asked.", console.FAILED)
        done = _carry_out(database, workspace_id, number)
    _print(done, "Withdrew", "put back", "left")


def _state(run: RunSummary) -> str:
    if run.withdrawn_at is not None:
        return f"undone {run.withdrawn_at:%Y-%m-%d %H:%M}"
    if run.ended_at is None:
        return "stopped"
    return "done" if run.is_traced else "done; can't be undone"


def _preview(database: Database, workspace_id: int, number: int) -> Withdrawal:
    """Say what undoing would do; the transaction writes nothing."""
    would = Withdrawal()
    with database.transaction() as session:
        run = rows.get_one(session, ImportRun, number, workspace_id)
        for after, until in import_withdrawals.pages(session, workspace_id, number):
            would.add(
                import_withdrawals.withdraw_page(
                    session, run, after=after, until=until, now=machine.utc_now(), dry=True
                )
            )
    return would


def _carry_out(database: Database, workspace_id: int, number: int) -> Withdrawal:
    """Undo page by page, each in a transaction of its own: a stop in between leaves the rest to the same command."""
    done, after = Withdrawal(), 0
    while True:
        with database.snapshot() as session:
            page = next(import_withdrawals.pages(session, workspace_id, number, after), None)
        if page is None:
            break
        with database.transaction() as session:
            run = rows.lock_one(session, ImportRun, number, workspace_id)
            part = import_withdrawals.withdraw_page(session, run, after=page[0], until=page[1], now=machine.utc_now())
        done.add(part)
        after = page[1]
    with database.transaction() as session:
        run = rows.lock_one(session, ImportRun, number, workspace_id)
        import_withdrawals.end(session, run, done, by=machine.operator(), now=machine.utc_now())
    return done


def _print(done: Withdrawal, withdrew: str, put_back: str, left: str) -> None:
    leads = "1 lead" if done.withdrawn == 1 else f"{done.withdrawn:,} leads"
    known = "1 known lead" if done.restored == 1 else f"{done.restored:,} known leads"
    console.say(
        f"{withdrew} {leads}, {put_back} what it replaced of {known}, and {left} {len(done.kept):,} as they are."
    )
    if done.changed_since:
        count = done.changed_since
        one, more = "1 value was changed since, or a deal worked on, and stays as it is", "values were changed since"
        console.say(f"  {one}" if count == 1 else f"  {count:,} {more}, or deals worked on, and stay as they are")
    for lead_id, why in [*done.kept.items()][:_MOST_KEPT]:
        console.say(f"  lead #{lead_id} stays: {why}")
    if len(done.kept) > _MOST_KEPT:
        console.say(f"  and {len(done.kept) - _MOST_KEPT:,} more stay")
