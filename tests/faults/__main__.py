"""`python -m tests.faults`: people, forms and faults at once, and what was lost, doubled or untrue afterwards."""

import argparse
import random
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from tests.faults import rounds, sabotage
from tests.faults.audit import Verdict
from tests.faults.ledger import Answer
from tests.faults.rounds import Result

ENGINES = ("sqlite", "postgresql")
# From so many minutes on, every kind of act and of fault must have happened.
WHOLE = 2
MOST_FINDINGS = 12
MOST_CHARACTERS = 3000
LAST_WORDS = 40


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments ask for; return 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2, help="of all engines together")
    parser.add_argument("--engine", choices=(*ENGINES, "both"), default="both")
    parser.add_argument("--seed", type=int, default=None, help="what people and faults are drawn from; else random")
    parser.add_argument("--sabotage", action="store_true", help="show that each kind of loss would be seen")
    parser.add_argument("--ledger", type=Path, help="a file to write all acts to, a line each")
    parser.add_argument("--report", type=Path, help="a file to write the figures and first findings to, a line each")
    asked = parser.parse_args(arguments)
    began = monotonic()

    def say(line: str) -> None:
        print(f"[{monotonic() - began:6.1f} s] {line}", flush=True)

    found: list[str] = []
    engines = ENGINES if asked.engine == "both" else (asked.engine,)
    if asked.sabotage:
        seen = {each: sabotage.run(each, say) for each in engines}
        figures = [
            f"{each}: {count} of {len(sabotage.SABOTAGE)} kinds of loss were seen" for each, count in seen.items()
        ]
        is_well = all(count == len(sabotage.SABOTAGE) for count in seen.values())
    else:
        seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
        say(f"seed {seed}; {asked.minutes:g} minutes for {' and '.join(engines)}")
        results = [rounds.run(each, asked.minutes * 60 / len(engines), seed, say) for each in engines]
        for result in results:
            print_result(result)
        for result in results:
            print_findings(result)
        print(f"\nseed {seed}")
        figures = [figures_of(each) for each in results]
        found = [_brief(each) for each in results if each.findings]
        happened = set.union(*(each.happened for each in results))
        missing = sorted(set.union(*(each.expected for each in results)) - happened) if asked.minutes >= WHOLE else []
        for each in missing:
            print(f"never happened: {each}")
        is_well = not missing and not any(each.findings for each in results)
        if asked.ledger is not None:
            lines = [f"{result.engine} {act}\n" for result in results for act in result.ledger]
            asked.ledger.write_text("".join(lines), encoding="utf-8")
    print("\n".join(figures))
    if asked.report is not None:
        asked.report.write_text("\n".join([*figures, *found]) + "\n", encoding="utf-8")
    return 0 if is_well else 1


def print_result(result: Result) -> None:
    """Print the figures of one engine."""
    answers = [answer.value for answer in Answer]
    print(f"\n{result.engine}, {result.seconds:.0f} s\n")
    print(f"{'act':<20}" + "".join(f"{each:>16}" for each in answers))
    for kind in sorted({kind for kind, _ in result.acts}):
        print(f"{kind:<20}" + "".join(f"{result.acts[kind, each]:>16}" for each in answers))
    totals = {each: sum(count for (_, answer), count in result.acts.items() if answer == each) for each in answers}
    print(f"{'all':<20}" + "".join(f"{totals[each]:>16}" for each in answers))
    for name, counts in (("faults", result.faults), ("deliveries", result.deliveries), ("processes", result.ended)):
        print(f"\n{name}: {_listed(counts)}")


def print_findings(result: Result) -> None:
    """Print what was found, and enough to look for its cause."""
    for finding in result.findings[:MOST_FINDINGS]:
        print(f"\n{result.engine}: {str(finding)[:MOST_CHARACTERS]}")
    if len(result.findings) > MOST_FINDINGS:
        print(f"\n{result.engine}: and {len(result.findings) - MOST_FINDINGS} more")
    if result.findings:
        print(f"\n{result.engine}: what the processes logged last:\n{''.join(result.words[-LAST_WORDS:])}")


def figures_of(result: Result) -> str:
    """Return the line that counts."""
    counts = ", ".join(f"{verdict} {result.count(verdict)}" for verdict in Verdict)
    return f"{result.engine}: {result.acts.total()} acts, {result.faults.total()} faults, {counts}"


def _brief(result: Result) -> str:
    """Return the first finding in a line: of a long run's output often only the end is kept."""
    return f"{result.engine}: {' '.join(str(result.findings[0]).split())[:MOST_CHARACTERS]}"


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


if __name__ == "__main__":
    # What was started ends with it, whoever asks it to.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    sys.exit(main(sys.argv[1:]))
