"""A lead as somebody describes it, checked, and the keys by which it is found again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from qualification.rules.leads.losses import Loss
from qualification.rules.leads.phone_keys import phone_key
from qualification.rules.values import normalization
from qualification.rules.values.email_domains import domain_of_company

# Folding may lengthen a text (ß to ss). Names that share this many characters count as the same.
LONGEST_KEY: Final = 300


@dataclass(frozen=True, slots=True)
class CompanyData:
    """A company as somebody describes it: its name, or its domain in place of a name.

    `is_named` is False where the domain stands in for the name. `size` is a number of employees, `country` an ISO
    3166-1 code of two letters.
    """

    name: str
    name_key: str
    is_named: bool
    domain: str | None
    size: int | None
    country: str | None


@dataclass(frozen=True)  # without slots: the keys are computed once and kept in __dict__
class LeadData:
    """A lead as somebody describes it, checked; None means that a field was not given.

    `emails` and `phones` are further ones, beside `email` and `phone`, which are shown. `external_id` is the sender's
    own id of the lead; `lead_id` is ours, given by whoever has the lead before them. `website` is an address or a
    domain, `size` a number of employees, `country` an ISO 3166-1 code of two letters, `value_minor` in cents or the
    like of `currency`. `known_since` is when a lead that is new here was first known elsewhere. `losses` are the
    fields that could not be read. `shared_domains` are those that the playbook says are no company's. `may_take` says
    whether an address of somebody with another name becomes this lead's: not by the word of anybody who opens a page.
    """

    sender: str | None = None
    external_id: str | None = None
    email: str | None = None
    emails: tuple[str, ...] = ()
    name: str | None = None
    company: str | None = None
    website: str | None = None
    phone: str | None = None
    phones: tuple[str, ...] = ()
    title: str | None = None
    size: int | None = None
    country: str | None = None
    value_minor: int | None = None
    currency: str | None = None
    source: str | None = None
    campaign: str | None = None
    problem: str | None = None
    do_not_contact: bool | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    known_since: datetime | None = None
    lead_id: int | None = None
    losses: tuple[Loss, ...] = ()
    shared_domains: frozenset[str] = frozenset()
    may_take: bool = True

    @property
    def external_key(self) -> tuple[str, str] | None:
        """The sender and the sender's own id of the lead."""
        return (self.sender, self.external_id) if self.sender and self.external_id else None

    @cached_property
    def email_key(self) -> str | None:
        """The mailbox that the address reaches, folded for comparison."""
        return normalization.fold_mailbox(self.email) if self.email else None

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        """All addresses by the mailboxes they reach, folded for comparison; the shown one first."""
        found: dict[str, str] = {}
        for address in filter(None, (self.email, *self.emails)):
            found.setdefault(normalization.fold_mailbox(address), address)
        return found

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """All telephone numbers that can be compared, by their keys; the shown one first."""
        found: dict[str, str] = {}
        for number in filter(None, (self.phone, *self.phones)):
            key = phone_key(number, self.country)
            if key is not None:
                found.setdefault(key, number)
        return found

    @cached_property
    def name_key(self) -> str | None:
        """The name, folded for comparison."""
        return normalization.fold_name(self.name)[:LONGEST_KEY] if self.name else None

    @cached_property
    def company_data(self) -> CompanyData | None:
        """The lead's company, by its name, its website or the domain of a business address; None without any."""
        domain = domain_of_company(self.website, self.email, self.shared_domains)
        name = self.company or domain
        if name is None:
            return None
        name_key = normalization.fold_company(name)[:LONGEST_KEY]
        return CompanyData(name, name_key, self.company is not None, domain, self.size, self.country)
