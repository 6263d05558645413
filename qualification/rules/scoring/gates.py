"""What is looked at before a lead is announced by itself: the playbook's gates, the first that fits."""

import re
from dataclasses import dataclass
from typing import Final

from qualification.rules.playbook.schema import Gate, Obstacle
from qualification.rules.values.email_domains import domain_of, is_free_mail

_LINK: Final = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
# Where somebody went, and not what they wrote.
_ADDRESS: Final = re.compile(r"\s*(?:https?://|www\.)\S+\s*", re.IGNORECASE)
_MARKUP: Final = re.compile(r"<a\s|</\w+>|\[/?(?:url|link|b|img)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Applicant:
    """A lead about to be announced, as the gates see it.

    `said` are the texts that were written in its name; `asked` says whether it asked for a demo or a trial.
    """

    email: str | None = None
    said: tuple[str, ...] = ()
    do_not_contact: bool = False
    asked: bool = False


def stopped_by(gates: tuple[Gate, ...], applicant: Applicant) -> Gate | None:
    """Return the first gate whose every condition is met, None where the way is free."""
    return next(iter(fitting(gates, applicant)), None)


def fitting(gates: tuple[Gate, ...], applicant: Applicant) -> tuple[Gate, ...]:
    """Return every gate whose every condition is met, in their order."""
    return tuple(gate for gate in gates if _fits(gate.when, applicant))


def _fits(when: Obstacle, applicant: Applicant) -> bool:
    domain = domain_of(applicant.email or "")
    words = "\n".join(applicant.said).casefold()
    checks = (
        when.do_not_contact is None or when.do_not_contact is applicant.do_not_contact,
        when.asked is None or when.asked is applicant.asked,
        when.free_mail is None or when.free_mail is is_free_mail(domain),
        when.markup is None or when.markup is any(map(_MARKUP.search, applicant.said)),
        when.links is None or any(_links(text) >= when.links for text in applicant.said),
        not when.domain or any(domain == each or domain.endswith(f".{each}") for each in when.domain),
        not when.words or any(_says(words, each.casefold()) for each in when.words),
    )
    return all(checks)


def _links(text: str) -> int:
    """Count the links of a text; one that is nothing but an address tells of a visit or a click."""
    count = len(_LINK.findall(text))
    return 0 if count == 1 and _ADDRESS.fullmatch(text) else count


def _says(words: str, phrase: str) -> bool:
    """Say whether the phrase stands there as whole words."""
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", words) is not None
