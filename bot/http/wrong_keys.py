"""Wrong keys and signatures, counted by address, and answered ever more slowly.

Each process counts by itself: a row for each wrong key would let anybody write into the database.
"""

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.slack.rate_limits import GREATEST_PAUSE

# An address may be wrong so often; then it pauses for a second, and after each further time for twice as long.
FREE: Final = 10
FIRST_PAUSE: Final = timedelta(seconds=1)
# An address that was not wrong for so long after its last pause is forgiven.
FORGIVEN: Final = timedelta(minutes=1)
MOST_ADDRESSES: Final = 10_000
MOST_CREDENTIALS: Final = 100


@dataclass(slots=True)
class _Address:
    """What one address tried: how often it was wrong, until when it pauses, and what of it was right (hashed)."""

    wrong: int = 0
    pauses_until: datetime | None = None
    right: set[bytes] = field(default_factory=set)


class WrongKeys:
    """Which addresses have to pause, in one process.

    A key or signer that was right from an address is let through while the address pauses, so that one who guesses
    behind a shared address doesn't lock out the others there.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Know nobody yet."""
        self._now = now
        self._addresses: OrderedDict[str, _Address] = OrderedDict()
        self._lock = threading.Lock()

    def pause(self, address: str, credential: str) -> int | None:
        """Return the seconds until this may be tried from the address, None where it may be now."""
        with self._lock:
            known = self._addresses.get(address)
            if known is None or known.pauses_until is None or _digest(credential) in known.right:
                return None
            left = known.pauses_until - self._now()
            # No pause is longer: a clock that was ahead has left that moment behind.
            if not timedelta() < left <= GREATEST_PAUSE:
                return None
            return math.ceil(left.total_seconds())

    def wrong(self, address: str) -> None:
        """Count a wrong key or signature."""
        with self._lock:
            known, now = self._known(address), self._now()
            if known.pauses_until is not None and not -GREATEST_PAUSE <= now - known.pauses_until <= FORGIVEN:
                known.wrong = 0
            known.wrong += 1
            pause = FIRST_PAUSE * 2 ** min(known.wrong - FREE, 16) if known.wrong >= FREE else timedelta()
            known.pauses_until = now + min(pause, GREATEST_PAUSE)

    def right(self, address: str, credential: str) -> None:
        """Note what was right; it goes on being so while the address pauses."""
        with self._lock:
            known = self._known(address)
            if len(known.right) < MOST_CREDENTIALS:
                known.right.add(_digest(credential))

    def _known(self, address: str) -> _Address:
        known = self._addresses.setdefault(address, _Address())
        self._addresses.move_to_end(address)
        if len(self._addresses) > MOST_ADDRESSES:
            self._addresses.popitem(last=False)
        return known


def _digest(credential: str) -> bytes:
    return hashlib.sha256(credential.encode(errors="replace")).digest()
