"""Who is who: names, companies and e-mail addresses folded for comparison, and fields read as people type them."""

import re
import unicodedata

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.countries import check_country
from qualification.rules.values.money import parse_money, parse_size

__all__ = [
    "Unreadable",
    "check_country",
    "check_email",
    "fold_company",
    "fold_email",
    "fold_label",
    "fold_mailbox",
    "fold_name",
    "parse_money",
    "parse_size",
    "storable",
    "written",
]

_LONGEST_EMAIL = 254
_LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\]\\.]+(?:\.[^\s@\"(),:;<>\[\]\\.]+)*")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INITIALS = re.compile(r"(?<!\w)(?:\w[./])+\w?(?!\w)")

# As `fold_company` leaves them: without dots, several words where the form has several.
_LEGAL_FORMS = frozenset(
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
_LONGEST_FORM = 3
_LEADING_FORMS = frozenset({"株式会社", "有限会社", "合同会社", "주식회사", "pt"})


def fold_name(text: str) -> str:
    """Fold a name for comparison: compatibility forms, case, invisible characters and runs of blanks."""
    folded, before = text, None
    while folded != before:
        before = folded
        folded = unicodedata.normalize("NFKC", folded).casefold()
        folded = " ".join("".join(char for char in folded if unicodedata.category(char) != "Cf").split())
    return folded


def fold_label(text: str) -> str:
    """Fold what a field or a column is called: only letters and digits count, without capitals."""
    return "".join(char for char in text.casefold() if char.isalnum())


def fold_email(text: str) -> str:
    """Fold an e-mail address for comparison: case, compatibility forms, blanks around it."""
    return fold_name(text.strip().removeprefix("mailto:"))


def fold_mailbox(text: str) -> str:
    """Fold an e-mail address to the mailbox it reaches: as `fold_email`, without a tag after a plus sign.

    ivy+news@acme.example is ivy@acme.example; dots count, for most providers tell them apart.
    """
    local, at, domain = fold_email(text).rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def fold_company(text: str) -> str:
    """Fold a company's name for comparison: as a name, without punctuation and legal forms (GmbH, Ltd, Inc…).

    A name that is nothing but a legal form or punctuation stays as it is.
    """
    name = _INITIALS.sub(lambda match: re.sub(r"[./]", "", match[0]), fold_name(text)).replace("&", " and ")
    name = name.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    kept = (char if unicodedata.category(char)[0] in "LMN" else " " for char in name)
    words = "".join(kept).split()
    return " ".join(_without_legal_form(words)) or fold_name(text)


def check_email(text: str) -> str:
    """Return the address, tidied, if it can be one; raise Unreadable for anything else."""
    tidy = unicodedata.normalize("NFKC", text).strip().removeprefix("mailto:")
    local, at, domain = tidy.rpartition("@")
    labels = domain.split(".")
    well_formed = (
        at
        and len(tidy) <= _LONGEST_EMAIL
        and len(local) <= _LONGEST_LOCAL
        and _LOCAL.fullmatch(local)
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdecimal()
        and tidy.isprintable()
    )
    if not well_formed:
        raise Unreadable("email", text, FieldFault.BAD_EMAIL)
    return tidy


def _without_legal_form(words: list[str]) -> list[str]:
    """Drop the legal forms at the end, or before the name where a country puts them there; never the whole name."""
    first, end = 0, len(words)
    while end - first > 1 and words[first] in _LEADING_FORMS:
        first += 1
    while form := _form_at_end(words[max(first, end - _LONGEST_FORM - 1) : end]):
        end -= form
    return words[first:end]


def _form_at_end(words: list[str]) -> int:
    """Return of how many words the longest legal form at the end consists that leaves a word before it; 0 for none."""
    longest_first = range(min(_LONGEST_FORM, len(words) - 1), 0, -1)
    return next((length for length in longest_first if " ".join(words[-length:]) in _LEGAL_FORMS), 0)


def storable(text: str) -> str:
    """Return the text without what JSON may carry and no database keeps: NUL, and halves of a pair of surrogates."""
    return _UNSTORABLE.sub("", text)


def written(text: str | None) -> str | None:
    """Return the text without the blanks around it, or None where nothing is left."""
    return (text or "").strip() or None
