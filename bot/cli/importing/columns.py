"""What an import says before its first row: how the file is read, and what each column became."""

from typing import Final

from bot.cli import console
from bot.importing.runs import Plan
from qualification.rules.values import contact_consents
from qualification.rules.values.contact_consents import Kind
from qualification.rules.values.field_names import meaning

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
        if plan.mapped.activities or plan.mapped.handoff:
            console.say(f"  times without a zone are in {plan.mapped.zone or plan.zone.key}")
        return
    for field, columns in plan.guess.uses.items():
        console.say(f"  {field} ← {_written(field, columns)}")
    if plan.guess.no_ids:
        console.say(f"  not used as an id: {plan.guess.no_ids}")
    if plan.guess.kept:
        console.say(f"  also stored: {', '.join(plan.guess.kept)}")
    if plan.guess.dropped:
        console.say(f"  not stored, beyond {len(plan.guess.kept)} other columns: {', '.join(plan.guess.dropped)}")


def rows(count: int) -> str:
    """Write a number of rows."""
    return "1 row" if count == 1 else f"{count:,} rows"


def _written(field: str, columns: tuple[str, ...]) -> str:
    """Write the columns of a field as they are asked: halves of a name together, others one after the other."""
    names = [f'"{column}"' for column in columns]
    if field == "do_not_contact":
        remarks = [contact_consents.kind_of(column) is Kind.REMARK for column in columns]
        return " or ".join(
            f"a refusal in {name}" if is_one else name for name, is_one in zip(names, remarks, strict=True)
        )
    if field == "name" and [meaning(column) for column in columns[:2]] != ["name"] and len(names) > 1:
        return ", else ".join([" + ".join(names[:2]), *names[2:]])
    return ", else ".join(names)
