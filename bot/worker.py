"""What makes Slack true, and keeps time: `run` loops, `run_once` does one pass."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from sqlalchemy.orm import Session

from bot.database import Database
from bot.delivery import queue, rendering, worker_lock
from bot.delivery.dispatcher import Courier
from bot.delivery.operations import Task
from bot.delivery.send import Renderer
from bot.delivery.worker_lock import Presence
from bot.slack.client import Slack
from bot.slack.rate_limits import SLACK_RATES, Rates
from qualification.handoffs import due
from qualification.outbox import outbox
from qualification.reporting import summaries
from qualification.scoring import rescoring

log = logging.getLogger(__name__)

# So many places are written to at once.
HANDS: Final = 8
# It is looked so often for what is due, whatever wakes us besides.
POLL_SECONDS: Final = 1.0
# What is due is locked by somebody at this very moment.
BUSY_SECONDS: Final = 0.05
# So many deliveries are made in one place before others get their turn.
TURN: Final = 10


class Job(Protocol):
    """Work that time makes due."""

    def __call__(self, session: Session, workspace_id: int, now: datetime, *, limit: int) -> int:
        """Do what is due at `now`, of each kind at most `limit`, and return how much was done."""


# What time makes due, and how much of it is done in one transaction: some 20 ms, for others write meanwhile.
JOBS: Final[Mapping[Job, int]] = MappingProxyType({due.run_due: 20, summaries.run_due: 1, rescoring.run_due: 100})


class Worker:
    """Carries one workspace's deliveries and does what its clocks say, alone or beside other workers."""

    def __init__(
        self,
        database: Database,
        slack: Slack,
        workspace_id: int,
        *,
        now: Callable[[], datetime],
        render: Renderer = rendering.draw,
        jobs: Mapping[Job, int] = JOBS,
        rates: Rates = SLACK_RATES,
        name: str | None = None,
    ) -> None:
        """Nothing runs yet; `name` is one that no other worker has, made up where it is not given."""
        self.name = name or f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._database = database
        self._workspace_id = workspace_id
        self._now = now
        self._jobs = jobs
        self._courier = Courier(database, slack, render, workspace_id=workspace_id, worker=self.name, rates=rates)
        self._woken = threading.Event()
        self._look_at_clocks = threading.Event()
        self._clocks_looked_at = float("-inf")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        database.on_commit(self._woken.set)

    def run_once(self, now: datetime) -> int:
        """Do all that is due at `now`, one thing after the other; return how many things were done.

        A pass over the same rows at the same `now` does the same.
        """
        self._reap()
        done, more = self._run_jobs(now)
        while more:
            count, more = self._run_jobs(now)
            done += count
        while tasks := self._courier.claim(now):
            for task in tasks:
                self._courier.carry(task, lambda: now)
                done += 1
        return done

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set, then finish what is in hand; a failure is logged and tried again."""
        with self.presence(), ThreadPoolExecutor(HANDS, thread_name_prefix="delivery") as hands:
            in_hand: set[Future[int]] = set()
            begun = False
            while not stop.is_set():
                self._woken.clear()
                try:
                    if not begun:
                        self.begin()
                        begun = True
                    pause = self._pass(hands, in_hand, stop)
                except Exception:
                    log.exception("A pass failed; the next one comes.", extra={"workspace": self._workspace_id})
                    pause = POLL_SECONDS
                self._woken.wait(pause)
        log.info("The worker has finished what it had in hand.", extra={"workspace": self._workspace_id})

    def start(self) -> None:
        """Run in a thread of its own until `stop`."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self.run, args=(self._stopping,), name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in hand, and wait for it: some seconds at most."""
        self._stopping.set()
        self.wake()
        if self._thread is not None:
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread that `start` began is still at work."""
        return self._thread is not None and self._thread.is_alive()

    def wake(self) -> None:
        """Look at once for what is due, the clocks too; from any thread."""
        self._look_at_clocks.set()
        self._woken.set()

    def presence(self) -> AbstractContextManager[object]:
        """Be seen by other workers as alive, and be woken by what other processes commit, while the block lasts."""
        return nullcontext() if self._database.is_sqlite else Presence(self._database, self.name, self._woken.set)

    def begin(self) -> None:
        """Take back what a process that died had in hand, and give templates that failed another chance."""
        now = self._now()
        with self._database.transaction() as session:
            if self._database.is_sqlite:
                # One process serves a SQLite database: whatever is in hand was left behind.
                queue.void(session, self._workspace_id)
            outbox.unpark(session, self._workspace_id, now=now, troubles=(outbox.CANNOT_BE_DRAWN,))
            if summaries.run_due in self._jobs:
                summaries.plan(session, self._workspace_id, now)

    def _pass(self, hands: ThreadPoolExecutor, in_hand: set[Future[int]], stop: threading.Event) -> float:
        """Do what is due, deliveries by other hands; return for how many seconds nothing more will be."""
        now = self._now()
        if self._look_at_clocks.is_set() or time.monotonic() - self._clocks_looked_at >= POLL_SECONDS:
            self._look_at_clocks.clear()
            self._clocks_looked_at = time.monotonic()
            self._keep_time(now)
        in_hand.difference_update([each for each in in_hand if each.done()])
        free = HANDS - len(in_hand)
        if free == 0:
            return POLL_SECONDS
        ready_at = self._courier.ready_at()
        if ready_at is None or ready_at > now:
            return POLL_SECONDS if ready_at is None else min(POLL_SECONDS, (ready_at - now).total_seconds())
        tasks = self._courier.claim(now, free, go_on=lambda: not stop.is_set())
        for task in tasks:
            future = hands.submit(self._hand, task, stop)
            in_hand.add(future)
            future.add_done_callback(lambda _: self._woken.set())
        return 0.0 if tasks else BUSY_SECONDS

    def _hand(self, task: Task, stop: threading.Event) -> int:
        """Carry out a task and what follows it in its place, for a while."""
        done = 0

        def go_on() -> bool:
            return done < TURN and not stop.is_set()

        following: Task | None = task
        try:
            while following is not None:
                done += 1
                following = self._courier.carry(following, self._now, go_on=go_on)
        except Exception:
            log.exception(
                "A delivery failed; it is taken up again when its lease has run out.",
                extra={"workspace": self._workspace_id, "delivery": task.delivery_id},
            )
        return done

    def _keep_time(self, now: datetime) -> None:
        """Do some of what the clocks say; deliveries go on in between, and where it fails, again and again perhaps."""
        try:
            self._reap()
            _, more = self._run_jobs(now)
            if more:
                self.wake()
        except Exception:
            log.exception("The clocks failed; they are looked at again.", extra={"workspace": self._workspace_id})

    def _run_jobs(self, now: datetime) -> tuple[int, bool]:
        """Do some of each job; return how much was done, and whether more may be due."""
        done, more = 0, False
        for job, limit in self._jobs.items():
            with self._database.transaction() as session:
                count = job(session, self._workspace_id, now, limit=limit)
            done += count
            more |= count >= limit
        return done, more

    def _reap(self) -> None:
        """Take back, on PostgreSQL, what workers that are gone had in hand."""
        if self._database.is_sqlite:
            return
        with self._database.transaction() as session:
            for worker in queue.holders(session, self._workspace_id):
                if worker != self.name and not worker_lock.is_alive(session, worker):
                    queue.void(session, self._workspace_id, worker)
                    log.info(
                        "A worker is gone; what it had in hand is taken up.", extra={"workspace": self._workspace_id}
                    )
