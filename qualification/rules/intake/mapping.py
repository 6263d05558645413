"""A sender's payload as leads and activities, or what is wrong with it, field by field."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, TypeAlias

from pydantic import ValidationError

from qualification.rules.intake import row_checks, row_errors
from qualification.rules.intake.row_errors import NO_COUNTRY, NO_SIZE, NO_TIME, NO_ZONE, RowError
from qualification.rules.leads.lead_input import MOST_ROWS, ActivityInput, LeadInput
from qualification.rules.playbook.known_senders import KNOWN
from qualification.rules.playbook.playbook import Playbook, Sender
from qualification.rules.values import expressions
from qualification.rules.values.expression_functions import is_true
from qualification.rules.values.expressions import Expression, Nothing, Unworkable

# The name of the whole payload in an entry's expressions, where `each` splits it into entries.
WHOLE = "_payload"

_LONGEST_ID = 200
_NOT_TEXT = frozenset({"size", "do_not_contact", "fields", "at", "times"})
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


def playbook_errors(playbook: Playbook, entry: ActivityInput | LeadInput) -> tuple[RowError, ...]:
    """Return an error for each key that the playbook doesn't have, by the fields of the mapping."""
    return tuple(_placed(_section(type(entry)), error) for error in row_checks.playbook_errors(playbook, entry))


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A sender's own expressions, and for other fields those of the built-in mapping that it is like."""

    each: str | None
    when: str | None
    lead: Mapping[str, Expression]
    activity: Mapping[str, Expression]

    @classmethod
    def of(cls, sender: Sender) -> "_Mapping":
        known = sender.known
        return cls(
            each=sender.each,
            when=sender.when or (known.when if known else None),
            lead={**_known(sender.like, "lead"), **sender.lead},
            activity={**_known(sender.like, "activity"), **sender.activity},
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
        day = "" if received or dated else f"{self.now.astimezone(UTC):%Y-%m-%d} "
        return hashlib.sha256(f"{day}{content}".encode(errors="backslashreplace")).hexdigest()


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
    lead = values_of("lead", mapping.lead, payload, errors)
    activity = values_of("activity", mapping.activity, payload, errors)
    kind = activity.get("kind")
    if not mapping.activity or kind is Nothing.NOTHING:
        return _validated(LeadInput, lead, errors)
    if kind is None and not any(error.field == "activity.kind" for error in errors):
        reason = "is empty: the payload doesn't have it, or has a value that isn't in the table"
        errors.append(RowError("activity.kind", reason))
    stated = {field: value for field, value in activity.items() if value is not Nothing.NOTHING}
    stated.setdefault("id", arrival.id(dated="at" in stated))
    return _validated(ActivityInput, {**stated, "lead": lead}, errors)


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


def _validated(shape: type[ActivityInput | LeadInput], values: Mapping[str, object], errors: list[RowError]) -> Entry:
    """Return the values as a lead or activity, or everything that is wrong with them, each field once."""
    try:
        entry = shape.model_validate(values)
    except ValidationError as invalid:
        fields = {error.field for error in errors}
        further = (error for error in _placed_errors(shape, invalid) if error.field not in fields)
        return InvalidEntry((*errors, *further))
    return InvalidEntry(tuple(errors)) if errors else entry


def _placed_errors(shape: type[ActivityInput | LeadInput], invalid: ValidationError) -> Iterator[RowError]:
    """Yield the errors by the fields of the mapping, with hints."""
    for error in row_errors.validation_errors(invalid):
        yield _placed(_section(shape), with_hint(error))


def _section(shape: type[ActivityInput | LeadInput]) -> str:
    return "lead" if shape is LeadInput else "activity"


def _placed(section: str, error: RowError) -> RowError:
    """Name the field as the playbook does: an activity's lead has a section of its own, `lead`."""
    if error.field == "lead" or error.field.startswith("lead."):
        return error
    return RowError(f"{section}.{error.field}" if error.field else section, error.reason)
