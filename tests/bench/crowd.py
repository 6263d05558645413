"""Measures what a crowd sees: twelve reps of two teams, two channels, thirty leads, against Slack's rates.

The seconds are those of the crowd's own clock, so they say nothing about the machine, and need no floor: beside each
stands what is promised.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import MARKDOWN
from rich.table import Table

from tests.bench.engines import Engine
from tests.worlds.crowd import Report, gathered

LEADS = 30
# The seconds that 95 of 100 changes may take, by presses a minute; Home and everything else have one promise.
OWN_CARD, HOME, EVERYTHING, REFUSED = 2, 5, 90, 0.01
CHANNEL_CARD = {18: 10, 60: 30, 240: 75}
COLUMNS = ("presses a minute", "database", "own card", "channel card", "other card", "Home", "all true after")
MORE_COLUMNS = ("429s", "calls a press")


@dataclass(frozen=True, slots=True)
class Scene:
    """What one crowd saw; `published` says that a playbook was published just before."""

    engine: str
    a_minute: int
    published: bool
    report: Report

    @property
    def row(self) -> Iterator[str]:
        """The cells of the table, each with its promise where there is one."""
        report = self.report
        calls = sum(report.calls.values()) / report.presses
        yield f"{self.a_minute}{', after publishing' if self.published else ''}"
        yield self.engine
        yield _beside(report.within("own card"), OWN_CARD)
        yield _beside(report.within("lead_card"), CHANNEL_CARD[self.a_minute])
        yield f"{report.within('direct_card'):.1f} s"
        yield _beside(report.within("home"), HOME if self.a_minute == min(CHANNEL_CARD) else None)
        yield _beside(report.true_after, EVERYTHING)
        yield f"{report.refused_share:.2%} (1%)"
        yield f"{calls:.1f}"


def measure(engine: Engine, *, minutes: float) -> Iterator[Scene]:
    """Let one crowd press at each pace for some minutes of its clock, and once after a playbook was published."""
    with gathered(engine.fresh(), leads=LEADS) as crowd:
        for a_minute in CHANNEL_CARD:
            yield Scene(
                engine.name, a_minute, published=False, report=crowd.presses(a_minute=a_minute, minutes=minutes)
            )
        crowd.publishes()
        slowest = min(CHANNEL_CARD)
        yield Scene(engine.name, slowest, published=True, report=crowd.presses(a_minute=slowest, minutes=minutes))


def table(scenes: Sequence[Scene]) -> Table:
    """Return a table of what 95 of 100 changes took, with what is promised in brackets."""
    made = Table(box=MARKDOWN)
    for name in COLUMNS + MORE_COLUMNS:
        made.add_column(name, no_wrap=True)
    for scene in scenes:
        made.add_row(*scene.row)
    return made


def _beside(seconds: float, promise: int | None) -> str:
    return f"{seconds:.1f} s" if promise is None else f"{seconds:.1f} s ({promise} s)"
