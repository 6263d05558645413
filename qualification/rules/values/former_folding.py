"""How keys were folded before: hashes of people who must not come back were made of these, and cannot be made anew.

Nothing here changes any more. What is stored in the clear was folded anew by a migration.
"""

import re
import unicodedata
from typing import Final

_LONGEST_DOMAIN: Final = 253
_INITIALS: Final = re.compile(r"(?<!\w)(?:\w[./])+\w?(?!\w)")
_LEGAL_FORMS: Final = frozenset(
    {
        "co", "corp", "corporation", "inc", "incorporated", "limited", "llc", "llp", "lp", "ltd", "plc", "and co",
        "pte", "pty", "pvt", "private limited", "bhd", "sdn", "pt",
        "ag", "eg", "ek", "ev", "gbr", "gesmbh", "gmbh", "kg", "kgaa", "mbh", "ohg", "se", "ug",
        "ug haftungsbeschränkt",
        "bv", "bvba", "cv", "nv", "vof", "ab", "aps", "as", "asa", "oy", "oyj",
        "eurl", "sa", "sarl", "sas", "sasu", "sc", "sca", "snc", "sl", "slu", "ltda", "sgps", "spa", "srl",
        "sa de cv", "sab de cv", "sapi de cv", "doo", "kft", "nyrt", "rt", "spj", "sp z oo", "sp zoo", "sro", "zrt",
        "kk", "株式会社", "有限会社", "合同会社", "有限公司", "股份有限公司", "주식회사",
    }
)  # fmt: skip
_LONGEST_FORM: Final = 3
_LEADING_FORMS: Final = frozenset({"株式会社", "有限会社", "合同会社", "주식회사", "pt"})


def former_name(text: str) -> str:
    """Fold a name as it was folded before: accents counted."""
    folded, before = text, None
    while folded != before:
        before = folded
        folded = unicodedata.normalize("NFKC", folded).casefold()
        folded = " ".join("".join(char for char in folded if unicodedata.category(char) != "Cf").split())
    return folded


def former_mailbox(text: str) -> str:
    """Fold an address as it was folded before: googlemail was not gmail, and punycode another domain."""
    local, at, domain = former_name(text.strip().removeprefix("mailto:")).rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def former_company(text: str) -> str:
    """Fold a company's name as it was folded before: with accents, and fewer legal forms."""
    name = _INITIALS.sub(lambda match: re.sub(r"[./]", "", match[0]), former_name(text)).replace("&", " and ")
    name = name.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    words = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in name).split()
    first, end = 0, len(words)
    while end - first > 1 and words[first] in _LEADING_FORMS:
        first += 1
    while form := _form_at_end(words[max(first, end - _LONGEST_FORM - 1) : end]):
        end -= form
    return " ".join(words[first:end]) or former_name(text)


def former_domain(website: str | None, email: str | None) -> str | None:
    """Return the domain of a company as it was read before: the whole host, of the site or else of the mail."""
    for text in (website, email):
        host = (text or "").strip().casefold()
        if "@" in host:
            host = host.rpartition("@")[2].strip().rstrip(".")
        else:
            host = host.partition("://")[2] or host
            host = re.split(r"[/?#:\s]", host, maxsplit=1)[0].removeprefix("www.").rstrip(".")
        if "." in host:
            return host[:_LONGEST_DOMAIN]
    return None


def _form_at_end(words: list[str]) -> int:
    longest_first = range(min(_LONGEST_FORM, len(words) - 1), 0, -1)
    return next((length for length in longest_first if " ".join(words[-length:]) in _LEGAL_FORMS), 0)
