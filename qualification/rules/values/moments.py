"""Days and moments as tools, browsers, mail and spreadsheets write them, in the languages people write them in."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from itertools import permutations
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.people.working_time import known_zone
from qualification.rules.values.folding import fold_name, without_invisible
from qualification.rules.values.month_names import months, weekdays

SERIAL: Final = "serial"
DAY, MONTH, YEAR = "day", "month", "year"

_LONGEST: Final = 100
_CENTURY: Final = 2000
_TWO_DIGITS: Final = 100
_HOURS_OF_A_HALF: Final = 12
_EARLIEST_YEAR, _LATEST_YEAR = 1900, 2200

_EPOCH: Final = re.compile(r"(\d{10})(?:\.\d{1,6})?|(\d{13})|(\d{16})")
_LATEST_EPOCH: Final = 4_102_444_800  # 2100
_SERIAL: Final = re.compile(r"\d{1,5}(?:[.,]\d{1,12})?")
# Where spreadsheets count from, such that the 29th of February 1900, which there was not, is counted.
_FIRST_DAY: Final = date(1899, 12, 30)

_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?(?=\D|\Z)")
_CLOCK: Final = re.compile(
    r"(?P<early>am|pm|午前|午後|上午|下午|오전|오후|öö|ös)?\s?(?<![\d:+-])(?P<hour>\d{1,2})"
    r"(?:(?::|時|h(?=\d)|(?<=\d)\.(?=\d\d\s?uhr))(?P<minute>\d\d)(?:[:分](?P<second>\d\d))?(?:[.,]\d{1,9})?分?秒?"
    r"|(?=\s?[ap]\.?m\b)|時)"
    r"(?:\s?(?P<late>[ap]\.?\s?m\b\.?|öö|ös))?(?:\s?uhr)?",
    re.IGNORECASE,
)
_OFFSET: Final = re.compile(r"\s*(?:utc|gmt|z)?\s?([+-])(\d{1,2})(?::?(\d\d))?(?![\d:./-])", re.IGNORECASE)
_ZONE: Final = re.compile(r"\s*\[?([A-Za-z]{1,14}(?:/[A-Za-z_+-]{2,20}){0,2}\d{0,2})\]?(?![\w/])")
_COMMENT: Final = re.compile(r"\s*(?:\([^()]{0,60}\)|\[[A-Za-z_/+-]{1,40}\])\s*\Z")
# Of RFC 2822, and the ones of central Europe; what several countries call by one name (IST, BST, CST of China) is none.
_ZONES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "utc": 0, "gmt": 0, "z": 0, "ut": 0, "wet": 0, "cet": 1, "mez": 1, "cest": 2, "mesz": 2, "eet": 2, "eest": 3,
        "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9, "trt": 3, "nzst": 12,
        "nzdt": 13,
    }
)  # fmt: skip
_FILLING: Final = frozenset(
    [
        "at",
        "on",
        "um",
        "am",
        "de",
        "del",
        "of",
        "the",
        "le",
        "den",
        "der",
        "il",
        "o",
        "saat",
        "godz",
        "r",
        "dnia",
        "a",
        "om",
    ]
)
_ORDINAL: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.|e)?")
_ASIAN: Final = re.compile(r"(\d{2,4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?日?(?:\s?\(?[月火水木金土日]\)?(?:曜日)?)?")
_PARTS: Final = re.compile(r"[\s,/.\-]+")
_NUMERIC: Final = re.compile(r"(\d{1,4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,4})\.?")


def parse_moment(text: str, zone: str | ZoneInfo, order: str | None = None) -> date | datetime:
    """Read a day, or a moment with its zone: its own where the text names one, else `zone`.

    A text without a time of day is a day: a `date`, which is the same day wherever it is read. Read are ISO 8601, also
    with a blank and a zone's name or offset; what browsers write (3/1/2026, 2:30:00 PM); names of months in English,
    German, Turkish, Polish, French, Spanish, Italian, Portuguese and Dutch; Japanese days; RFC 2822; seconds,
    milliseconds and microseconds since 1970. `order` says how days in numbers are written, such as day/month/year;
    "serial" says that the text is a spreadsheet's number of a day.

    Raises Unreadable for anything else, and for what can be read as two days: 3/1/2026 without an order is one of
    them, 3/13/2026 is not. With dots the day stands first everywhere. Years of two digits are of this century.
    """
    found = read_moment(text, order)
    if isinstance(found, datetime) and found.tzinfo is None:
        return found.replace(tzinfo=ZoneInfo(zone) if isinstance(zone, str) else zone)
    return found


def read_moment(text: str, order: str | None = None) -> date | datetime:
    """Read as `parse_moment`, and leave a moment that names no zone without one."""
    found = None
    if len(text) <= _LONGEST:
        tidy = " ".join(unicodedata.normalize("NFKC", without_invisible(text)).split())
        try:
            found = _serial(tidy) if order == SERIAL else None
            found = found or _epoch(tidy) or _compact(tidy) or _written(tidy, _order(order))
        except (ValueError, OverflowError):
            found = None
    if found is None:
        raise Unreadable("at", text, FieldFault.BAD_DATE)
    return found


def _order(order: str | None) -> tuple[str, ...] | None:
    names = tuple(order.lower().split("/")) if order else ()
    return names if sorted(names) == [DAY, MONTH, YEAR] else None


def _epoch(text: str) -> datetime | None:
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    seconds = float(text) if match[1] else int(match[2]) / 10**3 if match[2] else int(match[3]) / 10**6
    return datetime.fromtimestamp(seconds, UTC) if seconds < _LATEST_EPOCH else None


def _serial(text: str) -> date | datetime | None:
    if not _SERIAL.fullmatch(text):
        return None
    whole, _, fraction = text.replace(",", ".").partition(".")
    day = _FIRST_DAY + timedelta(days=int(whole))
    if not fraction or not int(fraction):
        return day
    return datetime.combine(day, time()) + timedelta(seconds=round(float(f"0.{fraction}") * 86400))


def _compact(text: str) -> date | datetime | None:
    """Read ISO 8601's basic format: 20260301, 20260301T143000Z."""
    match = _COMPACT.match(text)
    if match is None:
        return None
    day = _day(int(match[1]), int(match[2]), int(match[3]))
    rest = text[match.end() :]
    if day is None or (match[4] is None and rest):
        return None
    if match[4] is None:
        return day
    zone, left = _zone(rest)
    return None if left.strip() else datetime.combine(day, time(int(match[4]), int(match[5]), int(match[6] or 0)), zone)


def _written(text: str, order: tuple[str, ...] | None) -> date | datetime | None:
    """Read a date with or without a time of day, in whichever order they stand."""
    for _ in range(2):
        text = _COMMENT.sub("", text)
    clocks = [match for match in _CLOCK.finditer(text) if match["minute"] or match["late"] or match["early"]]
    if not clocks:
        return _date_of(text, order)
    if len(clocks) > 1:
        return None
    clock = clocks[0]
    at = _time_of(clock)
    before = text[: clock.start()].rstrip()
    zone, after = _zone(text[clock.end() :])
    if at is None:
        return None
    day = _date_of(f"{before.removesuffix('T').removesuffix('t')} {after}".strip(" ,"), order)
    return datetime.combine(day, at, zone) if day else None


def _time_of(clock: re.Match[str]) -> time | None:
    hour, minute, second = int(clock["hour"]), int(clock["minute"] or 0), int(clock["second"] or 0)
    half = (clock["late"] or clock["early"] or "").lower()
    if half:
        if hour > _HOURS_OF_A_HALF:
            return None
        is_late = half.startswith("p") or half in {"午後", "下午", "오후", "ös"}
        hour = hour % _HOURS_OF_A_HALF + (_HOURS_OF_A_HALF if is_late else 0)
    return time(hour, minute, second)


def _zone(text: str) -> tuple[tzinfo | None, str]:
    """Return the zone that a text begins with, and what is left of it."""
    offset = _OFFSET.match(text)
    if offset is not None:
        delta = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return timezone(delta if offset[1] == "+" else -delta), text[offset.end() :]
    named = _ZONE.match(text)
    if named is None:
        return None, text
    name = named[1]
    if name.lower() in _ZONES:
        return (UTC if not _ZONES[name.lower()] else timezone(timedelta(hours=_ZONES[name.lower()]))), text[
            named.end() :
        ]
    if "/" in name and known_zone(name):
        return ZoneInfo(name), text[named.end() :]
    return None, text


def _date_of(text: str, order: tuple[str, ...] | None) -> date | None:
    asian = _ASIAN.fullmatch(text)
    if asian is not None:
        return _day(*map(int, asian.groups()))
    words = [word for word in text.split() if not _is_weekday(word)]
    numeric = _NUMERIC.fullmatch(" ".join(words).strip(" ,"))
    if numeric is not None:
        return _numeric(numeric, order)
    words = [word for word in _PARTS.split(" ".join(words)) if word and fold_name(word) not in _FILLING]
    if len(words) > len((DAY, MONTH, YEAR)):
        # mar. is Tuesday in French, Spanish and Italian, and March in other languages.
        words = words[1:] if fold_name(words[0]) in weekdays() else words
    return _with_month_name(words) if len(words) == len((DAY, MONTH, YEAR)) else None


def _is_weekday(word: str) -> bool:
    """Say whether it is the name of a day of the week, and of no month."""
    name = fold_name(word.strip(",."))
    return name in weekdays() and name not in months()


def _numeric(match: re.Match[str], order: tuple[str, ...] | None) -> date | None:
    """Read a day in three numbers; without an order only where there is one way to read it."""
    first, sign, second, third = match.groups()
    numbers = (first, second, third)
    four_digits = len("2026")
    if len(first) == four_digits:
        return _day(int(first), int(second), int(third)) if len(third) <= len("31") else None
    orders: Iterator[tuple[str, ...]] | list[tuple[str, ...]]
    if order is not None:
        orders = [order]
    elif sign == ".":
        orders = [(DAY, MONTH, YEAR)]
    else:
        orders = (each for each in permutations((DAY, MONTH, YEAR)) if each[1] != YEAR and each != (YEAR, DAY, MONTH))
    days = {_in_order(numbers, each) for each in orders} - {None}
    return days.pop() if len(days) == 1 else None


def _in_order(numbers: tuple[str, ...], order: tuple[str, ...]) -> date | None:
    said = dict(zip(order, numbers, strict=True))
    if len(said[DAY]) > len("31") or len(said[MONTH]) > len("12") or len(said[YEAR]) not in {2, 4}:
        return None
    return _day(int(said[YEAR]), int(said[MONTH]), int(said[DAY]))


def _with_month_name(words: list[str]) -> date | None:
    """Read a day whose month has a name: 1 March 2026, Mar 1st 2026, 01-Mar-26, 2026 March 1."""
    named = [(index, months()[key]) for index, word in enumerate(words) if (key := fold_name(word)) in months()]
    if len(named) != 1:
        return None
    index, month = named[0]
    first, second = (word for place, word in enumerate(words) if place != index)
    if len(first) == len("2026") and first.isdecimal():
        first, second = second, first
    day = _ORDINAL.fullmatch(first.lower())
    if day is None or not second.isdecimal() or len(second) not in {2, 4}:
        return None
    return _day(int(second), month, int(day[1]))


def _day(year: int, month: int, day: int) -> date | None:
    year += _CENTURY if year < _TWO_DIGITS else 0
    if not _EARLIEST_YEAR <= year < _LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
