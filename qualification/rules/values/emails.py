"""E-mail addresses, however they are typed, copied and exported, and the mailboxes that they reach."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

import idna

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.folding import fold_name, unescaped, without_invisible

_LONGEST_EMAIL: Final = 254
_LONGEST_LOCAL: Final = 64
# Of a cell only this much is read; nobody has that many addresses.
_LONGEST_TEXT: Final = 2000

# The addresses of nearly everybody. They need no more than this; all others go through what follows.
_PLAIN: Final = re.compile(
    r"(?=[^@]{1,64}@.{1,189}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_+-]*)(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
# From the beginning of a word, so that a long one is looked at once.
_LOCAL: Final = r"[^\s<>()\[\]{},;:\"|@\\/«»„“”]"
_ADDRESS: Final = re.compile(rf"(?<!{_LOCAL})({_LOCAL}++)@([\w.-]++)(?:\?[^\s<>,;\"|)]*+)?")
_MAILTO: Final = re.compile(r"mailto:([^\s<>,;\"|)?]*+)", re.IGNORECASE)
_WRITTEN_AT: Final = re.compile(r"(?<!\s)\s{0,3}[\[({]\s{0,3}(?:at|@|ät)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE)
_WRITTEN_DOT: Final = re.compile(r"(?<!\s)\s{0,3}[\[({]\s{0,3}(?:dot|punkt|\.)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE)
_DOTS: Final = re.compile("[\N{IDEOGRAPHIC FULL STOP}\N{HALFWIDTH IDEOGRAPHIC FULL STOP}\N{FULLWIDTH FULL STOP}]")
# What somebody may write between two addresses, and after the last.
_JOINING: Final = frozenset(["and", "or", "und", "oder", "ve", "veya", "i", "oraz", "lub", "et", "ou", "y", "e", "o"])
_SEPARATORS: Final = frozenset('<>()[]{};:"|/\\,«»„“”+=\n&')
_WORDS_OF_A_NAME: Final = 4
_SHORTEST_NAME: Final = 3
_WRAPPING: Final = "'`*~\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"

# Domains of one service, by the documentation of each: who has the one address has the other.
_SAME_SERVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "googlemail.com": "gmail.com",
        "protonmail.com": "proton.me",
        "protonmail.ch": "proton.me",
        "pm.me": "proton.me",
        **dict.fromkeys(["ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "yandex.com.tr"], "yandex.ru"),
    }
)
_IGNORES_DOTS: Final = frozenset(["gmail.com"])


def emails_in(text: str) -> tuple[str, ...]:
    """Return the addresses that a cell or a field holds, in the order in which they stand there, each once.

    Display names, brackets, quotes, labels, `mailto:` with a subject, entities, invisible and full-width characters
    around them fall away; the addresses stay as written. Half an address is none: of "ana ruiz@x.example" nothing is
    read, for ruiz@x.example may be somebody else. Only the first 2,000 characters are read.
    """
    if _PLAIN.fullmatch(text):
        return (text,)
    by_key: dict[str, str] = {}
    for address in _found(_tidy(text[:_LONGEST_TEXT])):
        by_key.setdefault(_fold_address(address), address)
    return tuple(by_key.values())


def check_email(text: str) -> str:
    """Return the first address of the text, as it is written there; raise Unreadable where there is none."""
    found = emails_in(text)
    if not found:
        raise Unreadable("email", text, FieldFault.BAD_EMAIL)
    return found[0]


def fold_email(text: str) -> str:
    """Fold an e-mail address for comparison: what stands around it, case, compatibility forms, punycode.

    A domain is compared as people write it: xn--dhlnetz-5wa.example is dählnetz.example.
    """
    if _PLAIN.fullmatch(text):
        folded = text.lower()
        return folded if "xn--" not in folded else _fold_address(folded)
    first = next(_found(_tidy(text[:_LONGEST_TEXT])), None)
    return _fold_address(first) if first else fold_name(text.strip().removeprefix("mailto:"))


def fold_mailbox(text: str) -> str:
    """Fold an e-mail address to the mailbox it reaches: as `fold_email`, without a tag after a plus sign.

    ivy+news@acme.example is ivy@acme.example. googlemail.com is gmail.com, where dots do not count; elsewhere they do,
    for most providers tell them apart. The domains of Proton and of Yandex are one each.
    """
    local, at, domain = fold_email(text).rpartition("@")
    local = local.partition("+")[0] or local
    domain = _SAME_SERVICE.get(domain, domain)
    if domain in _IGNORES_DOTS:
        local = local.replace(".", "") or local
    return f"{local}{at}{domain}"


def fold_domain(domain: str) -> str:
    """Fold a domain for comparison: small letters, without a dot at its end, and with umlauts in place of punycode."""
    folded = domain.strip().rstrip(".").lower()
    if folded.isascii() and "xn--" not in folded:
        return folded
    folded = _DOTS.sub(".", unicodedata.normalize("NFKC", without_invisible(folded))).strip()
    labels = (_unicode_label(_same_i(label.lower())) for label in folded.rstrip(".").split("."))
    return ".".join(labels)


def _tidy(text: str) -> str:
    """Decode entities and `mailto:`, bring full-width signs to ASCII, drop what nobody sees."""
    tidy = unicodedata.normalize("NFKC", without_invisible(unescaped(text)))
    tidy = without_invisible(_DOTS.sub(".", tidy))
    if ":" in tidy:
        tidy = _MAILTO.sub(lambda match: unquote(match[1]), tidy)
    if "(" in tidy or "[" in tidy or "{" in tidy:
        tidy = _WRITTEN_DOT.sub(".", _WRITTEN_AT.sub("@", tidy)) if _WRITTEN_AT.search(tidy) else tidy
    return tidy.strip()


def _found(text: str) -> Iterator[str]:
    """Yield the addresses in a tidied text that are whole."""
    end = 0
    for match in _ADDRESS.finditer(text):
        before, end = text[end : match.start()], match.end()
        local = match[1].lstrip(_WRAPPING + "=")
        address = f"{local}@{match[2].rstrip('.-_')}"
        if _may_stand_before(before, local) and _may_stand_after(text, end) and _is_address(address):
            yield address


def _may_stand_before(text: str, local: str) -> bool:
    """Say whether an address is whole after this: nothing, a sign that separates, a joining word, a name it repeats."""
    left = text.rstrip()
    if not left or left[-1] in _SEPARATORS - {","}:
        return True
    if left[-1] == ",":
        # "ana,ruiz@x.example" is a slip for a dot; "Ruiz, ana@x.example" is not.
        return left != text or not left[:-1].strip(" ,;")
    words = [fold_name(word) for word in left.split()[-_WORDS_OF_A_NAME:]]
    return words[-1] in _JOINING or not any(char.isalnum() for char in left) or _repeats(local, words)


def _repeats(local: str, words: list[str]) -> bool:
    """Say whether an address has a word of the name before it: it is whole in "Ida Bruun ida@x.example"."""
    folded = fold_name(local)
    return any(len(word) >= _SHORTEST_NAME and word in folded for word in words)


def _may_stand_after(text: str, end: int) -> bool:
    """Say whether an address is whole before what follows: "ana@acme.co,uk" and "ana@x.de@y.de" are slips."""
    after = text[end : end + _LONGEST_EMAIL]
    if after.startswith(","):
        word = re.split(r"[\s,;]", after[1:], maxsplit=1)[0]
        return not word or "@" in word
    return not after.startswith(("@", "\\", "%", "\N{SOFT HYPHEN}")) and not re.match(r"\s+\.", after)


def _is_address(text: str) -> bool:
    """Say whether the syntax allows this address, by RFC 5321, 6531 and 5891; nobody is asked whether it exists."""
    return _PLAIN.fullmatch(text) is not None or _is_unusual_address(text)


@lru_cache(maxsize=1024)
def _is_unusual_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    if not local or len(text) > _LONGEST_EMAIL or len(local) > _LONGEST_LOCAL or "." not in domain:
        return False
    # Imported here: only one address in thousands comes this far, and the library takes a moment to load.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

    try:
        validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return False
    return not domain.rpartition(".")[2].isdecimal()


def _fold_address(address: str) -> str:
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        local = unicodedata.normalize("NFKC", _same_i(unicodedata.normalize("NFKC", local).casefold()))
    return f"{local.lower()}@{fold_domain(domain)}"


def _same_i(text: str) -> str:
    """Read the letters i of Turkish as one: machines write İ, I and ı for each other."""
    return text.replace("i\N{COMBINING DOT ABOVE}", "i").replace("ı", "i")


@lru_cache(maxsize=4096)
def _unicode_label(label: str) -> str:
    """Return a label of a domain in Unicode; one that is not valid punycode as it stands."""
    if not label.startswith("xn--"):
        return label
    try:
        return _same_i(idna.decode(label))
    except (idna.IDNAError, UnicodeError):
        return label
