"""What a batch of rows changes: new leads, companies and external ids, and known leads brought up to date."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import insert, inspect

from qualification.leads import contacts, suppression
from qualification.leads.companies import Companies
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, DomainName, ExternalId, Lead, LeadEmail, LeadPhone, Workspace, rows
from qualification.records.numbering import number
from qualification.rules.leads.lead_data import CompanyData, LeadData
from qualification.rules.leads.lead_input import LeadInput, fields_of
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.leads.likeness import name_of_address

# The columns of a lead that a row fills, beside its company.
_COLUMNS: Final = (
    *("name", "name_key", "email", "email_key", "phone", "title", "size", "country", "value_minor", "currency"),
    *("source", "campaign", "problem", "do_not_contact"),
)
# Fields of a sender's lead that may be unread, and the columns of those that are called otherwise.
_READ: Final = frozenset(fields_of(LeadInput))
_COLUMN_OF: Final = MappingProxyType({"value": "value_minor", "id": "external_id"})
# The first row that has them decides: where the lead came from.
_FIRST_COUNTS: Final = frozenset({"source", "campaign"})

# By what a lead is recognised, beside senders' ids, addresses and telephone numbers, which it keeps.
_KNOWN_BY: Final = frozenset({"name_key", "company_id"})


class LeadWriter:
    """Collects new leads until `flush`, and changes stored ones at once."""

    def __init__(self, session: UnitOfWork, workspace_id: int, companies: Companies, *, now: datetime) -> None:
        """Nothing is written yet."""
        self._session = session
        self._workspace_id = workspace_id
        self._companies = companies
        self._now = now
        self._playbook_id = session.get_one(Workspace, workspace_id).playbook_id
        self._new: dict[Lead, Company | None] = {}
        self._external_keys: list[tuple[tuple[str, str], Lead]] = []
        self._addresses: dict[LeadEmail, Lead] = {}
        self._numbers: list[tuple[str, str, Lead]] = []
        self._company_names: list[tuple[CompanyData, Lead]] = []

    def company_of(self, lead: Lead) -> Company | None:
        """Return the lead's company if any row of the batch may mean it."""
        return self._new[lead] if lead in self._new else self._companies.by_id.get(lead.company_id or 0)

    def has_no_company(self, lead: Lead) -> bool:
        """Say whether no company is known of the lead."""
        return self._new[lead] is None if lead in self._new else lead.company_id is None

    def create(self, row: LeadData, company: Company | None, *, without: Collection[str] = ()) -> Lead:
        """Return a new lead by what the row says, except the columns `without`; `flush` inserts it."""
        lead = Lead(
            workspace_id=self._workspace_id,
            lifecycle=Lifecycle.SUBSCRIBER,
            # Without activities it has no points under any playbook.
            score=0,
            scored_by_id=self._playbook_id,
            created_at=row.known_since or self._now,
            updated_at=self._now,
        )
        _fill(lead, _values(row, None) | dict.fromkeys(without))
        lead.unread = _unread({}, row) or None
        self._new[lead] = company
        return lead

    def update(
        self, lead: Lead, row: LeadData, company: Company | None, *, without: Collection[str] = ()
    ) -> tuple[str, ...]:
        """Change the lead by what the row says, except the columns `without`; return the columns that changed."""
        if lead in self._new or self._companies.is_new(company):
            self.flush()
        values = _values(row, company)
        values |= dict.fromkeys(without)
        changed = _changed(lead, values)
        if changed:
            self._keep_former(lead, changed, values)
            _fill(lead, {name: values[name] for name in changed})
            lead.updated_at = self._now
        unread = _unread(lead.unread or {}, row)
        if unread != (lead.unread or {}):
            lead.unread = unread or None
            changed = (*changed, "unread")
        if "name_key" in changed:
            contacts.name_phones(self._session, lead)
        return changed

    def _keep_former(self, lead: Lead, changed: Collection[str], values: Mapping[str, Any]) -> None:
        """Keep by what the lead was known, where that changes: it is erased by this too."""
        if any(getattr(lead, name) is not None for name in _KNOWN_BY.intersection(changed)):
            company = rows.get(self._session, Company, lead.company_id, self._workspace_id)
            left = company is not None and "company_id" in changed
            has_address = (lead.email_key or values.get("email_key")) is not None
            suppression.keep_former(self._session, lead, company, has_address=has_address, left=left, now=self._now)

    def add_external_key(self, key: tuple[str, str], lead: Lead) -> None:
        """Let `flush` insert the sender's id of the lead."""
        self._external_keys.append((key, lead))

    def add_address(self, lead: Lead, key: str, email: str, name_key: str | None) -> LeadEmail:
        """Return a new address of the lead, given with this name, which `flush` inserts."""
        entry = LeadEmail(
            workspace_id=self._workspace_id,
            email=email,
            email_key=key,
            name_key=name_key,
            by_hand=False,
            created_at=self._now,
        )
        self._addresses[entry] = lead
        return entry

    def give_address(self, entry: LeadEmail, lead: Lead, name_key: str | None, *, before: Lead) -> None:
        """Let an address be another lead's, who was given with it; whoever had it before is erased by it too."""
        if before in self._new:
            self.flush()
        suppression.keep_moved(self._session, before, entry.email_key, now=self._now)
        self._addresses[entry] = lead
        entry.name_key = name_key

    def name_address(self, entry: LeadEmail, name_key: str | None) -> None:
        """Keep with what name an address was given."""
        entry.name_key = name_of_address(entry.name_key, name_key)

    def add_number(self, lead: Lead, key: str, phone: str) -> None:
        """Let `flush` insert a telephone number of the lead."""
        self._numbers.append((key, phone, lead))

    def add_company_name(self, lead: Lead, data: CompanyData) -> None:
        """Let `flush` insert a name that was given with a domain which doesn't speak of it."""
        self._company_names.append((data, lead))

    def flush(self, *, is_last: bool = False) -> None:
        """Insert the new companies and leads in the order of their rows, then the external ids, addresses and numbers.

        After the last one, no address that was added is changed any more: those are written without records. Raises
        IntegrityError if another transaction has inserted one of them meanwhile.
        """
        self._companies.write()
        for lead, company in self._new.items():
            lead.company_id = company.id if company else None
        number(self._session, [*self._new])
        self._session.add_all(self._new)
        self._new = {}
        self._session.flush()
        self._write_contacts(are_records=not is_last)
        if self._external_keys:
            # Sorted, so that two transactions that insert the same ones don't wait for each other.
            rows = [
                {"workspace_id": self._workspace_id, "sender": key[0], "external_id": key[1], "lead_id": lead.id}
                for key, lead in sorted(self._external_keys, key=lambda each: each[0])
            ]
            self._external_keys = []
            # No ON CONFLICT: if the id was given to another lead meanwhile, the whole batch is resolved again.
            self._session.connection().execute(insert(ExternalId), rows)

    def _write_contacts(self, *, are_records: bool) -> None:
        for entry, lead in self._addresses.items():
            entry.lead_id = lead.id
        # Sorted, for the same reason.
        entries: list[LeadEmail] = sorted(self._addresses, key=_mailbox)
        self._addresses = {}
        if are_records:
            self._session.add_all(entries)
        self._session.flush()
        new = [] if are_records else [entry for entry in entries if inspect(entry).transient]
        if new:
            self._session.connection().execute(insert(LeadEmail), [_columns(entry) for entry in new])
        if self._numbers:
            rows = [
                {"workspace_id": self._workspace_id, "lead_id": lead.id, "phone": phone, "phone_key": key}
                | {"name_key": lead.name_key, "created_at": self._now}
                for key, phone, lead in self._numbers
            ]
            self._numbers = []
            self._session.connection().execute(insert(LeadPhone), rows)
        if self._company_names:
            names = [
                {"workspace_id": self._workspace_id, "lead_id": lead.id, "domain": data.domain, "name": data.name}
                | {"name_key": data.name_key, "created_at": self._now}
                for data, lead in sorted(self._company_names, key=lambda each: (each[0].domain, each[0].name_key))
            ]
            self._company_names = []
            self._session.connection().execute(insert(DomainName), names)


def _columns(entry: LeadEmail) -> dict[str, Any]:
    """Return the row of a new address."""
    return {
        "workspace_id": entry.workspace_id,
        "lead_id": entry.lead_id,
        "email": entry.email,
        "email_key": entry.email_key,
        "name_key": entry.name_key,
        "by_hand": entry.by_hand,
        "created_at": entry.created_at,
    }


def _mailbox(entry: LeadEmail) -> str:
    return entry.email_key


def _values(row: LeadData, company: Company | None) -> dict[str, Any]:
    """Return the lead's columns by the row; None where the row doesn't say."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    return {"company_id": company.id if company else None, **values, "fields": dict(row.fields) or None}


def _unread(stored: Mapping[str, str], row: LeadData) -> dict[str, str]:
    """Return what of the lead could not be read: what the row lost, and what is stored unless the row says it now."""
    left = {name: text for name, text in stored.items() if getattr(row, _COLUMN_OF.get(name, name), None) is None}
    return {**left, **{loss.field: loss.written for loss in row.losses if loss.field in _READ}}


def _changed(lead: Lead, values: dict[str, Any]) -> tuple[str, ...]:
    """Return the columns whose values are new. The same name or address in other letters isn't, nor a second source."""
    same = {name for name in ("name", "email") if values[f"{name}_key"] == getattr(lead, f"{name}_key")}
    first = {name for name in _FIRST_COUNTS if getattr(lead, name) is not None}
    changed = []
    for name, value in values.items():
        stored = getattr(lead, name)
        if value is None or name in same | first:
            continue
        if (stored | value if name == "fields" else value) != stored:
            changed.append(name)
    return tuple(changed)


def _fill(lead: Lead, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if value is not None:
            setattr(lead, name, {**(lead.fields or {}), **value} if name == "fields" else value)
