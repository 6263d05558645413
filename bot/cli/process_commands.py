"""`baton run`, `web`, `worker`, which go on until a signal ends them, and `migrate`, which prepares for them."""

import os
import signal
import threading
from typing import Final

import migrations
from bot import app as wiring
from bot import logs
from bot.app import Baton
from bot.cli import console, databases

ALIVE_SECONDS: Final = 1.0


def run() -> None:
    """Listen to Slack and work, in one process: the way to run on SQLite, on one machine.

    Brings a SQLite database up to date first; PostgreSQL is left to [bold]migrate[/bold].
    """
    _run(listening=True, working=True)


def web() -> None:
    """Listen to Slack only: any number of these, on PostgreSQL, beside at least one [bold]worker[/bold]."""
    _run(listening=True, working=False)


def worker() -> None:
    """Work only: send Slack its messages, and keep the clocks."""
    _run(listening=False, working=True)


def migrate() -> None:
    """Bring the database's schema up to date. Harmless where it is; make a backup first."""
    databases.bring_up_to_date(console.settings())
    console.say(f"The database is at revision {migrations.head()}.")


def _run(*, listening: bool, working: bool) -> None:
    """Run until a signal says to stop; a second signal ends it at once."""
    given = console.settings(slack=True)
    logs.configure(given.log_format, given.log_level)
    stop = threading.Event()

    def heed(number: int, _: object) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    signal.signal(signal.SIGTERM, heed)
    signal.signal(signal.SIGINT, heed)
    if given.on_sqlite:
        databases.bring_up_to_date(given)
    with databases.ready(given) as database:
        bot = wiring.build(given, database=database)
        try:
            bot.start(listening=listening, working=working)
            if listening:
                console.stderr().print(f"Listening on {bot.http.address}. Ctrl-C ends it.", highlight=False)
            died = _wait(bot, stop)
        finally:
            bot.stop()
    if died:
        console.fail("A part of the bot ended unexpectedly; the log says why.", console.FAILED)


def _wait(bot: Baton, stop: threading.Event) -> bool:
    """Wait for a signal; True where a part ended before one came."""
    while not stop.wait(ALIVE_SECONDS):
        if not bot.is_alive:
            return True
    return False
