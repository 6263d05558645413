"""Measures the bot's start until it is ready, its memory at rest, and its first command.

The floor of the first two is a process that only connects, that of the first command the ones that follow it.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from subprocess import Popen
from urllib.error import URLError
from urllib.request import urlopen

from sandbox.server import Sandbox
from tests.bench import children
from tests.bench.bare import Work
from tests.bench.children import PATIENCE_SECONDS, ChildFailed
from tests.bench.engines import Engine
from tests.bench.ground import laid
from tests.bench.measuring import MEGABYTES, MILLISECONDS, SECONDS, Figure, in_turn
from tests.bench.requests_over_http import free_port

MANAGER = "Maya Cohen"
FOLLOWING = 5


def measure(engine: Engine, work: Work, *, rounds: int, rest: float) -> list[Figure]:
    """Start both in turn, wait until they are ready, let them rest for some seconds, read their memory, stop them.

    Before it is stopped, the bot gets its first commands.
    """
    commands: tuple[list[float], list[float]] = ([], [])
    memory: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
    with laid(engine.fresh()) as ground:
        bare_database = engine.fresh()

        def ours(_: int) -> float:
            port = free_port()
            environment = ground.environment(PORT=str(port), SLACK_APP_TOKEN=ground.sandbox.app_token())
            return _life(
                ("bot", "run"),
                environment,
                ground.sandbox,
                lambda _: _answers(f"http://127.0.0.1:{port}/healthz"),
                keep,
            )

        def keep(read: dict[str, float]) -> None:
            memory[0].append(read)
            first, *others = [_command(ground.sandbox) for _ in range(FOLLOWING + 1)]
            commands[0].append(first)
            commands[1].append(median(others))

        def floor(_: int) -> float:
            environment = ground.environment(
                DATABASE_URL=bare_database,
                SLACK_APP_TOKEN=ground.sandbox.app_token(),
                BARE_INSERTED=str(work.inserted),
                BARE_CHANGED=str(work.changed),
            )
            return _life(
                ("tests.bench.programs.bare_listener",),
                environment,
                ground.sandbox,
                lambda process: bool(children.first_line(process)),
                memory[1].append,
            )

        def _life(
            words: tuple[str, ...],
            environment: dict[str, str],
            sandbox: Sandbox,
            ready: Callable[[Popen[str]], bool],
            keep: Callable[[dict[str, float]], None],
        ) -> float:
            sandbox.wait_for(lambda: sandbox.connections() == 0, PATIENCE_SECONDS)
            with ExitStack() as stack:
                began = time.perf_counter()
                process = stack.enter_context(children.started(*words, environment=environment))
                sandbox.wait_until_connected(timeout=PATIENCE_SECONDS)
                while not ready(process):
                    if time.perf_counter() - began > PATIENCE_SECONDS:
                        raise ChildFailed(f"{words} did not become ready")
                    time.sleep(0.005)  # as precise as the figures
                took = time.perf_counter() - began
                time.sleep(rest)  # memory at rest is measured after a while
                keep(_memory(process.pid))
            return took

        ours(-1)
        floor(-1)
        for half in (*memory, *commands):
            half.clear()
        times = in_turn(rounds, ours, floor)
    return [
        Figure("start to ready", engine.name, SECONDS, *times),
        Figure("the first command; those after it", engine.name, MILLISECONDS, *map(tuple, commands)),
        *(
            Figure(name, engine.name, MEGABYTES, *(tuple(read[key] for read in half) for half in memory))
            for name, key in (("memory at rest, resident", "Rss"), ("… its own share", "Pss"))
        ),
    ]


def _command(sandbox: Sandbox) -> float:
    """Ask for the pipeline; return the seconds until Slack has the answer."""
    began = time.perf_counter()
    sandbox.person(MANAGER).types("/pipeline", "#general")
    return time.perf_counter() - began


def _answers(address: str) -> bool:
    """Return whether the health check answers 200."""
    try:
        with urlopen(address):  # noqa: S310 - our own server
            return True
    except URLError:
        return False


def _memory(pid: int) -> dict[str, float]:
    """Return a process's memory in bytes: resident, and proportional (shared pages divided among their processes)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {name: int(value.split()[0]) * 1024.0 for name, _, value in (line.partition(":") for line in lines)}
