"""What is wrong with what a sender said, field by field, in words that hold nothing of what was said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.leads.lead_data import GivenAct, GivenActivity, GivenLead, GivenRow
from qualification.rules.playbook.playbook import Playbook

NO_COUNTRY = "isn't a country"
NO_SIZE = "isn't a number of employees"
NO_TIME = "isn't a valid date and time"
NO_ZONE = "has no time zone"

UNREADABLE: Mapping[FieldFault, str] = {
    FieldFault.BAD_EMAIL: "isn't a valid e-mail address",
    FieldFault.BAD_COUNTRY: NO_COUNTRY,
    FieldFault.BAD_SIZE: NO_SIZE,
    FieldFault.BAD_VALUE: "isn't an amount of money",
    FieldFault.NEGATIVE_VALUE: "can't be negative",
    FieldFault.AMBIGUOUS_VALUE: "can be read in two ways; write it like 12000.50",
    FieldFault.UNKNOWN_CURRENCY: "has an unknown currency; write its code, such as EUR",
}
# What pydantic calls a fault, and the sentence for it.
_REASONS: Mapping[str, str] = {
    "string_type": "isn't text",
    "missing": "is missing",
    "extra_forbidden": "isn't a known field; anything else goes into fields",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "is empty",
    "too_long": "is longer than {max_length} characters",
    "timezone_aware": NO_ZONE,
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be an object of names and values",
    "model_type": "must be an object of names and values",
    "less_than_equal": "is more than {le}",
    "greater_than_equal": "is less than {ge}",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field, by its path such as lead.email; the reason holds nothing of what stands there."""

    field: str
    reason: str


def flaws(error: ValidationError) -> Iterator[Flaw]:
    """Name everything that keeps an entry from its shape."""
    for detail in error.errors(include_url=False, include_input=False):
        yield Flaw(".".join(str(step) for step in detail["loc"]), _reason(detail))


def not_in(playbook: Playbook, entry: GivenActivity | GivenLead) -> tuple[Flaw, ...]:
    """Name what an entry says that the playbook does not have: its kind of activity, its source."""
    if isinstance(entry, GivenLead):
        return tuple(_no_source(playbook, entry, ""))
    return (*_no_kind(playbook, entry, ""), *_no_source(playbook, entry.lead, "lead."))


def row_not_in(playbook: Playbook, row: GivenRow) -> Iterator[Flaw]:
    """Name what a row of a file says that the playbook does not have, people aside."""
    yield from _no_source(playbook, row.lead, "lead.")
    for index, act in enumerate(row.acts):
        yield from _no_kind(playbook, act, f"activities[{index}].")
    fared = row.handoff
    if fared is None:
        return
    known = {
        "team": ("team", playbook.teams),
        "stage": ("stage", [stage.key for stage in playbook.stages]),
        "disqualified": ("disqualify reason", [reason.key for reason in playbook.disqualify_reasons]),
        "lost": ("lost reason", [reason.key for reason in playbook.lost_reasons]),
    }
    for field, (what, keys) in known.items():
        said = getattr(fared, field)
        if said is not None and said not in keys:
            yield Flaw(f"handoff.{field}", f"the playbook has no {what} called `{said}`")


def _no_kind(playbook: Playbook, act: GivenAct, inside: str) -> Iterator[Flaw]:
    if playbook.scoring.activity(act.kind) is None:
        yield Flaw(f"{inside}kind", f"the playbook has no activity called `{act.kind}`")


def _no_source(playbook: Playbook, lead: GivenLead, inside: str) -> Iterator[Flaw]:
    if lead.source is not None and playbook.source(lead.source) is None:
        yield Flaw(f"{inside}source", f"the playbook has no source called `{lead.source}`")


def _reason(detail: ErrorDetails) -> str:
    """Say what is wrong, without the value itself: it may be a person's."""
    context = detail.get("ctx", {})
    fault = context.get("error")
    if isinstance(fault, Unreadable):
        return UNREADABLE.get(fault.fault, "can't be read")
    if isinstance(fault, ValueError):
        return str(fault)
    if detail["type"].startswith("datetime"):
        return NO_TIME
    sentence = _REASONS.get(detail["type"])
    return sentence.format_map(context) if sentence else detail["msg"].lower()
