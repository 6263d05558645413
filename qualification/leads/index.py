"""The leads that a batch of rows may mean: read at once, locked until the commit, found by their keys."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import BindParameter, bindparam, select, tuple_
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.leads.companies import Companies
from qualification.records import Company, ExternalId, Handoff, Lead, LeadEmail, LeadPhone, rows
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.likeness import KnownAddress
from qualification.rules.refusals import LeadErased

K = TypeVar("K")


class FoundLate(Exception):
    """Rows were found that should have been locked before those that are locked already; waiting could deadlock."""


class LeadIndex:
    """The stored leads that a batch of rows may mean, and those that its earlier rows added, by their keys.

    Reading locks until the commit: first `companies`, then the leads' live and snoozed handoffs, then the leads, each
    by id. That is the order in which decisions lock, so that neither waits for the other in a circle. What another
    transaction has added or changed meanwhile raises FoundLate.
    """

    def __init__(self, session: Session, workspace_id: int, rows: Sequence[LeadData]) -> None:
        """Read and lock what any of the rows may mean."""
        self._session = session
        self._workspace_id = workspace_id
        self._rows = rows
        self._is_postgresql = session.get_bind().dialect.name == "postgresql"
        self._by_external_key, self._by_email = self._read_by_external_key(), self._read_by_email()
        self._by_id = self._read_by_id()
        self._by_name: dict[tuple[str, Company], list[Lead]] = {}
        self._by_phone: dict[tuple[str, str], list[Lead]] = {}
        self._addresses: dict[Lead, list[LeadEmail]] = {}
        self._numbers: dict[Lead, set[str]] = {}
        self._live: dict[int, Handoff] = {}
        # A generator, so that the session keeps no root: one that changes before it is locked is read again.
        roots = (merging.root(session, lead) for lead in self._by_unique_key())
        own = {lead.company_id for lead in roots if lead is not None and lead.company_id is not None}
        companies = {row.company_data for row in rows if row.company_data}
        self.companies = Companies(session, workspace_id, companies, own)
        if self._is_postgresql:
            # Other transactions may have added some of these leads before the companies' locks were granted.
            self._by_external_key, self._by_email = self._read_by_external_key(), self._read_by_email()
        self._lock(self._read_by_name(), self._read_by_phone())

    def by_external_key(self, key: tuple[str, str] | None) -> Lead | None:
        """Return the lead that has this id of a sender."""
        return self._by_external_key.get(key) if key else None

    def by_id(self, lead_id: int | None) -> Lead | None:
        """Return the lead with this id of ours."""
        return self._by_id.get(lead_id) if lead_id else None

    def by_email(self, email_key: str | None) -> Lead | None:
        """Return the lead that has this mailbox."""
        return self._by_email.get(email_key) if email_key else None

    def by_name(self, name_key: str, company: Company) -> Sequence[Lead]:
        """Return the leads that have, or had when they were read or added, this name at this company."""
        return self._by_name.get((name_key, company), ())

    def by_phone(self, name_key: str, phone_key: str) -> Sequence[Lead]:
        """Return the leads that have, or had when they were read or added, this name and this telephone number."""
        return self._by_phone.get((phone_key, name_key), ())

    def addresses(self, root: Lead) -> Sequence[LeadEmail]:
        """Return all addresses of a lead that wasn't merged into another, with those of the leads merged into it."""
        return self._addresses.get(root, ())

    def known(self, root: Lead) -> Sequence[KnownAddress]:
        """Return the same as plain values; what was given without a name has the lead's."""
        return [
            KnownAddress(each.email_key, root.name_key if each.name_key is None else each.name_key, each.by_hand)
            for each in self.addresses(root)
        ]

    def live_handoff(self, lead: Lead) -> Handoff | None:
        """Return the live handoff of a stored lead."""
        return self._live.get(lead.id)

    def add(self, lead: Lead, company: Company | None, external_key: tuple[str, str] | None) -> bool:
        """Let later rows find the lead by its present keys; return whether `external_key` is new."""
        is_new_key = external_key is not None and external_key not in self._by_external_key
        if external_key is not None and is_new_key:
            self._by_external_key[external_key] = lead
        if lead.name_key is not None:
            if company is not None:
                _append(self._by_name, (lead.name_key, company), lead)
            for phone_key in self._numbers.get(lead, ()):
                _append(self._by_phone, (phone_key, lead.name_key), lead)
        return is_new_key

    def add_numbers(self, lead: Lead, keys: Iterable[str]) -> Sequence[str]:
        """Let `add` name the lead by these telephone numbers, and return those that it didn't have."""
        known = self._numbers.setdefault(lead, set())
        new = [key for key in keys if key not in known]
        known.update(new)
        return new

    def add_address(self, lead: Lead, entry: LeadEmail) -> None:
        """Let later rows find the lead by this address, which may have been another's until now."""
        before = merging.root(self._session, self._by_email.get(entry.email_key))
        if before is not None and before is not lead:
            self._addresses[before].remove(entry)
        self._by_email[entry.email_key] = lead
        self._addresses.setdefault(lead, []).append(entry)

    def merge(self, kept: Lead, merged: Lead) -> None:
        """Let the addresses of both be those of the lead that is kept."""
        self._addresses.setdefault(kept, []).extend(self._addresses.pop(merged, ()))

    def _by_unique_key(self) -> list[Lead]:
        return [*self._by_external_key.values(), *self._by_email.values(), *self._by_id.values()]

    def _read_by_external_key(self) -> dict[tuple[str, str], Lead]:
        keys = {row.external_key for row in self._rows if row.external_key}
        if not keys:
            return {}
        senders, ids = {sender for sender, _ in keys}, {external_id for _, external_id in keys}
        found = self._session.execute(_BY_EXTERNAL_KEY, self._parameters(senders=senders, ids=ids))
        return {(row.sender, row.external_id): row.Lead for row in found}

    def _read_by_email(self) -> dict[str, Lead]:
        keys = {key for row in self._rows for key in row.addresses}
        if not keys:
            return {}
        found = self._session.execute(_BY_EMAIL, self._parameters(emails=keys))
        return {row.email_key: row.Lead for row in found}

    def _read_by_id(self) -> dict[int, Lead]:
        ids = {row.lead_id for row in self._rows} - {None}
        found = self._session.scalars(_BY_ID, self._parameters(ids=ids)) if ids else ()
        return {lead.id: lead for lead in found}

    def _read_by_name(self) -> Sequence[Lead]:
        keys = {row.name_key for row in self._rows if row.name_key}
        companies = self.companies.by_id
        if not keys or not companies:
            return []
        found = self._session.scalars(_BY_NAME, self._parameters(names=keys, companies=[*companies])).all()
        leads = self._leads(found)
        return [leads[lead_id] for lead_id in found if lead_id in leads]

    def _read_by_phone(self) -> Sequence[tuple[tuple[str, str], Lead]]:
        pairs = {(key, row.name_key) for row in self._rows if row.name_key for key in row.numbers}
        if not pairs:
            return []
        found = self._session.execute(
            _BY_PHONE, self._parameters(pairs=sorted(pairs), numbers={key for key, _ in pairs})
        ).all()
        leads = self._leads([row.lead_id for row in found])
        return [((row.phone_key, row.name_key), leads[row.lead_id]) for row in found if row.lead_id in leads]

    def _leads(self, ids: Collection[int]) -> Mapping[int, Lead]:
        """Return the leads with these ids: those with known addresses and ids are read already."""
        known = {lead.id: lead for lead in self._by_unique_key()}
        others = {*ids} - known.keys()
        read = self._session.scalars(_BY_ID, self._parameters(ids=others)) if others else ()
        return known | {lead.id: lead for lead in read}

    def _parameters(self, **parameters: object) -> dict[str, Any]:
        return {"workspace_id": self._workspace_id, **parameters}

    def _lock(self, namesakes: Sequence[Lead], by_phone: Sequence[tuple[tuple[str, str], Lead]]) -> None:
        """Lock every lead that was read, with its root and its handoffs, and index the namesakes as they are then."""
        found = {lead.id: lead for lead in (*self._by_unique_key(), *namesakes, *(lead for _, lead in by_phone))}
        roots = {root.id: root for lead in found.values() if (root := merging.root(self._session, lead)) is not None}
        leads = {**found, **roots}
        if leads:
            families = merging.families(self._session, self._workspace_id, leads)
            handoffs = lock_handoffs(self._session, self._workspace_id, families)
            self._live = {families[handoff.lead_id]: handoff for handoff in live_among(handoffs)}
            if self._is_postgresql:
                # Other transactions may have handed over, merged or changed a lead before its lock was granted.
                self._session.scalars(_LOCKED_LEADS, self._parameters(ids=[*leads])).all()
                if any(root.id not in leads for lead in leads.values() if (root := merging.root(self._session, lead))):
                    raise FoundLate
                require_locked(self._session, self._workspace_id, leads.keys() - self._live.keys(), handoffs)
            for lead in leads.values():
                if lead.erased_at is not None:
                    # By our number, or while this waited: nobody is known by anything else once they are erased.
                    raise LeadErased(at=lead.erased_at)
            self._read_contacts(leads, families)
        companies = self.companies.by_id
        for lead in namesakes:
            if lead.name_key is not None and lead.company_id in companies:
                _append(self._by_name, (lead.name_key, companies[lead.company_id]), lead)
        for pair, lead in by_phone:
            _append(self._by_phone, pair, lead)

    def _read_contacts(self, leads: Mapping[int, Lead], families: Mapping[int, int]) -> None:
        """Read the addresses and numbers of the locked leads.

        Raises FoundLate where another transaction gave an address to somebody else before its lead was locked.
        """
        for entry in self._session.scalars(_ADDRESSES, self._parameters(ids=[*families])):
            self._addresses.setdefault(leads[families[entry.lead_id]], []).append(entry)
        numbers = {key for row in self._rows for key in row.numbers}
        has = self._session.execute(_NUMBERS, self._parameters(ids=[*leads], numbers=numbers)) if numbers else ()
        for each in has:
            self._numbers.setdefault(leads[each.lead_id], set()).add(each.phone_key)
        holders = {entry.email_key: entry.lead_id for entries in self._addresses.values() for entry in entries}
        if any(holders.get(key) != lead.id for key, lead in self._by_email.items()):
            raise FoundLate


def _append(index: dict[K, list[Lead]], key: K, lead: Lead) -> None:
    leads = index.setdefault(key, [])
    if lead not in leads:
        leads.append(lead)


def lock_handoffs(session: Session, workspace_id: int, lead_ids: Iterable[int]) -> Sequence[Handoff]:
    """Lock the live and the snoozed handoffs made of these leads, and return them by id."""
    return session.scalars(_LOCKED_HANDOFFS, {"workspace_id": workspace_id, "ids": [*lead_ids]}).all()


def live_among(handoffs: Iterable[Handoff]) -> list[Handoff]:
    """Return those that are live."""
    return [handoff for handoff in handoffs if handoff.state in LIVE_STATES]


def require_locked(session: Session, workspace_id: int, lead_ids: Iterable[int], handoffs: Iterable[Handoff]) -> None:
    """Raise FoundLate where one of these locked leads, or one merged into it, has another live or snoozed handoff.

    With the leads locked, nobody makes or revives one from now on.
    """
    families = merging.families(session, workspace_id, lead_ids)
    there = session.scalars(_HANDOFF_IDS, {"workspace_id": workspace_id, "ids": [*families]})
    if not {handoff.id for handoff in handoffs}.issuperset(there):
        raise FoundLate


# Built once: building a statement takes longer than running it.
_OURS: Final = Lead.workspace_id == bindparam("workspace_id")
_BY_EXTERNAL_KEY: Final = (
    select(ExternalId.sender, ExternalId.external_id, Lead)
    .join(Lead, Lead.id == ExternalId.lead_id)
    .where(
        ExternalId.workspace_id == bindparam("workspace_id"),
        ExternalId.sender.in_(bindparam("senders", expanding=True)),
        ExternalId.external_id.in_(bindparam("ids", expanding=True)),
    )
)
_BY_EMAIL: Final = (
    select(LeadEmail.email_key, Lead)
    .join(Lead, Lead.id == LeadEmail.lead_id)
    .where(
        LeadEmail.workspace_id == bindparam("workspace_id"),
        LeadEmail.email_key.in_(bindparam("emails", expanding=True)),
    )
)
_BY_PHONE: Final = (
    select(LeadPhone.phone_key, LeadPhone.name_key, LeadPhone.lead_id)
    .where(
        LeadPhone.workspace_id == bindparam("workspace_id"),
        # The numbers lead into the index. Pairs, for each number with each name would be a quarter of a million.
        LeadPhone.phone_key.in_(bindparam("numbers", expanding=True)),
        tuple_(LeadPhone.phone_key, LeadPhone.name_key).in_(bindparam("pairs", expanding=True)),
    )
    .order_by(LeadPhone.lead_id)
)
_BY_ID: Final = select(Lead).where(_OURS, Lead.id.in_(bindparam("ids", expanding=True)))
_BY_NAME: Final = (
    select(Lead.id)
    .where(
        _OURS,
        Lead.name_key.in_(bindparam("names", expanding=True)),
        Lead.company_id.in_(bindparam("companies", expanding=True)),
    )
    .order_by(Lead.id)
)
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_ADDRESSES: Final = (
    select(LeadEmail)
    .where(rows.in_workspace(LeadEmail), LeadEmail.lead_id.in_(_IDS))
    .order_by(LeadEmail.id)
    .execution_options(populate_existing=True)
)
_NUMBERS: Final = select(LeadPhone.lead_id, LeadPhone.phone_key).where(
    rows.in_workspace(LeadPhone),
    LeadPhone.lead_id.in_(_IDS),
    LeadPhone.phone_key.in_(bindparam("numbers", expanding=True)),
)
# Snoozed handoffs are locked with the live ones, before any lead: a lead that comes back resumes its own.
_LIVE_AND_SNOOZED: Final = (
    select(Handoff)
    .where(
        rows.in_workspace(Handoff),
        Handoff.lead_id.in_(_IDS),
        Handoff.state.in_(LIVE_STATES | {HandoffState.SNOOZED}),
    )
    .order_by(Handoff.id)
)
_LOCKED_HANDOFFS: Final = _LIVE_AND_SNOOZED.with_for_update(key_share=True)
_HANDOFF_IDS: Final = _LIVE_AND_SNOOZED.with_only_columns(Handoff.id)
_LOCKED_LEADS: Final = (
    select(Lead).where(rows.in_workspace(Lead), Lead.id.in_(_IDS)).order_by(Lead.id).with_for_update(key_share=True)
)
