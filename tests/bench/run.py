"""The run: every figure on every engine asked for, then one table."""

import argparse

from rich.console import Console

from tests.bench import clicks
from tests.bench.engines import opened


def main(arguments: list[str]) -> int:
    p = argparse.ArgumentParser()
    p.add_argument("--quick", action="store_true")
    p.add_argument("--engine", default="both")
    a = p.parse_args(arguments)
    c = Console()
    with opened(a.engine) as engines:
        for e in engines:
            f, w = clicks.measure(e, rounds=4 if a.quick else 10, clicks=10 if a.quick else 20)
            c.print(f.engine, f.unit.write(__import__("tests.bench.measuring").bench.measuring.Spread.of(f.ours)),f.unit.write(__import__("tests.bench.measuring").bench.measuring.Spread.of(f.floor)), f.ratio, w)
    return 0
