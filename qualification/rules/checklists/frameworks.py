"""Checklists: what is asked, what is known, what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qualification.rules.playbook.playbook import Framework


class Verdict(StrEnum):
    """What is known of one item of a checklist."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a checklist has come: items by verdict, how many yeses pass, and the keys of those still without one."""

    yes: int
    no: int
    unknown: int
    needed: int
    missing: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Say whether there are as many yeses as the framework asks for."""
        return self.yes >= self.needed


def progress(framework: Framework, answers: Mapping[str, Verdict]) -> Progress:
    """Count the answers to the framework's own items; one it does not have (any more) counts for nothing."""
    verdicts = [answers.get(item.key, Verdict.UNKNOWN) for item in framework.items]
    return Progress(
        yes=verdicts.count(Verdict.YES),
        no=verdicts.count(Verdict.NO),
        unknown=verdicts.count(Verdict.UNKNOWN),
        needed=framework.needed,
        missing=tuple(
            item.key for item, verdict in zip(framework.items, verdicts, strict=True) if verdict is not Verdict.YES
        ),
    )


def next_question(framework: Framework, answers: Mapping[str, Verdict]) -> str | None:
    """Return the best question to ask now: the first of the first item nothing is known of; None when all are known."""
    for item in framework.items:
        if answers.get(item.key, Verdict.UNKNOWN) is Verdict.UNKNOWN:
            return item.questions[0]
    return None
