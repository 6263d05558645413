"""Prints the day as a table: the outcome of the leads by office, and the traffic with Slack."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

from tests.evidence.case import Case, Standing
from tests.evidence.day import Day
from tests.evidence.rotation import Rotation

COLUMNS: Mapping[str, Callable[[Case], int]] = {
    "leads": lambda _: 1,
    "accepted": lambda case: case.verdict is Standing.ACCEPTED,
    "claimed": lambda case: case.done["claimed"],
    "SQL": lambda case: case.passed,
    "disqualified": lambda case: case.verdict is Standing.ENDED,
    "in a queue": lambda case: case.verdict is None,
    "passed on": lambda case: case.done["declined"],
    "expired": lambda case: case.done["expired"],
    "undone": lambda case: case.done["undone"],
    "assigned": lambda case: case.done["reassigned"],
}


def print_day(day: Day, rotations: Mapping[str, Rotation], *, engine: str, seconds: float) -> None:
    """Print what people remember, the turns dealt, and the faults that struck."""
    table = Table()
    table.add_column("office")
    for name in (*COLUMNS, "turns", "kept", "steady reps", "differ by"):
        table.add_column(name, justify="right")
    by_office = defaultdict[str, list[Case]](list)
    for case in day.cases:
        by_office[case.lead.destination.pool.partition("-")[0]].append(case)
    for office, cases in sorted(by_office.items()):
        pools = [rotation for key, rotation in rotations.items() if key.startswith(f"{office}-")]
        dealt = sum(rotation.dealt for rotation in pools)
        kept = sum(len(seat.turns) for rotation in pools for seat in rotation.seats)
        steady = sum(seat.steady for rotation in pools for seat in rotation.seats)
        spread = max(rotation.spread() for rotation in pools)
        counts = [sum(count(case) for case in cases) for count in COLUMNS.values()]
        table.add_row(office, *map(str, (*counts, dealt, kept, steady, spread)))
    console = Console(width=160)
    console.print(f"\n{engine}: {len(day.cases)} companies in {seconds:.0f} s")
    console.print(table)
    calls = Counter(call.method for call in day.world.sandbox.calls())
    struck = Counter[str]()
    for fault in day.faults:
        struck[fault.kind] += fault.struck
    console.print("calls   ", _counted(calls))
    console.print("faults  ", _counted(struck))


def _counted(counter: Counter[str]) -> str:
    return " · ".join(f"{name} {count}" for name, count in sorted(counter.items()))
