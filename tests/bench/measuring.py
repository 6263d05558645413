"""Measurements: rounds of Baton and of its floor, taken in turn, and their summary."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeAlias

# The value of one round: seconds, a rate or bytes.
Round: TypeAlias = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median, minimum and maximum of several rounds."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of some rounds."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Unit:
    """How values are written: factor, digits and sign; `rate` means that more is better."""

    sign: str
    factor: float = 1.0
    digits: int = 2
    rate: bool = False

    def write(self, spread: Spread) -> str:
        """Return the median, with the range in brackets."""
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
    """One row of the table: the values of Baton and of its floor, round by round, on one engine."""

    name: str
    engine: str
    unit: Unit
    ours: tuple[float, ...]
    floor: tuple[float, ...]

    @property
    def ratio(self) -> Spread:
        """How many times the floor's time or memory Baton takes, compared round by round."""
        pairs = zip(self.ours, self.floor, strict=True)
        return Spread.of([floor / ours if self.unit.rate else ours / floor for ours, floor in pairs])

    @property
    def written(self) -> tuple[str, str, str]:
        """Baton's value, the floor's and the ratio, as text for the table."""
        ratio = self.ratio
        ours, floor = (self.unit.write(Spread.of(half)) for half in (self.ours, self.floor))
        return ours, floor, f"{ratio.middle:.2f} ({ratio.least:.2f}–{ratio.most:.2f})"


def in_turn(rounds: int, ours: Round, floor: Round) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Measure both in each round, and alternate which goes first, so that changes in load favour neither."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            taken[which].append((ours, floor)[which](number))
    return tuple(taken[0]), tuple(taken[1])


def percentile(values: Sequence[float], percent: int) -> float:
    """Return a percentile of the values."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
