"""Marks inside a rendered text: which characters are somebody's data, where a person, a moment or a link stands.

A text on its way from a template to a payload carries its foreign parts between noncharacters of Unicode, which no text
may hold (every value is rid of them first). Only when the payload's structure is known are the parts written out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

_OPEN, _CLOSE, _BETWEEN = "\ufdd0", "\ufdd1", "\ufdd2"
_MARKS = re.compile("[\ufdd0-\ufdef]")
_MARKED = re.compile(f"{_OPEN}(.)([^{_CLOSE}]*){_CLOSE}", re.DOTALL)


class Prose(str):
    """Words of our own, in which everything foreign is marked."""

    __slots__ = ()


class Style(StrEnum):
    """How a moment is written: with its day, or as its day alone."""

    DAY_AND_TIME = "moment"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Value:
    """Characters that came from outside: a lead's words, a name, a playbook's reason."""

    text: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a Slack user; `name` stands where Slack cannot show a mention."""

    slack_user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that each reader sees in their own zone."""

    at: datetime
    style: Style


@dataclass(frozen=True, slots=True)
class Link:
    """Words of our own that lead to an address of our own."""

    url: str
    words: str


Part = str | Value | Person | Moment | Link


def value(text: str) -> Prose:
    """Mark a text as foreign."""
    return Prose(f"{_OPEN}v{without_marks(text)}{_CLOSE}")


def person(slack_user_id: str, name: str) -> Prose:
    """Mark a person."""
    return Prose(f"{_OPEN}p{without_marks(slack_user_id)}{_BETWEEN}{without_marks(name)}{_CLOSE}")


def moment(at: datetime, style: Style) -> Prose:
    """Mark a moment, in whole seconds; a naive one is refused with ValueError."""
    if at.tzinfo is None:
        naive = f"a moment needs a zone: {at.isoformat()}"
        raise ValueError(naive)
    return Prose(f"{_OPEN}t{int(at.timestamp())}{_BETWEEN}{style.value}{_CLOSE}")


def link(url: str, words: str) -> Prose:
    """Mark words that lead somewhere."""
    return Prose(f"{_OPEN}l{without_marks(url)}{_BETWEEN}{without_marks(words)}{_CLOSE}")


def prose(text: str) -> Prose:
    """Return a text as prose: as it is when it already was, marked as foreign otherwise."""
    return text if isinstance(text, Prose) else value(text)


def without_marks(text: str) -> str:
    """Return the text rid of every character that could pass for a mark."""
    return _MARKS.sub("", text)


def is_marked(text: str) -> bool:
    """Say whether anything in the text is foreign, a person, a moment or a link."""
    return _OPEN in text


def parts(text: str) -> Iterator[Part]:
    """Yield the words of our own as str, and what is marked as what it is, in order."""
    end = 0
    for found in _MARKED.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        end = found.end()
        yield _part(found[1], found[2])
    if end < len(text):
        yield text[end:]


def _part(kind: str, body: str) -> Part:
    first, _, second = body.partition(_BETWEEN)
    if kind == "p":
        return Person(first, second)
    if kind == "t":
        return Moment(datetime.fromtimestamp(int(first), UTC), Style(second))
    if kind == "l":
        return Link(first, second)
    return Value(body)
