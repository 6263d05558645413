"""What leads do, stored once for each sender's id of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from qualification.records import Activity, Lead
from qualification.rules.scoring.noise import is_by_scanner

_SCANNER: Final = "scanner"


@dataclass(frozen=True, slots=True)
class ActivityData:
    """Something that a lead did; `external_id` is the sender's own id of it, `kind` a key of the playbook."""

    sender: str
    external_id: str
    kind: str
    at: datetime
    what: str | None
    fields: Mapping[str, object]

    @property
    def key(self) -> tuple[str, str]:
        """The sender and the sender's own id of the activity."""
        return self.sender, self.external_id


@dataclass(frozen=True, slots=True)
class StoredActivity:
    """The ids of a stored activity and of its lead."""

    id: int
    lead_id: int


def store(
    session: Session, done: Sequence[tuple[Lead, ActivityData]], *, now: datetime
) -> list[tuple[Lead, ActivityData]]:
    """Store the activities that aren't stored yet, and return them with their leads."""
    known = stored(session, done[0][0].workspace_id, [activity.key for _, activity in done]) if done else {}
    new: dict[tuple[str, str], tuple[Lead, ActivityData]] = {}
    for lead, activity in done:
        if activity.key not in known:
            new.setdefault(activity.key, (lead, activity))
    rows = [
        {
            "workspace_id": lead.workspace_id,
            "sender": activity.sender,
            "external_id": activity.external_id,
            "lead_id": lead.id,
            "kind": activity.kind,
            "at": activity.at,
            "received_at": now,
            "what": activity.what,
            "fields": dict(activity.fields),
            "noise": _SCANNER if is_by_scanner(activity.fields) else None,
        }
        # Sorted, so that two transactions that store the same activities don't wait for each other.
        for _, (lead, activity) in sorted(new.items(), key=lambda entry: entry[0])
    ]
    if rows:
        connection = session.connection()
        connection.execute(_INSERT[connection.dialect.name], rows)
    return [*new.values()]


def stored(
    session: Session, workspace_id: int, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], StoredActivity]:
    """Return the stored activities among `keys`, each a sender and its own id of the activity."""
    if not keys:
        return {}
    parameters = {
        "workspace_id": workspace_id,
        "senders": {sender for sender, _ in keys},
        "ids": {external_id for _, external_id in keys},
    }
    found = session.execute(_STORED, parameters)
    return {(row.sender, row.external_id): StoredActivity(row.id, row.lead_id) for row in found}


# Built once: building a statement takes longer than running it.
_INSERT: Final = {
    "sqlite": sqlite.insert(Activity).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(Activity).on_conflict_do_nothing(),
}
_STORED: Final = select(Activity.id, Activity.lead_id, Activity.sender, Activity.external_id).where(
    Activity.workspace_id == bindparam("workspace_id"),
    Activity.sender.in_(bindparam("senders", expanding=True)),
    Activity.external_id.in_(bindparam("ids", expanding=True)),
)
