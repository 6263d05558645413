"""Sends due deliveries to Slack: one after the other in each place, and no call inside a transaction."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from bot.database import UNWELL, Database
from bot.delivery.operations import Differs, Failed, Job, Outcome, Posted, Refused, Shown, Undrawable
from bot.delivery.queue import ChannelQueues
from bot.delivery.rendering import Renderer
from bot.delivery.results import LeaseLostError, record_late_post, record_result, record_workspace_error
from bot.delivery.send import Sender
from bot.slack.client import AccountError, PassingError, Slack
from bot.slack.rate_limits import SLACK_RATES, Rates

log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The worker was stopped while it claimed deliveries: the claim is rolled back."""


class Dispatcher:
    """Sends one workspace's deliveries to Slack, for one worker; safe to use from several threads."""

    def __init__(
        self,
        database: Database,
        slack: Slack,
        render: Renderer,
        *,
        workspace_id: int,
        worker: str,
        rates: Rates = SLACK_RATES,
    ) -> None:
        """`render(session, delivery, now)` returns a payload for the stored state; `worker` is a name no other has."""
        self._database = database
        self._slack = slack
        self._render = render
        self.queues = ChannelQueues(workspace_id, worker, rates)

    def ready_at(self) -> datetime | None:
        """Return the moment from which something can be sent; None when nothing is queued."""
        with self._database.snapshot() as session:
            return self.queues.ready_at(session)

    def claim(self, now: datetime, limit: int = 1, *, go_on: Callable[[], bool] = lambda: True) -> list[Job]:
        """Claim the first due delivery of up to `limit` places; none where `go_on` says that the worker has stopped.

        `go_on` is asked last, so that a claim that began before the stop takes nothing afterwards.
        """
        with suppress(_StoppedError), self._database.transaction() as session:
            jobs = self.queues.claim(session, now, limit)
            if not go_on():
                raise _StoppedError
            return jobs
        return []

    def dispatch(
        self, job: Job, clock: Callable[[], datetime], *, go_on: Callable[[], bool] = lambda: False
    ) -> Job | None:
        """Do a job and record its result; where `go_on` allows it, return the next job of the same place, claimed."""
        sender = Sender(
            job,
            database=self._database,
            slack=self._slack,
            render=self._render,
            queues=self.queues,
            clock=clock,
        )
        outcome: Outcome | None = None
        try:
            outcome = self._outcome(sender)
            now = clock()
            self._record_workspace_error(job, outcome, now)
            with self._database.transaction() as session:
                return record_result(session, self.queues, sender.job, outcome, now, go_on=go_on())
        except LeaseLostError:
            log.warning(
                "A delivery took too long; another worker has it now.",
                extra={"action": job.operation.value, "workspace": job.workspace_id, "delivery": job.delivery_id},
            )
        if isinstance(outcome, Posted):
            with self._database.transaction() as session:
                record_late_post(session, job, outcome, clock())
        return None

    def _outcome(self, sender: Sender) -> Outcome:
        """Send; an unexpected error of ours becomes the outcome of this delivery, and delays others only briefly."""
        try:
            return sender.send()
        except (LeaseLostError, *UNWELL):
            raise
        except Exception as error:
            job, name = sender.job, type(error).__name__
            keys = {"action": job.operation.value, "delivery": job.delivery_id, "error": name}
            log.exception("An unexpected error stopped a delivery to Slack.", extra=keys)
            return Failed(name)

    def _record_workspace_error(self, job: Job, outcome: Outcome, now: datetime) -> None:
        """Record whether Slack refuses the whole workspace, in a transaction that locks no delivery."""
        if isinstance(outcome, Refused) and isinstance(outcome.error, AccountError):
            log.error(
                "Slack refuses every call until somebody fixes this: %s.",
                outcome.error,
                extra={"action": job.operation.value, "workspace": job.workspace_id, "error": outcome.error.name},
            )
            error: str | None = outcome.error.name
        elif job.workspace_failing and _answered(outcome):
            log.info("Slack answers again.", extra={"workspace": job.workspace_id})
            error = None
        else:
            return
        with self._database.transaction() as session:
            record_workspace_error(session, job.workspace_id, error, now)


def _answered(outcome: Outcome) -> bool:
    """Return whether Slack accepted our token, even if it refused the message."""
    match outcome:
        case Refused(error):
            return not isinstance(error, PassingError) or error.refused
        case Shown(sent=sent):
            return sent
        case Undrawable() | Failed() | Differs():
            return False
    return True
