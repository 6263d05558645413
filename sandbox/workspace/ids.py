"""Identifiers as Slack writes them, in the same order on every run."""

from sandbox.clock import Clock
from sandbox.workspace.state import Json

ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Ids:
    """Makes ids and timestamps that no other message, view or block of this sandbox has."""

    def __init__(self, clock: Clock) -> None:
        """Count from the beginning; `clock` gives the timestamps their second."""
        self._clock = clock
        self.last_serial = 0
        self.last_microsecond = 0

    def go_on(self, serial: int, microsecond: int) -> None:
        """Count on from where another sandbox left off."""
        self.last_serial, self.last_microsecond = serial, microsecond

    def serial(self) -> int:
        """Return the next number."""
        self.last_serial += 1
        return self.last_serial

    def new(self, prefix: str) -> str:
        """Return an id such as `V07BATON002F`."""
        return f"{prefix}07BATON{_digits(self.serial()):0>4}"

    def ts(self) -> str:
        """Return a message timestamp: seconds by the clock, six digits after the point, later than every one before."""
        now = int(self._clock.unix() * 1_000_000)
        self.last_microsecond = max(now, self.last_microsecond + 1)
        seconds, microseconds = divmod(self.last_microsecond, 1_000_000)
        return f"{seconds}.{microseconds:06d}"

    def name_blocks(self, blocks: list[Json]) -> list[Json]:
        """Return the blocks with the block and action ids that Slack adds where the app left them out."""
        return [self._named(block) for block in blocks]

    def _named(self, block: Json) -> Json:
        named = {"block_id": f"b{_digits(self.serial())}", **block}
        if "elements" in named and named.get("type") == "actions":
            named["elements"] = [self._acting(element) for element in named["elements"]]
        for place in ("accessory", "element"):
            if isinstance(named.get(place), dict):
                named[place] = self._acting(named[place])
        return named

    def _acting(self, element: Json) -> Json:
        return element if element.get("type") == "image" else {"action_id": f"a{_digits(self.serial())}", **element}


def _digits(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits or "0"
