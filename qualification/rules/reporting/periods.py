"""Spans of days as people name them, in somebody's time zone: today, last week, this quarter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

_QUARTER: Final = 3


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of `first` to the end of `last`, days as the zone has them; `name` is how it was asked."""

    name: str
    first: date
    last: date

    @property
    def key(self) -> str:
        """Return its name as one word."""
        return self.name.replace(" ", "-")

    def begins(self, zone: ZoneInfo) -> datetime:
        """Return the moment at which it begins there."""
        return datetime.combine(self.first, time(), zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """Return the moment at which it is over there: the beginning of the day after."""
        return datetime.combine(self.last + timedelta(days=1), time(), zone)


def period(name: str, today: date) -> Period | None:
    """Return the period of that name around `today`, None where none is called so; weeks begin on Monday."""
    if name not in _PERIODS:
        return None
    first, last = _PERIODS[name](today)
    return Period(name, first, last)


def _month(today: date, ago: int) -> date:
    """Return the first day of the month so many months ago."""
    months = today.year * 12 + today.month - 1 - ago
    return date(months // 12, months % 12 + 1, 1)


def _week(today: date, ago: int) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday() + 7 * ago)
    return monday, monday + timedelta(days=6)


def _months(today: date, ago: int, count: int = 1) -> tuple[date, date]:
    return _month(today, ago), _month(today, ago - count) - timedelta(days=1)


def _quarter(today: date, ago: int) -> tuple[date, date]:
    return _months(today, (today.month - 1) % _QUARTER + _QUARTER * ago, _QUARTER)


def _year(today: date, ago: int) -> tuple[date, date]:
    return date(today.year - ago, 1, 1), date(today.year - ago, 12, 31)


_PERIODS: Final[Mapping[str, Callable[[date], tuple[date, date]]]] = MappingProxyType(
    {
        "today": lambda today: (today, today),
        "yesterday": lambda today: (today - timedelta(days=1), today - timedelta(days=1)),
        "this week": lambda today: _week(today, 0),
        "last week": lambda today: _week(today, 1),
        "this month": lambda today: _months(today, 0),
        "last month": lambda today: _months(today, 1),
        "this quarter": lambda today: _quarter(today, 0),
        "last quarter": lambda today: _quarter(today, 1),
        "this year": lambda today: _year(today, 0),
        "last year": lambda today: _year(today, 1),
    }
)
NAMES: Final = tuple(_PERIODS)
