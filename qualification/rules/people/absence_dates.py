"""When somebody will be back: a few words after `/baton away`, read in their own zone."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from qualification.rules.people.weekly_hours import DAYS
from qualification.rules.refusals import BadDate

_LONGEST = timedelta(days=730)
_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS: Mapping[str, timedelta] = MappingProxyType(
    {
        "m": timedelta(minutes=1),
        "min": timedelta(minutes=1),
        "minute": timedelta(minutes=1),
        "h": timedelta(hours=1),
        "hour": timedelta(hours=1),
        "d": timedelta(days=1),
        "day": timedelta(days=1),
        "w": timedelta(weeks=1),
        "week": timedelta(weeks=1),
    }
)
_SPAN = re.compile(r"(?:in |for )?(\d{1,4}|an?) ?([a-z]+?)s?")
_DAY = re.compile(r"([a-z ]+?)(?:,? (?:at )?(\d{1,2}):(\d{2}))?")
_CLOCK = re.compile(r"(?:at )?(\d{1,2}):(\d{2})")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t](\d{1,2}):(\d{2}))?")


def read_until(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, that the words mean to somebody in that zone; raise BadDate where they mean none.

    Understood: "tomorrow", "friday", "monday 9:00", "next week", "2026-12-01", "2026-12-01 14:00", "14:30",
    "in 2 hours", "2 weeks", with or without "until". A day means its first minute. A time that has passed today means
    tomorrow. What lies in the past, or more than two years ahead, is no answer.
    """
    words = " ".join(text.lower().split()).removeprefix("until ").removeprefix("till ")
    here = now.astimezone(zone)
    readers: tuple[Callable[[str, datetime], datetime | None], ...] = (_day, _span, _clock, _date)
    try:
        until = next((until for read in readers if (until := read(words, here)) is not None), None)
    except (ValueError, OverflowError):
        until = None
    if until is None or not now < until <= now + _LONGEST:
        raise BadDate(text=text)
    return until.astimezone(UTC)


def _day(words: str, here: datetime) -> datetime | None:
    """Read the name of a day, with or without a time on it."""
    parts = _DAY.fullmatch(words)
    if parts is None:
        return None
    at = time(int(parts[2]), int(parts[3])) if parts[2] else time()
    today = datetime.combine(here.date(), at, here.tzinfo)
    match parts[1]:
        case "today" if parts[2]:
            return today
        case "tomorrow":
            return today + timedelta(days=1)
        case "next week":
            return today + timedelta(days=len(DAYS) - here.weekday())
    word = parts[1].removeprefix("on ").removeprefix("next ")
    if word not in _FULL_DAYS and word not in DAYS:
        return None
    ahead = today + timedelta(days=(DAYS.index(word[:3]) - here.weekday()) % len(DAYS))
    return ahead if ahead > here else ahead + timedelta(weeks=1)


def _span(words: str, here: datetime) -> datetime | None:
    """Read an amount of time; days and weeks keep the time on the clock, hours and minutes are elapsed."""
    match = _SPAN.fullmatch(words)
    unit = _UNITS.get(match[2]) if match else None
    if match is None or unit is None:
        return None
    amount = unit * (int(match[1]) if match[1].isdecimal() else 1)
    return here + amount if unit >= timedelta(days=1) else here.astimezone(UTC) + amount


def _clock(words: str, here: datetime) -> datetime | None:
    match = _CLOCK.fullmatch(words)
    if match is None:
        return None
    today = datetime.combine(here.date(), time(int(match[1]), int(match[2])), here.tzinfo)
    return today if today > here else today + timedelta(days=1)


def _date(words: str, here: datetime) -> datetime | None:
    match = _DATE.fullmatch(words)
    if match is None:
        return None
    day = date(int(match[1]), int(match[2]), int(match[3]))
    return datetime.combine(day, time(int(match[4] or 0), int(match[5] or 0)), here.tzinfo)
