"""A sender's payload as leads and activities, or what is wrong with it, field by field."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal, TypeAlias, TypeVar

from qualification.rules.intake import lenient
from qualification.rules.intake.row_errors import NO_COUNTRY, NO_SIZE, NO_TIME, NO_ZONE, InvalidRow, RowError
from qualification.rules.leads import proposed_evidence
from qualification.rules.leads.lead_input import MOST_ROWS, ActivityDetails, ActivityInput, LeadInput, SenderInput
from qualification.rules.leads.losses import Loss
from qualification.rules.playbook.known_senders import KNOWN
from qualification.rules.playbook.playbook import Sender
from qualification.rules.values import expressions
from qualification.rules.values.expression_functions import is_true
from qualification.rules.values.expressions import Expression, Nothing, Unworkable

# The name of the whole payload in an entry's expressions, where `each` splits it into entries.
WHOLE = "_payload"

NO_KIND = "is empty: the payload doesn't have it, or has a value that isn't in the table"

SHAPE = TypeVar("SHAPE", bound=SenderInput)

_LONGEST_ID = 200
_NOT_TEXT = frozenset({"size", "do_not_contact", "fields", "emails", "phones", "at", "times"})
# The function that would have corrected a value.
_HINTS: Mapping[str, str] = {
    NO_COUNTRY: "country(…) leaves out what isn't a country",
    NO_SIZE: "number(…) takes the first number of a text",
    NO_TIME: "epoch(…) reads seconds and milliseconds",
    NO_ZONE: "zoned(…, 'Europe/London') gives it one",
}


@dataclass(frozen=True, slots=True)
class InvalidEntry:
    """An entry of a payload that is neither a lead nor an activity, with every error in it."""

    errors: tuple[RowError, ...]


Entry: TypeAlias = ActivityInput | LeadInput | InvalidEntry


def map_payload(sender: Sender, payload: object, *, received_id: str | None = None, now: datetime) -> dict[int, Entry]:
    """Return the payload's entries as the sender's mapping reads them, by their index from 0, without those left out.

    `payload` is any JSON value; whatever cannot be read becomes an InvalidEntry, and nothing is raised.

    An activity without an id gets one that is the same when it is sent again: `received_id`, the sender's id of the
    delivery, else a hash of the entry. Without a time of its own the hash includes the day, so that the same form sent
    a day later counts again.
    """
    mapping = _Mapping.of(sender)
    try:
        whole = payload if mapping.each is None else expressions.search(mapping.each, payload)
    except Unworkable as unworkable:
        return {0: InvalidEntry((RowError("each", str(unworkable)),))}
    if mapping.each is None:
        whole = [payload]
    if not isinstance(whole, list):
        return {0: InvalidEntry((RowError("each", "doesn't find a list"),))}
    if len(whole) > MOST_ROWS:
        return {0: InvalidEntry((RowError("each", f"finds more than {MOST_ROWS} entries"),))}
    entries = {}
    for index, item in enumerate(whole):
        within = {WHOLE: payload, **item} if mapping.each is not None and isinstance(item, dict) else item
        received = f"{received_id} {index}" if received_id and mapping.each is not None else received_id
        entry = _entry(mapping, within, _Arrival(item, received, now))
        if entry is not None:
            entries[index] = entry
    return entries


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A sender's own expressions, and for other fields those of the built-in mapping that it is like."""

    each: str | None
    when: str | None
    lead: Mapping[str, Expression]
    activity: Mapping[str, Expression]
    checklist: Mapping[str, Expression]
    name: str

    @classmethod
    def of(cls, sender: Sender) -> "_Mapping":
        known = sender.known
        return cls(
            each=sender.each,
            when=sender.when or (known.when if known else None),
            lead={**_known(sender.like, "lead"), **sender.lead},
            activity={**_known(sender.like, "activity"), **sender.activity},
            checklist=sender.checklist,
            name=sender.name,
        )


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One entry as it was received, from which an activity without an id gets one."""

    item: object
    received: str | None
    now: datetime

    def id(self, *, dated: bool) -> str:
        received = (self.received or "").strip()
        if received and len(received) <= _LONGEST_ID:
            return received
        content = received or json.dumps(self.item, sort_keys=True)
        return lenient.content_id(content, self.now, dated=bool(received) or dated)


@lru_cache
def _known(like: str | None, section: Literal["lead", "activity"]) -> Mapping[str, Expression]:
    """Return a section of a built-in mapping, parsed."""
    if like is None:
        return {}
    written = KNOWN[like].lead if section == "lead" else KNOWN[like].activity
    return {field: expressions.parse_expression(each) for field, each in written.items()}


def with_hint(error: RowError) -> RowError:
    """Return the error with the function that would correct the value, if there is one."""
    hint = _HINTS.get(error.reason)
    return RowError(error.field, f"{error.reason}; {hint}") if hint else error


def _entry(mapping: _Mapping, payload: object, arrival: _Arrival) -> Entry | None:
    """Return one entry, None if the mapping leaves it out."""
    try:
        if mapping.when is not None and not is_true(expressions.search(mapping.when, payload)):
            return None
        return _lead_or_activity(mapping, payload, arrival)
    except Unworkable as unworkable:
        return InvalidEntry((RowError("when", str(unworkable)),))
    except RecursionError:
        return InvalidEntry((RowError("", "is nested too deeply"),))


def _lead_or_activity(mapping: _Mapping, payload: object, arrival: _Arrival) -> Entry:
    errors: list[RowError] = []
    values = values_of("lead", mapping.lead, payload, errors)
    activity = values_of("activity", mapping.activity, payload, errors)
    values = _with_evidence(values, values_of("checklist", mapping.checklist, payload, errors), mapping.name)
    lost_of_lead = (*_lost(errors, "lead"), *(loss.inside("checklist") for loss in _lost(errors, "checklist")))
    try:
        lead = _read(LeadInput, values, lost_of_lead)
    except InvalidRow as invalid:
        return InvalidEntry(tuple(map(with_hint, invalid.inside(lenient.LEAD))))
    kind = activity.get("kind")
    if not mapping.activity or kind is Nothing.NOTHING:
        return lead
    lost = [*_lost(errors, "activity")]
    if kind is None and not any(loss.field == "kind" for loss in lost):
        lost.append(Loss("kind", NO_KIND))
    stated = {field: value for field, value in activity.items() if value is not Nothing.NOTHING}
    stated.setdefault("id", arrival.id(dated="at" in stated))
    try:
        details = _read(ActivityDetails, stated, lost)
    except InvalidRow as invalid:
        return lenient.without_activity(lead, [with_hint(error) for error in invalid.errors])
    return ActivityInput.model_construct(**dict(details), lead=lead)


def _with_evidence(lead: dict[str, object], words: dict[str, object], source: str) -> dict[str, object]:
    """Return the values of a lead with the words that are proposed as evidence among its fields."""
    kept = lead.get("fields")
    if not words or not (kept is None or isinstance(kept, dict)):
        return lead
    return {**lead, "fields": {**(kept or {}), **proposed_evidence.as_fields(words, source)}}


def _read(shape: type[SHAPE], values: Mapping[str, object], lost: Iterable[Loss]) -> SHAPE:
    """Read leniently, with the functions that would have corrected what was lost."""
    read = lenient.read(shape, values, tuple(lost))
    hinted = tuple(replace(loss, reason=with_hint(RowError(loss.field, loss.reason)).reason) for loss in read.losses)
    return read.model_copy(update={"losses": hinted}) if hinted else read


def _lost(errors: Iterable[RowError], section: str) -> Iterator[Loss]:
    """Yield the fields of a section whose expressions could not be worked out."""
    for error in errors:
        inside, _, field = error.field.partition(".")
        if inside == section:
            yield Loss(field, error.reason)


def values_of(
    section: str, mapped: Mapping[str, Expression], payload: object, errors: list[RowError]
) -> dict[str, object]:
    """Return the values of a section's fields without the empty ones; errors are appended to `errors`."""
    values: dict[str, object] = {}
    for field, expression in mapped.items():
        try:
            found = expressions.value_of(expression, payload)
        except Unworkable as unworkable:
            errors.append(RowError(f"{section}.{field}", str(unworkable)))
            continue
        value = found if field in _NOT_TEXT else _as_text(found)
        if value is Nothing.NOTHING and field != "kind":
            continue
        if is_true(value.strip() if isinstance(value, str) else value) or value is False:
            values[field] = value
    return values


def _as_text(found: object) -> object:
    """Return numbers, and lists of texts, as one text."""
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return str(found)
        except ValueError:  # a whole number of more digits than Python writes
            return found
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return ", ".join(found)
    return found
