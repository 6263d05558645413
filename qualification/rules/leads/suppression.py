"""By what somebody is recognised who must not come back: the ways of `leads/resolver.py`, hashed with a key."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

from qualification.rules.leads.lead_data import LONGEST_KEY, LeadData
from qualification.rules.leads.phone_keys import phone_key
from qualification.rules.values.email_domains import domain_named, domains_above
from qualification.rules.values.emails import emails_in
from qualification.rules.values.former_folding import former_company, former_domain, former_mailbox, former_name
from qualification.rules.values.normalization import fold_mailbox
from qualification.rules.values.phones import phones_in

_MARK_LENGTH: Final = 8
# Of a cell only this much is read.
_LONGEST_TEXT: Final = 2000
_BETWEEN: Final = re.compile(r"[,;|\n]")


class SuppressionReason(StrEnum):
    """Why a hash is kept: somebody was erased, or wants no contact.

    `former` is what a lead was known by before: it keeps nobody away until they are erased.
    """

    ERASED = "erased"
    OPTED_OUT = "opted_out"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One way to recognise somebody: `how`, and the folded words that are compared."""

    how: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonalKey:
    """The secret BATON_KEY: without it nobody can tell whose a hash is, by trying addresses or otherwise."""

    secret: bytes

    def digest(self, workspace_id: int, recogniser: Recogniser) -> str:
        """Return the HMAC-SHA256 of a recogniser within a workspace, in hexadecimal."""
        message = "\0".join((str(workspace_id), recogniser.how, *recogniser.words))
        return hmac.new(self.secret, message.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()

    @property
    def mark(self) -> str:
        """Some letters that tell this key from another, and nothing of it."""
        return hmac.new(self.secret, b"mark", hashlib.sha256).hexdigest()[:_MARK_LENGTH]


def phone_keys(phone: str | None, country: str | None = None) -> tuple[str, ...]:
    """Return by what a number is compared: in international form where that can be told, and by its digits as written.

    `country` is that of whoever has it, for a number without one.
    """
    keys = (phone_key(phone, country), phone_key(phone, None)) if phone else ()
    return tuple(dict.fromkeys(key for key in keys if key))


def recognisers_of(
    *,
    external_keys: Iterable[tuple[str, str]] = (),
    email_keys: Iterable[str] = (),
    name_key: str | None,
    companies: Iterable[str] = (),
    phone_keys: Iterable[str] = (),
    has_address: bool,
) -> Iterator[Recogniser]:
    """Yield all by which a stored lead would be recognised; `companies` are the folded name and domain of its company.

    Two different addresses are two people: who has an address is known by name only where no address is given.
    """
    for sender, external_id in external_keys:
        yield Recogniser("id", (sender, external_id))
    for email_key in email_keys:
        yield Recogniser("email", (email_key,))
    if name_key is not None:
        without = " without address" if has_address else ""
        for company in companies:
            yield Recogniser(f"name{without}", (name_key, company))
        for phone_key in phone_keys:
            yield Recogniser(f"phone{without}", (name_key, phone_key))


def recognisers_in(data: LeadData) -> Iterator[Recogniser]:
    """Yield all by which what somebody says of a lead would be recognised, or stand in a list of who wants no contact.

    A list may hold domains and telephone numbers; nobody is erased by those. Hashes that were made when keys were
    folded otherwise count as well.
    """
    if data.external_key is not None:
        yield Recogniser("id", data.external_key)
    for email_key in dict.fromkeys(key for email in (data.email, *data.emails) for key in mailbox_keys(email or "")):
        yield Recogniser("email", (email_key,))
    for domain in dict.fromkeys(each for email in (data.email, *data.emails) for each in domains_above(email or "")):
        yield Recogniser("domain", (domain,))
    for key in dict.fromkeys(key for phone in (data.phone, *data.phones) for key in phone_keys(phone, data.country)):
        yield Recogniser("phone", (key,))
    if data.name is None or data.name_key is None:
        return
    company = data.company_data
    former = former_domain(data.website, data.email)
    companies = {
        *((company.name_key, company.domain, former_company(company.name)) if company else ()),
        former,
        *((former_company(former),) if former else ()),
    }
    names = {data.name_key, former_name(data.name)[:LONGEST_KEY]}
    beside = [("name", name, each[:LONGEST_KEY]) for name, each in product(names, filter(None, companies))]
    for how, name, each in (*beside, *(("phone", data.name_key, key) for key in data.numbers)):
        yield Recogniser(how, (name, each))
        if not data.addresses:
            yield Recogniser(f"{how} without address", (name, each))


def recognisers_named(text: str) -> tuple[Recogniser, ...]:
    """Return by what those would be recognised whom a text names: addresses, domains such as @acme.example, numbers.

    A cell may hold several of them. Returns nothing for anything else.
    """
    named = text[:_LONGEST_TEXT].strip().strip("<>\"'").removeprefix("mailto:")
    emails = [key for email in emails_in(named) for key in mailbox_keys(email)]
    parts = [part.strip() for part in _BETWEEN.split(named)]
    domains = [domain for part in parts for domain in _domains_in(part)]
    others = [part for part in parts if "@" not in part and not _domains_in(part)] if emails or domains else [named]
    numbers = [number for part in others for number in phones_in(part) if not any(map(str.isalpha, number))]
    found = (
        *(Recogniser("email", (key,)) for key in emails),
        *(Recogniser("domain", (domain,)) for domain in domains),
        *(Recogniser("phone", (key,)) for number in numbers for key in phone_keys(number)),
    )
    return tuple(dict.fromkeys(found))


def _domains_in(part: str) -> tuple[str, ...]:
    """Return the domains of which a text consists, with blanks between them; none where it says anything else."""
    found = tuple(domain_named(word) for word in part.split())
    return found if all(found) else ()


def mailbox_keys(email: str) -> tuple[str, ...]:
    """Return the key of the mailbox that an address reaches, and the one by which hashes knew it before."""
    return tuple(dict.fromkeys(key for key in (fold_mailbox(email), former_mailbox(email)) if key))
