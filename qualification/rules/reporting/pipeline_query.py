"""What somebody asks of the pipeline in a few words: a period, a dimension, a rep."""

import re
from collections import deque
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from qualification.rules.refusals import UnknownWord
from qualification.rules.reporting import periods
from qualification.rules.reporting.periods import Period
from qualification.rules.values.suggestions import nearest

_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_TOKEN: Final = re.compile(r"<[^<>]*>|\S+")


class By(StrEnum):
    """What the rows of a report are."""

    STAGE = "stage"
    REP = "rep"
    TEAM = "team"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class PipelineQuery:
    """What is asked: handoffs of a period, of all times without one, by stage unless said otherwise, of one rep or all.

    `rep` is a Slack user.
    """

    by: By = By.STAGE
    period: Period | None = None
    rep: str | None = None

    @property
    def words(self) -> str:
        """Write it as it may be typed again."""
        parts = [
            self.period.name if self.period else None,
            f"by {self.by.value}" if self.by is not By.STAGE else None,
            f"<@{self.rep}>" if self.rep else None,
        ]
        return " ".join(part for part in parts if part)


def parse(text: str, today: date) -> PipelineQuery:
    """Read the words after /pipeline, in whatever order and capitals; raises UnknownWord with the nearest right one."""
    query = PipelineQuery()
    tokens = deque(_TOKEN.findall(text))
    while tokens:
        word = tokens.popleft()
        mention = _MENTION.fullmatch(word)
        two = f"{word} {tokens[0]}".casefold() if tokens else ""
        if mention:
            query = PipelineQuery(query.by, query.period, mention[1])
        elif two in periods.NAMES:
            tokens.popleft()
            query = PipelineQuery(query.by, periods.period(two, today), query.rep)
        elif word.casefold() in periods.NAMES:
            query = PipelineQuery(query.by, periods.period(word.casefold(), today), query.rep)
        elif word.casefold() == "by" and tokens:
            query = PipelineQuery(_dimension(tokens.popleft()), query.period, query.rep)
        else:
            raise _unknown(word, tokens[0] if tokens else "")
    return query


def _dimension(word: str) -> By:
    singular = word.casefold().removesuffix("s") if word.casefold() != "s" else word
    if singular in {each.value for each in By}:
        return By(singular)
    known = [each.value for each in By]
    near = nearest(singular, known)
    raise UnknownWord(word=f"by {word}", nearest=f"by {near}" if near else None)


def _unknown(word: str, following: str) -> UnknownWord:
    known = [*periods.NAMES, *(f"by {each.value}" for each in By)]
    two = f"{word} {following}".rstrip()
    near = nearest(two, known) or nearest(word, known)
    return UnknownWord(word=two if near and " " in near else word, nearest=near)
