"""What `intake try` shows: each entry of a payload as a lead or activity, or what is wrong with it."""

import json
from collections.abc import Iterator

from rich.markup import escape
from rich.table import Column, Table

from bot.cli import console
from qualification.rules.intake.mapping import Entry, InvalidEntry, playbook_errors
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from qualification.rules.playbook.playbook import Playbook


def errors_of(playbook: Playbook, entry: Entry) -> tuple[RowError, ...]:
    """Return everything that is wrong with an entry, in itself or by the playbook."""
    return entry.errors if isinstance(entry, InvalidEntry) else playbook_errors(playbook, entry)


def line(playbook: Playbook, entry: Entry) -> str:
    """Return an entry as one line of JSON: an activity or a lead, and its errors if it has any."""
    shown: dict[str, object] = {}
    if not isinstance(entry, InvalidEntry):
        shown[_what(entry)] = entry.model_dump(mode="json", exclude_defaults=True)
    if errors := errors_of(playbook, entry):
        shown["faults"] = [{"field": error.field, "reason": error.reason} for error in errors]
    return json.dumps(shown, ensure_ascii=False)


def table(playbook: Playbook, entry: Entry) -> Table:
    """Return a table of an entry's fields and errors."""
    drawn = Table("Field", Column("Value", overflow="fold"), title=_title(entry), title_justify="left")
    if not isinstance(entry, InvalidEntry):
        for field, value in _fields(entry):
            drawn.add_row(field, escape(printable(value)))
    for error in errors_of(playbook, entry):
        drawn.add_row(f"[red]✗ {escape(error.field)}[/red]", escape(printable(error.reason)))
    return drawn


def _what(entry: ActivityInput | LeadInput) -> str:
    return "activity" if isinstance(entry, ActivityInput) else "lead"


def _title(entry: Entry) -> str:
    if isinstance(entry, InvalidEntry):
        return "Rejected"
    return "An activity of a lead" if isinstance(entry, ActivityInput) else "A lead, without an activity"


def _fields(entry: ActivityInput | LeadInput) -> Iterator[tuple[str, object]]:
    """Yield the fields that have values, named as in the playbook."""
    values = entry.model_dump(mode="json", exclude_defaults=True)
    lead = values.pop("lead") if isinstance(entry, ActivityInput) else values
    sections = {"activity": values, "lead": lead} if isinstance(entry, ActivityInput) else {"lead": lead}
    for section, fields in sections.items():
        for field, value in fields.items():
            yield f"{section}.{field}", value


def printable(value: object) -> str:
    """Return a value on one line, without control characters."""
    return console.printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
