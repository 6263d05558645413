"""The bot's processes: started, killed, asked to end, and started again by a supervisor."""

import socket
import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from signal import SIGKILL, SIGTERM
from time import monotonic
from typing import Final

from tests.warm import Program, WarmProcess

# How often the supervisor looks, and how long a process may take to end when it is asked to, in real seconds.
LOOK_SECONDS: Final = 0.05
END_SECONDS: Final = 20.0
WORDS: Final = 400


@dataclass(eq=False)
class Process:
    """One process of the bot, in all its lives; `ended_by` is the signal that this run sent it, None for none."""

    command: str
    port: int
    lives: int = 0
    program: Program | None = None
    ended_by: int | None = None
    asked_at: float | None = None
    start_at: float = 0.0
    words: deque[str] = field(default_factory=lambda: deque(maxlen=WORDS))


class Fleet:
    """All processes of one run. Between `start` and `stop` each is started again a moment after it ended."""

    def __init__(self, commands: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start nothing yet; `environment` is that of all processes, without PORT."""
        self._environment = environment
        self._warm = WarmProcess()
        self.processes = [Process(command, _free_port()) for command in commands]
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all processes."""
        self._supervisor.start()

    def ports(self) -> list[int]:
        """Return the ports of those that listen."""
        return [each.port for each in self.processes if each.command != "worker"]

    def signal(self, process: Process, number: int, down_for: float) -> bool:
        """Signal a process, which is started again so many seconds after its end; return False where it is not up."""
        with self._lock:
            program = process.program
            if program is None or program.poll() is not None or process.ended_by is not None:
                return False
            process.ended_by, process.start_at, process.asked_at = number, down_for, monotonic()
            program.send_signal(number)
            return True

    def last_words(self) -> list[str]:
        """Return the lines that the processes logged lately, without their tracebacks, the latest last."""
        lines = [(line, each.command) for each in self.processes for line in list(each.words) if line[:1].isdigit()]
        return [f"{command} {line}" for line, command in sorted(lines)]

    def stop(self) -> None:
        """End all processes, and the supervisor."""
        self._stopping.set()
        self._supervisor.join()
        for each in self.processes:
            if each.program is not None:
                each.program.__exit__(None, None, None)
        self._warm.close()

    def _supervise(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            for each in self.processes:
                with self._lock:
                    self._look_after(each)

    def _look_after(self, process: Process) -> None:
        program = process.program
        if program is None:
            if monotonic() >= process.start_at:
                self._begin(process)
            return
        code = program.poll()
        if code is None:
            if process.asked_at is not None and monotonic() - process.asked_at > END_SECONDS:
                self.faults.append(f"{process.command} runs on {END_SECONDS:g} s after signal {process.ended_by}")
                process.asked_at = None
                program.kill()
            return
        match process.ended_by:
            case None:
                self.counts[f"{process.command} ended by itself ({code})"] += 1
                process.start_at = monotonic() + 0.2
            case number:
                process.start_at += monotonic()
                if number == SIGTERM and code not in {0, -SIGKILL}:
                    self.counts[f"{process.command} answered SIGTERM with {code}"] += 1
        program.__exit__(None, None, None)
        process.program = process.ended_by = process.asked_at = None

    def _begin(self, process: Process) -> None:
        environment = {**self._environment, "PORT": str(process.port)}
        program = self._warm.start("tests.faults.program", process.command, environment=environment)
        process.program, process.lives = program, process.lives + 1
        process.words.append(f"--- life {process.lives}\n")
        threading.Thread(target=_listen, args=(program, process.words), daemon=True).start()


def _listen(program: Program, words: deque[str]) -> None:
    try:
        for line in program.stderr:
            words.append(line)
    except ValueError:  # closed meanwhile
        return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
