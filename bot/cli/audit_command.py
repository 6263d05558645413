"""`baton audit`: who looked up or revealed a lead, and who changed keys, the playbook and rights."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cli import console, databases
from qualification.leads import merging
from qualification.people import audit, people
from qualification.people.audit import Entry
from qualification.records import Lead
from qualification.rules.people.audited import AuditAction

# The facts that are people, by number.
PEOPLE: Final = frozenset({"admins_added", "admins_removed", "managers_added", "managers_removed", "team_managers"})


def command(
    *,
    lead: Annotated[
        int | None, typer.Option(help="Only about the lead with this number, and those merged into it.", min=1)
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="Only by this person (a part of the name will do), user of the machine or sender."),
    ] = None,
    action: Annotated[list[AuditAction] | None, typer.Option(help="Only this act; repeat it for several.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From this day on, such as 2026-11-30, as it begins in UTC.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Up to this day, all of it, in UTC.")] = None,
    limit: Annotated[int, typer.Option(help="At most this many, the newest.", min=1)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON for each entry.")] = False,
) -> None:
    """Show who looked up or revealed a lead, and who changed keys, the playbook and rights; the newest first.

    Entries can't be changed. The playbook says how long they are kept: two years without `retention`.
    """
    begins, ends = _day(since, "--since", time.min), _day(until, "--until", time.max)
    given = console.settings()
    with databases.ready(given) as database:
        workspace_id = databases.workspace_id(given, database)
        with database.snapshot() as session:
            found = audit.entries(
                session,
                workspace_id,
                lead_ids=None if lead is None else _family(session, workspace_id, lead),
                by=by,
                actions=action or (),
                since=begins,
                until=ends,
                limit=limit + 1,
            )
            names = {
                person.id: person.name for person in people.by_ids(session, workspace_id, _people_in(found)).values()
            }
    entries = found[:limit]
    if as_json:
        sys.stdout.writelines(f"{json.dumps(_as_json(each), ensure_ascii=False)}\n" for each in entries)
        return
    if not entries:
        console.say("The audit has no entry." if _is_all(lead, by, action, since, until) else "No entry fits.")
        return
    console.stdout().print(_table(entries, names))
    if len(found) > limit:
        console.remark(f"These are the newest {limit}. See more with --limit.")


def _family(session: Session, workspace_id: int, lead_id: int) -> list[int]:
    """Return the lead's number, and those of the leads merged into it; the entries of one that is gone stay."""
    stored = session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id == lead_id))
    return merging.family(session, stored) if stored is not None else [lead_id]


def _is_all(*filters: object) -> bool:
    return not any(filters)


def _day(text: str | None, option: str, at: time) -> datetime | None:
    """Read a day as its first or last moment in UTC, or end the command."""
    if text is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(text.strip()), at, UTC)
    except ValueError:
        console.fail(f"{option}: “{text}” isn't a day. Write for example 2026-11-30.", console.WRONG)


def _people_in(entries: Iterable[Entry]) -> set[int]:
    """Return the ids of the people that the details name."""
    facts = [fact for each in entries for name, fact in each.details.items() if name in PEOPLE]
    return {number for fact in facts for number in (fact.values() if isinstance(fact, Mapping) else fact)}


def _table(entries: Iterable[Entry], names: Mapping[int, str]) -> Table:
    table = Table("When (UTC)", "Who", "What", Column("Lead", justify="right"), "Details")
    for each in entries:
        lead = "" if each.lead_id is None else str(each.lead_id)
        cells = (f"{each.at:%Y-%m-%d %H:%M:%S}", each.by, each.action.value, lead, _written(each.details, names))
        table.add_row(*(escape(console.printable(cell)) for cell in cells))
    return table


def _written(details: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """Write facts in a line, people by their names: `version 3, admins_added Olu Adeyemi`."""
    return ", ".join(f"{name} {_value(fact, names if name in PEOPLE else {})}" for name, fact in details.items())


def _value(fact: object, names: Mapping[int, str]) -> str:
    if isinstance(fact, Mapping):
        return " ".join(f"{name}={_value(value, names)}" for name, value in fact.items())
    if isinstance(fact, list):
        return " and ".join(_value(each, names) for each in fact)
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return names.get(fact, str(fact)) if isinstance(fact, int) else str(fact)


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "action": entry.action.value,
        "by": entry.by,
        "person": entry.person_id,
        "lead": entry.lead_id,
        "details": entry.details,
    }
