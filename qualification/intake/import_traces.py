"""What an import does to each lead, kept as it is done, so that the import can be undone."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, event, insert, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import NO_VALUE

from qualification.leads.resolution import ResolvedLead
from qualification.records import Activity, ExternalId, ImportedRow, ImportRun, Lead, LeadEmail, LeadPhone, rows

# What a row changes of a known lead; the score is added up anew by itself.
_TRACED: Final = frozenset(
    [
        "company_id",
        "name",
        "name_key",
        "email",
        "email_key",
        "phone",
        "title",
        "size",
        "country",
        "value_minor",
        "currency",
        "note",
        "problem",
        "source",
        "campaign",
        "do_not_contact",
        "fields",
        "unread",
        "lifecycle",
    ]
)


# What was added to a known lead, each by its own key.
_ADDED: Final = ("ids", "deals", "activities", "emails", "phones")


@dataclass(slots=True)
class LeadChanges:
    """What stood in the columns of known leads before a slice, by lead and column; only what has changed.

    `updated` holds when each of them had been changed last, `owners` the leads whose addresses are somebody else's now.
    """

    before: dict[int, dict[str, Any]] = field(default_factory=dict)
    updated: dict[int, datetime] = field(default_factory=dict)
    owners: dict[LeadEmail, int] = field(default_factory=dict)

    def of(self, lead: Lead) -> dict[str, list[Any]]:
        """Return what stood in each changed column of the lead, and what stands there now."""
        before = self.before.get(lead.id, {})
        now = {name: getattr(lead, name) for name in before}
        return {name: [old, now[name]] for name, old in before.items() if old != now[name]}

    def taken(self) -> dict[int, dict[str, dict[str, Any]]]:
        """Return, by the lead that has it now, each address that was taken from another lead.

        Each names the lead that had it (`of`), and those that showed it (`shown_by`).
        """
        taken: dict[int, dict[str, dict[str, Any]]] = {}
        for entry, owner in self.owners.items():
            if entry.lead_id != owner:
                shown = (lead_id for lead_id, old in self.before.items() if old.get("email_key") == entry.email_key)
                shown_by = sorted({*shown} - {entry.lead_id})
                taken.setdefault(entry.lead_id, {})[entry.email_key] = {"of": owner, "shown_by": shown_by}
        return taken


@contextmanager
def watched(session: Session) -> Iterator[LeadChanges]:
    """Note what the block changes of leads that were there before it, as far as it is flushed in it."""
    changes = LeadChanges()

    def note(flushed: Session, *_: object) -> None:
        for record in flushed.dirty:
            # What the database holds of the attributes that were set since.
            stored = {name: old for name, old in inspect(record).committed_state.items() if old is not NO_VALUE}
            if isinstance(record, Lead):
                for name in _TRACED.intersection(stored):
                    changes.before.setdefault(record.id, {}).setdefault(name, stored[name])
                if "updated_at" in stored:
                    changes.updated.setdefault(record.id, stored["updated_at"])
            elif isinstance(record, LeadEmail) and "lead_id" in stored:
                changes.owners.setdefault(record, stored["lead_id"])

    event.listen(session, "before_flush", note)
    try:
        yield changes
    finally:
        event.remove(session, "before_flush", note)


def known_ids(session: Session, workspace_id: int, sender: str, ids: Iterable[str | None]) -> set[str]:
    """Return those of the sender's ids that are known."""
    asked = [*{each for each in ids if each}]
    parameters = {"workspace_id": workspace_id, "sender": sender, "ids": asked}
    return {*session.scalars(_KNOWN_IDS, parameters)} if asked else set()


def keep(
    session: Session,
    run: ImportRun,
    resolved: Sequence[tuple[ResolvedLead, str | None]],
    changes: LeadChanges,
    *,
    added: Mapping[str, Mapping[int, Sequence[str]]],
    now: datetime,
) -> None:
    """Keep what a slice did to each lead: `resolved` pairs them with the id that is new for them, if any.

    `added` holds the keys of the `deals` and `activities` that were recorded, by lead. `now` is the slice's own moment,
    at which its addresses and numbers were added.
    """
    session.flush()
    leads = {each.lead.id: each.lead for each, _ in resolved}
    made = {each.lead.id for each, _ in resolved if each.is_new}
    ids: dict[int, list[str]] = {}
    for each, external_id in resolved:
        if external_id:
            ids.setdefault(each.lead.id, []).append(external_id)
    kept = {row.lead_id: row for row in session.scalars(_KEPT, _of_run(run, leads))}
    all_added = {**added, "ids": ids, **_contacts(session, run, leads.keys() - made, now)}
    taken = changes.taken()
    updated = {lead_id: changes.updated.get(lead_id, lead.updated_at) for lead_id, lead in leads.items()}
    touched = _touched(session, run, kept, updated, now)
    new = []
    for lead_id, lead in leads.items():
        did: dict[str, Any] = {"taken": taken[lead_id]} if lead_id in taken else {}
        row = kept.get(lead_id)
        if lead_id not in made and (row is None or not row.is_new):
            did |= _did(changes.of(lead), {part: all_added.get(part, {}).get(lead_id, ()) for part in _ADDED})
            if lead_id in changes.updated:
                did["updated_at"] = changes.updated[lead_id].isoformat()
        if row is None:
            new.append(
                {
                    "workspace_id": run.workspace_id,
                    "import_run_id": run.id,
                    "lead_id": lead_id,
                    "first_at": now,
                    "last_at": now,
                    "is_new": lead_id in made,
                    "replaced": did or None,
                }
            )
            continue
        # What others did meanwhile stays behind it, and is seen to be theirs.
        row.last_at = row.last_at if lead_id in touched else now
        row.replaced = _together(row.replaced or {}, did)
    if new:
        session.connection().execute(insert(ImportedRow), new)


def _contacts(
    session: Session, run: ImportRun, known: Collection[int], now: datetime
) -> dict[str, dict[int, list[str]]]:
    """Return the keys of the addresses and numbers that the slice added to known leads."""
    found: dict[str, dict[int, list[str]]] = {"emails": {}, "phones": {}}
    parameters = {"workspace_id": run.workspace_id, "lead_ids": [*known], "now": now}
    for part, statement in (("emails", _NEW_ADDRESSES), ("phones", _NEW_NUMBERS)):
        for lead_id, key in session.execute(statement, parameters) if known else ():
            found[part].setdefault(lead_id, []).append(key)
    return found


def _touched(
    session: Session, run: ImportRun, kept: Mapping[int, ImportedRow], updated: Mapping[int, datetime], now: datetime
) -> set[int]:
    """Return the leads that somebody else changed, or gave something, between two rows of the import.

    `updated` says when each of them had been changed last before the slice.
    """
    touched = {lead_id for lead_id, row in kept.items() if updated[lead_id] > row.last_at}
    made = [lead_id for lead_id, row in kept.items() if row.is_new]
    for statement in _GIVEN if made else ():
        given = session.execute(statement, _of_run(run, made))
        touched |= {lead_id for lead_id, at in given if at > kept[lead_id].last_at and at != now}
    return touched


def _did(columns: Mapping[str, list[Any]], added: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Write what was done to a known lead as it is stored."""
    did: dict[str, Any] = {}
    if columns:
        plain = {name: pair for name, pair in columns.items() if name != "fields"}
        did["columns"] = plain
        if "fields" in columns:
            old, now = columns["fields"]
            did["fields"] = {name: [old.get(name), each] for name, each in now.items() if old.get(name) != each}
    return did | {part: [*keys] for part, keys in added.items() if keys}


def _together(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what two rows of one lead did: from what stood there before the first to what the other wrote.

    What somebody else wrote between the two is what stood there before.
    """
    together: dict[str, Any] = {}
    if updated_at := first.get("updated_at", then.get("updated_at")):
        together["updated_at"] = updated_at
    if taken := first.get("taken", {}) | then.get("taken", {}):
        together["taken"] = taken
    for part in ("columns", "fields"):
        pairs = {name: [*pair] for name, pair in first.get(part, {}).items()}
        for name, (old, now) in then.get(part, {}).items():
            pairs[name] = [pairs[name][0] if name in pairs and pairs[name][1] == old else old, now]
        if pairs:
            together[part] = pairs
    for part in _ADDED:
        if both := [*dict.fromkeys([*first.get(part, ()), *then.get(part, ())])]:
            together[part] = both
    return together or None


def _of_run(run: ImportRun, lead_ids: Iterable[int]) -> dict[str, Any]:
    return {"workspace_id": run.workspace_id, "run_id": run.id, "lead_ids": [*lead_ids]}


_KNOWN_IDS: Final = select(ExternalId.external_id).where(
    ExternalId.workspace_id == bindparam("workspace_id"),
    ExternalId.sender == bindparam("sender"),
    ExternalId.external_id.in_(bindparam("ids", expanding=True)),
)
_KEPT: Final = select(ImportedRow).where(
    rows.in_workspace(ImportedRow),
    ImportedRow.import_run_id == bindparam("run_id"),
    ImportedRow.lead_id.in_(bindparam("lead_ids", expanding=True)),
)
_NEW_ADDRESSES: Final = select(LeadEmail.lead_id, LeadEmail.email_key).where(
    rows.in_workspace(LeadEmail),
    LeadEmail.lead_id.in_(bindparam("lead_ids", expanding=True)),
    LeadEmail.created_at == bindparam("now"),
)
_NEW_NUMBERS: Final = select(LeadPhone.lead_id, LeadPhone.phone_key).where(
    rows.in_workspace(LeadPhone),
    LeadPhone.lead_id.in_(bindparam("lead_ids", expanding=True)),
    LeadPhone.created_at == bindparam("now"),
)
# What leads were given, and when.
_GIVEN: Final = tuple(
    select(record.lead_id, at).where(
        rows.in_workspace(record), record.lead_id.in_(bindparam("lead_ids", expanding=True))
    )
    for record, at in (
        (LeadEmail, LeadEmail.created_at),
        (LeadPhone, LeadPhone.created_at),
        (Activity, Activity.received_at),
    )
)
