"""Slack's `<!date^…>` formats, as a reader in a time zone sees them.

docs.slack.dev/messaging/formatting-message-text#date-formatting
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_FIELD = re.compile(r"\{(\w+)\}")


def format_date(unix: int, pattern: str, zone: str, now: datetime) -> str:
    """Return a time in Slack's date pattern, in English with 24 hours, in the reader's IANA zone.

    `unix` is in seconds since 1970. Unknown tokens stay as they are.
    """
    moment = datetime.fromtimestamp(unix, UTC).astimezone(ZoneInfo(zone))
    return _FIELD.sub(
        lambda match: _format_token(match[1], moment, now.astimezone(ZoneInfo(zone))) or match[0], pattern
    )


def _format_token(field: str, moment: datetime, now: datetime) -> str | None:
    texts = {
        "date_num": f"{moment:%Y-%m-%d}",
        "date_slash": f"{moment:%d/%m/%Y}",
        "date": f"{moment:%B} {_ordinal(moment.day)}, {moment:%Y}",
        "date_short": f"{moment:%b} {moment.day}, {moment:%Y}",
        "date_long": f"{moment:%A, %B} {_ordinal(moment.day)}, {moment:%Y}",
        "time": f"{moment:%H:%M}",
        "time_secs": f"{moment:%H:%M:%S}",
        "day_divider_pretty": f"{moment:%A, %B} {_ordinal(moment.day)}",
        "ago": _ago(moment, now),
    }
    if field.endswith("_pretty") and field != "day_divider_pretty":
        return _near_day(moment, now) or texts.get(field.removesuffix("_pretty"))
    return texts.get(field)


def _near_day(moment: datetime, now: datetime) -> str | None:
    names = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return names.get((moment.date() - now.date()).days)


def _ordinal(day: int) -> str:
    teens = range(11, 14)
    return f"{day}{'th' if day in teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _ago(moment: datetime, now: datetime) -> str:
    distance = abs(now - moment)
    for size, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        count = distance // size
        if count:
            text = f"{count} {name}{'' if count == 1 else 's'}"
            return f"{text} ago" if moment <= now else f"in {text}"
    return "now"
