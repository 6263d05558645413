"""The bot as `baton web` wires it, and the intake API open to one sender at any rate: what is measured is the work."""

import os
import signal
import threading
from datetime import timedelta

from bot.app import build
from bot.database import Database
from bot.settings import read
from bot.slack.rate_limits import Rate

# More than any machine takes.
ANY_RATE = Rate(timedelta(microseconds=1), burst=1_000_000)


def main() -> None:
    """Serve until SIGTERM; say where."""
    settings = read(os.environ)
    baton = build(settings, database=Database(settings.database_url))
    baton.intake.rate = ANY_RATE
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    baton.start(working=False)
    print(baton.http.address, flush=True)
    stop.wait()
    baton.stop()


main()
