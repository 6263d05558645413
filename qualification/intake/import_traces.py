"""What an import does to each lead, kept as it is done, so that the import can be undone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, event, insert, inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import NO_VALUE

from qualification.leads.resolution import ResolvedLead
from qualification.records import ExternalId, ImportedRow, ImportRun, Lead, rows

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


@dataclass(slots=True)
class LeadChanges:
    """What stood in the columns of known leads before a slice, by lead and column; only what has changed."""

    before: dict[int, dict[str, Any]] = field(default_factory=dict)

    def of(self, lead: Lead) -> dict[str, list[Any]]:
        """Return what stood in each changed column of the lead, and what stands there now."""
        before = self.before.get(lead.id, {})
        now = {name: getattr(lead, name) for name in before}
        return {name: [old, now[name]] for name, old in before.items() if old != now[name]}


@contextmanager
def watched(session: Session) -> Iterator[LeadChanges]:
    """Note what the block changes of leads that were there before it, as far as it is flushed in it."""
    changes = LeadChanges()

    def note(flushed: Session, *_: object) -> None:
        for record in flushed.dirty:
            if isinstance(record, Lead):
                # What the database holds of the attributes that were set since.
                for name, before in inspect(record).committed_state.items():
                    if name in _TRACED and before is not NO_VALUE:
                        changes.before.setdefault(record.id, {}).setdefault(name, before)

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
    deals: Mapping[int, Sequence[str]],
    now: datetime,
) -> None:
    """Keep what a slice did to each lead: `resolved` pairs them with the id that is new for them, if any.

    `deals` holds the keys of the deals that were recorded, by lead.
    """
    session.flush()
    leads = {each.lead.id: each for each, _ in resolved}
    made = {each.lead.id for each, _ in resolved if each.is_new}
    ids: dict[int, list[str]] = {}
    for each, external_id in resolved:
        if external_id:
            ids.setdefault(each.lead.id, []).append(external_id)
    kept = {row.lead_id: row for row in session.scalars(_KEPT, _of_run(run, leads))}
    new = []
    for lead_id, each in leads.items():
        did = None if lead_id in made else _did(changes.of(each.lead), ids.get(lead_id, ()), deals.get(lead_id, ()))
        row = kept.get(lead_id)
        if row is None:
            new.append(
                {
                    "workspace_id": run.workspace_id,
                    "import_run_id": run.id,
                    "lead_id": lead_id,
                    "first_at": now,
                    "last_at": now,
                    "is_new": lead_id in made,
                    "replaced": did,
                }
            )
            continue
        row.last_at = now
        row.replaced = None if row.is_new else _together(row.replaced or {}, did or {})
    if new:
        session.connection().execute(insert(ImportedRow), new)


def _did(columns: Mapping[str, list[Any]], ids: Sequence[str], deals: Sequence[str]) -> dict[str, Any] | None:
    """Write what was done to a known lead as it is stored; None where nothing was."""
    did: dict[str, Any] = {}
    if columns:
        plain = {name: pair for name, pair in columns.items() if name != "fields"}
        did["columns"] = plain
        if "fields" in columns:
            old, now = columns["fields"]
            did["fields"] = {name: [old.get(name), each] for name, each in now.items() if old.get(name) != each}
    if ids:
        did["ids"] = [*ids]
    if deals:
        did["deals"] = [*deals]
    return did or None


def _together(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what two rows of one lead did: from what stood there before the first to what the other wrote."""
    together: dict[str, Any] = {}
    for part in ("columns", "fields"):
        pairs = {name: [*pair] for name, pair in first.get(part, {}).items()}
        for name, (old, now) in then.get(part, {}).items():
            pairs[name] = [pairs[name][0] if name in pairs else old, now]
        if pairs:
            together[part] = pairs
    for part in ("ids", "deals"):
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
