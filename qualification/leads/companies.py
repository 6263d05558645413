"""The companies that leads work for: found by their domain, else by their name, else added."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, DomainName, Handoff, Lead, rows
from qualification.records.numbering import number
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.leads.domain_owners import MOST_NAMES, speaks_of
from qualification.rules.leads.lead_data import CompanyData


def size_of(lead: Lead, company: Company | None) -> int | None:
    """Return the number of employees where the lead works: the company's, else the lead's own."""
    return (company.size if company else None) or lead.size


def country_of(lead: Lead, company: Company | None) -> str | None:
    """Return the country of the lead: its own, else its company's."""
    return lead.country or (company.country if company else None)


def show_changes(session: UnitOfWork, workspace_id: int, company_ids: Collection[int], *, now: datetime) -> None:
    """Have every card of these companies' leads that sales has show what is new of them."""
    if company_ids:
        given = {"workspace_id": workspace_id, "companies": [*company_ids]}
        for handoff_id in session.scalars(_LIVE_OF, given):
            outbox.mark_stale(session, workspace_id, handoff_id, now)


class Companies:
    """The companies that a batch of leads may belong to: read and locked at once, then updated row by row.

    `by_id` holds the stored ones. They are locked by id, before anything else, until the commit: meanwhile nobody else
    can add a company of the same name.
    """

    def __init__(
        self, session: Session, workspace_id: int, rows: Collection[CompanyData], own: Collection[int]
    ) -> None:
        """Read the companies that any of the rows may mean, and those with the ids `own`, which rows may complete."""
        self._session = session
        self._workspace_id = workspace_id
        self._new: dict[Company, None] = {}
        self.by_id: dict[int, Company] = {}
        self._age: dict[Company, int] = {}
        self._by_domain: dict[str, Company] = {}
        self._by_name: dict[str, list[Company]] = {}
        self._names: dict[str, set[str]] = {}
        self._facts: dict[int, tuple[object, ...]] = {}
        if not rows:
            return
        parameters = {
            "workspace_id": workspace_id,
            "domains": {row.domain for row in rows if row.domain},
            "names": {row.name_key for row in rows},
            "own": own,
        }
        for company in session.scalars(_CANDIDATES, parameters):
            self.by_id[company.id] = company
            self._facts[company.id] = _facts(company)
            self._index(company)
        if parameters["domains"]:
            for named in session.execute(_NAMES, parameters):
                self._names.setdefault(named.domain, set()).add(named.name_key)

    def changed(self) -> list[int]:
        """Return the ids of the stored companies of which the rows have said something new, that their cards show."""
        return [each for each, facts in self._facts.items() if facts != _facts(self.by_id[each])]

    def is_new(self, company: Company | None) -> bool:
        """Say whether the company waits for `write`."""
        return company in self._new

    def judged(self, row: CompanyData) -> CompanyData | None:
        """Return the row without a domain that several companies share; None where nothing else was said."""
        if not self._is_shared(row):
            return row
        return replace(row, domain=None) if row.is_named else None

    def learn(self, row: CompanyData) -> bool:
        """Say whether the row's name is one more that its domain doesn't speak of, and count it from now on."""
        if row.domain is None or not row.is_named or self._has_owner(row.domain) or speaks_of(row.name_key, row.domain):
            return False
        names = self._names.setdefault(row.domain, set())
        is_new = row.name_key not in names and len(names) < MOST_NAMES
        names |= {row.name_key} if is_new else set()
        return is_new

    def _is_shared(self, row: CompanyData) -> bool:
        """Say whether the domain is of too many companies to be one's, as far as is known with this row."""
        if row.domain is None or self._has_owner(row.domain):
            return False
        names = {*self._names.get(row.domain, ())}
        first = self._by_domain.get(row.domain)
        if first is not None and first.name != first.domain:
            names.add(first.name_key)
        if row.is_named and not speaks_of(row.name_key, row.domain):
            names.add(row.name_key)
        return len(names) >= MOST_NAMES

    def _has_owner(self, domain: str) -> bool:
        """Say whether the domain speaks of the company that has it."""
        company = self._by_domain.get(domain)
        return company is not None and company.name != company.domain and speaks_of(company.name_key, domain)

    def resolve(self, row: CompanyData) -> Company:
        """Return the row's company, updated by the row; a new one gets its id from `write`."""
        company = self._by_domain.get(row.domain) if row.domain else None
        if company is None and row.is_named:
            company = self._namesake(row)
        if company is None:
            company = Company(workspace_id=self._workspace_id, name=row.name, name_key=row.name_key, domain=row.domain)
            self._new[company] = None
        company.domain = company.domain or row.domain
        if row.is_named and company.name == company.domain:
            company.name, company.name_key = row.name, row.name_key
        company.size = row.size or company.size
        company.country = row.country or company.country
        self._index(company)
        return company

    def stays(self, company: Company, row: CompanyData) -> bool:
        """Say whether the lead's company is the one of the row's domain that has the name given, updated by the row.

        Another company has the domain, but this name was given with it, and somebody has moved the lead here.
        """
        first = self._by_domain.get(row.domain) if row.domain else None
        if row.domain is None or first in {None, company}:
            return False
        if company.name_key not in self._names.get(row.domain, ()):
            return False
        if row.is_named and row.name_key != company.name_key:
            return False
        company.size = row.size or company.size
        company.country = row.country or company.country
        return True

    def complete(self, company: Company, row: CompanyData) -> bool:
        """Update the lead's own company by a row that names only a domain; False if the domain is another company's.

        If no company has the domain yet, it becomes the domain of this one.
        """
        if company.domain is None and row.domain not in self._by_domain:
            company.domain = row.domain
            self._index(company)
        if company.domain not in {None, row.domain}:
            return False
        company.size = row.size or company.size
        company.country = row.country or company.country
        return True

    def write(self) -> None:
        """Insert the new companies in the order of their rows; raises IntegrityError if one exists by now."""
        if self._new:
            written, self._new = self._new, {}
            number(self._session, [*written])
            self._session.add_all(written)
            self._session.flush()
            self.by_id |= {company.id: company for company in written}

    def _namesake(self, row: CompanyData) -> Company | None:
        """Return the oldest company of that name whose domain doesn't contradict the row, one without a domain first.

        A company without a domain stands for every company of its name about which nothing more is known.
        """
        namesakes = (each for each in self._by_name.get(row.name_key, ()) if each.name_key == row.name_key)
        by_preference = sorted(namesakes, key=lambda each: (each.domain is not None, self._age[each]))
        return next((each for each in by_preference if row.domain is None or each.domain is None), None)

    def _index(self, company: Company) -> None:
        self._age.setdefault(company, len(self._age))
        if company.domain:
            self._by_domain[company.domain] = company
        namesakes = self._by_name.setdefault(company.name_key, [])
        if company not in namesakes:
            namesakes.append(company)


def _facts(company: Company) -> tuple[object, ...]:
    """Return what the cards of a company's leads show of it."""
    return company.name, company.size, company.country


# Built once: building a statement takes longer than running it.
_NAMES: Final = select(DomainName.domain, DomainName.name_key).where(
    DomainName.workspace_id == bindparam("workspace_id"),
    DomainName.domain.in_(bindparam("domains", expanding=True)),
)
_CANDIDATES: Final = (
    select(Company)
    .where(
        Company.workspace_id == bindparam("workspace_id"),
        or_(
            Company.domain.in_(bindparam("domains", expanding=True)),
            Company.name_key.in_(bindparam("names", expanding=True)),
            Company.id.in_(bindparam("own", expanding=True)),
        ),
    )
    .order_by(Company.id)
    .with_for_update(key_share=True)
)
_LIVE_OF: Final = (
    select(Handoff.id)
    .join(Lead, Lead.id == Handoff.lead_id)
    .where(
        rows.in_workspace(Handoff),
        rows.in_workspace(Lead),
        Lead.company_id.in_(bindparam("companies", expanding=True)),
        Handoff.state.in_(LIVE_STATES),
    )
)
