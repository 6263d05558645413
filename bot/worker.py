"""The worker: sends due messages to Slack and does what is due by time. `run` loops, `run_once` does one pass."""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Final

from bot import due_work
from bot.database import Database
from bot.delivery import queue, rendering, worker_lock
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.operations import Job
from bot.delivery.rendering import Renderer
from bot.delivery.worker_lock import Presence
from bot.due_work import DUE_WORK, DueWork
from bot.outages import log_level
from bot.slack.client import Slack
from bot.slack.rate_limits import SLACK_RATES, Rates
from qualification.outbox import outbox, retries
from qualification.reporting import summaries

log = logging.getLogger(__name__)

# The number of places that are written to at once.
HANDS: Final = 8
# How often the worker checks for what is due, even if nothing wakes it.
POLL_SECONDS: Final = 1.0
# How long it waits where another transaction has everything that is due locked.
BUSY_SECONDS: Final = 0.05
# How often all due work is done, also where none was found to be due.
WHOLE_SECONDS: Final = 5.0
# The number of deliveries in one place before other places get their turn.
TURN: Final = 10


class Worker:
    """Sends one workspace's messages and does its due work, alone or beside other workers."""

    def __init__(
        self,
        database: Database,
        slack: Slack,
        workspace_id: int,
        *,
        now: Callable[[], datetime],
        render: Renderer = rendering.draw,
        due_work: Mapping[DueWork, int] = DUE_WORK,
        rates: Rates = SLACK_RATES,
        name: str | None = None,
    ) -> None:
        """Nothing runs yet; no other worker may have the same `name`, which is random by default."""
        self.name = name or f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._database = database
        self._workspace_id = workspace_id
        self._now = now
        self._due_work = due_work
        self._dispatcher = Dispatcher(database, slack, render, workspace_id=workspace_id, worker=self.name, rates=rates)
        self._woken = threading.Event()
        self._look_at_clocks = threading.Event()
        self._clocks_looked_at = self._all_done_at = float("-inf")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        database.on_commit(self._woken.set)

    def run_once(self, now: datetime) -> int:
        """Do everything that is due at `now`, one thing after the other; return how many things were done.

        A pass over the same rows at the same `now` always does the same.
        """
        self._reap()
        done, more = self._do_due_work(now)
        while more:
            count, more = self._do_due_work(now)
            done += count
        ready_at = self._dispatcher.ready_at()
        if ready_at is None or ready_at > now:
            return done
        while jobs := self._dispatcher.claim(now):
            for job in jobs:
                self._dispatcher.dispatch(job, lambda: now)
                done += 1
        return done

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then finish the jobs in hand; a pass that fails is logged, and the next follows."""
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
                except Exception as error:
                    sentence = "A pass failed; the worker continues with the next one."
                    log.log(log_level(error), sentence, exc_info=error, extra={"workspace": self._workspace_id})
                    pause = POLL_SECONDS
                self._woken.wait(pause)
        log.info("The worker has finished its open work.", extra={"workspace": self._workspace_id})

    def start(self) -> None:
        """Run in a thread of its own until `stop` is called."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self.run, args=(self._stopping,), name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the jobs in hand and wait for them, a few seconds at most."""
        self._stopping.set()
        self.wake()
        if self._thread is not None:
            self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread that `start` began still runs."""
        return self._thread is not None and self._thread.is_alive()

    def wake(self) -> None:
        """Check for due messages and due work at once; may be called from any thread."""
        self._look_at_clocks.set()
        self._woken.set()

    def presence(self) -> AbstractContextManager[object]:
        """While the block lasts, show other workers that this one lives, and wake when other processes commit."""
        return nullcontext() if self._database.is_sqlite else Presence(self._database, self.name, self._woken.set)

    def begin(self) -> None:
        """Release what a dead process had claimed, and queue messages whose rendering failed once more."""
        now = self._now()
        with self._database.transaction() as session:
            if self._database.is_sqlite:
                # Only one process serves a SQLite database, so every claim was left behind by a dead one.
                queue.void(session, self._workspace_id)
            retries.retry_dead_letters(session, self._workspace_id, now=now, errors=(outbox.CANNOT_BE_DRAWN,))
            if summaries.run_due in self._due_work:
                summaries.plan(session, self._workspace_id, now)

    def _pass(self, hands: ThreadPoolExecutor, in_hand: set[Future[int]], stop: threading.Event) -> float:
        """Do due work, and hand due messages to other threads; return the seconds until the next pass."""
        now = self._now()
        if self._look_at_clocks.is_set() or time.monotonic() - self._clocks_looked_at >= POLL_SECONDS:
            self._look_at_clocks.clear()
            self._clocks_looked_at = time.monotonic()
            self._keep_time(now)
        in_hand.difference_update([each for each in in_hand if each.done()])
        free = HANDS - len(in_hand)
        if free == 0:
            return POLL_SECONDS
        ready_at = self._dispatcher.ready_at()
        if ready_at is None or ready_at > now:
            return POLL_SECONDS if ready_at is None else min(POLL_SECONDS, (ready_at - now).total_seconds())
        jobs = self._dispatcher.claim(now, free, go_on=lambda: not stop.is_set())
        for job in jobs:
            future = hands.submit(self._hand, job, stop)
            in_hand.add(future)
            future.add_done_callback(lambda _: self._woken.set())
        return 0.0 if jobs else BUSY_SECONDS

    def _hand(self, job: Job, stop: threading.Event) -> int:
        """Do a job and then the next ones of its place, up to TURN; return how many were done."""
        done = 0

        def go_on() -> bool:
            return done < TURN and not stop.is_set()

        following: Job | None = job
        try:
            while following is not None:
                done += 1
                following = self._dispatcher.dispatch(following, self._now, go_on=go_on)
        except Exception as error:
            keys = {"workspace": self._workspace_id, "delivery": job.delivery_id}
            sentence = "A delivery failed; it is tried again when its lease expires."
            log.log(log_level(error), sentence, exc_info=error, extra=keys)
        return done

    def _keep_time(self, now: datetime) -> None:
        """Do some of the due work, so that messages go out in between; a failure is logged and stops no messages."""
        try:
            self._reap()
            _, more = self._do_due_work(now)
            if more:
                self.wake()
        except Exception as error:
            sentence = "Due work failed; it will be tried again."
            log.log(log_level(error), sentence, exc_info=error, extra={"workspace": self._workspace_id})

    def _do_due_work(self, now: datetime) -> tuple[int, bool]:
        """Do one transaction of each kind of work that is due; return how much was done, and whether more may be due.

        Mostly nothing is, and to find that out takes one statement, which holds up no writer. Every few seconds all of
        it is done all the same: only who writes notices that the database can't be written to.
        """
        done, more = 0, False
        for work in self._may_be_due(now):
            limit = self._due_work[work]
            with self._database.transaction() as session:
                count = work(session, self._workspace_id, now, limit=limit)
            done += count
            more |= count >= limit
        return done, more

    def _may_be_due(self, now: datetime) -> Collection[DueWork]:
        is_long_ago = time.monotonic() - self._all_done_at >= WHOLE_SECONDS
        # Only a commit tells that an outage is over.
        if is_long_ago or self._database.is_away or not self._due_work:
            self._all_done_at = time.monotonic()
            return self._due_work
        with self._database.snapshot() as session:
            return due_work.may_be_due(session, self._workspace_id, now, self._due_work)

    def _reap(self) -> None:
        """Release, on PostgreSQL, what workers that are gone had claimed."""
        if self._database.is_sqlite:
            return
        with self._database.snapshot() as session:
            others = [worker for worker in queue.holders(session, self._workspace_id) if worker != self.name]
        if not others:
            return
        with self._database.transaction() as session:
            for worker in others:
                if not worker_lock.is_alive(session, worker):
                    queue.void(session, self._workspace_id, worker)
                    log.info("A worker is gone; its deliveries were released.", extra={"workspace": self._workspace_id})
