"""The bot as `baton run` wires it, without Slack's rate limits, so that Baton is measured and not the pauses."""

import os
import signal
import threading

from bot.app import build
from bot.database import Database
from bot.settings import read_settings
from bot.slack.rate_limits import UNLIMITED


def main() -> None:
    """Run until SIGTERM."""
    settings = read_settings(os.environ)
    baton = build(settings, database=Database(settings.database_url), rates=UNLIMITED)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    baton.start()
    print("ready", flush=True)
    stop.wait()
    baton.stop()


main()
