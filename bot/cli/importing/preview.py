"""`--dry-run`: what the rows would become; the import is carried out slice by slice, and each slice undone at once."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

import typer
from rich.markup import escape

from bot.cli import console
from bot.cli.console import printable
from bot.cli.importing.columns import rows as _rows
from bot.cli.importing.summary import print_lost, print_reasons, print_unjoined
from bot.importing.runs import Import, Plan, Tally
from bot.importing.trial import TriedRow

# So many leads are shown, and so many rows from which there is none.
_EXAMPLES: Final = 10
_WRONG: Final = 5
_LONGEST: Final = 100


def try_out(work: Import, plan: Plan) -> None:
    """Show ten leads as they would be, the first rows that give none, and what the import would do; store nothing."""
    rows = work.try_out()
    kept: list[TriedRow] = []
    leads = wrong = 0
    for row in rows:
        if row.lead is not None and leads < _EXAMPLES:
            leads += 1
            kept.append(row)
        elif row.errors and wrong < _WRONG:
            wrong += 1
            kept.append(row)
    console.say("Nothing is stored. The first leads as they would be:")
    for row in kept:
        _print_row(row)
    _print_effects(work.tally)
    tally = work.tally
    valid = tally.rows - tally.left_out - tally.rejected
    console.say(
        f"{_rows(tally.rows)}: {valid:,} would be imported, {tally.rejected:,} rejected, {tally.left_out:,} left out."
    )
    print_unjoined(tally, plan)
    print_lost(tally, plan)
    print_reasons(tally.reasons)
    if tally.rejected:
        raise typer.Exit(console.FAILED)


def _print_row(row: TriedRow) -> None:
    lead = row.lead
    head = f"Line {row.row.line}: "
    if lead is None:
        head += "no lead"
    else:
        who = " · ".join(lead.shown[name] for name in ("name", "company") if name in lead.shown)
        head += f"{who or lead.shown.get('e-mail') or lead.shown.get('phone') or 'known by its id alone'}"
        head += " (new)" if lead.is_new else (" (known, in somebody's hands)" if lead.is_with_sales else " (known)")
    console.stdout().print(f"[bold]{escape(printable(head))}[/bold]", highlight=False, soft_wrap=True)
    if lead is not None:
        for line in _lines(f"{name}: {value}" for name, value in lead.shown.items() if name not in {"name", "company"}):
            console.say(f"  {line}")
        if lead.activities or lead.has_deal:
            deal = ", 1 deal" if lead.has_deal else ""
            did = "1 activity" if lead.activities == 1 else f"{lead.activities} activities"
            console.say(f"  {did}{deal}")
    errors = chain(((error.field, error.reason) for error in row.errors), lead.lost if lead else ())
    for name, reason in errors:
        text = escape(printable(f"✗ {name} {reason}".replace("  ", " ")))
        console.stdout().print(f"  [red]{text}[/red]", highlight=False, soft_wrap=True)


def _lines(parts: Iterable[str]) -> Iterator[str]:
    """Put values side by side, as many as fit on a line; a long one is shortened."""
    line = ""
    for part in parts:
        short = part if len(part) <= _LONGEST else f"{part[: _LONGEST - 1]}…"
        if line and len(line) + len(short) > _LONGEST:
            yield line
            line = ""
        line = f"{line} · {short}" if line else short
    if line:
        yield line


def _print_effects(tally: Tally) -> None:
    """Say how many leads would be new, known, merged, held and in somebody's hands, and where they would stand."""
    tried = tally.tried
    console.say(
        f"New leads: {tally.new_leads:,}, known leads: {tally.known_leads:,}, merged: {tried.merged:,}, "
        f"already in somebody's hands: {tried.with_sales:,}."
    )
    if tried.held:
        held = ", ".join(f"{name}: {count:,}" for name, count in tried.held.most_common())
        console.say(f"Held back by filters: {held}.")
    if made := {to: count for (before, to), count in tried.moved.items() if before is None}:
        console.say(f"New leads by stage: {', '.join(f'{to} {count:,}' for to, count in made.items())}.")
    if moved := {pair: count for pair, count in tried.moved.items() if pair[0] is not None}:
        steps = ", ".join(f"{before} → {to} {count:,}" for (before, to), count in moved.items())
        console.say(f"Known leads that move: {steps}.")
    if tried.erased:
        lines = ", ".join(map(str, tried.erased_lines))
        more = f" and {tried.erased - len(tried.erased_lines):,} more" if tried.erased > len(tried.erased_lines) else ""
        console.say(f"Erased people, who would not come back: line {lines}{more}.")
