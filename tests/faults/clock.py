"""The clock of the bot's processes: the machine's, moved by what a file says, which all of them read."""

import mmap
import struct
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sandbox.clock import RealClock

# Seconds that the whole world has leapt, and seconds by which the bot's machines alone are wrong.
LAYOUT: Final = struct.Struct("dd")


class SharedClock:
    """Reads the time from the machine and the file; each call costs no system call beside the clock's."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`, which a `Time` has made."""
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), LAYOUT.size)

    def __call__(self) -> datetime:
        """Return the time in UTC."""
        leapt, wrong = LAYOUT.unpack_from(self._shared)
        return datetime.now(UTC) + timedelta(seconds=leapt + wrong)


class Time:
    """The time of the world, which Slack and the bot share, and the error of the bot's clock."""

    def __init__(self, path: Path) -> None:
        """Begin at the machine's time; `furthest_ahead` is the most by which the bot's clock was ever ahead."""
        path.write_bytes(LAYOUT.pack(0, 0))
        self.path = path
        self.slack = RealClock()
        self.bot = SharedClock(path)
        self._leapt, self._wrong, self.furthest_ahead = 0.0, 0.0, timedelta()
        self._lock = threading.Lock()

    @property
    def is_wrong(self) -> bool:
        """Whether the bot's clock is wrong now."""
        return self._wrong != 0

    def leap(self, seconds: float) -> None:
        """Move everybody's clock forward."""
        with self._lock:
            self._leapt += seconds
            self._write()
            self.slack.advance(seconds)

    def mislead(self, seconds: float) -> None:
        """Let the bot's clock be wrong by so many seconds; 0 makes it right again."""
        with self._lock:
            self._wrong = seconds
            self.furthest_ahead = max(self.furthest_ahead, timedelta(seconds=seconds))
            self._write()

    def _write(self) -> None:
        LAYOUT.pack_into(self.bot._shared, 0, self._leapt, self._wrong)  # noqa: SLF001 - the one writer
