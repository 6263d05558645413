"""What is looked at before a lead is announced by itself: the playbook's gates, the first that fits."""

import re
from dataclasses import dataclass
from typing import Final

from qualification.rules.playbook.schema import Gate, GateCondition
from qualification.rules.values.email_domains import domain_of, is_free_mail

_LINK: Final = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
# Where somebody went, and not what they wrote.
_ADDRESS: Final = re.compile(r"\s*(?:https?://|www\.)\S+\s*", re.IGNORECASE)
_MARKUP: Final = re.compile(r"<a\s|</\w+>|\[/?(?:url|link|b|img)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GateInput:
    """A lead about to be announced, as the gates see it.

    `emails` are further addresses: who has one at a company isn't of free mail. `said` are the texts that were written
    in its name; `asked` says whether it asked for a demo or a trial.
    """

    email: str | None = None
    emails: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    do_not_contact: bool = False
    asked: bool = False


def stopped_by(gates: tuple[Gate, ...], gate_input: GateInput) -> Gate | None:
    """Return the first gate whose every condition is met, None where the way is free."""
    return next(iter(fitting(gates, gate_input)), None)


def fitting(gates: tuple[Gate, ...], gate_input: GateInput) -> tuple[Gate, ...]:
    """Return every gate whose every condition is met, in their order."""
    return tuple(gate for gate in gates if _fits(gate.when, gate_input))


def _fits(when: GateCondition, gate_input: GateInput) -> bool:
    domains = {domain_of(email) for email in (gate_input.email, *gate_input.emails) if email}
    free_mail = bool(domains) and all(map(is_free_mail, domains))
    words = "\n".join(gate_input.said).casefold()
    checks = (
        when.do_not_contact is None or when.do_not_contact is gate_input.do_not_contact,
        when.asked is None or when.asked is gate_input.asked,
        when.free_mail is None or when.free_mail is free_mail,
        when.markup is None or when.markup is any(map(_MARKUP.search, gate_input.said)),
        when.links is None or any(_links(text) >= when.links for text in gate_input.said),
        not when.domain or any(_is_of(domain, each) for domain in domains for each in when.domain),
        not when.words or any(_says(words, each.casefold()) for each in when.words),
    )
    return all(checks)


def _is_of(domain: str, ending: str) -> bool:
    return domain == ending or domain.endswith(f".{ending}")


def _links(text: str) -> int:
    """Count the links of a text; one that is nothing but an address tells of a visit or a click."""
    count = len(_LINK.findall(text))
    return 0 if count == 1 and _ADDRESS.fullmatch(text) else count


def _says(words: str, phrase: str) -> bool:
    """Say whether the phrase stands there as whole words."""
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", words) is not None
