"""Whose a domain is: a company's whose name it speaks of, or that of too many for anybody's."""

from functools import lru_cache
from typing import Final

from qualification.rules.values import email_domains

# From so many different names on, of which it speaks of none, a domain is shared.
MOST_NAMES: Final = 3


@lru_cache(maxsize=4096)
def speaks_of(name_key: str, domain: str) -> bool:
    """Say whether a company's folded name and its domain share a word; remembered, for the rows of a file ask again."""
    return email_domains.speaks_of(name_key, domain)
