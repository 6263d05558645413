"""`--dry-run`: what the rows would become; nothing is stored."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import typer
from rich.markup import escape
from rich.table import Column, Table

from bot.cli import console
from bot.cli.importing.columns import rows as _rows
from bot.cli.importing.summary import print_lost, print_reasons, print_unjoined
from bot.cli.payload_preview import printable
from bot.importing.runs import Import, Plan
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ImportRow, SenderInput

_SHOWN: Final = 3


def try_out(work: Import, plan: Plan) -> None:
    """Show the first rows as they would be imported, and count the results of all."""
    rows = work.try_out()
    for row, read, errors in islice(rows, _SHOWN):
        drawn = Table("Field", Column("Value", overflow="fold"), title=f"Line {row.line}", title_justify="left")
        if isinstance(read, ImportRow):
            for name, value in _fields(read):
                drawn.add_row(name, escape(printable(value)))
        elif read is None:
            drawn.add_row("[dim]left out by `when`[/dim]", "")
        losses = read.lead.losses if isinstance(read, ImportRow) else ()
        for error in (*errors, *(RowError(f"lead.{loss.field}", loss.reason) for loss in losses)):
            drawn.add_row(f"[red]✗ {escape(error.field)}[/red]", escape(printable(error.reason)))
        console.stdout().print(drawn)
    for _ in rows:
        pass
    tally = work.tally
    valid = tally.rows - tally.left_out - tally.rejected
    console.say(
        f"{_rows(tally.rows)}: {valid:,} would be imported, {tally.rejected:,} rejected, {tally.left_out:,} left out."
    )
    print_unjoined(tally, plan)
    print_lost(tally)
    print_reasons(tally.reasons)
    if tally.rejected:
        raise typer.Exit(console.FAILED)


def _fields(row: ImportRow) -> Iterator[tuple[str, object]]:
    shapes: list[tuple[str, SenderInput]] = [("lead", row.lead)]
    shapes += [(f"activities[{index}]", activity) for index, activity in enumerate(row.activities[:_SHOWN])]
    if row.handoff is not None:
        shapes.append(("handoff", row.handoff))
    for section, shape in shapes:
        fields = shape.model_dump(mode="json", exclude_defaults=True, exclude={"losses"})
        for name, value in fields.items():
            yield f"{section}.{name}", value
    if len(row.activities) > _SHOWN:
        yield "activities", f"and {len(row.activities) - _SHOWN} more"
