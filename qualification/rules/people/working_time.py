"""Working time: from a moment and weekly hours in a zone to when so much of it has passed.

Hours are wall-clock hours in the zone; an amount of working time is elapsed time. A span begins the first time the
wall clock shows its start and ends the last time it shows its end, so that an hour shown twice counts twice and an hour
skipped counts nothing.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from qualification.rules.people.weekly_hours import BadHours, WeeklyHours

__all__ = [
    "BadHours",
    "WeeklyHours",
    "add_working_time",
    "is_working",
    "known_zone",
    "next_opening",
    "wall_moment",
    "working_time_between",
]

_SECOND = timedelta(seconds=1)


def is_working(at: datetime, hours: WeeklyHours, zone: ZoneInfo) -> bool:
    """Say whether `at` lies in the hours; the end of a span does not."""
    start, _ = next(_openings(at, hours, zone))
    return start <= at


def next_opening(at: datetime, hours: WeeklyHours, zone: ZoneInfo) -> datetime:
    """Return `at` if it lies in the hours, else the next moment that does, in UTC."""
    start, _ = next(_openings(at, hours, zone))
    return max(start, at.astimezone(UTC))


def add_working_time(start: datetime, amount: timedelta, hours: WeeklyHours, zone: ZoneInfo) -> datetime:
    """Return the first moment, in UTC, by which `amount` of working time has passed since `start`.

    Time counts from the next working moment on; an amount of zero gives that moment. Raise ValueError for less.
    """
    if amount < timedelta():
        raise ValueError(f"a clock runs forward, not by {amount}")
    for opening, closing in _openings(start, hours, zone):
        begin = max(opening, start.astimezone(UTC))
        if begin + amount <= closing:
            return begin + amount
        amount -= closing - begin
    raise AssertionError  # openings never end


def working_time_between(start: datetime, end: datetime, hours: WeeklyHours, zone: ZoneInfo) -> timedelta:
    """Return how much working time lies between two moments; zero when the second is not after the first."""
    worked = timedelta()
    for opening, closing in _openings(start, hours, zone):
        if opening >= end:
            break
        worked += max(min(closing, end) - max(opening, start), timedelta())
    return worked


@lru_cache(maxsize=1024)
def known_zone(name: str) -> bool:
    """Say whether the time zone database has a zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _openings(after: datetime, hours: WeeklyHours, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans that end after a moment, in UTC, in order and apart, without end."""
    if after.tzinfo is None:
        raise ValueError(f"naive datetime {after!r}: working time needs to know the zone")
    # A span of the day before may end today where the clock shows midnight twice.
    first = after.astimezone(zone).date() - timedelta(days=1)
    closed: datetime | None = None
    for days in count():
        day = first + timedelta(days=days)
        for start, end in hours.days[day.weekday()]:
            opening = wall_moment(day, start, zone, fold=0)
            closing = wall_moment(day, end, zone, fold=1)
            if closed is not None:
                opening = max(opening, closed)
            if closing > max(opening, after):
                yield opening, closing
            closed = closing


@lru_cache(maxsize=4096)
def wall_moment(day: date, minute: int, zone: ZoneInfo, *, fold: int) -> datetime:
    """Return, in UTC, when the zone's clock shows a minute of a day: the first time (fold 0) or the last (fold 1).

    A time that the clock skips is the moment of the skip.
    """
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    first, last = (wall.replace(tzinfo=zone, fold=each).astimezone(UTC) for each in (0, 1))
    if first <= last:
        return last if fold else first
    # Skipped: PEP 495 gives fold 0 the offset before the skip, so `last` lies before it and `first` after it.
    offset = first.astimezone(zone).utcoffset()
    while first - last > _SECOND:
        middle = last + (first - last) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            first = middle
        else:
            last = middle
    return first.replace(microsecond=0)
