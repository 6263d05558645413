"""Faults of a playbook: where each is, what is wrong and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlaybookError:
    """One fault: the line of the file, from 1, the path to the entry, lists counted from 0, and a sentence."""

    line: int
    path: str
    message: str


class PlaybookFaults(Exception):
    """A playbook that cannot be used; `faults` holds every fault, by line."""

    faults: tuple[PlaybookError, ...]

    def __init__(self, faults: Iterable[PlaybookError], file: str = "playbook.yaml") -> None:
        """Put the faults in the order of the file, each once."""
        self.faults = tuple(sorted(set(faults), key=lambda fault: (fault.line, fault.path, fault.message)))
        super().__init__("\n".join(self._line(fault, file) for fault in self.faults))

    @staticmethod
    def _line(fault: PlaybookError, file: str) -> str:
        return ": ".join(part for part in (f"{file}:{fault.line}", fault.path, fault.message) if part)


def without_echoes(faults: Iterable[PlaybookError]) -> list[PlaybookError]:
    """Keep one fault for each entry: what was found first is the cause of what was found later."""
    first: dict[tuple[int, str], PlaybookError] = {}
    for fault in faults:
        first.setdefault((fault.line, fault.path), fault)
    return list(first.values())
