"""The rows that belong to a lead, in every table that refers to one: what erase empties and export gives.

They are found by the foreign keys of the schema, so that a table of later work is covered once it refers to a lead, or
to a row that does.
"""

from collections.abc import Collection, Mapping
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, Table, bindparam, or_, select
from sqlalchemy.orm import Session

from qualification.records import Base, Lead

# What remembers that somebody was erased or looked up refers to a lead's row without being part of what is known.
_APART: Final = frozenset({"suppression", "audit_entry"})


def _owners(table: Table, owned: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return the columns by which a row belongs to a lead, each with the table that it refers to."""
    return tuple(
        (column.name, key.column.table.name)
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in owned and key.column.table is not table and key.column.name == "id"
    )


def _tables() -> Mapping[str, tuple[Table, tuple[tuple[str, str], ...]]]:
    """Map each owned table's name to the table and its owning columns, behind every table that these refer to."""
    tables = {name: table for name, table in Base.metadata.tables.items() if name not in _APART}
    owned = {Lead.__tablename__}
    while more := {name for name, table in tables.items() if name not in owned and _owners(table, owned)}:
        owned |= more
    owners = {name: _owners(tables[name], owned) for name in owned}
    order = TopologicalSorter({name: {owner for _, owner in owners[name]} for name in sorted(owned)})
    return MappingProxyType({name: (tables[name], owners[name]) for name in order.static_order()})


OWNED: Final = _tables()
# The records of these tables, for what they declare of their columns.
RECORDS: Final[Mapping[str, type[Base]]] = MappingProxyType(
    {
        mapper.class_.__tablename__: mapper.class_
        for mapper in Base.registry.mappers
        if mapper.class_.__tablename__ in OWNED
    }
)


def owned_rows(session: Session, workspace_id: int, lead_ids: Collection[int]) -> dict[str, list[int]]:
    """Return the ids of the rows that belong to these leads, by table; `lead` holds the leads themselves."""
    found: dict[str, list[int]] = {}
    for name, (table, owners) in OWNED.items():
        if name == Lead.__tablename__:
            found[name] = sorted(lead_ids)
            continue
        belongs: list[ColumnElement[bool]] = [
            table.c[column].in_(bindparam(f"by_{column}", found[owner], expanding=True)) for column, owner in owners
        ]
        wanted = select(table.c.id).where(table.c.workspace_id == workspace_id, or_(*belongs)).order_by(table.c.id)
        found[name] = [*session.scalars(wanted)]
    return found
