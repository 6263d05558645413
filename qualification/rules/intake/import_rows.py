"""Rows of a file as leads with their past, or what is wrong with them, field by field."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from qualification.rules.intake import row_errors
from qualification.rules.intake.import_map import ImportMap
from qualification.rules.intake.mapping import hinted, values_of
from qualification.rules.intake.row_errors import Flaw
from qualification.rules.leads.lead_data import HANDOFF_TIMES, Given, GivenAct, GivenHandoff, GivenLead, GivenRow
from qualification.rules.values import expressions
from qualification.rules.values.expression_functions import is_true
from qualification.rules.values.expressions import Expression, Nothing, Unworkable

SHAPE = TypeVar("SHAPE", bound=Given)

# So often at most one row says that somebody did the same.
MOST_TIMES: Final = 1000
NOON: Final = time(12)


def read_row(mapped: ImportMap, row: Mapping[str, object], zone: ZoneInfo) -> GivenRow | tuple[Flaw, ...] | None:
    """Return what a row says by the map, all that is wrong with it, or None where the map leaves it out.

    `row` is the cells by their columns, or whatever JSON holds; `zone` is that of times that name none. An activity
    without an id of its own gets one by which it is known when the row comes again.
    """
    cells = _without_blanks(row, mapped)
    try:
        if mapped.when is not None and not is_true(expressions.search(mapped.when, cells)):
            return None
        return _Reader(mapped, cells, zone).read()
    except Unworkable as unworkable:
        return (Flaw("when", str(unworkable)),)
    except RecursionError:
        return (Flaw("", "is nested too deeply"),)


class _Reader:
    """One row, read section by section; its flaws are gathered, so that nobody mends them one by one."""

    def __init__(self, mapped: ImportMap, cells: Mapping[str, object], zone: ZoneInfo) -> None:
        self._mapped = mapped
        self._cells = cells
        self._zone = ZoneInfo(mapped.zone) if mapped.zone else zone
        self._flaws: list[Flaw] = []
        self._days: set[datetime] = set()

    def read(self) -> GivenRow | tuple[Flaw, ...]:
        lead = self._given(GivenLead, "lead", self._values("lead", self._mapped.lead))
        acts: list[GivenAct] = []
        for index, section in enumerate(self._mapped.activities):
            acts += self._acts(lead, index, section)
        handoff = None
        fared = self._values("handoff", self._mapped.handoff)
        if fared.keys() & {"stage", "disqualified", "lost", "owner"}:
            handoff = self._given(GivenHandoff, "handoff", fared)
        if self._flaws or lead is None:
            return tuple(self._flaws)
        return GivenRow(lead, tuple(acts), handoff, frozenset(self._days))

    def _acts(self, lead: GivenLead | None, index: int, section: Mapping[str, Expression]) -> Iterator[GivenAct]:
        """Yield what a section says that the lead did: nothing, something, or the same several times."""
        inside = f"activities[{index}]"
        said = self._values(inside, {name: each for name, each in section.items() if name != "when"})
        if "when" in section and not is_true(expressions.value_of(section["when"], self._cells)):
            return
        kind, times = said.get("kind"), said.pop("times", 0 if "times" in section else 1)
        if kind in {None, Nothing.NOTHING} or (times == 0 and not isinstance(times, bool)):
            return
        if not (isinstance(times, int) and 0 < times <= MOST_TIMES):
            self._flaws.append(Flaw(f"{inside}.times", f"must be a whole number from 0 to {MOST_TIMES}"))
            return
        for count in range(times):
            key = said.get("id")
            given = {**said, "id": f"{key} {count}" if key and count else key or self._key(lead, index, said, count)}
            act = self._given(GivenAct, inside, given)
            if act is None:
                return
            yield act

    def _key(self, lead: GivenLead | None, index: int, said: Mapping[str, object], count: int) -> str:
        whole = json.dumps(
            [lead and lead.known_by, index, said.get("kind"), said.get("at"), said.get("what"), count], default=str
        )
        return hashlib.sha256(whole.encode(errors="backslashreplace")).hexdigest()

    def _values(self, name: str, section: Mapping[str, Expression]) -> dict[str, Any]:
        values: dict[str, Any] = values_of(name, section, self._cells, self._flaws)
        # Among them the one that an activity has.
        for field in HANDOFF_TIMES:
            if isinstance(values.get(field), str):
                values[field] = self._moment(values[field])
        times = values.get("times")
        if isinstance(times, str) and times.strip().isdecimal():
            values["times"] = int(times)
        return values

    def _moment(self, text: str) -> str:
        """Give a time without a zone this one, and a day without a time its noon; what is no time stays as it is."""
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

    def _given(self, shape: type[SHAPE], name: str, values: Mapping[str, object]) -> SHAPE | None:
        try:
            return shape.model_validate(values)
        except ValidationError as error:
            told = {flaw.field for flaw in self._flaws}
            for flaw in map(hinted, row_errors.flaws(error)):
                field = f"{name}.{flaw.field}" if flaw.field else name
                if field not in told:
                    self._flaws.append(Flaw(field, flaw.reason))
        return None


def _without_blanks(row: Mapping[str, object], mapped: ImportMap) -> Mapping[str, object]:
    if not mapped.blank:
        return row
    blank = {word.strip().casefold() for word in mapped.blank}
    return {
        name: None if isinstance(cell, str) and cell.strip().casefold() in blank else cell for name, cell in row.items()
    }
