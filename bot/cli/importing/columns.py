"""What an import says before its first row: how the file is read, and what each column became."""

from typing import Final

from bot.cli import console
from bot.importing.runs import Plan

_SHOWN: Final = 3


def print_format(plan: Plan) -> None:
    """Say how the file is read; without a map also what each column means, and which are stored under their names."""
    console.say(f"{plan.table.path.name}: {plan.table.layout}. Ids belong to sender `{plan.sender}`.")
    for name, joined in plan.joined.items():
        console.say(f"  {name} ← {joined.file}, {rows(len(joined.rows))}")
        for line, why in joined.skipped[:_SHOWN]:
            console.say(f"    line {line} skipped: it {why}")
        if len(joined.skipped) > _SHOWN:
            console.say(f"    {len(joined.skipped) - _SHOWN:,} more skipped")
    if plan.guess is None:
        return
    for field, columns in plan.guess.uses.items():
        join = " or " if field == "do_not_contact" else ", else "
        names = [f'"{column}"' for column in columns]
        console.say(f"  {field} ← {join.join(names)}")
    if plan.guess.kept:
        console.say(f"  also stored: {', '.join(plan.guess.kept)}")
    if plan.guess.dropped:
        console.say(f"  not stored, beyond {len(plan.guess.kept)} other columns: {', '.join(plan.guess.dropped)}")


def rows(count: int) -> str:
    """Write a number of rows."""
    return "1 row" if count == 1 else f"{count:,} rows"
