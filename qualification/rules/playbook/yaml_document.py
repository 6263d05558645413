"""YAML read into plain values, with the line of every entry and every fault of the writing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from qualification.rules.playbook.errors import PlaybookError
from qualification.rules.values.paths import Path, written

_STANDARD_TAG = re.compile(r"tag:yaml\.org,2002:(str|int|float|bool|null|timestamp|merge|value)")
_TEXT_TAG = "tag:yaml.org,2002:str"
_CONTAINER_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})
_NO_MEANING = "`{}` has no meaning here; remove it or quote the text"
_WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9_]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9][0-9_]{0,17}\.[0-9]{1,9}")
_WORDS: Mapping[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}
_MOST_ENTRIES = 50_000
# Characters. Entries are counted only once the file is read, and a file of 60 MB is read for minutes.
_LONGEST = 1_000_000
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says: plain values, and where each entry begins."""

    data: object
    lines: Mapping[Path, int]
    faults: tuple[PlaybookError, ...]

    def line(self, path: Path) -> int:
        """Return the line of an entry, or of the nearest one around it that is written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: Path, message: str) -> PlaybookError:
        """Return a fault at that entry."""
        return PlaybookError(self.line(path), written(path), message)


def parse_yaml(text: str) -> Document:
    """Read one YAML document; what is not YAML, written twice or too clever is among the faults.

    Only true, false, null and decimal numbers are taken for anything but text: NO is a country here, and 9:00 a time.
    """
    root = _compose(text)
    if isinstance(root, PlaybookError):
        return Document(None, {}, (root,))
    reader = _Reader()
    data = reader.value(root, ())
    if data is None and not reader.faults:
        return parse_yaml("")
    return Document(data, reader.lines, tuple(reader.faults))


def _compose(text: str) -> yaml.Node | PlaybookError:
    """Return the document's root, or the fault for which the file cannot be read at all."""
    if len(text) > _LONGEST:
        return PlaybookError(1, "", f"the file has {len(text):,} characters; a playbook has at most {_LONGEST:,}")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return PlaybookError(line, "", "there is a control character here; remove it")
    except yaml.MarkedYAMLError as error:
        return _syntax(error)
    except RecursionError:
        return PlaybookError(1, "", "the file is nested too deeply to be a playbook")
    return root or PlaybookError(1, "", "the file is empty; start with teams, people, pools and rules")


@dataclass(slots=True)
class _Reader:
    """Turns nodes into values, noting lines and faults on the way."""

    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[PlaybookError] = field(default_factory=list)
    above: list[int] = field(default_factory=list)
    entries: int = 0

    def value(self, node: yaml.Node, path: Path) -> object:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        self.entries += 1
        if id(node) in self.above or len(self.above) == _DEEPEST or self.entries > _MOST_ENTRIES:
            if self.entries <= _MOST_ENTRIES + 1:
                self._note(line, path, "this refers to itself or repeats endlessly; write it out")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self.above.append(id(node))
        try:
            if node.tag not in _CONTAINER_TAGS:
                self._note(line, path, _NO_MEANING.format(node.tag))
            if isinstance(node, yaml.MappingNode):
                return dict(self._pairs(node, path))
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        finally:
            self.above.pop()

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> object:
        """Take text for text, whatever else YAML 1.1 makes of it: a date, a time, a merge."""
        if not _STANDARD_TAG.fullmatch(node.tag):
            self._note(node.start_mark.line + 1, path, _NO_MEANING.format(node.tag))
        return node.value if node.style or node.tag == _TEXT_TAG else _plain(node.value)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, object]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._note(line, path, "a list or a mapping cannot be a key; write a word before the colon")
                continue
            key = key_node.value
            if key in seen:
                self._note(line, (*path, key), f"`{key}` is written twice, first on line {seen[key]}; keep one")
                continue
            seen[key] = line
            self.lines[(*path, key)] = line
            yield key, self.value(value_node, (*path, key))

    def _note(self, line: int, path: Path, message: str) -> None:
        self.faults.append(PlaybookError(line, written(path), message))


def _plain(text: str) -> object:
    """Read an unquoted scalar."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _syntax(error: yaml.MarkedYAMLError) -> PlaybookError:
    """Say what is wrong with the writing, and what usually mends it."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or "it cannot be read"
    remedy = "check the indentation, colons and quotes here and on the line above"
    if "'\\t'" in problem:
        remedy = "indent with spaces, not with a tab"
    elif "cannot start any token" in problem:
        remedy = "put the text in quotes"
    elif "undefined alias" in problem:
        remedy = "text that begins with * needs quotes"
    elif "expected a single document" in (error.context or "") or "another document" in problem:
        remedy = "one file holds one playbook; remove the line ---"
    return PlaybookError(mark.line + 1 if mark else 1, "", f"this is not YAML: {problem}; {remedy}")
