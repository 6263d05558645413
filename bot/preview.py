"""What `intake try` shows: each entry of a payload as the lead or activity it becomes, or what is wrong with it."""

import json
from collections.abc import Iterator

from rich.markup import escape
from rich.table import Column, Table

from bot import console
from qualification.rules.intake.mapping import Entry, Flawed, not_in
from qualification.rules.intake.row_errors import Flaw
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.playbook.playbook import Playbook


def flaws(playbook: Playbook, entry: Entry) -> tuple[Flaw, ...]:
    """Return all that is wrong with an entry, by itself and by the playbook."""
    return entry.flaws if isinstance(entry, Flawed) else not_in(playbook, entry)


def line(playbook: Playbook, entry: Entry) -> str:
    """Write an entry as one line of JSON: an activity or a lead, and the faults where it has some."""
    told: dict[str, object] = {}
    if not isinstance(entry, Flawed):
        told[_what(entry)] = entry.model_dump(mode="json", exclude_defaults=True)
    if found := flaws(playbook, entry):
        told["faults"] = [{"field": flaw.field, "reason": flaw.reason} for flaw in found]
    return json.dumps(told, ensure_ascii=False)


def table(playbook: Playbook, entry: Entry) -> Table:
    """Draw an entry as a table of its fields."""
    drawn = Table("Field", Column("Value", overflow="fold"), title=_title(entry), title_justify="left")
    if not isinstance(entry, Flawed):
        for field, value in _fields(entry):
            drawn.add_row(field, escape(printable(value)))
    for flaw in flaws(playbook, entry):
        drawn.add_row(f"[red]✗ {escape(flaw.field)}[/red]", escape(printable(flaw.reason)))
    return drawn


def _what(entry: ActivityInput | LeadInput) -> str:
    return "activity" if isinstance(entry, ActivityInput) else "lead"


def _title(entry: Entry) -> str:
    if isinstance(entry, Flawed):
        return "Not taken"
    return "An activity of a lead" if isinstance(entry, ActivityInput) else "A lead, without an activity"


def _fields(entry: ActivityInput | LeadInput) -> Iterator[tuple[str, object]]:
    """Yield what is known, named as in the playbook."""
    stated = entry.model_dump(mode="json", exclude_defaults=True)
    lead = stated.pop("lead") if isinstance(entry, ActivityInput) else stated
    sections = {"activity": stated, "lead": lead} if isinstance(entry, ActivityInput) else {"lead": lead}
    for section, fields in sections.items():
        for field, value in fields.items():
            yield f"{section}.{field}", value


def printable(value: object) -> str:
    """Write a value on one line, without what would steer the terminal."""
    return console.printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
