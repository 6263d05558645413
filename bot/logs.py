"""What the program says of itself: a sentence and a few keys, as text or as JSON, and nothing about persons."""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, TextIO

from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)

# Only these leave the process. A key that is not listed is not written, so that nobody's e-mail slips out by a new one.
KEYS: Final = (
    "action",
    "workspace",
    "team",
    "lead",
    "handoff",
    "offer",
    "delivery",
    "queue",
    "kind",
    "sender",
    "method",
    "error",
    "attempts",
    "seconds",
    "count",
    "revision",
    "reference",
)

# An error's own words may quote a row or an answer; these kinds speak of machines only.
SPEAKS_OF_MACHINES: Final = (OSError, OperationalError)

# Libraries that write whole payloads when asked to debug, or warn of what this program does on purpose; slack_sdk calls
# every dropped socket an error, where `bot.slack.socket_mode` connects again and says so.
QUIETER: Final = {
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.CRITICAL,
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "alembic": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}


def configure(form: str, level: str, stream: TextIO | None = None) -> None:
    """Send all log records to `stream` (standard error), as `form` (text or json) from `level` upwards."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # The interpreter's own way would print the error's words.
    threading.excepthook = _thread_died
    for name, least in QUIETER.items():
        logging.getLogger(name).setLevel(least)


def _thread_died(end: threading.ExceptHookArgs) -> None:
    """Tell, in the form of every other record, that a thread ended unasked."""
    if end.exc_value is not None and not isinstance(end.exc_value, SystemExit):
        name = end.thread.name if end.thread is not None else None
        log.critical("A thread ended unexpectedly.", exc_info=end.exc_value, extra={"action": name})


class TextFormatter(logging.Formatter):
    """One line a record for a person: time in UTC, level, sentence, keys."""

    def format(self, record: logging.LogRecord) -> str:
        """Put a record on one line, and the frames of its exception beneath."""
        keys = "".join(f" {name}={_bare(value)}" for name, value in _keys(record))
        line = f"{_at(record)} {record.levelname:<7} {record.name}: {_one_line(record.getMessage())}{keys}"
        return "\n".join([line, *_frames(record)])


class JsonFormatter(logging.Formatter):
    """One JSON object a record for a machine: at, level, logger, message, keys, frames."""

    def format(self, record: logging.LogRecord) -> str:
        """Put a record into one JSON object."""
        facts: dict[str, object] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts.update(_keys(record))
        frames = _frames(record)
        if frames:
            facts["frames"] = frames
        return json.dumps(facts, ensure_ascii=False, default=str)


def _at(record: logging.LogRecord) -> str:
    """Give the record's moment in UTC, to the millisecond."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _keys(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    """Give the listed keys that this record carries, in the list's order."""
    for name in KEYS:
        value = getattr(record, name, None)
        if value is not None:
            yield name, value


def _one_line(text: str) -> str:
    """Keep a stranger's line break from looking like a record of its own."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def _bare(value: object) -> str:
    """Write a value without quotes where it needs none."""
    text = str(value)
    return text if text and text.isprintable() and not set(text) & set(' "=') else json.dumps(text)


def _frames(record: logging.LogRecord) -> list[str]:
    """Name the kinds of the exception and its causes, and where each came by; their words only where they are safe."""
    error = record.exc_info[1] if record.exc_info else None
    lines: list[str] = []
    while error is not None:
        words = f": {_one_line(str(_root(error)))}" if isinstance(error, SPEAKS_OF_MACHINES) else ""
        lines.append(f"  {type(error).__module__}.{type(error).__qualname__}{words}")
        lines.extend(
            f"    {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


def _root(error: BaseException) -> BaseException:
    """Give the driver's own error, without the statement that SQLAlchemy puts around it."""
    return getattr(error, "orig", None) or error
