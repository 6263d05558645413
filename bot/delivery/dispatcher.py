"""Due deliveries, carried to Slack: in each place one after the other, and no call inside a transaction."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from bot.database import UNWELL, Database
from bot.delivery.operations import Failed, Outcome, Refused, Shown, Task, Undrawable
from bot.delivery.queue import Lanes
from bot.delivery.results import LeaseLostError, note_trouble, settle
from bot.delivery.send import Attempt, Renderer
from bot.slack.client import AccountError, PassingError, Slack
from bot.slack.rate_limits import SLACK_RATES, Rates

log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """The worker was stopped while it took deliveries up: they are left as they were."""


class Courier:
    """Carries one workspace's deliveries to Slack, for one worker; safe to use from several threads."""

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
        """`render(session, delivery, now)` draws the payload from the state stored; `worker` is a name no other has."""
        self._database = database
        self._slack = slack
        self._render = render
        self.lanes = Lanes(workspace_id, worker, rates)

    def ready_at(self) -> datetime | None:
        """Return the moment from which there is something to carry; None: nothing is owed."""
        with self._database.snapshot() as session:
            return self.lanes.ready_at(session)

    def claim(self, now: datetime, limit: int = 1, *, go_on: Callable[[], bool] = lambda: True) -> list[Task]:
        """Take in hand what is due, from as many places as `limit` says; nothing where it may no longer `go_on`.

        That is asked last: a place that was let go after the stop is not taken up by a claim begun before it.
        """
        with suppress(_StoppedError), self._database.transaction() as session:
            tasks = self.lanes.claim(session, now, limit)
            if not go_on():
                raise _StoppedError
            return tasks
        return []

    def carry(
        self, task: Task, clock: Callable[[], datetime], *, go_on: Callable[[], bool] = lambda: False
    ) -> Task | None:
        """Carry a task out and write down what came of it; where it may `go_on`, return the place's next, in hand."""
        attempt = Attempt(
            task,
            database=self._database,
            slack=self._slack,
            render=self._render,
            lanes=self.lanes,
            clock=clock,
        )
        try:
            outcome = self._outcome(attempt)
            now = clock()
            self._note_trouble(task, outcome, now)
            with self._database.transaction() as session:
                return settle(session, self.lanes, attempt.task, outcome, now, go_on=go_on())
        except LeaseLostError:
            log.warning(
                "A delivery took too long and is in other hands.",
                extra={"action": task.act.value, "workspace": task.workspace_id, "delivery": task.delivery_id},
            )
            return None

    def _outcome(self, attempt: Attempt) -> Outcome:
        """Make the attempt; a fault of ours on the way is the delivery's own, and holds up no other for long."""
        try:
            return attempt.make()
        except (LeaseLostError, *UNWELL):
            raise
        except Exception as error:
            task, name = attempt.task, type(error).__name__
            keys = {"action": task.act.value, "delivery": task.delivery_id, "error": name}
            log.exception("Something unforeseen happened on the way to Slack.", extra=keys)
            return Failed(name)

    def _note_trouble(self, task: Task, outcome: Outcome, now: datetime) -> None:
        """Keep the workspace's trouble true, in a transaction that takes no lock of a delivery."""
        if isinstance(outcome, Refused) and isinstance(outcome.error, AccountError):
            log.error(
                "Slack refuses every call until somebody looks: %s.",
                outcome.error,
                extra={"action": task.act.value, "workspace": task.workspace_id, "error": outcome.error.name},
            )
            trouble: str | None = outcome.error.name
        elif task.troubled and _answered(outcome):
            log.info("Slack answers again.", extra={"workspace": task.workspace_id})
            trouble = None
        else:
            return
        with self._database.transaction() as session:
            note_trouble(session, task.workspace_id, trouble, now)


def _answered(outcome: Outcome) -> bool:
    """Say whether Slack accepted our token, whatever it thought of the message."""
    match outcome:
        case Refused(error):
            return not isinstance(error, PassingError) or error.refused
        case Shown(sent=sent):
            return sent
        case Undrawable() | Failed():
            return False
    return True
