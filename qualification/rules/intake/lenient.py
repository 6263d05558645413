"""Rows read so that a wrong field costs that field and never the lead, for a form doesn't send twice."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from qualification.rules.intake.row_errors import InvalidRow, RowError, error_of, validation_errors
from qualification.rules.leads.lead_input import (
    MOST_FIELDS,
    MOST_FURTHER,
    ActivityDetails,
    ActivityInput,
    LeadInput,
    SenderInput,
    storable_json,
)
from qualification.rules.leads.losses import Loss, written
from qualification.rules.values import contact_consents
from qualification.rules.values.contact_consents import UnclearConsent
from qualification.rules.values.emails import emails_in
from qualification.rules.values.normalization import storable
from qualification.rules.values.phones import phones_in

SHAPE = TypeVar("SHAPE", bound=SenderInput)

# The sections of an entry, by which its losses are named.
LEAD: Final = "lead"
ACTIVITY: Final = "activity"

# A repaired field may be wrong in another way: a text that was cut is read anew.
_MOST_REPAIRS: Final = 3
# Fields whose cut text would mean something else: two long ids would become one.
_NEVER_CUT: Final = frozenset({"id", "email", "phone", "source", "kind"})
_MORE_OF: Final = MappingProxyType({"email": "emails", "phone": "phones"})
_SEVERAL_IN: Final = MappingProxyType({"email": ("emails", emails_in), "phone": ("phones", phones_in)})
# What stands between several addresses or numbers, wherever there are several.
_BETWEEN: Final = frozenset(",;|/ \n")
_FURTHER: Final = frozenset(_MORE_OF.values())
_LONGEST_ID: Final = 200
_UNKNOWN: Final = "isn't a known field; it was kept beside"
_ELLIPSIS: Final = "…"
_DO_NOT_CONTACT: Final = "do_not_contact"


def read(shape: type[SHAPE], values: object, losses: tuple[Loss, ...] = ()) -> SHAPE:
    """Return the values in that shape, with its `losses`, after those that were found before.

    A text that is too long is cut; what can't be read, and what the shape doesn't have, is left out, and kept beside as
    it was written. Raises InvalidRow with every error where something is missing without which the row says nothing:
    who it is about, or what was done.
    """
    if not isinstance(values, Mapping):
        raise InvalidRow((RowError("", "must be an object of names and values"),))
    given = _plain({str(name): value for name, value in values.items() if name != "losses"})
    lost = [*losses]
    if len(given) < len(values):
        lost.append(Loss("losses", _UNKNOWN, written(values["losses"])))
    if isinstance(given.get(_DO_NOT_CONTACT), str):
        given[_DO_NOT_CONTACT] = _refused(given[_DO_NOT_CONTACT])
    for repairs_left in reversed(range(_MOST_REPAIRS + 1)):
        try:
            return shape.model_validate({**given, "losses": tuple(lost)} if lost else given)
        except ValidationError as error:
            repaired = [*_repaired(shape, given, error)] if repairs_left else []
            if not repaired:
                named = {loss.field for loss in lost}
                further = (each for each in validation_errors(error) if each.field not in named)
                raise InvalidRow((*_errors(lost), *further)) from error
            lost += repaired
    raise AssertionError("the last try returns or raises")


def read_activity(values: object, *, now: datetime) -> ActivityInput | LeadInput:
    """Return the activity; or its lead alone, where the kind is missing, with that among its losses.

    An activity without an id gets one that is the same when the same comes again, on the same day where it has no time
    of its own. Raises InvalidRow where nobody can be found in it.
    """
    if not isinstance(values, Mapping):
        raise InvalidRow((RowError("", "must be an object of names and values"),))
    details = {name: value for name, value in values.items() if name != "lead"}
    if "lead" not in values:
        raise InvalidRow((RowError("lead", "is missing"),))
    try:
        lead = read(LeadInput, values["lead"])
    except InvalidRow as invalid:
        raise InvalidRow(invalid.inside(LEAD)) from invalid
    if not _is_id(details.get("id")):
        content = json.dumps(values, sort_keys=True, default=str)
        details["id"] = content_id(content, now, dated=bool(values.get("at")))
    try:
        activity = read(ActivityDetails, details)
    except InvalidRow as invalid:
        return without_activity(lead, invalid.errors)
    return ActivityInput.model_construct(**dict(activity), lead=lead)


def without_activity(lead: LeadInput, errors: Iterable[RowError]) -> LeadInput:
    """Return the lead alone, with what is wrong with its activity among its losses, below the path `activity`."""
    lost = (Loss(error.field, error.reason).inside(ACTIVITY) for error in errors)
    return lead.model_copy(update={"losses": (*lead.losses, *lost)})


def lost_of(entry: LeadInput | ActivityInput) -> tuple[RowError, ...]:
    """Return what the entry lost, by its sections: `lead` and `activity`."""
    if isinstance(entry, ActivityInput):
        losses = [*(loss.inside(ACTIVITY) for loss in entry.losses), *(loss.inside(LEAD) for loss in entry.lead.losses)]
    else:
        losses = [loss if loss.field.startswith(f"{ACTIVITY}.") else loss.inside(LEAD) for loss in entry.losses]
    return tuple(RowError(loss.field, loss.reason) for loss in losses)


def _refused(text: str) -> object:
    """Return whether a text refuses contact, in any of the languages that exports have; else the text as it is."""
    try:
        return contact_consents.refuses(_DO_NOT_CONTACT, text)
    except UnclearConsent:
        return text


def content_id(content: str, now: datetime, *, dated: bool) -> str:
    """Return an id made of what came, and of the day unless that holds a time: the same may be done another day."""
    day = "" if dated else f"{now.astimezone(UTC):%Y-%m-%d} "
    return hashlib.sha256(f"{day}{content}".encode(errors="backslashreplace")).hexdigest()


def _is_id(value: object) -> bool:
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return 0 < len(text) <= _LONGEST_ID


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    """Unwrap {value: …}, take the first of several addresses and numbers, and write other lists as one text."""
    for name, value in given.items():
        if name == "fields" or not isinstance(value, dict | list | tuple):
            continue
        inner = value.get("value") if isinstance(value, dict) and "value" in value else value
        if isinstance(inner, list | tuple) and name not in _FURTHER and all(isinstance(each, str) for each in inner):
            more = _MORE_OF.get(name)
            if more is None:
                inner = ", ".join(inner)
            elif inner:
                inner, *rest = inner
                given = {**given, more: [*rest, *given.get(more, ())]}
        given = {**given, name: inner}
    return _each_apart(given)


def _each_apart(given: dict[str, Any]) -> dict[str, Any]:
    """Take a text of several addresses or numbers apart; the first that holds something is the one that is shown."""
    for first, (more, parts_of) in _SEVERAL_IN.items():
        # A cell that holds two addresses is longer than most that hold one.
        parts = parts_of(given[first]) if isinstance(given.get(first), str) and _BETWEEN & {*given[first]} else ()
        if len(parts) > 1:
            known = given.get(more)
            given = {**given, first: parts[0], more: [*parts[1:], *(known if isinstance(known, list | tuple) else ())]}
    for first, more in _MORE_OF.items():
        if isinstance(given.get(more), list | tuple):
            held = [each for each in given[more] if each]
            if held and not given.get(first):
                given = {**given, first: held[0]}
                held = held[1:]
            given = {**given, more: held}
    return given


def _readable(shape: type[SenderInput], name: str, values: Sequence[object]) -> tuple[list[object], list[Loss]]:
    """Return those of several addresses or numbers that can be read, as many as are kept, and the rest."""
    kept: list[object] = []
    lost = []
    for each in values:
        if len(kept) == MOST_FURTHER:
            lost.append(Loss(name, f"is beyond the first {MOST_FURTHER}", written(each)))
            continue
        try:
            shape.model_validate({"id": "-", name: [each]})
        except ValidationError as error:
            lost.append(Loss(name, next(validation_errors(error)).reason, written(each)))
        else:
            kept.append(each)
    return kept, lost


def _errors(losses: list[Loss]) -> Iterator[RowError]:
    return (RowError(loss.field, loss.reason) for loss in losses)


def _repaired(shape: type[SenderInput], given: dict[str, Any], error: ValidationError) -> Iterator[Loss]:
    """Change what was given so that each wrong field is cut or left out; yield what that costs."""
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name not in given or (name in shape.model_fields and shape.model_fields[name].is_required()):
            # Nothing to repair: something is missing, or the whole says nothing.
            continue
        value = given.pop(name)
        yield from _one_repaired(shape, given, name, value, detail)


def _one_repaired(
    shape: type[SenderInput],
    given: dict[str, Any],
    name: str,
    value: object,
    detail: ErrorDetails,
) -> Iterator[Loss]:
    reason = error_of(detail).reason
    if name == "fields":
        given["fields"], lost = _storable_fields(value)
        yield from lost or [Loss("fields", reason, written(value))]
    elif name not in shape.model_fields:
        yield from _kept_beside(given, name, value)
    elif detail["type"] == "string_too_long" and isinstance(value, str) and name not in _NEVER_CUT:
        longest = int(detail.get("ctx", {})["max_length"])
        given[name] = storable(value).strip()[: longest - 1] + _ELLIPSIS
        yield Loss(name, f"was longer than {longest:,} characters, and was cut")
    elif name == _DO_NOT_CONTACT:
        given[name] = True
        yield Loss(name, "is neither true nor false, and was taken for true", written(value))
    elif name in _FURTHER and isinstance(value, list | tuple):
        given[name], lost = _readable(shape, name, value)
        yield from lost
    else:
        yield Loss(name, reason, written(value))


def _kept_beside(given: dict[str, Any], name: str, value: object) -> Iterator[Loss]:
    """Put an unknown field among the other fields, unless one of that name is there or there are too many."""
    fields = given.setdefault("fields", {})
    if isinstance(fields, dict) and name not in fields and len(fields) < MOST_FIELDS:
        fields = given["fields"] = {**fields, name: value}
        yield Loss(name, _UNKNOWN)
    else:
        yield Loss(name, "isn't a known field, and there was no room beside", written(value))


def _storable_fields(value: object) -> tuple[dict[str, Any], list[Loss]]:
    """Return those of the other fields that can be stored, as many as there is room for, and the rest."""
    if not isinstance(value, Mapping):
        return {}, []
    kept: dict[str, Any] = {}
    lost = []
    for name, each in value.items():
        if len(kept) == MOST_FIELDS:
            lost.append(Loss(f"fields.{name}", f"is beyond the first {MOST_FIELDS} fields", written(each)))
            continue
        try:
            kept[storable(str(name))] = storable_json(each)
        except ValueError as fault:
            lost.append(Loss(f"fields.{name}", str(fault), written(each)))
    return kept, lost
