"""The companies that leads come from: known again by their domain, else by their name; else written down."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from qualification.records import Company, Lead
from qualification.rules.values import normalization
from qualification.rules.values.email_domains import domain_of_company

# Folding may lengthen a text (ß to ss); whoever shares this much of a name shares it all.
LONGEST_KEY: Final = 300


@dataclass(frozen=True, slots=True)
class Firm:
    """What somebody says of a company; one of name and domain at least."""

    name: str
    name_key: str
    is_named: bool  # else its domain stands for its name
    domain: str | None
    size: int | None
    country: str | None


def firm_of(
    name: str | None, website: str | None, email: str | None, *, size: int | None, country: str | None
) -> Firm | None:
    """Return the company that these tell of; None where they tell of none."""
    domain = domain_of_company(website, email)
    called = name or domain
    if called is None:
        return None
    return Firm(called, normalization.fold_company(called)[:LONGEST_KEY], name is not None, domain, size, country)


def size_of(lead: Lead, company: Company | None) -> int | None:
    """Return how many work where the lead does: by the company, else by what was said of the lead."""
    return (company.size if company else None) or lead.size


def country_of(lead: Lead, company: Company | None) -> str | None:
    """Return where the lead is: by what was said of it, else where its company is."""
    return lead.country or (company.country if company else None)


class Companies:
    """The companies that some rows speak of: read and locked at once, and kept as the rows change them.

    `by_id` holds those that are in the records.
    Companies are locked before anything else, by id, until the commit: nobody else writes a namesake down meanwhile.
    """

    def __init__(self, session: Session, workspace_id: int, firms: Collection[Firm], own: Collection[int]) -> None:
        """Read those that any of the firms may mean, and those with the ids `own`, of which they may tell more."""
        self._session = session
        self._workspace_id = workspace_id
        self._new: dict[Company, None] = {}
        self.by_id: dict[int, Company] = {}
        self._age: dict[Company, int] = {}
        self._by_domain: dict[str, Company] = {}
        self._by_name: dict[str, list[Company]] = {}
        if not firms:
            return
        asked = {
            "workspace_id": workspace_id,
            "domains": {firm.domain for firm in firms if firm.domain},
            "names": {firm.name_key for firm in firms},
            "own": own,
        }
        for company in session.scalars(_KNOWN, asked):
            self.by_id[company.id] = company
            self._learn(company)

    def is_new(self, company: Company | None) -> bool:
        """Say whether the company waits for `write`."""
        return company in self._new

    def of(self, firm: Firm) -> Company:
        """Return the company, with what is new about it; a new one gets its id from `write`."""
        company = self._by_domain.get(firm.domain) if firm.domain else None
        if company is None and firm.is_named:
            # Of namesakes the one without a domain comes first: it is every namesake of which no more is known.
            namesakes = (each for each in self._by_name.get(firm.name_key, ()) if each.name_key == firm.name_key)
            alike = sorted(namesakes, key=lambda each: (each.domain is not None, self._age[each]))
            company = next((each for each in alike if firm.domain is None or each.domain is None), None)
        if company is None:
            company = Company(
                workspace_id=self._workspace_id, name=firm.name, name_key=firm.name_key, domain=firm.domain
            )
            self._new[company] = None
        company.domain = company.domain or firm.domain
        if firm.is_named and company.name == company.domain:
            company.name, company.name_key = firm.name, firm.name_key
        company.size = firm.size or company.size
        company.country = firm.country or company.country
        self._learn(company)
        return company

    def tells_of(self, firm: Firm, company: Company) -> bool:
        """Keep what a domain tells of a company that somebody named; False where it is the domain of another one.

        An address at a domain that nobody has yet makes it the domain of the company that its owner works for.
        """
        if company.domain is None and firm.domain not in self._by_domain:
            company.domain = firm.domain
            self._learn(company)
        if company.domain not in {None, firm.domain}:
            return False
        company.size = firm.size or company.size
        company.country = firm.country or company.country
        return True

    def write(self) -> None:
        """Write the new ones down, in the order in which they came; raises IntegrityError where one is there by now."""
        if self._new:
            written, self._new = self._new, {}
            self._session.add_all(written)
            self._session.flush()
            self.by_id |= {company.id: company for company in written}

    def _learn(self, company: Company) -> None:
        self._age.setdefault(company, len(self._age))
        if company.domain:
            self._by_domain[company.domain] = company
        alike = self._by_name.setdefault(company.name_key, [])
        if company not in alike:
            alike.append(company)


# Built once: to build a statement takes longer than to run it.
_KNOWN: Final = (
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
    .execution_options(populate_existing=True)
)
