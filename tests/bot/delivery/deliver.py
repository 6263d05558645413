"""A worker as a process of its own, to be killed; its arguments are database, Slack, token, workspace and moment."""

import sys
import threading
from datetime import datetime

from bot.database import Database
from bot.slack.client import Slack
from bot.worker import Worker
from tests.worlds.deliveries import draw


def main() -> None:
    """Deliver until killed; the clock stands at the moment given."""
    url, slack_url, token, workspace_id, moment = sys.argv[1:]
    now = datetime.fromisoformat(moment)
    worker = Worker(
        Database(url), Slack(token, base_url=slack_url), int(workspace_id), now=lambda: now, render=draw, due_work={}
    )
    worker.run(threading.Event())


if __name__ == "__main__":
    main()
