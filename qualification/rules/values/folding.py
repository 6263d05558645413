"""Texts as they are compared: without HTML entities, invisible characters, case and accents."""

import html
import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# An ampersand written as an entity, over and over: &amp;amp; is & as well.
_AMPERSANDS: Final = re.compile(r"&(?:(?:amp|#0*38|#x0*26);)+", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PASSES: Final = 8

# Letters that Unicode does not take apart into a base and a mark.
_LETTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t",
        "ŋ": "n", "ə": "e", "ĸ": "k", "ɖ": "d", "ƒ": "f",
    }
)  # fmt: skip
_QUOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(["\N{RIGHT SINGLE QUOTATION MARK}", "\N{LEFT SINGLE QUOTATION MARK}"], "'"),
        **dict.fromkeys(["\N{MODIFIER LETTER APOSTROPHE}", "\N{ACUTE ACCENT}", "\N{PRIME}"], "'"),
        **dict.fromkeys(["\N{HYPHEN}", "\N{NON-BREAKING HYPHEN}", "\N{EN DASH}", "\N{MINUS SIGN}"], "-"),
    }
)
_SAME_LETTER: Final = str.maketrans(dict(_LETTERS))
_SAME_SIGN: Final = str.maketrans(dict(_QUOTES))
_CYRILLIC_IE: Final = "\N{CYRILLIC SMALL LETTER IE}"
_DIAERESIS: Final = "\N{COMBINING DIAERESIS}"


def unescaped(text: str) -> str:
    """Return the text with HTML's entities as the characters they stand for: Bartels &amp; S&ouml;hne as people write.

    Only what ends in a semicolon is an entity, so that AT&T and R&D stay as they are. Entities that were escaped again
    (&amp;amp;) are read too.
    """
    for _ in range(_PASSES):
        if "&" not in text or ";" not in text:
            break
        before, text = text, _ENTITY.sub(lambda match: html.unescape(match[0]), _AMPERSANDS.sub("&", text))
        if text == before:
            break
    return text


def without_invisible(text: str) -> str:
    """Return the text without characters that nobody sees, and with blanks for tabs, line ends and other controls."""
    if text.isprintable():
        return text
    kinds = ((char, unicodedata.category(char)) for char in text)
    return "".join(" " if kind == "Cc" else char for char, kind in kinds if kind != "Cf")


def fold_name(text: str) -> str:
    """Fold a name for comparison: case, accents, entities, compatibility forms, invisible characters, runs of blanks.

    Accents are those of Latin and Greek letters, where capitals and machines often leave them out; marks of other
    scripts are letters of their own. The four letters i of Turkish (İ, I, ı, i) are one.
    """
    if _is_plain(text):
        return " ".join(text.lower().split())
    folded, before = text, None
    while folded != before and not _is_plain(folded):
        before = folded
        folded = without_invisible(unescaped(folded)).translate(_SAME_SIGN)
        folded = _without_accents(unicodedata.normalize("NFKC", folded).casefold()).translate(_SAME_LETTER)
        folded = " ".join(without_invisible(folded).split())
    return " ".join(folded.lower().split())


def fold_label(text: str) -> str:
    """Fold what a field or a column is called: only letters and digits count, without capitals."""
    folded = text.casefold()
    return folded if folded.isalnum() else "".join(filter(str.isalnum, folded))


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and "&" not in text


def _without_accents(text: str) -> str:
    """Drop the marks on Latin and Greek letters, and the dots of the Cyrillic ё, which print leaves out."""
    if text.isascii():
        return text
    kept: list[str] = []
    base = ""
    for char in unicodedata.normalize("NFKD", text):
        if unicodedata.combining(char) == 0:
            base = char
        elif not base.isalnum() or _has_accents(base) or (base == _CYRILLIC_IE and char == _DIAERESIS):
            continue
        kept.append(char)
    return unicodedata.normalize("NFKC", "".join(kept))


def _has_accents(letter: str) -> bool:
    """Say whether it is a Latin or a Greek letter."""
    is_greek = "\u0370" <= letter <= "\u03ff" or "\u1f00" <= letter <= "\u1fff"
    return "a" <= letter <= "z" or "A" <= letter <= "Z" or is_greek or "\u00df" <= letter <= "\u024f"
