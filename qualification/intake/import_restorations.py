"""What an import did to leads that were known before it, undone: columns, contacts, deals, and addresses taken."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, delete, select
from sqlalchemy.orm import Session

from qualification.leads import contacts, merging
from qualification.leads.owned_rows import OWNED
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import (
    Activity,
    ExternalId,
    Handoff,
    ImportedRow,
    ImportRun,
    Lead,
    LeadEmail,
    LeadEvent,
    LeadPhone,
    Person,
    rows,
)
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.leads.lifecycle import Lifecycle


def restore(session: UnitOfWork, run: ImportRun, lead: Lead, row: ImportedRow, *, now: datetime, dry: bool) -> int:
    """Put back what stood in the lead before; return how many values somebody has changed since.

    A mark that the lead wants no contact is never taken off: whether they refused since, too, a person decides.
    """
    did = row.replaced or {}
    columns: dict[str, list[Any]] = did.get("columns", {})
    back = {name: old for name, (old, written) in columns.items() if getattr(lead, name) == written}
    if back.get("do_not_contact") is False:
        del back["do_not_contact"]
    if "email_key" in back and not _is_free(session, lead, back["email_key"]):
        back = {name: old for name, old in back.items() if name not in {"email", "email_key"}}
    fields, stay = _fields_before(lead.fields or {}, did.get("fields", {}))
    stay += len([name for name, (old, _) in columns.items() if name not in back and getattr(lead, name) != old])
    if dry:
        return stay
    for name, value in back.items():
        setattr(lead, name, Lifecycle(value) if name == "lifecycle" else value)
    lead.fields = fields
    # Without these activities the score is another; it is added up anew.
    lead.scored_by_id = None
    session.flush()
    ours = {"workspace_id": lead.workspace_id, "lead_id": lead.id, "sender": run.sender, "shown": lead.email_key or ""}
    for part, statement in _GO.items():
        if part in did:
            session.connection().execute(statement, ours | {"keys": did[part]})
    if "taken" in did:
        contacts.show_own_email(session, lead, merging.family(session, lead))
    contacts.name_phones(session, lead)
    stay += _remove_deals(session, run, did.get("deals", ()), now=now)
    for handoff_id in session.scalars(_LIVE_OF, ours):
        outbox.mark_stale(session, lead.workspace_id, handoff_id, now)
    if not stay and lead.updated_at <= row.last_at and "updated_at" in did:
        lead.updated_at = datetime.fromisoformat(did["updated_at"])
    session.delete(row)
    return stay


def give_back(session: UnitOfWork, row: ImportedRow, *, now: datetime) -> None:
    """Give each address that the import took from another lead back to it, if that is still known; all are locked.

    Whoever showed the address shows it again, unless somebody has given them another one since.
    """
    for key, taken in (row.replaced or {}).get("taken", {}).items():
        entry = session.scalar(_ADDRESS, {"workspace_id": row.workspace_id, "email_key": key})
        owner = rows.get(session, Lead, taken["of"], row.workspace_id)
        if entry is None or entry.lead_id != row.lead_id or owner is None or owner.erased_at is not None:
            continue
        root = merging.root(session, owner) or owner
        other = next(iter(contacts.emails_of(session, row.workspace_id, merging.family(session, root))), None)
        instead = {None, other.email_key if other else None}
        entry.lead_id = owner.id
        # The name that it was given with was the other lead's; without one, it has its lead's.
        entry.name_key = None
        for lead in {owner, root}:
            if lead.id in taken["shown_by"] and lead.email_key in instead:
                lead.email, lead.email_key = entry.email, entry.email_key
        session.flush()
        for handoff_id in session.scalars(_LIVE_OF, {"workspace_id": row.workspace_id, "lead_id": root.id}):
            outbox.mark_stale(session, row.workspace_id, handoff_id, now)


def refresh_owner(session: UnitOfWork, handoff: Handoff, *, now: datetime) -> None:
    """Draw the Home of the handoff's owner anew if they have the lead now."""
    owner = rows.get(session, Person, handoff.owner_id, handoff.workspace_id)
    if owner is not None and handoff.state in LIVE_STATES:
        surfaces.refresh_home(session, owner, now=now)


def _fields_before(fields: Mapping[str, Any], did: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the other fields as they were, and how many of them somebody has changed since."""
    before = dict(fields)
    stay = 0
    for name, (old, written) in did.items():
        if fields.get(name) != written:
            stay += 1
        elif old is None:
            before.pop(name, None)
        else:
            before[name] = old
    return before, stay


def _is_free(session: Session, lead: Lead, email_key: str | None) -> bool:
    """Say whether nobody else has the address by now."""
    if email_key is None:
        return True
    entry = session.scalar(_ADDRESS, {"workspace_id": lead.workspace_id, "email_key": email_key})
    if entry is None:
        return True
    return merging.root(session, rows.get_one(session, Lead, entry.lead_id, lead.workspace_id)) is lead


def _remove_deals(session: UnitOfWork, run: ImportRun, keys: Sequence[str], *, now: datetime) -> int:
    """Remove the deals that the import recorded, but for those on which somebody has worked; return how many stay."""
    stay = 0
    wanted = {"workspace_id": run.workspace_id, "sender": run.sender, "keys": [*keys]}
    for handoff in session.scalars(_DEALS, wanted) if keys else ():
        of_handoff = {"workspace_id": run.workspace_id, "handoff_id": handoff.id}
        events = session.execute(_EVENTS_OF_HANDOFF, of_handoff).all()
        others = [table for table in _TABLES_OF_HANDOFFS if session.scalar(_any_of(table), of_handoff)]
        if others or any(facts.get("sender") != run.sender for _, facts in events):
            stay += 1
            continue
        refresh_owner(session, handoff, now=now)
        session.connection().execute(
            _GO_EVENTS, {"workspace_id": run.workspace_id, "ids": [each for each, _ in events]}
        )
        session.delete(handoff)
        session.flush()
    return stay


def _any_of(table: Table) -> Any:  # noqa: ANN401 - a statement
    mine: list[ColumnElement[bool]] = [
        table.c.workspace_id == bindparam("workspace_id"),
        table.c.handoff_id == bindparam("handoff_id"),
    ]
    return select(table.c.id).where(*mine).limit(1)


# Built once: building a statement takes longer than running it.
_TABLES_OF_HANDOFFS: Final = tuple(
    table for name, (table, _) in OWNED.items() if "handoff_id" in table.c and name != LeadEvent.__tablename__
)
_KEYS: Final[BindParameter[str]] = bindparam("keys", expanding=True)
_DEALS: Final = select(Handoff).where(
    Handoff.workspace_id == bindparam("workspace_id"),
    Handoff.sender == bindparam("sender"),
    Handoff.external_id.in_(_KEYS),
)
_EVENTS_OF_HANDOFF: Final = select(LeadEvent.id, LeadEvent.facts).where(
    rows.in_workspace(LeadEvent), LeadEvent.handoff_id == bindparam("handoff_id")
)
_LIVE_OF: Final = select(Handoff.id).where(
    rows.in_workspace(Handoff), Handoff.lead_id == bindparam("lead_id"), Handoff.state.in_(LIVE_STATES)
)
_ADDRESS: Final = select(LeadEmail).where(
    LeadEmail.workspace_id == bindparam("workspace_id"), LeadEmail.email_key == bindparam("email_key")
)
# What goes of a known lead, by the part of `replaced` that holds its keys.
_GO: Final = {
    "activities": delete(Activity).where(
        Activity.workspace_id == bindparam("workspace_id"),
        Activity.lead_id == bindparam("lead_id"),
        Activity.sender == bindparam("sender"),
        Activity.external_id.in_(_KEYS),
    ),
    "ids": delete(ExternalId).where(
        ExternalId.workspace_id == bindparam("workspace_id"),
        ExternalId.sender == bindparam("sender"),
        ExternalId.lead_id == bindparam("lead_id"),
        ExternalId.external_id.in_(_KEYS),
    ),
    "emails": delete(LeadEmail).where(
        LeadEmail.workspace_id == bindparam("workspace_id"),
        LeadEmail.lead_id == bindparam("lead_id"),
        LeadEmail.email_key.in_(_KEYS),
        LeadEmail.email_key != bindparam("shown"),
    ),
    "phones": delete(LeadPhone).where(
        LeadPhone.workspace_id == bindparam("workspace_id"),
        LeadPhone.lead_id == bindparam("lead_id"),
        LeadPhone.phone_key.in_(_KEYS),
    ),
}
_GO_EVENTS: Final = delete(LeadEvent).where(
    LeadEvent.workspace_id == bindparam("workspace_id"), LeadEvent.id.in_(bindparam("ids", expanding=True))
)
