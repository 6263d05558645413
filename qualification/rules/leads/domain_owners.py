"""Whose a domain is: a company's whose name it speaks of, or that of too many for anybody's."""

import unicodedata
from typing import Final

# From so many different names on, of which it speaks of none, a domain is shared.
MOST_NAMES: Final = 3
_SHORTEST_WORD: Final = 3


def speaks_of(name_key: str, domain: str) -> bool:
    """Say whether a company's folded name and its domain share a word of three letters or more, or its initials.

    kestrel-optik.example speaks of "kestrel", bmw.example of "bayerische motoren werke", mueller.example of "müller".
    """
    label = _letters(domain.rpartition(".")[0] or domain)
    words = [word for each in name_key.split() for word in {_letters(each), _letters(_transcribed(each))}]
    initials = "".join(word[0] for word in name_key.split())
    parts = domain.split(".")
    return (
        any(len(word) >= _SHORTEST_WORD and word in label for word in words)
        or _letters("".join(name_key.split())) in {_letters(part) for part in parts[:-1]}
        or (len(initials) >= _SHORTEST_WORD and _letters(initials) in parts[:-1])
    )


def _transcribed(text: str) -> str:
    return text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")


def _letters(text: str) -> str:
    """Return the letters and digits of a text, without accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if char.isalnum())
