"""Ids and timestamps in Slack's formats, the same ones on every run."""

from sandbox.clock import Clock
from sandbox.workspace.state import Json

ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Ids:
    """Makes ids and timestamps that are unique in this sandbox."""

    def __init__(self, clock: Clock) -> None:
        """Start counting at 1; timestamps come from `clock`."""
        self._clock = clock
        self.last_serial = 0
        self.last_microsecond = 0

    def continue_from(self, serial: int, microsecond: int) -> None:
        """Continue from the last serial number and microsecond of a saved sandbox."""
        self.last_serial, self.last_microsecond = serial, microsecond

    def next_number(self) -> int:
        """Return the next number."""
        self.last_serial += 1
        return self.last_serial

    def new(self, prefix: str) -> str:
        """Return a new id with this prefix, such as `V07BATON002F`."""
        return f"{prefix}07BATON{_digits(self.next_number()):0>4}"

    def ts(self) -> str:
        """Return a message ts: seconds since 1970 with six decimals, greater than every earlier one."""
        now = int(self._clock.unix() * 1_000_000)
        self.last_microsecond = max(now, self.last_microsecond + 1)
        seconds, microseconds = divmod(self.last_microsecond, 1_000_000)
        return f"{seconds}.{microseconds:06d}"

    def add_missing_ids(self, blocks: list[Json]) -> list[Json]:
        """Return the blocks with a `block_id` or `action_id` added wherever the app gave none, as Slack does."""
        return [self._with_block_id(block) for block in blocks]

    def _with_block_id(self, block: Json) -> Json:
        named = {"block_id": f"b{_digits(self.next_number())}", **block}
        if "elements" in named and named.get("type") == "actions":
            named["elements"] = [self._with_action_id(element) for element in named["elements"]]
        for place in ("accessory", "element"):
            if isinstance(named.get(place), dict):
                named[place] = self._with_action_id(named[place])
        return named

    def _with_action_id(self, element: Json) -> Json:
        return (
            element if element.get("type") == "image" else {"action_id": f"a{_digits(self.next_number())}", **element}
        )


def _digits(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits or "0"
