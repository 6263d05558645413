"""`baton` as it is, with a clock that the run moves and without the pauses of Slack's rates."""

import functools
import os
from pathlib import Path

from bot import app as wiring
from bot.cli.commands import baton
from bot.slack.rate_limits import UNLIMITED
from tests.faults.clock import SharedClock

if __name__ == "__main__":
    clock = SharedClock(Path(os.environ.pop("FAULTS_CLOCK")))
    wiring.build = functools.partial(wiring.build, now=clock, rates=UNLIMITED)
    baton(prog_name="baton")
