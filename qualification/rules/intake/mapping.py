"""What a sender's payload becomes: leads and activities in the one shape, or what is wrong with it, field by field."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, TypeAlias

from pydantic import ValidationError

from qualification.rules.intake import row_errors as faulty
from qualification.rules.intake.row_errors import NO_COUNTRY, NO_SIZE, NO_TIME, NO_ZONE, Flaw
from qualification.rules.leads.lead_data import MOST_ROWS, GivenActivity, GivenLead
from qualification.rules.playbook.known_senders import KNOWN
from qualification.rules.playbook.playbook import Playbook, Sender
from qualification.rules.values import expressions
from qualification.rules.values.expression_functions import is_true
from qualification.rules.values.expressions import Expression, Nothing, Unworkable

# What the expressions of an entry find the whole payload by, where `each` takes it apart.
WHOLE = "_payload"

_LONGEST_ID = 200
_AS_THEY_COME = frozenset({"size", "do_not_contact", "fields", "at", "times"})
# What a function of ours would have mended.
_HINTS: Mapping[str, str] = {
    NO_COUNTRY: "country(…) leaves out what isn't a country",
    NO_SIZE: "number(…) takes the first number of a text",
    NO_TIME: "epoch(…) reads seconds and milliseconds",
    NO_ZONE: "zoned(…, 'Europe/London') gives it one",
}


@dataclass(frozen=True, slots=True)
class Flawed:
    """An entry that becomes nothing, and every reason."""

    flaws: tuple[Flaw, ...]


Entry: TypeAlias = GivenActivity | GivenLead | Flawed


def map_payload(sender: Sender, payload: object, *, received_id: str | None = None, now: datetime) -> dict[int, Entry]:
    """Return what a payload becomes by the sender's mapping, by the place of each entry, counted from 0.

    What its `when` leaves out is not among them.

    `payload` is what JSON holds, whatever that is: rubbish is flawed, and raises nothing. An activity without an id of
    its own gets one that is the same when it is sent again: `received_id`, by which the sender knows the delivery, else
    one made of what it says; and, where it tells no time either, of the day, so that what is asked again a day later
    counts again.
    """
    mapping = _Mapping.of(sender)
    try:
        whole = payload if mapping.each is None else expressions.search(mapping.each, payload)
    except Unworkable as unworkable:
        return {0: Flawed((Flaw("each", str(unworkable)),))}
    if mapping.each is None:
        whole = [payload]
    if not isinstance(whole, list):
        return {0: Flawed((Flaw("each", "doesn't find a list"),))}
    if len(whole) > MOST_ROWS:
        return {0: Flawed((Flaw("each", f"finds more than {MOST_ROWS} entries"),))}
    entries = {}
    for index, item in enumerate(whole):
        within = {WHOLE: payload, **item} if mapping.each is not None and isinstance(item, dict) else item
        received = f"{received_id} {index}" if received_id and mapping.each is not None else received_id
        entry = _entry(mapping, within, _Arrival(item, received, now))
        if entry is not None:
            entries[index] = entry
    return entries


def not_in(playbook: Playbook, entry: GivenActivity | GivenLead) -> tuple[Flaw, ...]:
    """Name what an entry says that the playbook does not have, by the fields of the mapping."""
    return tuple(_placed(_section(type(entry)), flaw) for flaw in faulty.not_in(playbook, entry))


@dataclass(frozen=True, slots=True)
class _Mapping:
    """A sender's own words over those of the mapping that it is like."""

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
    """One entry as it came: what an activity without an id of its own is known by."""

    item: object
    received: str | None
    now: datetime

    def id(self, *, dated: bool) -> str:
        received = (self.received or "").strip()
        if received and len(received) <= _LONGEST_ID:
            return received
        said = received or json.dumps(self.item, sort_keys=True)
        day = "" if received or dated else f"{self.now.astimezone(UTC):%Y-%m-%d} "
        return hashlib.sha256(f"{day}{said}".encode(errors="backslashreplace")).hexdigest()


@lru_cache
def _known(like: str | None, section: Literal["lead", "activity"]) -> Mapping[str, Expression]:
    """Read a section of a mapping that comes with Baton."""
    if like is None:
        return {}
    written = KNOWN[like].lead if section == "lead" else KNOWN[like].activity
    return {field: expressions.read(each) for field, each in written.items()}


def hinted(flaw: Flaw) -> Flaw:
    """Return the flaw with what would mend it."""
    hint = _HINTS.get(flaw.reason)
    return Flaw(flaw.field, f"{flaw.reason}; {hint}") if hint else flaw


def _entry(mapping: _Mapping, payload: object, arrival: _Arrival) -> Entry | None:
    """Return what one entry becomes, None where it is left out."""
    try:
        if mapping.when is not None and not is_true(expressions.search(mapping.when, payload)):
            return None
        return _given(mapping, payload, arrival)
    except Unworkable as unworkable:
        return Flawed((Flaw("when", str(unworkable)),))
    except RecursionError:
        return Flawed((Flaw("", "is nested too deeply"),))


def _given(mapping: _Mapping, payload: object, arrival: _Arrival) -> Entry:
    flaws: list[Flaw] = []
    lead = values_of("lead", mapping.lead, payload, flaws)
    activity = values_of("activity", mapping.activity, payload, flaws)
    kind = activity.get("kind")
    if not mapping.activity or kind is Nothing.NOTHING:
        return _validated(GivenLead, lead, flaws)
    if kind is None and not any(flaw.field == "activity.kind" for flaw in flaws):
        flaws.append(
            Flaw("activity.kind", "is empty: the payload doesn't have it, or has a value that isn't in the table")
        )
    stated = {field: value for field, value in activity.items() if value is not Nothing.NOTHING}
    stated.setdefault("id", arrival.id(dated="at" in stated))
    return _validated(GivenActivity, {**stated, "lead": lead}, flaws)


def values_of(section: str, mapped: Mapping[str, Expression], payload: object, flaws: list[Flaw]) -> dict[str, object]:
    """Work out the fields of a section; what is empty is left out, and what is wrong is added to the flaws."""
    values: dict[str, object] = {}
    for field, expression in mapped.items():
        try:
            found = expressions.value_of(expression, payload)
        except Unworkable as unworkable:
            flaws.append(Flaw(f"{section}.{field}", str(unworkable)))
            continue
        value = found if field in _AS_THEY_COME else _as_text(found)
        if value is Nothing.NOTHING and field != "kind":
            continue
        if is_true(value.strip() if isinstance(value, str) else value) or value is False:
            values[field] = value
    return values


def _as_text(found: object) -> object:
    """Write numbers, and lists of words, as the text that they read as."""
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return str(found)
        except ValueError:  # a whole number of more digits than Python writes
            return found
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return ", ".join(found)
    return found


def _validated(shape: type[GivenActivity | GivenLead], values: Mapping[str, object], flaws: list[Flaw]) -> Entry:
    """Return the entry in its shape, or everything that is wrong with it."""
    try:
        given = shape.model_validate(values)
    except ValidationError as error:
        told = {flaw.field for flaw in flaws}
        flaws = [*flaws, *(flaw for flaw in _placed_flaws(shape, error) if flaw.field not in told)]
        return Flawed(tuple(flaws))
    return Flawed(tuple(flaws)) if flaws else given


def _placed_flaws(shape: type[GivenActivity | GivenLead], error: ValidationError) -> Iterator[Flaw]:
    """Name what is wrong by the fields of the mapping, with what would mend it."""
    for flaw in faulty.flaws(error):
        yield _placed(_section(shape), hinted(flaw))


def _section(shape: type[GivenActivity | GivenLead]) -> str:
    return "lead" if shape is GivenLead else "activity"


def _placed(section: str, flaw: Flaw) -> Flaw:
    """Name a field as the playbook does: what is said of an activity's lead stands in the section lead."""
    if flaw.field == "lead" or flaw.field.startswith("lead."):
        return flaw
    return Flaw(f"{section}.{flaw.field}" if flaw.field else section, flaw.reason)
