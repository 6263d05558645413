"""A list of people, domains and numbers that want no contact: kept as hashes, and marked on the leads that are here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from qualification.intake import historical_deals, ingest
from qualification.leads import contacts, merging, suppression
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.people.audit import Actor
from qualification.records import Company, Lead, rows
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.suppression import Recogniser, phone_keys, recognisers_named
from qualification.rules.people.audited import AuditAction
from qualification.rules.values import contact_consents
from qualification.rules.values.contact_consents import UnclearConsent
from qualification.rules.values.email_domains import domains_above, is_free_mail
from qualification.rules.values.field_names import by_meaning

# Leads that are looked at in one transaction, and entries that are kept in one.
PAGE: Final = 500


@dataclass(slots=True)
class SuppressionList:
    """What a file names: entries by kind (email, domain, phone) and those that could not be read.

    `permitted` counts the rows that say themselves that contact is welcome, `unread` the cells that name nobody,
    `free_mail` the domains at which anybody may have an address: those would hold everybody there.
    """

    entries: dict[Recogniser, None] = field(default_factory=dict)
    rows: int = 0
    permitted: int = 0
    unread: int = 0
    free_mail: set[str] = field(default_factory=set)

    def count(self, how: str) -> int:
        """Return how many entries there are of a kind; a number has one in each of its forms."""
        return sum(entry.how == how for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Marked:
    """Leads that are here and stand in the list, and those of them that sales has."""

    leads: int = 0
    with_sales: int = 0


def read_list(columns: Sequence[str], cells: Iterable[Mapping[str, object]]) -> SuppressionList:
    """Read the rows of a file; a first row that names somebody itself is no header.

    Where columns are called so, addresses, domains and numbers are read from those; a website is no domain of the list.
    Else every cell that can be read as one counts. A row whose column about contact says yes to it is left out.
    """
    found = SuppressionList()
    named = by_meaning(columns)
    asked = [*named.get("email", ()), *named.get("phone", ())]
    asked += [each for each in named.get("website", ()) if "domain" in each.casefold() or not asked]
    asked = asked or [*columns]
    consents = [column for column in columns if contact_consents.kind_of(column) is not None]
    header = {column: column for column in columns if recognisers_named(column)}
    for row in (header, *cells) if header else cells:
        found.rows += 1
        if _is_permitted(row, consents):
            found.permitted += 1
            continue
        for column in asked:
            _add(found, row.get(column))
    return found


def _is_permitted(row: Mapping[str, object], consents: Iterable[str]) -> bool:
    said = set()
    for column in consents:
        try:
            said.add(contact_consents.refuses(column, row.get(column)))
        except UnclearConsent:
            said.add(None)
    return False in said and True not in said


def _add(found: SuppressionList, cell: object) -> None:
    text = str(cell).strip() if cell is not None else ""
    if not text:
        return
    entries = recognisers_named(text)
    found.unread += not entries
    for entry in entries:
        if entry.how == "domain" and is_free_mail(entry.words[0]):
            found.free_mail.add(entry.words[0])
        else:
            found.entries[entry] = None


def keep(session: UnitOfWork, workspace_id: int, entries: Sequence[Recogniser], *, by: Actor, now: datetime) -> int:
    """Keep a part of a list for good, and have the audit say so; return how many weren't there yet.

    Nobody of it comes in meanwhile. Raises NoPersonalKey.
    """
    suppression.hold_arrivals(session, workspace_id)
    new = suppression.add_listed(session, workspace_id, entries, now=now)
    if new:
        audit.record(session, workspace_id, AuditAction.SUPPRESSIONS_ADDED, by=by, now=now, entries=new)
    return new


def pages(session: Session, workspace_id: int, after: int = 0) -> Iterator[int]:
    """Yield the last lead's id of each page of leads."""
    while True:
        ids = session.scalars(_IDS, {"workspace_id": workspace_id, "after": after, "page": PAGE}).all()
        if not ids:
            return
        after = ids[-1]
        yield after


def mark(
    session: UnitOfWork, workspace_id: int, listed: SuppressionList, *, after: int, until: int, now: datetime
) -> Marked:
    """Mark the leads with ids in (after, until] that stand in the list; the threads of those that sales has say so."""
    ids = [lead.id for lead in _standing_in(session, workspace_id, listed, after=after, until=until)]
    if not ids:
        return Marked()
    data = [LeadData(lead_id=lead_id, do_not_contact=True) for lead_id in ids]
    resolved = ingest.resolve_leads(session, workspace_id, data, now=now)
    ingest.record_updates(session, resolved, now=now)
    return Marked(len(ids), sum(each.live is not None for each in resolved))


def preview(session: Session, workspace_id: int, listed: SuppressionList) -> Marked:
    """Say which leads would be marked; nothing is changed."""
    leads = with_sales = after = 0
    for until in pages(session, workspace_id):
        found = _standing_in(session, workspace_id, listed, after=after, until=until)
        leads += len(found)
        with_sales += len(historical_deals.with_sales(session, found))
        after = until
    return Marked(leads, with_sales)


def _standing_in(session: Session, workspace_id: int, listed: SuppressionList, *, after: int, until: int) -> list[Lead]:
    """Return the leads of a page that the list names by any of their addresses and numbers."""
    found = session.execute(_LEADS, {"workspace_id": workspace_id, "after": after, "until": until}).all()
    families = merging.families(session, workspace_id, [lead.id for lead, _ in found]) if found else {}
    known: dict[int, set[Recogniser]] = {}
    for email in contacts.emails_of(session, workspace_id, families):
        domains = domains_above(email.email_key)
        entries = (Recogniser("email", (email.email_key,)), *(Recogniser("domain", (each,)) for each in domains))
        known.setdefault(families[email.lead_id], set()).update(entries)
    countries = {lead.id: lead.country or country for lead, country in found}
    for phone in contacts.phones_of(session, workspace_id, families):
        lead_id = families[phone.lead_id]
        keys = phone_keys(phone.phone, countries[lead_id])
        known.setdefault(lead_id, set()).update(Recogniser("phone", (key,)) for key in keys)
    return [lead for lead, _ in found if not listed.entries.keys().isdisjoint(known.get(lead.id, ()))]


_IDS: Final = (
    select(Lead.id)
    .where(rows.in_workspace(Lead), Lead.id > bindparam("after"))
    .order_by(Lead.id)
    .limit(bindparam("page"))
)
_LEADS: Final = (
    select(Lead, Company.country)
    .outerjoin(Company, (Company.id == Lead.company_id) & rows.in_workspace(Company))
    .where(
        rows.in_workspace(Lead),
        Lead.id > bindparam("after"),
        Lead.id <= bindparam("until"),
        Lead.merged_into_id.is_(None),
        Lead.erased_at.is_(None),
        Lead.do_not_contact.is_(False),
    )
    .order_by(Lead.id)
)
