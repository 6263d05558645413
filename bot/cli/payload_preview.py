"""What `intake try` shows: each entry of a payload as a lead or activity, or what is wrong with it."""

import json
from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from bot.cli import console
from qualification.rules.intake.lenient import lost_of
from qualification.rules.intake.mapping import Entry, InvalidEntry
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ActivityInput, LeadInput


def line(entry: Entry) -> str:
    """Return an entry as one line of JSON: an activity or a lead and what it lost, or why there is none."""
    shown: dict[str, object] = {}
    if not isinstance(entry, InvalidEntry):
        shown[_what(entry)] = _dumped(entry)
    if errors := _errors(entry):
        key = "faults" if isinstance(entry, InvalidEntry) else "lost"
        shown[key] = [{"field": error.field, "reason": error.reason} for error in errors]
    return json.dumps(shown, ensure_ascii=False)


def table(entry: Entry) -> Table:
    """Return a table of an entry's fields, and of those that were lost."""
    drawn = Table("Field", Column("Value", overflow="fold"), title=_title(entry), title_justify="left")
    if not isinstance(entry, InvalidEntry):
        for field, value in _fields(entry):
            drawn.add_row(field, escape(printable(value)))
    for error in _errors(entry):
        drawn.add_row(f"[red]✗ {escape(error.field)}[/red]", escape(printable(error.reason)))
    return drawn


def _errors(entry: Entry) -> tuple[RowError, ...]:
    return entry.errors if isinstance(entry, InvalidEntry) else lost_of(entry)


def _dumped(entry: ActivityInput | LeadInput) -> dict[str, Any]:
    return entry.model_dump(mode="json", exclude_defaults=True, exclude={"losses": True, "lead": {"losses"}})


def _what(entry: ActivityInput | LeadInput) -> str:
    return "activity" if isinstance(entry, ActivityInput) else "lead"


def _title(entry: Entry) -> str:
    if isinstance(entry, InvalidEntry):
        return "Rejected"
    return "An activity of a lead" if isinstance(entry, ActivityInput) else "A lead, without an activity"


def _fields(entry: ActivityInput | LeadInput) -> Iterator[tuple[str, object]]:
    """Yield the fields that have values, named as in the playbook."""
    values = _dumped(entry)
    lead = values.pop("lead") if isinstance(entry, ActivityInput) else values
    sections = {"activity": values, "lead": lead} if isinstance(entry, ActivityInput) else {"lead": lead}
    for section, fields in sections.items():
        for field, value in fields.items():
            yield f"{section}.{field}", value


def printable(value: object) -> str:
    """Return a value on one line, without control characters."""
    return console.printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
