"""The message in which somebody pressed, shown as it is now by the press's own response_url, before Slack is answered.

chat.update has a rate for the whole workspace; a response_url has none that Slack publishes. So whoever presses sees
their own message right at once, whatever else is queued. A message has one writer: while `answering_until` is in the
future no worker edits it, and while a worker has it in hand it is not shown in this way. Where many press in one
conversation at once, an answer waits for its turn, two seconds at most. What Slack refuses the worker edits, before all
other edits. Where the answer is lost Slack may still do it, so the worker waits until the lease has ended.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.database import Database
from bot.delivery import queue_statements as queries
from bot.delivery.answer_pace import AnswerPace
from bot.delivery.find_posted import key_of, metadata
from bot.delivery.rendering import Renderer, fingerprint_of
from bot.delivery.results import record_shown
from bot.slack.client import retry_after
from bot.slack.rate_limits import Rate
from bot.slack.response_urls import SECONDS, NotSlacks, ResponseUrls
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import Lease, Pressed, UnitOfWork
from qualification.records import Delivery, Priority, Workspace, rows

log = logging.getLogger(__name__)

# The press itself is answered without waiting for longer than this.
PATIENCE_SECONDS: Final = 1.0
# How often, and how many seconds apart, a message is asked for that a worker has in hand.
TRIES: Final = 10
PAUSE_SECONDS: Final = 0.1
# How long an answer may wait for others in its conversation.
LONGEST_WAIT: Final = timedelta(seconds=2)
# How many wait at the same time, and how often, in seconds, each asks the clock.
WAITING_THREADS: Final = 8
GLANCE_SECONDS: Final = 0.05
OK: Final = 200
TOO_MANY: Final = 429
NOT_CALLED: Final = 0


@dataclass(frozen=True, slots=True)
class _Drawn:
    revision: int
    payload: Mapping[str, Any] = field(repr=False)
    fingerprint: str


class Answers:
    """Shows messages by the response_urls of those who pressed in them."""

    def __init__(
        self,
        database: Database,
        urls: ResponseUrls,
        *,
        render: Renderer,
        clock: Callable[[], datetime],
        rate: Rate | None,
    ) -> None:
        """Do nothing yet; `render` draws a delivery from the rows, as it does for the worker; `rate` is the pace."""
        self._database = database
        self._urls = urls
        self._render = render
        self._clock = clock
        self._pace = AnswerPace(rate)
        self._waiting = ThreadPoolExecutor(WAITING_THREADS, thread_name_prefix="answering")
        self._stopping = threading.Event()

    def show(self, pressed: Pressed, lease: Lease | None) -> bool:
        """Show the message where it is pending; `lease` is what the transaction of the press got.

        Returns whether Slack shows the newest state by now. Never raises: the lease ends, and the worker edits then.
        """
        try:
            ours = lease if lease is not None and lease.is_ours else self._lease(pressed)
            return ours is not None and self._take_turn(pressed, ours, self._clock() + LONGEST_WAIT)
        except Exception as error:  # the press counted, and Slack wants its answer
            log.warning("A message could not be shown at once.", exc_info=error, extra={"action": "answer"})
        return False

    def close(self) -> None:
        """Let nothing wait any longer; the worker edits what waits once its lease has ended."""
        self._stopping.set()
        self._waiting.shutdown()

    def _take_turn(self, pressed: Pressed, ours: Lease, until: datetime) -> bool:
        """Show it now, or in another thread once the conversation's pace allows it; the worker's where that is late."""
        now = self._clock()
        at = self._pace.reserve(pressed.channel, now, until)
        if at is not None and at <= now:
            return self._answer(pressed, ours, until)
        if at is not None:
            self._waiting.submit(self._answer_at, at, pressed, ours, until)
            return False
        with self._database.transaction() as session:
            return self._record(session, pressed, ours, None)

    def _answer_at(self, at: datetime, pressed: Pressed, ours: Lease, until: datetime) -> None:
        """Wait until then, and show it; after a stop the lease ends by itself."""
        while self._clock() < at:
            if self._stopping.wait(GLANCE_SECONDS):
                return
        try:
            self._answer(pressed, ours, until)
        except Exception as error:  # nobody asks for the result of this thread
            log.warning("A message could not be shown soon.", exc_info=error, extra={"action": "answer"})

    def _answer(self, pressed: Pressed, ours: Lease, until: datetime) -> bool:
        """Draw it, and replace the message; at Slack's 429 wait for another turn.

        It is left to the worker where Slack's answer could come after the lease has ended.
        """
        if self._clock() + 2 * timedelta(seconds=SECONDS) > ours.until:
            with self._database.transaction() as session:
                return self._record(session, pressed, ours, None)
        drawn = self._draw(pressed.workspace_id, ours.delivery_id)
        refusal = self._send(pressed, drawn)
        if refusal == TOO_MANY:
            return self._take_turn(pressed, ours, until)
        with self._database.transaction() as session:
            return self._record(session, pressed, ours, drawn if refusal is None else None)

    def _lease(self, pressed: Pressed) -> Lease | None:
        """Take the message, waiting a little for a worker that edits it; None where there is nothing to show."""
        for number in range(TRIES):
            with self._database.snapshot() as session:
                where = {"workspace_id": pressed.workspace_id, "channel": pressed.channel, "ts": pressed.ts}
                if session.scalar(queries.PENDING_AT, where) is None:
                    return None
            with self._database.transaction() as session:
                lease = outbox.lease_pressed(session, pressed, self._clock())
            if lease is None or lease.is_ours:
                return lease
            if number < TRIES - 1:
                threading.Event().wait(PAUSE_SECONDS)
        return None

    def _draw(self, workspace_id: int, delivery_id: int) -> _Drawn:
        """Draw it from the rows at this moment; raises what a template does, which the worker will record."""
        with self._database.snapshot() as session:
            delivery = rows.get_one(session, Delivery, delivery_id, workspace_id)
            namespace = session.get_one(Workspace, workspace_id).delivery_namespace
            payload = self._render(session, delivery, self._clock())
            return _Drawn(
                revision=delivery.desired_revision,
                payload={**payload, "metadata": metadata(key_of(namespace, delivery.id, delivery.posting))},
                fingerprint=fingerprint_of(payload),
            )

    def _send(self, pressed: Pressed, drawn: _Drawn) -> int | None:
        """Replace the message; return the status with which Slack refused, if it did, or NOT_CALLED.

        Raises where Slack may still do it.
        """
        replacing = {**drawn.payload, "replace_original": True, "delete_original": False}
        try:
            answer = self._urls.post(pressed.response_url, replacing)
        except NotSlacks:
            log.warning(
                "A response_url that isn't Slack's was not called.",
                extra={"action": "answer", "workspace": pressed.workspace_id},
            )
            return NOT_CALLED
        if answer.status_code == OK:
            return None
        if answer.status_code == TOO_MANY:
            pause = timedelta(seconds=retry_after(answer.headers))
            self._pace.refused(pressed.channel, self._clock(), pause)
        log.info(
            "Slack refused to show a message by the press's response_url.",
            extra={"action": "answer", "workspace": pressed.workspace_id, "error": answer.status_code},
        )
        return answer.status_code

    def _record(self, session: UnitOfWork, pressed: Pressed, lease: Lease, drawn: _Drawn | None) -> bool:
        """Give the message back, with what Slack shows now, unless it was posted anew or is somebody else's by now.

        Where Slack does not show it, `drawn` is None, and the worker edits it before all others.
        """
        delivery = session.scalars(
            queries.DELIVERY, {"workspace_id": pressed.workspace_id, "delivery_id": lease.delivery_id}
        ).one()
        if (delivery.ts, delivery.answering_until) != (pressed.ts, lease.until):
            return False
        delivery.answering_until = None
        if drawn is not None:
            record_shown(delivery, drawn.revision, drawn.fingerprint)
        else:
            delivery.priority = Priority.PRESSED
        outbox.make_due(session, delivery.workspace_id, delivery.queue_id, now=self._clock())
        return drawn is not None
