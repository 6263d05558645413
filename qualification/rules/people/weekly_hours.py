"""Weekly hours: which parts of which days somebody works, read from and written to the playbook's words."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
CLOSED = "closed"

Span = tuple[int, int]

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-\N{EN DASH}]\s*(\d{1,2}):(\d{2})")
_MOST_MINUTES = 59


class BadHours(ValueError):
    """Weekly hours that cannot be read; `entries` pairs each entry at fault (None: the whole) with a remedy."""

    def __init__(self, *entries: tuple[str | None, str]) -> None:
        """Keep the entries, each with its sentence."""
        super().__init__("; ".join(message for _, message in entries))
        self.entries = entries


class _Entry(ValueError):
    """One entry that cannot be read."""


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Seven days from Monday, each a tuple of spans in minutes since midnight: ordered, apart, never all empty."""

    days: tuple[tuple[Span, ...], ...]

    @classmethod
    def parse(cls, written: Mapping[str, str]) -> "WeeklyHours":
        """Read entries such as {"mon-thu": "09:00-12:00, 13:00-17:00", "fri": "09:00-13:00"}; raise BadHours.

        Days not named are closed. 24:00 is the end of a day. Several days may be listed: "mon, wed".
        """
        days: dict[int, tuple[Span, ...]] = {}
        faults: list[tuple[str | None, str]] = []
        for names, spans in written.items():
            try:
                read = _spans(spans)
                for day in _days(names):
                    if day in days:
                        faults.append((names, f"`{DAYS[day]}` is named twice; give each day its hours once"))
                    days.setdefault(day, read)
            except _Entry as fault:
                faults.append((names, str(fault)))
        if not faults and not any(days.values()):
            faults.append((None, 'there is no working time in these hours; write for example mon-fri: "09:00-17:30"'))
        if faults:
            raise BadHours(*faults)
        return cls(tuple(days.get(day, ()) for day in range(len(DAYS))))

    @classmethod
    def always(cls) -> "WeeklyHours":
        """Return hours without an end: every day around the clock."""
        return cls((((0, DAY_MINUTES),),) * len(DAYS))

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> "WeeklyHours":
        """Return what `to_json` stored."""
        return _stored(tuple(stored.items()))

    def to_json(self) -> dict[str, str]:
        """Return one entry for each open day, in the words that `parse` reads."""
        return {
            name: ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)
            for name, spans in zip(DAYS, self.days, strict=True)
            if spans
        }

    def format(self) -> str:
        """Return the hours in a line, days with the same hours together, such as "mon-fri 09:00-17:30"."""
        written = [(name, self.to_json().get(name)) for name in DAYS]
        groups: list[tuple[str, str, str]] = []
        for name, spans in written:
            if groups and spans is not None and groups[-1][2] == spans and _follows(groups[-1][1], name):
                groups[-1] = (groups[-1][0], name, spans)
            elif spans is not None:
                groups.append((name, name, spans))
        return "; ".join(
            f"{first}-{last} {spans}" if first != last else f"{first} {spans}" for first, last, spans in groups
        )


@lru_cache(maxsize=1024)
def _stored(entries: tuple[tuple[str, str], ...]) -> WeeklyHours:
    return WeeklyHours.parse(dict(entries))


def read_days(names: str) -> tuple[int, ...]:
    """Return days such as "mon-fri" or "mon, wed", numbered from Monday; raise ValueError with a remedy."""
    return tuple(_days(names))


def _follows(day: str, next_day: str) -> bool:
    return DAYS.index(next_day) == DAYS.index(day) + 1


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _days(names: str) -> Iterable[int]:
    """Read "mon", "mon-fri", "fri-mon" (over the weekend) or a list of these."""
    for part in names.lower().split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        begin = _day(first)
        end = _day(last) if dash else begin
        yield begin
        while begin != end:
            begin = (begin + 1) % len(DAYS)
            yield begin


def _day(word: str) -> int:
    if word not in DAYS:
        day = next((day for day in DAYS if word.startswith(day)), None)
        hint = f"; write `{day}`" if day else f"; days are {', '.join(DAYS)}, or from-to such as mon-fri"
        raise _Entry(f"`{word}` is not a day{hint}")
    return DAYS.index(word)


def _spans(written: str) -> tuple[Span, ...]:
    """Read the spans of a day, in order; spans that touch become one."""
    if written.strip().lower() == CLOSED:
        return ()
    spans: list[Span] = []
    for start, end in sorted(_span(part.strip()) for part in written.split(",")):
        if spans and start < spans[-1][1]:
            raise _Entry(f"`{written}` overlaps itself at {_clock(start)}; let each span begin after the one before")
        if spans and start == spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(spans)


def _span(written: str) -> Span:
    match = _SPAN.fullmatch(written)
    if match is None:
        raise _Entry(f'`{written}` is not a span of hours; write "09:00-17:30", or {CLOSED}')
    hour, minute, end_hour, end_minute = (int(number) for number in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if max(minute, end_minute) > _MOST_MINUTES or max(start, end) > DAY_MINUTES:
        raise _Entry(f"`{written}` is not on the clock; times go from 00:00 to 24:00")
    if start >= end:
        night = f"{_clock(start)}-24:00, and 00:00-{_clock(end)} on the day after"
        raise _Entry(f"`{written}` ends before it begins; for a night write {night}")
    return start, end
