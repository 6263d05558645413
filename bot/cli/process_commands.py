"""`baton run`, `web` and `worker`, which go on until a signal ends them."""

import logging
import os
import signal
import threading
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from bot import app as wiring
from bot import logs, private_files
from bot.app import Baton
from bot.cli import console, databases, personal_keys
from bot.cli.database_diagnosis import diagnose
from bot.database import ANSWERING_SECONDS, Database
from bot.machine import utc_now
from bot.outages import is_away
from bot.rehearsal import rehearse
from bot.settings import Settings

log = logging.getLogger(__name__)

# How often a process that starts asks for a database that can't be used yet.
WAITING_SECONDS: Final = 3.0
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
    with databases.opened(given, patience_seconds=ANSWERING_SECONDS) as database:
        bot = _built(given, database, stop)
        if bot is None:
            return
        for file in private_files.shared((console.ENV_FILE, *database.files)):
            log.warning("Other users may open %s. %s", file, private_files.remedy((file,)), extra={"action": "start"})
        try:
            if listening:
                rehearse(bot, utc_now)
            bot.start(listening=listening, working=working)
            if listening:
                console.stderr().print(f"Listening on {bot.http.address}. Ctrl-C ends it.", highlight=False)
            died = _wait(bot, stop)
        finally:
            bot.stop()
    if died:
        console.fail("A part of the bot ended unexpectedly; the log says why.", console.FAILED)


def _built(given: Settings, database: Database, stop: threading.Event) -> Baton | None:
    """Put the bot together, on SQLite with a database brought up to date; None where a signal came first.

    Waits for a database that is stopped, locked or full; whatever needs somebody's hand ends the process at once.
    """
    while not stop.is_set():
        try:
            if database.is_sqlite:
                databases.bring_up_to_date(database)
            databases.require_schema(database)
            personal_keys.require(database)
            return wiring.build(given, database=database)
        except SQLAlchemyError as error:
            trouble = diagnose(given.database_url, error) if is_away(error) else None
            if trouble is None or not trouble.is_passing:
                raise
            log.warning("Waiting for the database: %s. %s", trouble.seen, trouble.remedy, extra={"action": "start"})
            stop.wait(WAITING_SECONDS)
    return None


def _wait(bot: Baton, stop: threading.Event) -> bool:
    """Wait for a signal; True where a part ended before one came."""
    while not stop.wait(ALIVE_SECONDS):
        if not bot.is_alive:
            return True
    return False
