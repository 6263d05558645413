"""The language templates are written in: Jinja2 that makes JSON, with few filters, every value escaped."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol, TypeVar

import jinja2
from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    Undefined,
)
from jinja2.bccache import Bucket
from markupsafe import Markup

from templates.engine import escaping, marks
from templates.engine.catalogue import Words
from templates.engine.graphemes import cut, pieces, units
from templates.engine.marks import Prose, Style

_SUFFIX = ".json.j2"
_BUT_TRAILING_COMMAS = re.compile(r'(?:[^",]++|"(?:[^"\\]++|\\.)*+"|,(?!\s*[\]}]))++', re.DOTALL)
# One encoder for all: json.dumps makes one for each text.
_json = json.JSONEncoder(ensure_ascii=False).encode
_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+/[A-Za-z0-9./?=&_-]*")
_FOLDER = Path(__file__).parent.parent
_PIECE = 2900
_CHANGED = 140
_NOTE = 280
_MOST_OPTIONS = 100
# What Slack's charts call a point.
_LABEL = 20
_Fact = TypeVar("_Fact")


class _Choice(Protocol):
    """One entry of a select."""

    @property
    def key(self) -> str: ...

    @property
    def name(self) -> str: ...


class _Row(Protocol):
    """A row of figures; without a name it is known by its key."""

    @property
    def key(self) -> str: ...

    @property
    def name(self) -> str | None: ...


class _Person(Protocol):
    """Somebody with a name and perhaps a Slack user."""

    @property
    def name(self) -> str: ...

    @property
    def slack_user_id(self) -> str | None: ...


def _in_json(value: object) -> object:
    """Write a value into a template's JSON: source that a macro made as it is, text marked and escaped for a string."""
    if isinstance(value, Markup | Undefined):
        return value
    if value is None or isinstance(value, str):
        text = marks.value("") if value is None else marks.prose(value)
        return Markup(_json(text)[1:-1])  # nosec B704  # noqa: S704 - JSON, not HTML
    return Markup(_json(value))  # nosec B704  # noqa: S704 - as above


def _mention(somebody: _Person | str | None) -> Prose | None:
    """Return a mention; the name alone of somebody whom Slack does not know."""
    if somebody is None or isinstance(somebody, str):
        return None if somebody is None else marks.value(somebody)
    user = somebody.slack_user_id
    if user and user.isascii() and user.isalnum():
        return marks.person(user, somebody.name)
    return marks.value(somebody.name)


def _mentions(words: Words) -> Callable[[Iterable[_Person | str]], Prose]:
    def mentions(people: Iterable[_Person | str]) -> Prose:
        """Return the mention of everybody, of whom any will do, in order; there is at least one."""
        *others, last = map(_mention, people)
        if not others:
            return _joined([last])
        return words.gettext("%(people)s or %(last)s", people=_joined(others, ", "), last=last)

    return mentions


def _name(words: Words) -> Callable[[_Person | None], str]:
    def name(somebody: _Person | None) -> str:
        """Return who did something, by name; Baton where nobody did."""
        return somebody.name if somebody is not None else words.gettext("Baton")

    return name


def _quoted(words: Words) -> Callable[[str | None], Prose | None]:
    def quoted(note: str | None) -> Prose | None:
        """Return what somebody wrote, shortened and in quotation marks; None where they wrote nothing."""
        return words.gettext("“%(note)s”", note=_shortened(note, _NOTE)) if note else None

    return quoted


def _besides(people: Iterable[_Fact], named: _Fact | None) -> list[_Fact]:
    """Return the people without the one who is named already."""
    return [each for each in people if each != named]


def _id(pieces_of_id: Iterable[str]) -> str:
    """Return the id of a block about one item."""
    return "".join(pieces_of_id)


def _moment(at: datetime | None) -> Prose | None:
    """Return a moment with its day."""
    return None if at is None else marks.moment(at, Style.DAY_AND_TIME)


def _day(at: datetime | None) -> Prose | None:
    """Return the day of a moment."""
    return None if at is None else marks.moment(at, Style.DAY)


def _linked(words: str, url: str | None) -> Prose | None:
    """Return words of our own as a link; None without an address, or with one that could be more than that."""
    return marks.link(url, words) if url and _ADDRESS.fullmatch(url) else None


def _joined(texts: Iterable[object], between: str = " · ") -> Prose:
    """Return the texts that are there, with the words of our own between them."""
    return Prose(between.join(marks.prose(text) for text in texts if isinstance(text, str) and text))


def _present(texts: Iterable[object]) -> list[object]:
    """Return the texts that are there."""
    return [text for text in texts if isinstance(text, str) and text]


def _shortened(text: str | None, limit: int) -> str | None:
    """Return the text on one line, in at most `limit` units."""
    return None if text is None else cut(escaping.folded(marks.without_marks(text)), limit)


def _pieces(text: str, limit: int = _PIECE) -> list[str]:
    """Return the whole text in pieces that each fit into one block; none for a text of blanks."""
    return pieces(escaping.clean(marks.without_marks(text)).strip(), limit)


def _sharing(texts: Sequence[str | None], limit: int) -> list[str | None]:
    """Return the texts, the longest of them shortened so that all together keep within `limit` units."""
    room, share = limit, limit
    sizes = sorted(units(text) for text in texts if text)
    for index, size in enumerate(sizes):
        share = room // (len(sizes) - index)
        if size > share:
            break
        room -= size
        share = limit
    return [None if text is None else cut(text, share) for text in texts]


def _named(choices: Iterable[_Choice], key: str | None) -> str | None:
    """Return the name of the choice with that key, None when there is none."""
    return next((choice.name for choice in choices if choice.key == key), None)


def _labelled(rows: Iterable[_Row], words: Mapping[str, str]) -> list[str]:
    """Return what the points of a chart are called: short, and no two alike; a row without a name by our own words."""
    labels: list[str] = []
    for row in rows:
        whole = escaping.clean(str(words.get(row.key, row.key)) if row.name is None else row.name).strip() or "–"  # noqa: RUF001 - a dash
        label, count = cut(whole, _LABEL), 1
        while label in labels:
            count += 1
            label = f"{cut(whole, _LABEL - len(f' {count}'))} {count}"
        labels.append(label)
    return labels


def _packed(value: object) -> Prose:
    """Return a value as the JSON text that Slack hands back with a press."""
    return Prose(json.dumps(value, separators=(",", ":")))


def _unless_none(write: Callable[[_Fact], Prose]) -> Callable[[_Fact | None], Prose | None]:
    """Return a filter that leaves None alone."""
    return lambda fact: None if fact is None else write(fact)


def _money(words: Words) -> Callable[[int | None, str | None], Prose | None]:
    def money(minor: int | None, currency: str | None) -> Prose | None:
        """Return an amount with its currency; None without either."""
        return None if minor is None or currency is None else words.money(minor, currency)

    return money


def _worded(keys: Iterable[str], table: Mapping[str, str]) -> list[str]:
    """Return the words for each key; a key without words stands for itself."""
    return [table.get(key, key) for key in keys]


def _changed(words: Words) -> Callable[[object], Prose | None]:
    def changed(fact: object) -> Prose | None:
        """Return what a field held: a text shortened, or an amount kept as minor units and currency."""
        match fact:
            case None | "":
                return None
            case (int(minor), str(currency)):
                return words.money(minor, currency)
            case _:
                return marks.value(_shortened(str(fact), _CHANGED) or "")

    return changed


def source(name: str, words: Words, facts: Mapping[str, object]) -> dict[str, object]:
    """Return what a template makes of the facts, its texts still marked."""
    text = _environment(words).get_template(name + _SUFFIX).render(facts)
    made: dict[str, object] = json.loads("".join(_BUT_TRAILING_COMMAS.findall(text)))
    return made


def load_all(words: Iterable[Words]) -> None:
    """Load every template for these languages, so that nobody waits for one to be compiled."""
    for each in words:
        made = _environment(each)
        for name in made.list_templates(filter_func=lambda found: found.endswith(_SUFFIX)):
            made.get_template(name)


def _made_by() -> str:
    """Return what stands for the compiler: Jinja2's version, and this file, whose filters may be folded in."""
    return hashlib.sha256(jinja2.__version__.encode() + Path(__file__).read_bytes()).hexdigest()[:16]


class _CompiledOnce(BytecodeCache):
    """Keeps what templates were compiled to: in memory for all readers, and in files for the next process.

    The files lie in the user's own folder among the machine's temporary ones. Without them it only takes longer.
    """

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}
        self._files: FileSystemBytecodeCache | None = None
        with suppress(OSError, RuntimeError):
            self._files = FileSystemBytecodeCache(pattern=f"__baton_{_made_by()}_%s.cache")

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket where its template was compiled before."""
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])
            return
        if self._files is not None:
            with suppress(OSError, EOFError, ValueError, TypeError):
                self._files.load_bytecode(bucket)
        if bucket.code is not None:
            self._compiled[bucket.key] = bucket.bytecode_to_string()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what the template was compiled to."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()
        if self._files is not None:
            with suppress(OSError):
                self._files.dump_bytecode(bucket)


_COMPILED: Final = _CompiledOnce()


@lru_cache(maxsize=64)
def _environment(words: Words) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_in_json,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    made.filters = {
        "besides": _besides,
        "changed": _changed(words),
        "country": _unless_none(words.country),
        "day": _day,
        "first_options": lambda choices: list(choices)[:_MOST_OPTIONS],
        "id": _id,
        "in_full": words.day,
        "joined": _joined,
        "labelled": _labelled,
        "length": len,
        "linked": _linked,
        "mention": _mention,
        "mentions": _mentions(words),
        "moment": _moment,
        "money": _money(words),
        "name": _name(words),
        "named": _named,
        "number": _unless_none(words.number),
        "packed": _packed,
        "pieces": _pieces,
        "present": _present,
        "quoted": _quoted(words),
        "sharing": _sharing,
        "shortened": _shortened,
        "worded": _worded,
    }
    made.globals = {
        "_": words.gettext,
        "gettext": words.gettext,
        "ngettext": words.ngettext,
        "pgettext": words.pgettext,
    }
    return made
