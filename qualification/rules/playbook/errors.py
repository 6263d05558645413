"""Faults of a playbook: where each is, what is wrong and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: the line of the file, from 1, the path to the entry, lists counted from 0, and a sentence."""

    line: int
    path: str
    message: str


class PlaybookFaults(Exception):
    """A playbook that cannot be used; `faults` holds every fault, by line."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault], file: str = "playbook.yaml") -> None:
        """Put the faults in the order of the file, each once."""
        self.faults = tuple(sorted(set(faults), key=lambda fault: (fault.line, fault.path, fault.message)))
        super().__init__("\n".join(self._line(fault, file) for fault in self.faults))

    @staticmethod
    def _line(fault: Fault, file: str) -> str:
        return ": ".join(part for part in (f"{file}:{fault.line}", fault.path, fault.message) if part)


def without_echoes(faults: Iterable[Fault]) -> list[Fault]:
    """Keep one fault for each entry: what was found first is the cause of what was found later."""
    first: dict[tuple[int, str], Fault] = {}
    for fault in faults:
        first.setdefault((fault.line, fault.path), fault)
    return list(first.values())


def written(path: Path) -> str:
    """Write a path as people read it, such as teams.emea.manager or people[2].email."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like this one, or None where none is like it.

    Of e-mail addresses only the part before the @ is compared: colleagues share the rest.
    """
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
