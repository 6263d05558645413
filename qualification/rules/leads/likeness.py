"""Whether two things that are said of somebody can be said of one person: names and addresses that don't differ.

Two people who differ in address and in name are never one, whatever else they share: an id that a spreadsheet mangled,
the telephone of a reception, a company. Each address keeps the name it was given with, so that the answer doesn't hang
on the order in which things are said.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

# In place of the name of an address that was given with names which differ.
SEVERAL: Final = ""
_LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """An address of a lead: its folded mailbox, and the folded name it was given with.

    The name is None where none was given yet, `SEVERAL` where names differ; names that may be of one person stand in
    lines. `by_hand` says that somebody has merged
    leads of other names with it: it may have any name from then on.
    """

    key: str
    name_key: str | None
    by_hand: bool = False


def names_differ(one: str | None, other: str | None) -> bool:
    """Say whether two folded names are of two people; no name, "ivy", "i. chen" and "ivy chen" may be of one."""
    if one is None or other is None or one == other != SEVERAL:
        return False
    shorter, longer = sorted((_words(one), _words(other)), key=len)
    return not shorter or not all(any(_alike(word, each) for each in longer) for word in shorter)


def _words(name: str) -> frozenset[str]:
    # The longest name has 300 characters, so that there are never too many words to compare each with each.
    return frozenset(word.strip(".,") for word in name.split()) - {""}


def _alike(one: str, other: str) -> bool:
    """Say whether two words of names are the same, or one is the initial of the other."""
    return one == other or (1 in {len(one), len(other)} and one[0] == other[0])


def is_somebody_else(name_key: str | None, keys: Collection[str], known: Collection[KnownAddress]) -> bool:
    """Say whether who has this name and these addresses is another person than the one with the known addresses."""
    if not keys:
        return False
    is_met = any(each.key in keys for each in known)
    others = (each for each in known if each.key not in keys and not (is_met and each.by_hand))
    return any(_differ(name_key, each.name_key) for each in others)


def are_two(some: Iterable[KnownAddress], others: Collection[KnownAddress]) -> bool:
    """Say whether two leads with these addresses are two people."""
    return any(_differ(name, other.name_key) for one in some for name in _names(one.name_key) for other in others)


def name_of_address(before: str | None, said: str | None) -> str | None:
    """Return the names of an address that has those of `before` and is given with the name `said`."""
    if before is None or said is None or said in _names(before):
        return said if before is None else before
    both = f"{before}\n{said}"
    return SEVERAL if _differ(said, before) or len(both) > _LONGEST else both


def _differ(name: str | None, kept: str | None) -> bool:
    return any(names_differ(name, each) for each in _names(kept))


def _names(kept: str | None) -> list[str]:
    """Return the names that stand in one text; `SEVERAL` is one that differs from all."""
    return [] if kept is None else kept.split("\n")
