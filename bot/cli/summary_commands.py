"""`baton summary preview`: when each team's summary comes, and what it would say now."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Column, Table

from bot import machine
from bot.cli import console, databases
from qualification.reporting import summaries
from qualification.reporting.figures import Amount, DailySummary, Needed, Steps
from qualification.reporting.summaries import Preview
from qualification.rules.refusals import NoPlaybook
from qualification.rules.values.money import minor_digits
from qualification.rules.values.suggestions import choose_from

commands = typer.Typer(no_args_is_help=True, help="Preview the teams' daily summaries.")

# What each step is called, in the order of a lead's way.
STEPS: Final = {
    "handed_over": "Handed over",
    "accepted": "Accepted",
    "qualified": "Qualified",
    "opportunities": "Opportunities",
    "won": "Won",
    "lost": "Lost",
    "disqualified": "Disqualified",
}
STAGES: Final = {"waiting": "Waiting for a rep", "disqualified": "Disqualified"}


@commands.callback()
def _commands() -> None:
    """Keep `preview` a word of its own, as long as it is the only one."""


@commands.command("preview")
def preview(
    team: Annotated[str | None, typer.Argument(help="A team, by its key in the playbook; without it all.")] = None,
) -> None:
    """Show when each team's next summary comes and what it would say now. Safe beside a running bot."""
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            try:
                found = summaries.preview(session, workspace_id, machine.utc_now())
            except NoPlaybook:
                console.fail(console.UNPUBLISHED, console.FAILED)
    wanted = [each for each in found if team in {None, each.key, each.team}]
    if not wanted:
        known = [each.key for each in found]
        console.fail(f"No team of the playbook is called `{team}`; {choose_from(team or '', known)}", console.WRONG)
    for number, each in enumerate(wanted):
        if number:
            console.stdout().print()
        _show(each)


def _show(preview: Preview) -> None:
    if preview.summary is None or preview.next_at is None:
        console.say(f"{preview.team}: no summary; the playbook says summary: off.")
        return
    summary, zone = preview.summary, ZoneInfo(preview.zone)
    console.say(f"{preview.team}: the next summary comes on {_moment(preview.next_at, zone)} ({preview.zone}).")
    console.say(f"If it came now, it would cover what happened since {_moment(summary.since, zone)}:")
    table = Table("", Column("Count", justify="right"))
    table.add_row("Came in, all teams together" if summary.teams > 1 else "Came in", f"{summary.came_in:,}")
    for step, words in STEPS.items():
        table.add_row(words, f"{getattr(summary.steps, step):,}")
    console.stdout().print(table)
    if summary.has_leads:
        console.stdout().print(_stages(summary))
    for title, rows, count in (
        ("Waiting to be accepted", summary.waiting, summary.waiting_count),
        ("Overdue", summary.overdue, summary.overdue_count),
    ):
        if count:
            console.say(f"{title}: {count}")
        for row in rows:
            console.say(f"  {_needed(row, zone)}")
        if count > len(rows):
            console.say(f"  and {count - len(rows)} more")
    for line in _details(summary):
        console.say(line)


def _stages(summary: DailySummary) -> Table:
    table = Table("Stage", Column("Leads", justify="right"), Column("Value", justify="right"))
    for each in summary.stages:
        name = STAGES[each.key] if each.name is None else each.name
        table.add_row(escape(console.printable(name)), f"{each.tally.count:,}", _worth(each.tally.amounts))
    return table


def _worth(amounts: tuple[Amount, ...]) -> str:
    return " + ".join(map(_money, amounts)) or "-"


def _money(amount: Amount) -> str:
    digits = minor_digits(amount.currency)
    return f"{Decimal(amount.minor).scaleb(-digits):,.{digits}f} {amount.currency}"


def _needed(row: Needed, zone: ZoneInfo) -> str:
    who = row.who.name if row.who else "nobody"
    said = {
        "offered": f"offered to {who}",
        "pooled": f"open to {row.what or 'the team'}",
        "manager_queue": f"in the queue of {who}",
        "contact": f"{who}, no contact yet",
        "task": f"{who}, {row.what}",
    }[row.why]
    overdue = ", overdue" if row.overdue and row.why in {"offered", "pooled", "manager_queue"} else ""
    return f"{row.lead}: {said}, since {_moment(row.since, zone)}{overdue}"


def _details(summary: DailySummary) -> Iterator[str]:
    for rep in summary.reps:
        yield f"{rep.who.name if rep.who else 'Baton'}: {_steps(rep.steps)}"
    for title, counts in (("By source", summary.sources), ("Why disqualified", summary.reasons)):
        if counts:
            yield f"{title}: " + ", ".join(f"{each.name or 'not known'} {each.count}" for each in counts)


def _steps(steps: Steps) -> str:
    return ", ".join(f"{words.lower()} {getattr(steps, step)}" for step, words in STEPS.items() if getattr(steps, step))


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%A, %d %B %Y, %H:%M}"
