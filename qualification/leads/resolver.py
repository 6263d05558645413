"""Which lead each row of a batch means: the one with its external id, its mailbox, or its name at its company."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qualification.leads import merging
from qualification.leads.index import LeadIndex
from qualification.leads.writer import LeadWriter
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, Handoff, Lead, rows
from qualification.rules.leads.lead_data import LeadData

# Columns that change without a line in the history.
_UNRECORDED: Final = frozenset(
    {"name_key", "email_key", "company_id", "size", "country", "source", "campaign", "problem", "fields", "unread"}
)


@dataclass(frozen=True, slots=True)
class ResolvedLead:
    """The lead that a row means, found or added, and its live handoff; both locked until the commit.

    `changed` names the columns that the row changed and the history records; `is_changed` says whether it changed
    anything at all, `is_merged` whether another lead was found to be this one.
    """

    lead: Lead
    is_new: bool
    live: Handoff | None
    changed: tuple[str, ...]
    is_changed: bool
    is_merged: bool


class Resolver:
    """Resolves rows one after the other, over an index that is read once and grows with each row."""

    def __init__(self, session: UnitOfWork, workspace_id: int, rows: Sequence[LeadData], *, now: datetime) -> None:
        """Read and lock what the rows may mean."""
        self._session = session
        self._rows = rows
        self._now = now
        self._index = LeadIndex(session, workspace_id, rows)
        self._companies = self._index.companies
        self._writer = LeadWriter(session, workspace_id, self._companies, now=now)
        self._merged: set[Lead] = set()

    def run(self) -> list[ResolvedLead]:
        """Resolve and write every row; return their leads in the order of the rows."""
        found = [self._resolve(row) for row in self._rows]
        self._writer.flush()
        return [self._result(lead, is_new, changed) for lead, is_new, changed in found]

    def _resolve(self, row: LeadData) -> tuple[Lead, bool, tuple[str, ...]]:
        """Return the row's lead, whether it is new, and the columns that the row changed."""
        by_id = merging.root(self._session, self._by_id(row))
        # The lead that has the address, which may have been merged into another since.
        addressee = self._index.by_email(row.email_key)
        by_email = merging.root(self._session, addressee)
        known = self._merged_lead(by_id, by_email)
        company = self._company(row, known)
        lead = known or merging.root(self._session, self._by_name(row, company))
        if lead is None:
            lead = self._writer.create(row, company)
            self._learn(row, lead)
            return lead, True, ()
        without: tuple[str, ...] = ()
        if addressee is not None and addressee is not lead:
            # The key of the address stays with the lead that had it first, merged into this one or beside it.
            without = ("email_key",) if by_email is lead else ("email", "email_key")
        changed = self._writer.update(lead, row, company, without=without)
        self._learn(row, lead)
        return lead, False, changed

    def _by_id(self, row: LeadData) -> Lead | None:
        """Return the lead with the sender's id, else with ours unless the address is another's: those are two people.

        Ours is what somebody had before them as they typed; it makes nobody's lead theirs whose address they typed.
        """
        lead = self._index.by_external_key(row.external_key)
        if lead is not None:
            return lead
        lead = merging.root(self._session, self._index.by_id(row.lead_id))
        if lead is None or row.email_key is None:
            return lead
        if lead.email_key is not None:
            return lead if row.email_key == lead.email_key else None
        return lead if merging.root(self._session, self._index.by_email(row.email_key)) in {None, lead} else None

    def _merged_lead(self, by_id: Lead | None, by_email: Lead | None) -> Lead | None:
        """Return the one lead that the id and the address mean; two are merged, unless both are with sales."""
        if by_id is None or by_email is None or by_id is by_email:
            return by_id or by_email
        self._writer.flush()
        kept = merging.merge(self._session, by_id, by_email, reason="email", now=self._now)
        if by_email.merged_into_id is not None or kept is by_email:
            self._merged.add(kept)
        return kept

    def _by_name(self, row: LeadData, company: Company | None) -> Lead | None:
        """Return the oldest lead of that name at the company; two different addresses are two people."""
        if row.name_key is None or company is None:
            return None
        namesakes = [
            lead
            for lead in self._index.by_name(row.name_key, company)
            if lead.name_key == row.name_key and self._writer.company_of(lead) is company
            if row.email_key is None or lead.email_key is None
        ]
        # New leads have no id yet, and are younger than all that have one.
        return min(namesakes, key=lambda lead: lead.id or sys.maxsize, default=None)

    def _company(self, row: LeadData, lead: Lead | None) -> Company | None:
        """Return the row's company; None if it has none, or only completes the company that the lead has."""
        data = row.company_data
        if data is None:
            return None
        own = self._writer.company_of(lead) if lead is not None else None
        if own is None and lead is not None and lead.company_id is not None:
            # Another transaction moved the lead there after the companies were locked.
            own = rows.lock_one(self._session, Company, lead.company_id, lead.workspace_id)
        if own is not None and not data.is_named and self._companies.complete(own, data):
            return None
        return self._companies.resolve(data)

    def _learn(self, row: LeadData, lead: Lead) -> None:
        """Let later rows find the lead by what it is now."""
        is_new_key = self._index.add(lead, self._writer.company_of(lead), row.external_key)
        if row.external_key is not None and is_new_key:
            self._writer.add_external_key(row.external_key, lead)

    def _result(self, lead: Lead, is_new: bool, changed: tuple[str, ...]) -> ResolvedLead:  # noqa: FBT001 - a triple's
        # A later row may have shown that the lead is another one.
        lead = merging.root(self._session, lead) or lead
        return ResolvedLead(
            lead=lead,
            is_new=is_new,
            live=self._index.live_handoff(lead),
            changed=tuple(name for name in changed if name not in _UNRECORDED),
            is_changed=bool(changed),
            is_merged=lead in self._merged,
        )
