"""How long leads are kept: ages in calendar months or days, and the nights in which old leads are erased."""

import calendar
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

# Nothing is erased by a rule sooner than this after it was published.
NOTICE: Final = timedelta(days=7)
# Old leads are erased between these hours, as the workspace's clocks show them.
BEGINS: Final = time(2)
ENDS: Final = time(5)
_AGE: Final = re.compile(r"([1-9]\d{0,4}) ?(d|days?|months?|years?)")
_YEAR: Final = 12
# The longest that anybody means.
_MOST_MONTHS: Final = 100 * _YEAR
_MOST_DAYS: Final = 36_500


class RetainedState(StrEnum):
    """What a lead was to sales in the end: handed over never, or disqualified, lost or won."""

    UNWORKED = "unworked"
    DISQUALIFIED = "disqualified"
    LOST = "lost"
    WON = "won"


@dataclass(frozen=True, slots=True)
class Age:
    """A length of time in calendar months, or in days."""

    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> "Age":
        """Read an age such as `24 months`, `2 years` or `730d`; raises ValueError with the remedy."""
        match = _AGE.fullmatch(text.strip().lower())
        if match is None:
            raise ValueError(f"`{text}` is not an age; write days, months or years, such as 90 days or 24 months")
        amount, unit = int(match[1]), match[2][0]
        age = cls(days=amount) if unit == "d" else cls(months=amount * (_YEAR if unit == "y" else 1))
        if age.months > _MOST_MONTHS or age.days > _MOST_DAYS:
            raise ValueError(f"`{text}` is longer than a hundred years; leave the rule out to erase nothing")
        return age

    def before(self, moment: datetime) -> datetime:
        """Return the moment of which this is the age at `moment`; a day that a month hasn't becomes its last."""
        year, month = divmod(moment.year * _YEAR + moment.month - 1 - self.months, _YEAR)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day) - timedelta(days=self.days)


Ages = Mapping[RetainedState, Age]


def is_old(states: Collection[RetainedState | None], last: datetime, ages: Ages, now: datetime) -> bool:
    """Say whether a lead to which something happened last at `last` is to be erased.

    A lead that was several things to sales is kept for as long as the longest of them asks. A state without an age is
    kept for ever, as is a lead that sales is still to decide about: one of its states is None.
    """
    known = [state for state in states if state is not None and state in ages]
    return 0 < len(known) == len(states) and all(last <= ages[state].before(now) for state in known)


def is_night(now: datetime, zone: ZoneInfo) -> bool:
    """Say whether old leads may be erased now."""
    return BEGINS.hour <= now.astimezone(zone).hour < ENDS.hour


def next_night(after: datetime, zone: ZoneInfo) -> datetime:
    """Return when the first night begins after that moment."""
    day = after.astimezone(zone).date()
    begins = (datetime.combine(day + timedelta(days=days), BEGINS, zone) for days in range(3))
    return next(each for each in begins if each > after).astimezone(after.tzinfo)
