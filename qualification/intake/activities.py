"""What leads do: kept once each, added up, and enough of it makes one for sales."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from qualification.records import Activity, Lead


@dataclass(frozen=True, slots=True)
class Done:
    """Something a lead did, as its sender tells it; `key` is the sender's own id of it."""

    sender: str
    key: str
    kind: str
    at: datetime
    what: str | None
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Known:
    """An activity that is kept, and the lead it is kept for."""

    id: int
    lead_id: int


def record(session: Session, done: Sequence[tuple[Lead, Done]], *, now: datetime) -> list[tuple[Lead, Done]]:
    """Keep the activities that are not known yet, and return those."""
    keys = [(each.sender, each.key) for _, each in done]
    there = known(session, done[0][0].workspace_id, keys) if done else {}
    fresh: dict[tuple[str, str], tuple[Lead, Done]] = {}
    for key, (lead, each) in zip(keys, done, strict=True):
        if key not in there:
            fresh.setdefault(key, (lead, each))
    rows = [
        {
            "workspace_id": lead.workspace_id,
            "sender": each.sender,
            "external_id": each.key,
            "lead_id": lead.id,
            "kind": each.kind,
            "at": each.at,
            "received_at": now,
            "what": each.what,
            "fields": dict(each.fields),
        }
        # In an order that is the same for everybody: two who keep the same ones do not wait for each other.
        for _, (lead, each) in sorted(fresh.items(), key=lambda entry: entry[0])
    ]
    if rows:
        connection = session.connection()
        connection.execute(_RECORD[connection.dialect.name], rows)
    return [*fresh.values()]


def known(session: Session, workspace_id: int, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Known]:
    """Return those of the activities that came before, each by its sender and what the sender calls it."""
    if not keys:
        return {}
    asked = {
        "workspace_id": workspace_id,
        "senders": {sender for sender, _ in keys},
        "ids": {key for _, key in keys},
    }
    return {(row.sender, row.external_id): Known(row.id, row.lead_id) for row in session.execute(_KNOWN, asked)}


# Built once: to build a statement takes longer than to run it.
_RECORD: Final = {
    "sqlite": sqlite.insert(Activity).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Activity).on_conflict_do_nothing(),
}
_KNOWN: Final = select(Activity.id, Activity.lead_id, Activity.sender, Activity.external_id).where(
    Activity.workspace_id == bindparam("workspace_id"),
    Activity.sender.in_(bindparam("senders", expanding=True)),
    Activity.external_id.in_(bindparam("ids", expanding=True)),
)
