"""The bot as `baton web` wires it, with no rate limit on the intake API, so that its work is measured."""

import os
import signal
import threading

from bot.app import build
from bot.database import Database
from bot.http.permits import Allowances
from bot.settings import read_settings

# More than any machine reaches.
ANY_RATE = Allowances(*[1_000_000_000] * 4)


def main() -> None:
    """Print the address, and serve until SIGTERM."""
    settings = read_settings(os.environ)
    baton = build(settings, database=Database(settings.database_url))
    baton.intake.callers.allowances = ANY_RATE
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    baton.start(working=False)
    print(baton.http.address, flush=True)
    stop.wait()
    baton.stop()


main()
