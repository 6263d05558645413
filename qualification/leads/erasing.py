"""A lead's rows emptied of the person: what only tells who they were goes, what figures are counted from stays."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BindParameter,
    Column,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    cast,
    delete,
    exists,
    literal,
    select,
    update,
)

from qualification.leads.events import event_of
from qualification.leads.owned_rows import OWNED, RECORDS
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, Lead, LeadEvent
from qualification.rules.handoffs.event_codec import to_json

# Rows of one statement; SQLite takes some 30,000 parameters.
_TOGETHER: Final = 5000


def empty(session: UnitOfWork, workspace_id: int, owned: Mapping[str, Sequence[int]], *, now: datetime) -> None:
    """Empty every column that holds something of the person in these rows, by table; no row that counts goes.

    The transaction knows none of these rows afterwards. Companies are left to `drop_companies`.
    """
    session.flush()
    session.has_erased = True
    for name, ids in owned.items():
        record, (table, _) = RECORDS[name], OWNED[name]
        for some in _slices(ids):
            mine = (table.c.workspace_id == workspace_id, table.c.id.in_(bindparam("some", some, expanding=True)))
            if record.personal.ends_with_lead:
                session.connection().execute(delete(table).where(*mine))
            elif values := _emptied(table, record.personal.of_lead, now):
                session.connection().execute(update(table).where(*mine).values(values))
    _empty_events(session, workspace_id, owned[LeadEvent.__tablename__])
    session.expire_all()


def drop_companies(session: UnitOfWork, workspace_id: int, company_ids: Collection[int]) -> None:
    """Delete those of these companies, locked by the caller, at which nobody else is known: they tell who it was."""
    ours: BindParameter[int] = bindparam("ours", [*company_ids], expanding=True)
    nobody = ~exists().where(Lead.workspace_id == workspace_id, Lead.company_id == Company.id)
    session.execute(
        delete(Company)
        .where(Company.workspace_id == workspace_id, Company.id.in_(ours), nobody)
        .execution_options(synchronize_session=False)
    )


def _empty_events(session: UnitOfWork, workspace_id: int, event_ids: Sequence[int]) -> None:
    """Take out of the events' facts what they say of the person; the rest is the history that is counted."""
    for some in _slices(event_ids):
        stored = session.execute(
            select(LeadEvent.id, LeadEvent.kind, LeadEvent.facts).where(
                LeadEvent.workspace_id == workspace_id, LeadEvent.id.in_(bindparam("some", some, expanding=True))
            )
        ).all()
        emptied = [
            {"event": row.id, "workspace": workspace_id, "left": left}
            for row in stored
            if (left := to_json(event_of(row).erased())) != row.facts
        ]
        if emptied:
            session.connection().execute(_REWRITE, emptied)


def _emptied(table: Table, columns: Iterable[str], now: datetime) -> dict[str, Any]:
    """Return what the columns hold once they are empty; a row with a version counts one more change."""
    values = {name: _nothing(table, table.c[name]) for name in columns if (table.name, name) not in _BY_HAND}
    if not values:
        return {}
    if "version" in table.c:
        values["version"] = table.c.version + 1
    if "erased_at" in table.c:
        values["erased_at"] = now
    return values


def _nothing(table: Table, column: Column[Any]) -> Any:  # noqa: ANN401 - a value of the column, or an expression
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return {}
    unique = (each for each in table.constraints if isinstance(each, UniqueConstraint))
    if any(column.name in each.columns for each in unique):
        # Two empty texts would be the same.
        return literal("erased ") + cast(table.c.id, String)
    return ""


def _slices(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _TOGETHER] for start in range(0, len(ids), _TOGETHER))


# Columns that are not emptied as a whole: a part of the facts of an event is what figures are counted from.
_BY_HAND: Final = frozenset({("lead_event", "facts")})
_EVENTS: Final[Any] = LeadEvent.__table__
_REWRITE: Final = (
    update(_EVENTS)
    .where(_EVENTS.c.workspace_id == bindparam("workspace"), _EVENTS.c.id == bindparam("event"))
    .values(facts=bindparam("left", type_=_EVENTS.c.facts.type))
)
