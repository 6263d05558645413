"""What a measurement is: rounds of Baton and of its floor, taken in turn, and what they come to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeAlias

# One round's value: seconds, a rate, bytes.
Round: TypeAlias = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of several rounds, with the least and the greatest."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Sum rounds up."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Unit:
    """How values are written: their factor, digits and sign; `rate` where more is better."""

    sign: str
    factor: float = 1.0
    digits: int = 2
    rate: bool = False

    def write(self, spread: Spread) -> str:
        """Write the median, and the range in brackets."""
        middle, least, most = (
            f"{value * self.factor:,.{self.digits}f}" for value in (spread.middle, spread.least, spread.most)
        )
        return f"{middle} {self.sign} ({least}–{most})"


MILLISECONDS = Unit("ms", 1000.0)
SECONDS = Unit("s")
A_SECOND = Unit("/s", digits=0, rate=True)
MEGABYTES = Unit("MB", 1 / 1_000_000, digits=1)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table: what was measured on which engine, round by round, beside its floor."""

    name: str
    engine: str
    unit: Unit
    ours: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def ratio(self) -> Spread:
        """How many times the floor's time, or memory, Baton takes: from the two halves of each round."""
        pairs = zip(self.ours, self.floor, strict=True)
        return Spread.of([floor / ours if self.unit.rate else ours / floor for ours, floor in pairs])

    @property
    def written(self) -> tuple[str, str, str]:
        """Both halves and the ratio, as they stand in the table."""
        ratio = self.ratio
        ours, floor = (self.unit.write(Spread.of(half)) for half in (self.ours, self.floor))
        return ours, floor, f"{ratio.middle:.2f} ({ratio.least:.2f}–{ratio.most:.2f})"


def in_turn(rounds: int, ours: Round, floor: Round) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Take both, round by round, and change who goes first each time, so that no lull favours either."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            taken[which].append((ours, floor)[which](number))
    return tuple(taken[0]), tuple(taken[1])


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which so many in a hundred lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
