"""The bot as `baton run` wires it, without Slack's rates: what is measured is Baton, not the pauses Slack asks for."""

import os
import signal
import threading

from bot.app import build
from bot.database import Database
from bot.settings import read
from bot.slack.rate_limits import UNLIMITED


def main() -> None:
    """Run until SIGTERM."""
    settings = read(os.environ)
    baton = build(settings, database=Database(settings.database_url), rates=UNLIMITED)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    baton.start()
    print("ready", flush=True)
    stop.wait()
    baton.stop()


main()
