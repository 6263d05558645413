"""Describes the machine of a run, without naming paths."""

import os
import platform
import sqlite3
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

PARTS = ("SQLAlchemy", "slack-bolt", "slack-sdk", "psycopg", "uvicorn")


def description(postgresql: str | None) -> list[tuple[str, str]]:
    """Return the processor, memory, versions, and the time of a write to the disk."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return [
        ("Processor", f"{os.cpu_count()} cores, {_processor()}"),
        ("Load before", ", ".join(f"{load:.1f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)"),
        ("Memory", f"{pages / 2**30:.0f} GiB"),
        ("System", f"{platform.system()} {platform.release().partition('-')[0]}"),
        ("Disk", f"{_sync() * 1000:.2f} ms to write 4 KiB for good (fdatasync, median of 100)"),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        *([("PostgreSQL", postgresql)] if postgresql else []),
        ("Parts", ", ".join(f"{part} {version(part)}" for part in PARTS)),
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _sync() -> float:
    """Return the time of an fsync, which every commit needs."""
    taken = []
    with tempfile.TemporaryFile() as file:
        for _ in range(100):
            began = perf_counter()
            os.pwrite(file.fileno(), bytes(4096), 0)
            os.fdatasync(file.fileno())
            taken.append(perf_counter() - began)
    return median(taken)
