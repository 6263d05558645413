"""Names of companies, folded for comparison."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from qualification.rules.values.folding import fold_name
from qualification.rules.values.legal_forms import (
    ENDINGS_OF_ROMANIA,
    FORMS,
    GLUED_FORMS,
    JOINING_WORDS,
    LEADING_FORMS,
    LEADING_OF_ROMANIA,
    LONGEST_FORM,
)

_INITIALS: Final = re.compile(r"(?<!\w)(?:\w[./])+\w?(?!\w)")
_SIGN: Final = re.compile(r"[^\w]|_")
_MOST_PASSES: Final = 8


# Leads of one company follow each other, and each is asked for it several times.
@lru_cache(maxsize=4096)
def fold_company(text: str) -> str:
    """Fold a company's name for comparison: as a name, without punctuation and legal forms (GmbH, Ltd, A.Ş., ООО…).

    Forms fall away at either end, with or without a blank, as their countries write them (`legal_forms`). A name that
    is nothing but a legal form or punctuation stays as it is.
    """
    folded = fold_name(text)
    name = _without_glued_form(folded)
    if "." in name or "/" in name:
        name = _INITIALS.sub(lambda match: re.sub(r"[./]", "", match[0]), name)
    name = name.replace("&", " and ").replace("+", " and ").replace("'", "")
    words = _words(name.replace('"', "" if _is_hebrew(name) else " "))
    for _ in range(_MOST_PASSES):
        shorter = _words(_without_glued_form(" ".join(_without_legal_forms(words))))
        if shorter == words:
            break
        words = shorter
    return " ".join(words) or folded


def _words(name: str) -> list[str]:
    """Split a name into words, without signs; letters that stand alone at its end are one word, as in "G m b H"."""
    if name.isascii():
        words = _SIGN.sub(" ", name).split()
    else:
        words = "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in name).split()
    start = len(words)
    while start > 1 and len(words[start - 1]) == 1:
        start -= 1
    glued = "".join(words[start:])
    return [*words[:start], glued] if len(words) - start > 1 and glued in FORMS else words


def _without_legal_forms(words: list[str]) -> list[str]:
    """Drop the legal forms at the end, or before the name where a country puts them there; never the whole name."""
    first, end, ending = 0, len(words), ""
    while form := _form_at_end(words[max(0, end - LONGEST_FORM - 1) : end]):
        ending, end = " ".join(words[end - form : end]), end - form
    while ending and end > 1 and words[end - 1] in JOINING_WORDS:
        end -= 1
    if ending in ENDINGS_OF_ROMANIA and end > 1 and words[0] == LEADING_OF_ROMANIA:
        first = 1
    while form := _form_at_start(words[first : min(end, first + LONGEST_FORM + 1)]):
        first += form
    return words[first:end]


def _form_at_end(words: list[str]) -> int:
    """Return of how many words the longest legal form at the end consists that leaves a word before it; 0 for none."""
    longest_first = range(min(LONGEST_FORM, len(words) - 1), 0, -1)
    return next((length for length in longest_first if " ".join(words[-length:]) in FORMS), 0)


def _form_at_start(words: list[str]) -> int:
    """Return of how many words the longest leading form consists that leaves a word behind it; 0 for none."""
    longest_first = range(min(LONGEST_FORM, len(words) - 1), 0, -1)
    return next((length for length in longest_first if " ".join(words[:length]) in LEADING_FORMS), 0)


def _without_glued_form(name: str) -> str:
    """Drop the forms that stand against a name without a blank, at either end; never the whole name."""
    if name.isascii():
        return name
    for _ in range(_MOST_PASSES):
        before = name
        for form in GLUED_FORMS:
            shorter = name.removeprefix(form).removesuffix(form).strip()
            if shorter != name and any(char.isalnum() for char in shorter):
                name = shorter
        if name == before:
            break
    return name


def _is_hebrew(name: str) -> bool:
    """Say whether a quotation mark is a part of a word, as in בע"מ."""
    return "א" <= max(name, default="") <= "ת"
