"""Measures imports while a bot runs: their speed and memory, and whether clicks stay fast."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import func, select

from qualification.records import ImportRun
from tests.bench import children, files, paced
from tests.bench.children import ChildFailed
from tests.bench.engines import Engine
from tests.bench.ground import Ground, laid
from tests.bench.measuring import A_SECOND, MEGABYTES, MILLISECONDS, SECONDS, Figure, in_turn, percentile
from tests.bench.requests_over_http import free_port

# How often the importer's progress and memory are read.
LOOK_SECONDS = 0.1
# Thousands of cards are sent first, for the clicks.
SHOWN_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is imported, in how many rounds, and how many clicks come meanwhile, one every `every` seconds."""

    activities: int
    leads: int
    people: int
    rounds: int
    every: float
    clicks: int
    at_rest: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of file: its name in the table, its rows, the function that writes it, and the command's options."""

    name: str
    rows: int
    write: Callable[[Path, int], None]
    words: tuple[str, ...]
    file: str


@dataclass(frozen=True, slots=True)
class _Run:
    """One import: its seconds, and its peak memory in bytes at a tenth of the rows and at the end."""

    took: float
    early: float
    late: float


def measure(engine: Engine, *, size: Size) -> Iterator[Figure]:
    """Import activities, then leads, each while a bot runs, and compare each with its floor."""
    with TemporaryDirectory(prefix="baton-bench-") as name:
        folder = Path(name)
        (folder / "map.yaml").write_text(files.MAP, encoding="utf-8")
        kinds = (
            _Kind(
                f"{size.activities:,} activities of {size.leads:,} leads brought in",
                size.activities,
                lambda path, batch: files.activities(path, size.activities, size.leads, batch=batch),
                ("--map", str(folder / "map.yaml")),
                "activities.jsonl",
            ),
            _Kind(
                f"{size.people:,} leads brought in",
                size.people,
                lambda path, batch: files.people(path, size.people, batch=batch),
                (),
                "leads.csv",
            ),
        )
        for kind in kinds:
            yield from _measured(engine, kind, folder / kind.file, size)


def _measured(engine: Engine, kind: _Kind, file: Path, size: Size) -> Iterator[Figure]:
    runs: list[_Run] = []
    rest: list[list[float]] = []
    meanwhile: list[list[float]] = []
    with laid(engine.fresh(), patient=True) as ground, ExitStack() as stack:
        ground.hand_over(size.rounds * (size.clicks + size.at_rest))
        port = free_port()
        environment = ground.environment(PORT=str(port), SLACK_APP_TOKEN="")
        bot = stack.enter_context(children.started("tests.bench.programs.unpaced", environment=environment))
        children.first_line(bot)
        ground.wait_until_shown(SHOWN_SECONDS)
        bare = engine.fresh()
        presses = iter([ground.press(asked) for asked in ground.asked()])

        def click(going: Callable[[int], bool]) -> list[float]:
            secret = ground.settings.signing_secret or ""
            return paced.clicks(f"http://127.0.0.1:{port}/slack/events", secret, presses, every=size.every, going=going)

        def ours(number: int) -> float:
            kind.write(file, number)
            rest.append(click(lambda sent: sent < size.at_rest))
            words = ("bot", "import", str(file), *kind.words, "--sender", f"bench-{number}")
            with children.started(*words, environment=environment) as process, ThreadPoolExecutor(1) as aside:
                watched = aside.submit(_watched, process, ground, kind.rows)
                meanwhile.append(click(lambda sent: sent < size.clicks and not watched.done()))
                runs.append(watched.result())
            return runs[-1].took

        def floor(number: int) -> float:
            kind.write(file, number)
            began = perf_counter()
            with children.started(
                "tests.bench.programs.bare_import", str(file), environment={"DATABASE_URL": bare}
            ) as process:
                _ended(process)
                return perf_counter() - began

        times = in_turn(size.rounds, ours, floor)
    rates = (tuple(kind.rows / each for each in half) for half in times)
    yield Figure(kind.name, engine.name, SECONDS, *times)
    yield Figure("… rows a second", engine.name, A_SECOND, *rates)
    yield Figure(
        "… memory at the end; at a tenth",
        engine.name,
        MEGABYTES,
        tuple(run.late for run in runs),
        tuple(run.early for run in runs),
    )
    for percent, name in ((50, "… half of the clicks meanwhile; at rest"), (99, "… 99 of 100 clicks; at rest")):
        halves = (tuple(percentile(each, percent) for each in half) for half in (meanwhile, rest))
        yield Figure(name, engine.name, MILLISECONDS, *halves)


def _watched(process: "Popen[str]", ground: Ground, rows: int) -> _Run:
    """Wait for the importer, and read its memory meanwhile."""
    began = perf_counter()
    before = _done(ground)
    early = late = 0.0
    while process.poll() is None:
        late = _most_memory(process.pid) or late
        if not early and _done(ground) - before >= rows / 10:
            early = late
        time.sleep(LOOK_SECONDS)  # memory can only be polled
    took = perf_counter() - began
    _ended(process)
    return _Run(took, early or late, late)


def _ended(process: "Popen[str]") -> None:
    if process.wait() != 0:
        raise ChildFailed(f"{process.args!r} ended with {process.returncode}")


def _done(ground: Ground) -> int:
    """Return the number of rows imported so far."""
    with ground.database.snapshot() as session:
        return session.scalar(select(func.coalesce(func.sum(ImportRun.rows_done), 0))) or 0


def _most_memory(pid: int) -> float:
    """Return a process's peak resident memory in bytes; 0 if it has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1024.0 for line in lines if line.startswith("VmHWM:"))
