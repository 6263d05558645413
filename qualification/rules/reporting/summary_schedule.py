"""When a team's day is summed up: once on each of its days, at its hour there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from qualification.rules.people.working_time import wall_moment

# What was begun before the hour has been committed by then.
GRACE: Final = timedelta(seconds=10)
# One that comes later than this after its hour says so.
LATE: Final = timedelta(minutes=10)

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Timetable:
    """A minute of the day, and days numbered from Monday, of which there is one at least, as the zone's clocks have it.

    A minute that they skip is the moment of the skip; of one that they show twice the first counts.
    """

    minute: int
    days: frozenset[int]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Due:
    """A day in a zone, and the moment at which its summary is due."""

    day: date
    at: datetime


def next_due(timetable: Timetable, after: datetime, told: date | None = None) -> Due:
    """Return the first summary due after a moment, of a day after the one that was `told` last."""
    first = after.astimezone(timetable.zone).date() - _DAY
    for due in _dues(timetable, max(first, told + _DAY) if told else first, _DAY):
        if due.at > after:
            return due
    raise AssertionError  # days never end


def latest_due(timetable: Timetable, until: datetime) -> Due:
    """Return the last summary due by a moment."""
    for due in _dues(timetable, until.astimezone(timetable.zone).date() + _DAY, -_DAY):
        if due.at <= until:
            return due
    raise AssertionError  # days never began


def plan(timetable: Timetable | None, planned: Due | None, told: date | None, now: datetime) -> Due | None:
    """Return what is to come by a timetable that may be new, where `planned` was to come until now.

    What has come due stays, whoever changes the hour meanwhile. A day whose new hour has passed already keeps its old
    one, this once: no day that was to come is left out, and none comes twice.
    """
    if timetable is None:
        return None
    if planned is not None and planned.at <= now:
        return planned
    coming = next_due(timetable, now, told)
    if planned is not None and planned.day < coming.day and planned.day.weekday() in timetable.days:
        return planned
    return coming


def catch_up(timetable: Timetable, planned: Due, until: datetime) -> Due:
    """Return what is to be made of one planned that is due: after days on which nobody made it, the last of them."""
    latest = latest_due(timetable, until)
    return latest if latest.at > planned.at and latest.day > planned.day else planned


def day_before(timetable: Timetable, day: date) -> datetime:
    """Return the hour of the day before: where the first summary of all begins."""
    return wall_moment(day - _DAY, timetable.minute, timetable.zone, fold=0)


def is_late(due_at: datetime, shown_at: datetime) -> bool:
    """Say whether a summary shown then comes late."""
    return shown_at - due_at > LATE


def _dues(timetable: Timetable, first: date, step: timedelta) -> Iterator[Due]:
    """Yield what is due from a day on, in either direction; a day that the zone leaves out has none."""
    for number in count():
        day = first + number * step
        if day.weekday() in timetable.days:
            due = Due(day, wall_moment(day, timetable.minute, timetable.zone, fold=0))
            if due.at.astimezone(timetable.zone).date() == day:
                yield due
