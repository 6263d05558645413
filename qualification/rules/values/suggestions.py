"""The word somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

# Comparing takes the product of two lengths.
_LONGEST: Final = 100


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like this one, or None where none is like it.

    Of e-mail addresses only the part before the @ is compared: colleagues share the rest. What is longer than any word
    is like none.
    """
    if len(word) > _LONGEST:
        return None
    by_sight = {_sight(each): each for each in reversed(tuple(known))}
    found = get_close_matches(_sight(word), by_sight, n=1, cutoff=0.6)
    return by_sight[found[0]] if found else None


def choose_from(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a word that is not among the known: the nearest, else what there is."""
    choices = tuple(known)
    near = nearest(word, choices)
    if near is not None:
        return f"did you mean `{near}`?"
    most = 12
    shown = ", ".join(choices[:most]) + (", …" if len(choices) > most else "")
    return f"choose from: {shown}" if choices else "there are none yet"


def _sight(word: str) -> str:
    return word.casefold().partition("@")[0]
