"""What fields and columns are called: the one place that says which label means an address, a name, a company.

The import's guess, HTML forms, messages and every built-in mapping ask here. The words are in `field_name_words`.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from qualification.rules.values import contact_consents
from qualification.rules.values.field_name_words import (
    BESIDE,
    BESIDE_A_FIRST_NAME,
    BESIDE_A_LAST_NAME,
    MEANT_OF_A_COMPANY,
    MEANT_OF_A_DEAL,
    NAMES,
    OF_A_COMPANY,
    OF_A_DEAL,
    OF_A_PERSON,
    OTHERWISE,
    PRIVATE,
    SECONDARY,
)
from qualification.rules.values.label_words import LONGEST, UMLAUTS, fold_words

# The shortest word that is looked for at the beginning of a label without blanks, such as "workemail".
_SHORTEST: Final = 4
# Of these a second one is one more of the person; a second name or company is somebody else's.
_SEVERAL: Final = frozenset({"email", "phone", "website", "problem"})
_MAIN, _FURTHER, _PRIVATE, _OF_THE_COMPANY = range(4)


def meaning(label: str) -> str | None:
    """Return the field of `LeadInput` that a label means, or "first_name" or "last_name"; None for anything else.

    Case, accents, blanks and signs don't count, nor do numbers (`Email 2`), objects (`Contact: Email`,
    `properties.email`) and words such as your, work, secondary and (required). Everything else does: `Email status` is
    no address. "do_not_contact" is returned where a true value refuses contact; what a consent or a status says has to
    be read with `contact_consents.refuses`.
    """
    return _read(label)[0]


def by_meaning(labels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the labels of each meaning, the preferred one first.

    That is as they stand, those of work before private ones; what is called second or other comes after the first, a
    company's own address or number last. `Nome` beside `Cognome`, and `Name` beside `Vorname`, are halves of a name.
    """
    found: dict[str, list[tuple[int, int, str]]] = {}
    stated = [*labels]
    read = {label: _read(label) for label in stated}
    present = {each for each, _ in read.values()}
    for place, label in enumerate(stated):
        means, rank = read[label]
        plain = "".join(fold_words(label))
        if plain in BESIDE_A_LAST_NAME and "last_name" in present and "first_name" not in present:
            means = "first_name"
        elif plain in BESIDE_A_FIRST_NAME and "first_name" in present and "last_name" not in present:
            means = "last_name"
        if means is not None:
            found.setdefault(means, []).append((rank, place, label))
    return {means: tuple(label for *_, label in sorted(each)) for means, each in found.items()}


# A form's labels come again with every request, a file's with every row.
@lru_cache(maxsize=4096)
def _read(label: str) -> tuple[str | None, int]:
    """Return what the label means, and how late it comes among those that mean the same."""
    if len(label) > LONGEST:
        return None, _MAIN
    if contact_consents.kind_of(label) is contact_consents.Kind.REFUSAL:
        return "do_not_contact", _MAIN
    words = fold_words(label)
    # "E-mail 1 - Value", as Google's address book writes it.
    if len(words) > 2 and words[-1] == "value" and words[-2].isdecimal():  # noqa: PLR2004 - a name, a number, "value"
        words.pop()
    words = [word for word in words if not word.isdecimal()]
    if len(words) == 1 and words[0] not in _TABLE:
        words = _apart(words[0])
    if "".join(words) in OTHERWISE:
        return None, _MAIN
    for read in (_of_a_person, _of_a_company, _of_a_deal):
        means, rank = read(words)
        if means is not None:
            return means, rank
    return None, _MAIN


def _of_a_person(words: list[str]) -> tuple[str | None, int]:
    whole = "".join(words)
    if whole in _TABLE:
        return _TABLE[whole], _rank(words)
    left = [word for word in words if word not in BESIDE]
    further = not SECONDARY.isdisjoint(words)
    while left:
        means = _TABLE.get("".join(left))
        if means is not None:
            return (None, _MAIN) if further and means not in _SEVERAL else (means, _rank(words))
        if left[0] not in OF_A_PERSON:
            break
        left = left[1:]
    return None, _MAIN


def _of_a_company(words: list[str]) -> tuple[str | None, int]:
    return _of_an_object(words, OF_A_COMPANY, MEANT_OF_A_COMPANY)


def _of_a_deal(words: list[str]) -> tuple[str | None, int]:
    return _of_an_object(words, OF_A_DEAL, MEANT_OF_A_DEAL)


def _of_an_object(words: list[str], objects: frozenset[str], meant: frozenset[str]) -> tuple[str | None, int]:
    """Read what a field of another object than the person says of them."""
    left = [word for word in words if word not in BESIDE]
    while len(left) > 1 and left[0] in OF_A_PERSON:
        left = left[1:]
    if not left or left[0] not in objects:
        return None, _MAIN
    means, _ = _of_a_person(left[1:])
    return means if means in meant else None, _OF_THE_COMPANY


def _rank(words: list[str]) -> int:
    if not PRIVATE.isdisjoint(words):
        return _PRIVATE
    return _FURTHER if not SECONDARY.isdisjoint(words) else _MAIN


def _apart(word: str) -> list[str]:
    """Split a label that was written without blanks behind a known word: workemail, yourname, companyphone."""
    for end in range(min(len(word) - 1, 20), _SHORTEST - 1, -1):
        first, rest = word[:end], word[end:]
        if rest in _TABLE and (first in BESIDE or first in OF_A_PERSON or first in OF_A_COMPANY):
            return [first, rest]
    return [word]


def _spellings(name: str) -> Iterator[tuple[str, str]]:
    """Yield the name as it is looked up, and without the words that go beside it; twice, for ä may be written ae."""
    umlauts = fold_words(name.translate(UMLAUTS))
    for words in (fold_words(name), umlauts):
        yield "".join(words), "".join(word for word in words if word not in BESIDE)


def _table() -> dict[str, str]:
    """Return what each name means; a name as it stands goes before one without its words beside it."""
    spelt = [
        (means, whole, short)
        for means, names in NAMES.items()
        for name in names.split("|")
        for whole, short in _spellings(name)
    ]
    table = {whole: means for means, whole, _ in reversed(spelt)}
    for means, _, short in spelt:
        if short:
            table.setdefault(short, means)
    return table


_TABLE: Final = _table()
