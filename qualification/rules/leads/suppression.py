"""By what somebody is recognised who must not come back: the ways of `leads/resolver.py`, hashed with a key."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from qualification.rules.leads.lead_data import LeadData

_MARK_LENGTH: Final = 8


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


def recognisers_of(
    *,
    external_keys: tuple[tuple[str, str], ...],
    email_key: str | None,
    name_key: str | None,
    companies: tuple[str, ...],
    has_address: bool = False,
) -> Iterator[Recogniser]:
    """Yield all by which a stored lead would be recognised; `companies` are the folded name and domain of its company.

    Two different addresses are two people: who has an address is known by name only where no address is given.
    """
    for sender, external_id in external_keys:
        yield Recogniser("id", (sender, external_id))
    if email_key is not None:
        yield Recogniser("email", (email_key,))
    if name_key is not None:
        for company in companies:
            yield Recogniser(
                "name without address" if has_address or email_key is not None else "name", (name_key, company)
            )


def recognisers_in(data: LeadData) -> Iterator[Recogniser]:
    """Yield all by which what somebody says of a lead would be recognised."""
    if data.external_key is not None:
        yield Recogniser("id", data.external_key)
    if data.email_key is not None:
        yield Recogniser("email", (data.email_key,))
    company = data.company_data
    if data.name_key is None or company is None:
        return
    for each in filter(None, (company.name_key, company.domain)):
        yield Recogniser("name", (data.name_key, each))
        if data.email_key is None:
            yield Recogniser("name without address", (data.name_key, each))
