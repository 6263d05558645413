"""`baton score`: how many leads are ready for sales by the current playbook, and the word that hands them over."""

from datetime import datetime
from typing import Annotated, Final

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Column, Table

from bot import machine
from bot.cli import console, databases
from bot.database import Database
from qualification.handoffs import automatic
from qualification.handoffs.handover import HandOverResult
from qualification.leads import merging, resolution
from qualification.playbook import playbooks
from qualification.records import Lead, rows
from qualification.rules.playbook.scoring_schema import Activity
from qualification.rules.refusals import NoPlaybook
from qualification.rules.scoring.noise import Tally
from qualification.scoring import activity_counts, rescoring
from qualification.views import held

MOST: Final = 25
# So many leads are looked at in one go.
SLICE: Final = 500


def command(
    *,
    hand_over: Annotated[
        bool, typer.Option("--hand-over", help="Hand over the leads that are ready, oldest first.")
    ] = False,
    most: Annotated[int, typer.Option(help="Hand over at most this many.", min=1)] = MOST,
    lead: Annotated[
        int | None, typer.Option("--lead", help="Show what this lead's score is made of, and what doesn't count.")
    ] = None,
) -> None:
    """Show how many leads are ready for sales by the current playbook, and how many each filter holds back.

    A new playbook hands over no lead by itself, even if many are ready: do it here. Safe beside a running bot.
    """
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        try:
            if lead is not None:
                _explain(database, workspace_id, lead)
            elif hand_over:
                _hand_over(database, workspace_id, most, now=machine.utc_now())
            else:
                _show(database, workspace_id)
        except NoPlaybook:
            console.fail(console.UNPUBLISHED, console.FAILED)


def _show(database: Database, workspace_id: int) -> None:
    with database.snapshot() as session:
        scoring = playbooks.current(session, workspace_id).playbook.scoring
        leads, left = automatic.count(session, workspace_id), rescoring.left(session, workspace_id)
        counts = held.gates(session, workspace_id)
    if not leads:
        console.say("No lead has come in yet.")
        return
    ready = len(_ready(database, workspace_id))
    table = Table("", Column("Leads", justify="right"))
    table.add_row("All", f"{leads:,}")
    table.add_row("Ready for sales, and not handed over", f"{ready:,}")
    table.add_row("Held back by filters", f"{sum(counts.values()):,}", end_section=True)
    for gate, count in counts.items():
        table.add_row(escape(console.printable(gate)), f"{count:,}")
    console.stdout().print(table)
    console.say(
        f"A lead is ready with {scoring.threshold} points or a request for sales, unless a filter would hold it back."
    )
    if left:
        console.say(f"Scores still to be added up by this playbook: {left:,}. A running bot does it by itself.")
    if ready:
        console.say(f"To hand over the oldest {min(ready, MOST)}: baton score --hand-over")


def _explain(database: Database, workspace_id: int, lead_id: int) -> None:
    """Show what one lead did, how often each of it counts, and why some of it doesn't."""
    with database.snapshot() as session:
        found = rows.get(session, Lead, lead_id, workspace_id)
        lead = resolution.root(session, found) if found is not None else None
        if lead is None:
            console.fail(f"There is no lead {lead_id}.", console.FAILED)
        scoring = playbooks.current(session, workspace_id).playbook.scoring
        families = merging.families(session, workspace_id, [lead.id])
        tallies = activity_counts.tallies(session, workspace_id, families, scoring)[lead.id]
    if not tallies:
        console.say("This lead has done nothing yet.")
        return
    columns = [Column(name, justify="right") for name in ("Done", "Counts", "Points")]
    table, total = Table("", *columns, "Doesn't count"), 0
    for key, tally in sorted(tallies.items()):
        kind = scoring.activity(key)
        points = kind.points * tally.counted if kind else 0
        total += points
        name = escape(console.printable(kind.name if kind else key))
        table.add_row(name, f"{tally.done:,}", f"{tally.counted:,}", f"{points:,}", _uncounted(kind, tally))
    console.stdout().print(table)
    console.say(f"Score: {total:,}. A lead is ready with {scoring.threshold}.")


def _uncounted(kind: Activity | None, tally: Tally) -> str:
    if kind is None:
        return "the playbook doesn't have it"
    hours, minutes = divmod(int(kind.per.total_seconds() // 60) if kind.per else 0, 60)
    span = f" in {hours * 60 + minutes}m" if minutes else f" in {hours}h" if hours else ""
    reasons = (
        (tally.repeated, "the same again"),
        (tally.over, f"more than {kind.at_most}{span}"),
        (tally.scanned, "by a mail scanner"),
    )
    return "\n".join(f"{count:,} {why}" for count, why in reasons if count)


def _hand_over(database: Database, workspace_id: int, most: int, *, now: datetime) -> None:
    """Hand over at most so many, each in a transaction of its own, and tell of each who has it."""
    done = 0
    for lead_id in _ready(database, workspace_id, most):
        with database.transaction() as session:
            result = automatic.hand_over(session, workspace_id, lead_id, now=now)
        if result is not None:
            done += 1
            console.say(f"{result.lead}: {_whose(result)}")
    if not done:
        console.say("No lead is ready: those with enough points are already with sales, or held back by a filter.")
    elif done < most:
        console.say(f"{done} handed over; no other lead is ready.")
    else:
        console.say(f"{done} handed over. See how many more are ready: baton score")


def _whose(result: HandOverResult) -> str:
    if result.offered_to is not None:
        return f"offered to {result.offered_to.name}"
    if result.state == "pooled":
        return f"open to {result.pool}"
    return f"in the queue of {result.manager.name}" if result.manager else "in nobody's queue"


def _ready(database: Database, workspace_id: int, most: int | None = None) -> list[int]:
    """List who is ready, the oldest first; a bar beside tells how far the search is."""
    found: list[int] = []
    with database.snapshot() as session:
        leads = automatic.count(session, workspace_id)
    with Progress(console=console.stderr(), transient=True) as progress:
        search = progress.add_task("Looking at each lead", total=leads)
        last: int | None = 0
        while last is not None and (most is None or len(found) < most):
            with database.snapshot() as session:
                looked = automatic.examine(session, workspace_id, after=last, limit=SLICE)
            found += looked.ready
            last = looked.last
            progress.advance(search, looked.count)
    return found[:most]
