"""All that is known of one lead, to be given to the person: every personal column of every row that is theirs."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sqlalchemy import BindParameter, Row, Table, bindparam, select
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.leads.events import event_of
from qualification.leads.owned_rows import OWNED, RECORDS, owned_rows
from qualification.playbook import playbooks
from qualification.records import Company, Lead, Person, Pool, Team, Workspace
from qualification.records.base import Base
from qualification.rules.handoffs.decision_memory import DecisionMemory

FORMAT: Final = "baton lead export 1"
# What a person asks, and the tables that answer it; a table of later work stands under "further".
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "who_you_are": (
            "lead",
            "lead_email",
            "lead_phone",
            "company",
            "domain_name",
            "external_id",
            "import_row",
            "lead_merge",
        ),
        "what_you_did": ("activity",),
        "what_was_written_about_you": ("checklist", "answer"),
        "who_had_it_and_when": ("handoff", "offer", "task", "lead_event"),
        "messages_in_slack": ("delivery",),
    }
)
FURTHER: Final = "further"
# Hashes tell nobody anything.
_LEFT_OUT: Final = frozenset({("delivery", "fingerprint")})
# Rows of one statement; SQLite takes some 30,000 parameters.
_TOGETHER: Final = 5000

# By the column's name; values are plain, times carry their zone.
ExportedRow: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LeadExport:
    """What is known of a lead and of all that were found to be the same person, by section and table.

    A section has only tables with rows. People, teams and pools stand by name. `zone` is where the workspace is.
    """

    lead_id: int
    lead_ids: tuple[int, ...]
    workspace: str
    zone: str
    exported_at: datetime
    sections: Mapping[str, Mapping[str, Sequence[ExportedRow]]]


def lead_export(session: Session, lead: Lead, *, now: datetime) -> LeadExport:
    """Return all that is known of the lead; it is one that wasn't merged into another."""
    workspace = session.get_one(Workspace, lead.workspace_id)
    family = merging.family(session, lead)
    names = _Names(session, workspace.id)
    known = {
        name: [_exported(OWNED[name][0], row, names) for row in _rows(session, workspace.id, OWNED[name][0], ids)]
        for name, ids in owned_rows(session, workspace.id, family).items()
    }
    known[Company.__tablename__] = _companies(session, workspace.id, family, names)
    return LeadExport(
        lead_id=lead.id,
        lead_ids=tuple(sorted(family)),
        workspace=workspace.name,
        zone=playbooks.zone(session, workspace.id).key,
        exported_at=now,
        sections=_by_section(known),
    )


def to_json(export: LeadExport) -> str:
    """Return the export as one JSON object, whose keys always stand in the same order.

    Characters that are not seen, or that steer a terminal, are written as escapes.
    """
    whole = {
        "format": FORMAT,
        "lead": export.lead_id,
        "leads": export.lead_ids,
        "workspace": export.workspace,
        "exported_at": export.exported_at,
        **export.sections,
    }
    text = json.dumps(whole, ensure_ascii=False, indent=2, default=_plain)
    return _BEYOND_ASCII.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


class _Names:
    """The names of what rows refer to by id: people, teams, pools and companies."""

    def __init__(self, session: Session, workspace_id: int) -> None:
        self._names: dict[str, dict[int, str]] = {
            record.__tablename__: {
                row.id: row.name
                for row in session.execute(select(record.id, record.name).where(record.workspace_id == workspace_id))
            }
            for record in (Person, Team, Pool)
        }

    def person(self, person_id: object) -> str | None:
        """Return somebody's name."""
        return self.of(Person.__tablename__, person_id)

    def of(self, table: str, row_id: object) -> str | None:
        """Return the name of a row."""
        return self._names[table].get(row_id) if isinstance(row_id, int) else None

    def knows(self, table: str) -> bool:
        """Say whether rows of this table stand by their names."""
        return table in self._names

    def without_ids(self, facts: Mapping[str, object]) -> dict[str, object]:
        """Return facts with people by name: they are kept by ids of their records."""
        return {
            name.removesuffix("_id"): self.person(fact) if name.endswith("_id") else fact
            for name, fact in facts.items()
        }


def _rows(session: Session, workspace_id: int, table: Table, ids: Sequence[int]) -> Iterator[Row[Any]]:
    for start in range(0, len(ids), _TOGETHER):
        some: BindParameter[int] = bindparam("some", ids[start : start + _TOGETHER], expanding=True)
        yield from session.execute(
            select(table).where(table.c.workspace_id == workspace_id, table.c.id.in_(some)).order_by(table.c.id)
        )


def _companies(session: Session, workspace_id: int, lead_ids: Iterable[int], names: _Names) -> list[ExportedRow]:
    table = Base.metadata.tables[Company.__tablename__]
    theirs = select(Lead.company_id).where(Lead.workspace_id == workspace_id, Lead.id.in_([*lead_ids]))
    wanted = select(table).where(table.c.workspace_id == workspace_id, table.c.id.in_(theirs)).order_by(table.c.id)
    return [_exported(table, row, names) for row in session.execute(wanted)]


def _exported(table: Table, row: Row[Any], names: _Names) -> ExportedRow:
    """Return the columns of a row that the export gives, in the order of the table."""
    exported = _EXPORTED[table.name]
    found: dict[str, object] = {}
    for column in table.columns:
        if column.name not in exported:
            continue
        value = getattr(row, column.name)
        referred = next((key.column.table.name for key in column.foreign_keys), None)
        if (table.name, column.name) in _READ:
            found[column.name] = _READ[table.name, column.name](row, names)
        elif referred is not None and names.knows(referred):
            found[column.name.removesuffix("_id")] = names.of(referred, value)
        elif referred != Company.__tablename__:
            found[column.name] = value
    return found


def _facts(row: Row[Any], names: _Names) -> dict[str, object]:
    """Return what an event says."""
    event = event_of(row)
    return names.without_ids({each.name: getattr(event, each.name) for each in fields(event)})


def _before_decision(row: Row[Any], names: _Names) -> dict[str, object] | None:
    """Return what a decision replaced."""
    if row.before_decision is None:
        return None
    memory = DecisionMemory.from_json(row.before_decision)
    return names.without_ids(
        {each.name: getattr(memory, each.name) for each in fields(memory) if each.name != "offer_id"}
    )


def _by_section(known: Mapping[str, Sequence[ExportedRow]]) -> dict[str, dict[str, Sequence[ExportedRow]]]:
    placed = {table for tables in SECTIONS.values() for table in tables}
    sections = {**SECTIONS, FURTHER: tuple(sorted(table for table in known if table not in placed))}
    found = {name: {table: known[table] for table in tables if known.get(table)} for name, tables in sections.items()}
    return {name: tables for name, tables in found.items() if tables or name != FURTHER}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    message = f"{type(value).__name__} has no place in JSON"
    raise TypeError(message)


_RECORDS: Final[Mapping[str, type[Base]]] = MappingProxyType({**RECORDS, Company.__tablename__: Company})
_EXPORTED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        name: frozenset(each for each in record.personal.exported if (name, each) not in _LEFT_OUT)
        for name, record in _RECORDS.items()
    }
)
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7e]")
# Columns that are read by their codec.
_READ: Final[Mapping[tuple[str, str], Callable[[Row[Any], _Names], object]]] = MappingProxyType(
    {("lead_event", "facts"): _facts, ("handoff", "before_decision"): _before_decision}
)
