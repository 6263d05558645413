"""Rows of a file as leads with activities and an earlier deal, or what is wrong with them, field by field."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from qualification.rules.intake import lenient, row_errors
from qualification.rules.intake.import_map import ImportMap
from qualification.rules.intake.mapping import values_of, with_hint
from qualification.rules.intake.row_errors import InvalidRow, RowError
from qualification.rules.intake.row_shapes import MANGLED, is_mangled
from qualification.rules.leads.lead_input import (
    HANDOFF_TIMES,
    ActivityDetails,
    HandoffInput,
    ImportRow,
    LeadInput,
    SenderInput,
)
from qualification.rules.leads.losses import Loss
from qualification.rules.values import expressions
from qualification.rules.values.expression_functions import is_true
from qualification.rules.values.expressions import Expression, Nothing, Unworkable

SHAPE = TypeVar("SHAPE", bound=SenderInput)

# How often one row may say that its lead did the same.
MOST_TIMES: Final = 1000
NOON: Final = time(12)


def read_row(mapped: ImportMap, row: Mapping[str, object], zone: ZoneInfo) -> ImportRow | tuple[RowError, ...] | None:
    """Return the row as the map reads it, else why nobody can be found in it, or None if the map leaves it out.

    `row` holds the cells by column, or any JSON object. Times that name no zone are in the map's zone, else in `zone`.
    An activity without an id gets one that is the same when the row comes again.
    """
    cells = _without_blanks(row, mapped)
    try:
        if mapped.when is not None and not is_true(expressions.search(mapped.when, cells)):
            return None
        return _Reader(mapped, cells, zone).read()
    except Unworkable as unworkable:
        return (RowError("when", str(unworkable)),)
    except RecursionError:
        return (RowError("", "is nested too deeply"),)


class _Reader:
    """Reads one row section by section.

    A wrong field costs that field of the lead. An activity or a deal with one is left out, for history is exact.
    """

    def __init__(self, mapped: ImportMap, cells: Mapping[str, object], zone: ZoneInfo) -> None:
        self._mapped = mapped
        self._cells = cells
        self._zone = ZoneInfo(mapped.zone) if mapped.zone else zone
        self._errors: list[RowError] = []
        self._days: set[datetime] = set()

    def read(self) -> ImportRow | tuple[RowError, ...]:
        values = self._values("lead", self._mapped.lead)
        lost = [Loss(error.field.removeprefix("lead."), error.reason) for error in self._errors]
        if is_mangled(values.get("id")):
            lost.append(Loss("id", MANGLED, str(values.pop("id"))))
        try:
            lead = lenient.read(LeadInput, values, tuple(lost))
        except InvalidRow as invalid:
            return invalid.inside(lenient.LEAD)
        self._errors.clear()
        activities: list[ActivityDetails] = []
        for index, section in enumerate(self._mapped.activities):
            activities += self._activities(lead, index, section)
        found = len(self._errors)
        handoff = None
        deal = self._values("handoff", self._mapped.handoff)
        if deal.keys() & {"stage", "disqualified", "lost", "owner"}:
            handoff = self._validated(HandoffInput, "handoff", deal)
        if len(self._errors) > found:
            handoff = None
        left_out = tuple(Loss(error.field, error.reason) for error in self._errors)
        return ImportRow(lead, tuple(activities), handoff, frozenset(self._days), left_out)

    def _activities(self, lead: LeadInput, index: int, section: Mapping[str, Expression]) -> Iterator[ActivityDetails]:
        """Yield the activities that a section describes: none, one, or the same one several times."""
        inside = f"activities[{index}]"
        found = len(self._errors)
        values = self._values(inside, {name: each for name, each in section.items() if name != "when"})
        if "when" in section and not is_true(expressions.value_of(section["when"], self._cells)):
            return
        if len(self._errors) > found:
            return
        kind, times = values.get("kind"), values.pop("times", 0 if "times" in section else 1)
        if kind in {None, Nothing.NOTHING} or (times == 0 and not isinstance(times, bool)):
            return
        if not (isinstance(times, int) and 0 < times <= MOST_TIMES):
            self._errors.append(RowError(f"{inside}.times", f"must be a whole number from 0 to {MOST_TIMES}"))
            return
        for count in range(times):
            own = values.get("id")
            activity_id = f"{own} {count}" if own and count else own or self._id(lead, index, values, count)
            activity = self._validated(ActivityDetails, inside, {**values, "id": activity_id})
            if activity is None:
                return
            yield activity

    def _id(self, lead: LeadInput, index: int, values: Mapping[str, object], count: int) -> str:
        """Return an id made of what the row says, for an activity without one of its own."""
        whole = json.dumps(
            [lead.identity, index, values.get("kind"), values.get("at"), values.get("what"), count],
            default=str,
        )
        return hashlib.sha256(whole.encode(errors="backslashreplace")).hexdigest()

    def _values(self, name: str, section: Mapping[str, Expression]) -> dict[str, Any]:
        values: dict[str, Any] = values_of(name, section, self._cells, self._errors)
        # An activity has one of them, `at`.
        for field in HANDOFF_TIMES:
            if isinstance(values.get(field), str):
                values[field] = self._moment(values[field])
        times = values.get("times")
        if isinstance(times, str) and times.strip().isdecimal():
            values["times"] = int(times)
        return values

    def _moment(self, text: str) -> str:
        """Put a time without a zone in the row's, and a day without a time at noon; return any other text unchanged."""
        try:
            moment = datetime.fromisoformat(text.strip())
        except ValueError:
            return text
        if moment.tzinfo is not None:
            return text
        is_day = not any(sign in text.strip() for sign in ":T ")
        moment = (datetime.combine(moment, NOON) if is_day else moment).replace(tzinfo=self._zone)
        if is_day:
            self._days.add(moment)
        return moment.isoformat()

    def _validated(self, shape: type[SHAPE], name: str, values: Mapping[str, object]) -> SHAPE | None:
        try:
            return shape.model_validate(values)
        except ValidationError as error:
            fields = {known.field for known in self._errors}
            for found in map(with_hint, row_errors.validation_errors(error)):
                field = f"{name}.{found.field}" if found.field else name
                if field not in fields:
                    self._errors.append(RowError(field, found.reason))
        return None


def _without_blanks(row: Mapping[str, object], mapped: ImportMap) -> Mapping[str, object]:
    if not mapped.blank:
        return row
    blank = {word.strip().casefold() for word in mapped.blank}
    return {
        name: None if isinstance(cell, str) and cell.strip().casefold() in blank else cell for name, cell in row.items()
    }
