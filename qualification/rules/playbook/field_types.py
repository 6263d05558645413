"""The types of a playbook's fields: how each is read, and what is said when it cannot be."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    PlainValidator,
)
from pydantic_core import PydanticCustomError

from qualification.rules.field_errors import Unreadable
from qualification.rules.leads.retention import Age
from qualification.rules.people.audited import SHORTEST_KEPT
from qualification.rules.people.weekly_hours import DAY_MINUTES, BadHours, WeeklyHours, read_days
from qualification.rules.people.working_time import known_zone
from qualification.rules.values import expressions
from qualification.rules.values.countries import check_country
from qualification.rules.values.emails import fold_domain
from qualification.rules.values.money import currencies
from qualification.rules.values.normalization import check_email, fold_email
from qualification.rules.values.suggestions import choose_from

HOURS_FAULTS = "hours"

# What Slack's selects and labels can show.
_LONGEST_NAME = 75

_LONGEST_SENTENCE = 300

_MOST_CHOICES = 100

_HOUR = 60

_TIME = re.compile(r"(\d{1,2}):(\d{2})")

_DURATION = re.compile(r"(?:(\d{1,3})\s*h)?\s*(?:(\d{1,4})\s*m(?:in)?)?")

# What may stand in the address that a browser is sent on to: nothing that ends a header or hides the host.
_PAGE = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d{1,5})?(?:[/?#][!-~]*)?", re.ASCII)

_DAYS = re.compile(r"(\d{1,5})\s*d(?:ays?)?", re.ASCII)


def _hours(value: object) -> WeeklyHours:
    """Read weekly hours; every entry at fault is told at its own line."""
    if isinstance(value, WeeklyHours):
        return value
    if not isinstance(value, dict) or not all(isinstance(spans, str) for spans in value.values()):
        raise ValueError('hours are days with spans; write for example mon-fri: "09:00-17:30"')
    try:
        return WeeklyHours.parse(value)
    except BadHours as bad:
        raise PydanticCustomError(HOURS_FAULTS, "hours", {"entries": bad.entries}) from bad


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    amount = timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0)) if match else timedelta()
    if not amount:
        if isinstance(value, str) and re.fullmatch(r"\d+\s*d(ays?)?", value.strip().lower()):
            raise ValueError(f"`{value}`: working days differ in length; write hours, such as 8h")
        raise ValueError(f"`{value}` is not a length of time; write minutes or hours, such as 30m, 2h or 1h30m")
    return amount


def _days(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DAYS.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"`{value}` is not a number of days; write for example 730d")
    return timedelta(days=int(match[1]))


def _days_or_off(value: object) -> timedelta | None:
    if value is False or (isinstance(value, str) and value.strip().lower() == "off"):
        return None
    return _days(value)


def _audit_days(value: object) -> timedelta:
    days = _days(value)
    if days < SHORTEST_KEPT:
        raise ValueError(f"`{value}` is too short: the audit is kept for at least {SHORTEST_KEPT.days}d")
    return days


def _age(value: object) -> Age:
    if isinstance(value, Age):
        return value
    return Age.parse(value if isinstance(value, str) else str(value))


def _zone(name: str) -> str:
    if not known_zone(name):
        raise ValueError(f"`{name}` is not a time zone; {choose_from(name, _zones())}")
    return name


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def read_email(text: str) -> str:
    """Return the address in its stored form; raises ValueError with the remedy."""
    try:
        return fold_email(check_email(text))
    except Unreadable as unreadable:
        raise ValueError(
            f"`{text}` is not an e-mail address; write one such as ana.ruiz@northwind.example"
        ) from unreadable


def _person(text: str) -> str:
    """Bring a reference to a person to the form of their key."""
    return fold_email(text) if "@" in text else text


def read_country(text: str) -> str:
    """Return the country's code; raises ValueError with the remedy."""
    try:
        return check_country(text)
    except Unreadable as unreadable:
        raise ValueError(
            f"`{text}` is not a country; write its code of two letters, such as DE, or its name"
        ) from unreadable


def read_domain(text: str) -> str:
    """Return the domain in its stored form; raises ValueError with the remedy."""
    domain = fold_domain(text.strip().removeprefix("@")).removeprefix("www.")
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain):
        raise ValueError(f"`{text}` is not a domain; write one such as rival.example")
    return domain


def read_page(text: str) -> str:
    """Return the address of a page; raises ValueError with the remedy."""
    if not _PAGE.fullmatch(text):
        raise ValueError(f"`{text}` is not the address of a page; write one such as https://www.acme.example/thanks")
    return text


def _currency(text: str) -> str:
    if text not in currencies():
        raise ValueError(f"`{text}` is not a currency in use; write its ISO 4217 code, such as EUR or USD")
    return text


def read_minute(value: object) -> int:
    """Read an hour of the day as minutes since midnight."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < _HOUR else DAY_MINUTES
    if minutes >= DAY_MINUTES:
        raise ValueError(f"`{value}` is not an hour of the day; write one from 00:00 to 23:59, such as 08:30")
    return minutes


def read_weekdays(value: object) -> frozenset[int]:
    """Read days of the week, numbered from Monday."""
    if isinstance(value, str):
        return frozenset(read_days(value))
    raise ValueError("these are not days; write them in words, such as mon-fri, or mon, wed, fri")


def or_off(value: object) -> object:
    """Let `off` stand for none, and nothing for the default."""
    if value is False or (isinstance(value, str) and value.strip().lower() == "off"):
        return None
    if value is None or isinstance(value, dict | BaseModel):
        return {} if value is None else value
    raise ValueError('a summary has an hour and days; write for example {at: "08:30", days: mon-fri}, or off')


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"`{value}` is not a number to compare with; write it plainly, such as 50000")
    return Decimal(str(value))


def _rate(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(
            f"`{value}` is not a rate; write what one unit is worth in the playbook's currency, such as 0.92"
        )
    return Decimal(str(value))


def as_list(value: object) -> object:
    """Let one word stand for a list of one."""
    return (value,) if isinstance(value, str) else value


def or_empty(value: object) -> object:
    """Let nothing stand for an empty mapping."""
    return {} if value is None else value


Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=40)]

Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]

Sentence = Annotated[str, Field(min_length=1, max_length=_LONGEST_SENTENCE)]

Hours = Annotated[WeeklyHours, PlainValidator(_hours)]

Duration = Annotated[timedelta, PlainValidator(_duration)]

DaysOrOff = Annotated[timedelta | None, PlainValidator(_days_or_off)]
AuditDays = Annotated[timedelta, PlainValidator(_audit_days)]
RetentionAge = Annotated[Age, PlainValidator(_age)]

Number = Annotated[Decimal, PlainValidator(_number)]

Rate = Annotated[Decimal, PlainValidator(_rate)]

PersonKey = Annotated[str, Field(min_length=1), AfterValidator(_person)]

Currency = Annotated[str, AfterValidator(_currency)]

Domain = Annotated[str, AfterValidator(read_domain)]

Expression = Annotated[expressions.Expression, PlainValidator(expressions.parse_expression)]

Zone = Annotated[str, AfterValidator(_zone)]

Choices = Field(min_length=1, max_length=_MOST_CHOICES)
