"""The plain values of a playbook's file, walked as far as they have the right shape."""

from collections.abc import Iterable, Iterator

from qualification.rules.values.paths import Path

Finding = tuple[Path, str]

Entry = dict[str, object]


def entries_of(data: Entry, section: str) -> Iterator[tuple[Path, Entry]]:
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


def entries_within(data: Entry, section: str, part: str) -> Iterator[tuple[Path, Entry]]:
    """Yield the entries of a part of a section, with their paths."""
    for path, entry in entries_of(section_of(data, section), part):
        yield (section, *path), entry


def section_of(data: Entry, section: str) -> Entry:
    """Return a section as a mapping, an empty one where it has another shape."""
    value = data.get(section)
    return value if isinstance(value, dict) else {}


def words_in(value: object) -> list[str]:
    """Return the words of a list, or the one word written in place of a list."""
    return [word for _, word in each_word(value, ())]


def each_word(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the words of a list, or the one word written in place of a list."""
    if isinstance(value, str):
        yield path, value
    for index, word in enumerate(value if isinstance(value, list) else ()):
        if isinstance(word, str):
            yield (*path, index), word
