"""Which lead each row of a batch means: the one with its external id, its mailbox, or its name at its company."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qualification.leads import companies, merging
from qualification.leads.index import FoundLate, LeadIndex
from qualification.leads.writer import LeadWriter
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, Handoff, Lead, rows
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_data import CompanyData, LeadData
from qualification.rules.leads.likeness import are_two, is_somebody_else, names_differ
from qualification.rules.leads.phone_keys import phone_key

# What is lost of a row whose id, or address, is another's.
SOMEBODY_ELSES_ID: Final = RowError(
    "lead.id", "is the id of somebody with another address and another name, and stays with them"
)
TAKEN: Final = "is the address of somebody else already, and stays with them"
GIVEN: Final = "was one of several addresses of somebody with another name, and is this lead's now"
# What tells whoever reads it that somebody else is known.
OF_OTHERS: Final = frozenset({SOMEBODY_ELSES_ID.reason, TAKEN, GIVEN})
# Columns that change without a line in the history.
_UNRECORDED: Final = frozenset(
    {"name_key", "email_key", "company_id", "size", "country", "source", "campaign", "problem", "fields", "unread"}
)


@dataclass(frozen=True, slots=True)
class ResolvedLead:
    """The lead that a row means, found or added, and its live handoff; both locked until the commit.

    `changed` names the columns that the row changed and the history records; `is_changed` says whether it changed
    anything at all, `is_merged` whether another lead was found to be this one. `losses` are what the row says and the
    lead can't have, by the row's fields: an id or an address of somebody else. `taken_from` are the leads that lost an
    address to it, each with its live handoff.
    """

    lead: Lead
    is_new: bool
    live: Handoff | None
    changed: tuple[str, ...]
    is_changed: bool
    is_merged: bool
    losses: tuple[RowError, ...] = ()
    taken_from: tuple[tuple[Lead, Handoff | None], ...] = ()


@dataclass(frozen=True, slots=True)
class _Resolved:
    """What became of a row so far: its lead, whether that is new, the columns that changed, what was lost, and whose.

    `taken_from` are the leads that had an address which is this one's now.
    """

    lead: Lead
    is_new: bool
    changed: tuple[str, ...]
    losses: tuple[RowError, ...]
    taken_from: tuple[Lead, ...]


class Resolver:
    """Resolves rows one after the other, over an index that is read once and grows with each row."""

    def __init__(self, session: UnitOfWork, workspace_id: int, rows: Sequence[LeadData], *, now: datetime) -> None:
        """Read and lock what the rows may mean."""
        self._session = session
        self._workspace_id = workspace_id
        self._rows = rows
        self._now = now
        self._index = LeadIndex(session, workspace_id, rows)
        self._companies = self._index.companies
        self._writer = LeadWriter(session, workspace_id, self._companies, now=now)
        self._merged: set[Lead] = set()

    def run(self) -> list[ResolvedLead]:
        """Resolve and write every row; return their leads in the order of the rows."""
        found = [self._resolve(row) for row in self._rows]
        self._writer.flush(is_last=True)
        companies.show_changes(self._session, self._workspace_id, self._companies.changed(), now=self._now)
        self._show_moved(found)
        return [self._result(each) for each in found]

    def _show_moved(self, found: Iterable[_Resolved]) -> None:
        """Have the cards of each lead that is at another company now show that."""
        for each in found:
            lead = merging.root(self._session, each.lead) or each.lead
            live = self._index.live_handoff(lead) if "company_id" in each.changed else None
            if live is not None:
                outbox.mark_stale(self._session, self._workspace_id, live.id, self._now)

    def _resolve(self, row: LeadData) -> _Resolved:
        """Find or add the row's lead, and write what the row says of it."""
        losses: list[RowError] = []
        by_id = self._by_id(row)
        if by_id is not None and self._is_somebody_else(row, by_id):
            by_id = None
            losses.append(SOMEBODY_ELSES_ID)
        # The leads that have the addresses, which may have been merged into others since.
        owners = {key: self._owner(key) for key in row.addresses}
        theirs = [lead for key, lead in owners.items() if lead is not None and self._may_be(row, key, lead)]
        by_email = next(iter(theirs), None)
        if (
            by_id is not None
            and by_email is not None
            and are_two(self._index.known(by_id), self._index.known(by_email))
        ):
            by_id = None
            losses.append(SOMEBODY_ELSES_ID)
        known = self._merged_lead([by_id, *theirs])
        company = self._company(row, known)
        lead = known or self._namesake(row, company)
        is_new = lead is None
        changed: tuple[str, ...] = ()
        kept_apart = self._not_its_own(row, lead, owners)
        if lead is None:
            lead = self._writer.create(row, company, without=kept_apart)
        else:
            changed = self._writer.update(lead, row, company, without=kept_apart)
        lost, taken_from = self._learn_contacts(row, lead)
        losses += lost
        self._learn(row, lead, with_id=SOMEBODY_ELSES_ID not in losses)
        return _Resolved(lead, is_new, changed, tuple(losses), tuple(taken_from))

    def _owner(self, key: str) -> Lead | None:
        return merging.root(self._session, self._index.by_email(key))

    def _by_id(self, row: LeadData) -> Lead | None:
        """Return the lead with the sender's id, else with ours unless the address is another's: those are two people.

        Ours is what somebody had before them as they typed; it makes nobody's lead theirs whose address they typed.
        """
        lead = merging.root(self._session, self._index.by_external_key(row.external_key))
        if lead is not None:
            return lead
        lead = merging.root(self._session, self._index.by_id(row.lead_id))
        if lead is None or not row.addresses:
            return lead
        owners = {self._owner(key) for key in row.addresses}
        if self._index.addresses(lead):
            return lead if lead in owners else None
        return lead if owners <= {None, lead} else None

    def _has_another_person(self, row: LeadData, lead: Lead) -> bool:
        """Say whether the lead is known by another address with another name."""
        return is_somebody_else(row.name_key, row.addresses.keys(), self._index.known(lead))

    def _may_be(self, row: LeadData, key: str, lead: Lead) -> bool:
        """Say whether the row may be about the lead that has this address of it: a further one may be shared."""
        is_first = key == next(iter(row.addresses))
        return not self._has_another_person(row, lead) and (is_first or not names_differ(row.name_key, lead.name_key))

    def _is_somebody_else(self, row: LeadData, lead: Lead) -> bool:
        """Say whether the row's id doesn't tell who it is: it is of a lead with another name, and another address.

        Where either has no address, telephone numbers count in place of it, and companies where either has no number.
        """
        if self._index.by_external_key(row.external_key) is None:
            return False
        known = self._index.known(lead)
        if self._has_another_person(row, lead) or not names_differ(row.name_key, lead.name_key):
            return self._has_another_person(row, lead)
        if row.addresses and known:
            return not any(each.key in row.addresses for each in known)
        own = phone_key(lead.phone, lead.country) if lead.phone else None
        if row.numbers and own is not None:
            return own not in row.numbers
        company = self._writer.company_of(lead) or rows.get(self._session, Company, lead.company_id, lead.workspace_id)
        return company is not None and row.company_data is not None and not _is_of(row.company_data, company)

    def _merged_lead(self, found: Iterable[Lead | None]) -> Lead | None:
        """Return the one lead that the id and the addresses mean; several are merged, unless two are with sales.

        The first stays apart from those that are of somebody else: another address, with another name.
        """
        kept: Lead | None = None
        for lead in dict.fromkeys(found):
            if lead is None or lead is kept or lead.merged_into_id is not None:
                continue
            if kept is None:
                kept = lead
            elif not are_two(self._index.known(kept), self._index.known(lead)):
                kept = self._merge(kept, lead)
        return kept

    def _merge(self, one: Lead, other: Lead) -> Lead:
        """Merge the two if they may be merged, and return the one that is kept."""
        self._writer.flush()
        kept = merging.merge(self._session, one, other, reason="email", now=self._now)
        merged = other if kept is one else one
        if merged.merged_into_id is not None:
            self._index.merge(kept, merged)
            self._merged.add(kept)
        return kept

    def _namesake(self, row: LeadData, company: Company | None) -> Lead | None:
        """Return the lead of that name at the company, else of that name and one of the telephone numbers."""
        return merging.root(self._session, self._by_name(row, company)) or merging.root(
            self._session, self._by_phone(row, company)
        )

    def _by_name(self, row: LeadData, company: Company | None) -> Lead | None:
        """Return the oldest lead of that name at the company; two different addresses are two people."""
        if row.name_key is None or company is None:
            return None
        namesakes = [
            lead
            for lead in self._index.by_name(row.name_key, company)
            if lead.name_key == row.name_key and self._writer.company_of(lead) is company
            if not self._has_another_address(row, lead)
        ]
        # New leads have no id yet, and are younger than all that have one.
        return min(namesakes, key=lambda lead: lead.id or sys.maxsize, default=None)

    def _by_phone(self, row: LeadData, company: Company | None) -> Lead | None:
        """Return the oldest lead of that name and number; another address or another company is another person."""
        if row.name_key is None:
            return None
        found = [
            lead
            for key in row.numbers
            for lead in self._index.by_phone(row.name_key, key)
            if lead.name_key == row.name_key and not self._has_another_address(row, lead)
            if company is None or self._writer.has_no_company(lead) or self._writer.company_of(lead) is company
        ]
        return min(found, key=lambda lead: lead.id or sys.maxsize, default=None)

    def _has_another_address(self, row: LeadData, lead: Lead) -> bool:
        root = merging.root(self._session, lead) or lead
        return bool(row.addresses) and bool(self._index.addresses(root))

    def _company(self, row: LeadData, lead: Lead | None) -> Company | None:
        """Return the row's company; None if it has none, or only completes the company that the lead has."""
        data = self._companies.judged(row.company_data) if row.company_data else None
        if data is None:
            return None
        own = self._writer.company_of(lead) if lead is not None else None
        if own is None and lead is not None and lead.company_id is not None:
            # Another transaction moved the lead there after the companies were locked.
            own = rows.lock_one(self._session, Company, lead.company_id, lead.workspace_id)
        if own is not None and self._companies.stays(own, data):
            return None
        if own is not None and not data.is_named and self._companies.complete(own, data):
            return None
        return self._companies.resolve(data)

    def _not_its_own(self, row: LeadData, lead: Lead | None, owners: Mapping[str, Lead | None]) -> tuple[str, ...]:
        """Return the columns that the row doesn't fill: an address stays with the lead that had it first."""
        owner = owners.get(row.email_key) if row.email_key else None
        owner = merging.root(self._session, owner)
        if owner is None or owner is lead or self._may_take(row, owner):
            return ()
        return ("email", "email_key")

    def _may_take(self, row: LeadData, owner: Lead) -> bool:
        """Say whether the row's first address becomes its lead's: one that somebody else has beside another one."""
        return row.may_take and self._has_another_person(row, owner)

    def _learn_contacts(self, row: LeadData, lead: Lead) -> tuple[list[RowError], list[Lead]]:
        """Let the lead have the row's addresses and numbers.

        Return what the row says of addresses that it can't have alone, and who lost an address to it: an address that
        somebody has beside another one, and with another name, is theirs who gives it first of all.
        """
        losses: list[RowError] = []
        taken_from: list[Lead] = []
        entries = {
            entry.email_key: entry
            for key in row.addresses
            if (owner := self._owner(key)) is not None
            for entry in self._index.addresses(owner)
        }
        for index, (key, address) in enumerate(row.addresses.items()):
            owner = self._owner(key)
            if owner is None:
                self._index.add_address(lead, self._writer.add_address(lead, key, address, row.name_key))
            elif key not in entries:
                # Another transaction has merged the lead that has it, after the addresses were read.
                raise FoundLate
            elif owner is lead:
                self._writer.name_address(entries[key], row.name_key)
            elif index == 0 and self._may_take(row, owner):
                before = self._index.by_email(key) or owner
                self._writer.give_address(entries[key], lead, row.name_key, before=before)
                self._index.add_address(lead, entries[key])
                self._show_another(owner, before, key)
                taken_from.append(owner)
                losses.append(RowError("lead.email", GIVEN))
            else:
                losses.append(RowError("lead.email" if index == 0 else "lead.emails", TAKEN))
        for key in self._index.add_numbers(lead, row.numbers):
            self._writer.add_number(lead, key, row.numbers[key])
        return losses, taken_from

    def _show_another(self, owner: Lead, before: Lead, key: str) -> None:
        """Show another address of the lead, and of the one merged into it that had this one."""
        for lead in {owner, before}:
            if lead.email_key == key:
                other = next(iter(self._index.addresses(owner)), None)
                lead.email, lead.email_key = (other.email, other.email_key) if other else (None, None)

    def _learn(self, row: LeadData, lead: Lead, *, with_id: bool) -> None:
        """Let later rows find the lead by what it is now."""
        if row.company_data is not None and self._companies.learn(row.company_data):
            self._writer.add_company_name(lead, row.company_data)
        key = row.external_key if with_id else None
        is_new_key = self._index.add(lead, self._writer.company_of(lead), key)
        if key is not None and is_new_key:
            self._writer.add_external_key(key, lead)

    def _result(self, found: _Resolved) -> ResolvedLead:
        # A later row may have shown that the lead is another one.
        lead = merging.root(self._session, found.lead) or found.lead
        return ResolvedLead(
            lead=lead,
            is_new=found.is_new,
            live=self._index.live_handoff(lead),
            changed=tuple(name for name in found.changed if name not in _UNRECORDED),
            is_changed=bool(found.changed),
            is_merged=lead in self._merged,
            losses=found.losses,
            taken_from=tuple(
                (each, self._index.live_handoff(each))
                for owner in found.taken_from
                if (each := merging.root(self._session, owner) or owner) is not lead
            ),
        )


def _is_of(data: CompanyData, company: Company) -> bool:
    """Say whether a row speaks of this company."""
    return data.name_key == company.name_key or (data.domain is not None and data.domain == company.domain)
