"""Runs every measurement on every requested engine, one after the other, and prints one table."""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from tests.bench import (
    clicks,
    crowd,
    edits,
    flood,
    imports,
    intake_over_http,
    machine,
    posts,
    requests_over_http,
    starts,
)
from tests.bench.bare import Work
from tests.bench.engines import Engine, Postgresql, opened
from tests.bench.imports import Size
from tests.bench.measuring import Figure

# Wide enough that no figure wraps.
WIDEST = 140
COLUMNS = ("what", "database", "Baton", "floor", "times the floor")


@dataclass(frozen=True, slots=True)
class Plan:
    """The amount to measure."""

    rounds: int
    clicks: int
    requests: int
    commands: int
    lists: int
    leads: int
    edits: int
    starts: int
    rest: float
    crowd_minutes: float
    size: Size


FULL = Plan(
    rounds=10,
    clicks=20,
    requests=200,
    commands=200,
    lists=20,
    leads=50,
    edits=20,
    starts=3,
    rest=10.0,
    crowd_minutes=2.0,
    size=Size(activities=20_000, leads=2_000, people=20_000, rounds=3, every=0.2, clicks=200, at_rest=50),
)
QUICK = Plan(
    rounds=3,
    clicks=8,
    requests=40,
    commands=40,
    lists=4,
    leads=15,
    edits=6,
    starts=1,
    rest=2.0,
    crowd_minutes=0.25,
    size=Size(activities=2_000, leads=200, people=2_000, rounds=1, every=0.2, clicks=30, at_rest=10),
)
LARGE = Size(activities=1_000_000, leads=100_000, people=1_000_000, rounds=1, every=0.5, clicks=2_000, at_rest=200)


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, and return 0."""
    parser = argparse.ArgumentParser(prog="tests/bench", description="Measure Baton, each figure beside its floor.")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: to see that it runs")
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--flood", action="store_true", help="commands beside a flood of forms alone")
    parser.add_argument("--imports", action="store_true", help="the imports alone")
    parser.add_argument("--crowd", action="store_true", help="the crowd alone")
    parser.add_argument("--large", action="store_true", help="the imports alone, of 1,000,000 rows each")
    given = parser.parse_args(arguments)
    plan = QUICK if given.quick else FULL
    stderr = Console(stderr=True)
    figures: list[Figure] = []
    works: list[tuple[str, Work]] = []
    scenes: list[crowd.Scene] = []
    with opened(given.engine) as engines:
        version = next((engine.version for engine in engines if isinstance(engine, Postgresql)), None)
        described = machine.description(version)
        for engine in engines:
            with stderr.status(f"Measuring on {engine.name}") as status:
                if not (given.large or given.imports or given.flood):
                    scenes.extend(crowd.measure(engine, minutes=plan.crowd_minutes))
                if given.crowd:
                    continue
                for figure in _chosen(given, engine, plan, works):
                    figures.append(figure)
                    status.update(f"Measuring on {engine.name}: {figure.name} is done")
                    if not stderr.is_terminal:
                        stderr.print(
                            engine.name, figure.name, *figure.written, sep=" | ", highlight=False, soft_wrap=True
                        )
    sentences = [f"{name}: {value}" for name, value in described] + [_sentence(name, work) for name, work in works]
    _print(sentences, figures, scenes)
    return 0


def _print(sentences: Iterable[str], figures: Sequence[Figure], scenes: Sequence[crowd.Scene]) -> None:
    """Print what was measured, and whether it keeps what is promised."""
    stdout = Console()
    stdout.width = max(stdout.width, WIDEST)
    for sentence in sentences:
        stdout.print(sentence, highlight=False, soft_wrap=True)
    if figures:
        stdout.print(table(figures))
    for promise in (flood.promise(figure) for figure in figures if figure.name == flood.LATEST):
        stdout.print(promise, highlight=False, soft_wrap=True)
    if scenes:
        stdout.print("What 95 of 100 changes took in a crowd, by its own clock; in brackets what is promised:")
        stdout.print(crowd.table(scenes))


def table(figures: Iterable[Figure]) -> Table:
    """Return a table of the figures, with the engines side by side."""
    made = Table(box=MARKDOWN)
    for name in COLUMNS:
        made.add_column(name, no_wrap=True)
    by_engine: dict[str, list[Figure]] = {}
    for figure in figures:
        by_engine.setdefault(figure.engine, []).append(figure)
    for alike in zip(*by_engine.values(), strict=True):
        for figure in alike:
            made.add_row(figure.name, figure.engine, *figure.written)
    return made


def _chosen(given: argparse.Namespace, engine: Engine, plan: Plan, works: list[tuple[str, Work]]) -> Iterable[Figure]:
    """Measure what was asked for on one engine."""
    if given.large or given.imports:
        return imports.measure(engine, size=LARGE if given.large else plan.size)
    return _beside_flood(engine, plan) if given.flood else _measured(engine, plan, works)


def _beside_flood(engine: Engine, plan: Plan) -> Iterable[Figure]:
    return flood.measure(engine, rounds=max(3, plan.rounds // 2), commands=plan.commands)


def _measured(engine: Engine, plan: Plan, works: list[tuple[str, Work]]) -> Iterable[Figure]:
    click, work = clicks.measure(engine, rounds=plan.rounds, clicks=plan.clicks)
    works.append((engine.name, work))
    yield click
    rounds = max(3, plan.rounds // 2)
    yield from requests_over_http.measure(engine, work, rounds=rounds, clicks=plan.requests)
    yield from intake_over_http.measure(engine, rounds=rounds, requests=plan.requests, lists=plan.lists)
    yield from _beside_flood(engine, plan)
    yield posts.measure(engine, rounds=rounds, leads=plan.leads)
    yield from edits.measure(engine, work, rounds=rounds, clicks=plan.edits)
    yield from starts.measure(engine, work, rounds=plan.starts, rest=plan.rest)
    yield from imports.measure(engine, size=plan.size)


def _sentence(name: str, work: Work) -> str:
    return (
        f"Accept on {name}: {work.rows} rows written ({work.inserted} new, {work.changed} changed) "
        f"by {work.writes} statements, after {work.reads} that read; its floor writes {work.rows} rows by as many."
    )
