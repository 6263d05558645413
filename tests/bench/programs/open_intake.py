"""The bot as `baton web` wires it, with no rate limit on the intake API, so that its work is measured."""

import os
import signal
import threading
from datetime import timedelta

from bot.app import build
from bot.database import Database
from bot.settings import read_settings
from bot.slack.rate_limits import Rate

# More than any machine reaches.
ANY_RATE = Rate(timedelta(microseconds=1), burst=1_000_000)


def main() -> None:
    """Print the address, and serve until SIGTERM."""
    settings = read_settings(os.environ)
    baton = build(settings, database=Database(settings.database_url))
    baton.intake.rate = ANY_RATE
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    baton.start(working=False)
    print(baton.http.address, flush=True)
    stop.wait()
    baton.stop()


main()
