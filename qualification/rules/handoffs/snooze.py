"""Snoozed leads: until which day, and when on that day they are offered again."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from qualification.rules.field_errors import FieldFault
from qualification.rules.people.working_time import WeeklyHours, next_opening
from qualification.rules.refusals import InvalidFields

# Beyond that nobody knows who will be there.
LONGEST: Final = timedelta(days=731)
_MONTHS: Final = 3
_YEAR: Final = 12


def usual_day(today: date) -> date:
    """Return the day that is proposed: in three months, or the last of that month where it is shorter."""
    years, month = divmod(today.month - 1 + _MONTHS, _YEAR)
    first = date(today.year + years, month + 1, 1)
    return min(first + timedelta(days=today.day - 1), _last_of(first))


def resumes_at(day: str, hours: WeeklyHours, zone: ZoneInfo, now: datetime) -> datetime:
    """Return, in UTC, when work begins on that day (2026-12-01), or next where nobody works on it.

    Raises InvalidFields for what is no day, for one that is over, and for one more than two years ahead.
    """
    today = now.astimezone(zone).date()
    try:
        picked = date.fromisoformat(day.strip())
    except ValueError as unreadable:
        raise _fault(FieldFault.BAD_DATE if day.strip() else FieldFault.REQUIRED) from unreadable
    if picked < today:
        raise _fault(FieldFault.PAST_DATE)
    if picked > today + LONGEST:
        raise _fault(FieldFault.FAR_DATE)
    begins = next_opening(datetime.combine(picked, time(), zone).astimezone(UTC), hours, zone)
    if begins <= now:
        raise _fault(FieldFault.PAST_DATE)
    return begins


def _last_of(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _fault(fault: FieldFault) -> InvalidFields:
    return InvalidFields({"date": fault})
