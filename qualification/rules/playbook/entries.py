"""The plain values of a playbook's file, walked as far as they have the right shape."""

from collections.abc import Iterable, Iterator

from qualification.rules.values.paths import Path

Finding = tuple[Path, str]

Entry = dict[str, object]


def _entries(data: Entry, section: str) -> Iterator[tuple[Path, Entry]]:
    """Yield the entries of a section that have the shape of one, with their paths."""
    value = data.get(section)
    pairs: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for step, entry in pairs:
        if isinstance(entry, dict):
            yield (section, step), entry


def _within(data: Entry, section: str, part: str) -> Iterator[tuple[Path, Entry]]:
    """Yield the entries of a part of a section, with their paths."""
    for path, entry in _entries(_mapping(data, section), part):
        yield (section, *path), entry


def _mapping(data: Entry, section: str) -> Entry:
    value = data.get(section)
    return value if isinstance(value, dict) else {}


def _words(value: object) -> list[str]:
    return [word for _, word in _each(value, ())]


def _each(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the words of a list, or the one word written in place of a list."""
    if isinstance(value, str):
        yield path, value
    for index, word in enumerate(value if isinstance(value, list) else ()):
        if isinstance(word, str):
            yield (*path, index), word
