"""The one wiring place: settings, database, installations, Bolt, HTTP, Socket Mode and workers become one bot."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from slack_bolt import App, BoltRequest, BoltResponse
from slack_sdk import WebClient
from starlette.applications import Starlette

import handlers
from bot import health, logs, machine, outages
from bot.database import Database
from bot.delivery import answers, rendering
from bot.health import Health
from bot.http.callers import Callers
from bot.http.clicks_first import ClicksFirst
from bot.http.counted import counted
from bot.http.intake_api import Intake
from bot.http.intake_queue import IntakeQueue
from bot.http.permits import Permits
from bot.http.server import HttpServer
from bot.machine import new_delivery_namespace, new_reference, utc_now
from bot.metrics import Metrics
from bot.periodic import Periodic
from bot.settings import Settings
from bot.single_instance import SingleInstance
from bot.slack import installations, replies, response_urls
from bot.slack.client import Slack
from bot.slack.directory import Directory
from bot.slack.installations import Installation
from bot.slack.middleware import WorkspaceGuard, authorise
from bot.slack.once import OnceTransactions
from bot.slack.origins import origin_of
from bot.slack.payload_shapes import OddPayload, read_shape
from bot.slack.rate_limits import SLACK_RATES, Rates
from bot.slack.replies import Views
from bot.slack.response_urls import ResponseUrls
from bot.slack.slack_clock import SlackClock
from bot.slack.socket_mode import SocketMode
from bot.web import Endpoints
from bot.worker import Worker

log = logging.getLogger(__name__)

# Each holds a database connection for a few milliseconds at a time.
HTTP_THREADS: Final = 10
LATER_THREADS: Final = 4
# What reading a value of another kind than was expected raises.
ODD: Final = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
# How often each directory checks for people and channels to look up.
LOOK_UP_SECONDS: Final = 15.0


def build(
    settings: Settings,
    *,
    database: Database,
    now: Callable[[], datetime] = utc_now,
    delivery_namespace: Callable[[], str] = new_delivery_namespace,
    reference: Callable[[], str] = new_reference,
    rates: Rates = SLACK_RATES,
    seconds: Callable[[], float] = machine.seconds,
) -> "Baton":
    """Put a bot together for the settings' one token; nothing runs yet. Raises SlackError."""
    served = (installations.serve(settings, database=database, now=now, delivery_namespace=delivery_namespace),)
    return Baton(settings, database=database, served=served, now=now, reference=reference, rates=rates, seconds=seconds)


class Baton:
    """The bot in one process: its parts by name, started and stopped in the right order.

    Each of `installations` has a worker and a directory, in the same order. Every other part finds the installation of
    each request that it gets.
    """

    installations: tuple[Installation, ...]
    workers: tuple[Worker, ...]
    directories: tuple[Directory, ...]
    bolt: App
    intake: Intake
    asgi: Starlette
    http: HttpServer
    socket_mode: SocketMode | None

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        served: Sequence[Installation],
        now: Callable[[], datetime],
        reference: Callable[[], str],
        rates: Rates,
        seconds: Callable[[], float] = machine.seconds,
    ) -> None:
        """Wire the parts; `served` has at least one installation, `now` is the clock of all parts.

        `seconds` counts from any moment on, and is never set as a clock may be.
        """
        self.settings = settings
        self.database = database
        self.installations = tuple(served)
        self._now = now
        self._reference = reference
        self._slack_clock = SlackClock(seconds)
        ids = [each.id for each in served]
        self.metrics = Metrics(database, ids, now=now, ahead_of_slack=self._slack_clock.ahead)
        slacks = [(each.id, self._slack(each)) for each in served]
        self.workers = tuple(Worker(database, slack, id_, now=now, rates=rates) for id_, slack in slacks)
        self.directories = tuple(
            Directory(database=database, slack=slack, workspace_id=id_, now=now, seconds=seconds)
            for id_, slack in slacks
        )
        self._looking_up = [Periodic(each.look_up, LOOK_UP_SECONDS, name="directory") for each in self.directories]
        self._later = ThreadPoolExecutor(LATER_THREADS, thread_name_prefix="later")
        self._showing = ThreadPoolExecutor(HTTP_THREADS, thread_name_prefix="showing")
        self._response_urls = ResponseUrls(settings.slack_api_url)
        self._answers = answers.Answers(
            database, self._response_urls, render=rendering.draw, clock=now, rate=rates.answers
        )
        self.bolt = self._bolt()
        self._threads = ThreadPoolExecutor(HTTP_THREADS, thread_name_prefix="http")
        self._clicks = ClicksFirst()
        self.intake = self._intake()
        self._endpoints = Endpoints(
            dispatch=self.dispatch,
            signing_secret=settings.signing_secret,
            health=self.health,
            now=now,
            threads=self._threads,
            intake=counted(self.intake.routes(), self.metrics.posted),
            answered=self.metrics.answered,
            metrics=self.metrics.text,
            metrics_token=settings.metrics_token,
        )
        self.asgi = self._endpoints.application()
        self.http = HttpServer(self.asgi, settings.host, settings.port, trusted_proxies=settings.trusted_proxies)
        self.socket_mode = None
        if settings.app_token is not None:
            web = WebClient(base_url=settings.slack_api_url, timeout=5, retry_handlers=[])
            self.socket_mode = SocketMode(
                app_token=settings.app_token,
                web=web,
                dispatch=self._dispatch_timed,
                hear=self._slack_clock.hear,
            )
        self._single_instance = SingleInstance(database)
        self._listening = self._working = False

    def _slack(self, installation: Installation, seconds: float = 5.0) -> Slack:
        return Slack(
            installation.token,
            base_url=self.settings.slack_api_url,
            seconds=seconds,
            observe=self.metrics.called,
            clock=self._slack_clock,
        )

    def _intake(self) -> Intake:
        """Make the intake API, with threads of its own that give way to those who click."""
        callers = Callers(
            database=self.database,
            served=self.installations,
            secrets_of=self.settings.intake_secrets,
            now=self._now,
            public_url=self.settings.public_url,
            permits=Permits(self.database, self._now),
        )
        return Intake(
            database=self.database,
            served=self.installations,
            callers=callers,
            queue=IntakeQueue(self.database, self._clicks),
            now=self._now,
            reference=self._reference,
        )

    def _bolt(self) -> App:
        """Make the Bolt app: it verifies nothing, asks Slack nothing, and answers when the listener has returned."""
        settings = self.settings
        shared: Mapping[str, object] = {
            "snapshot": self.database.snapshot,
            "now": self._now,
            "reply": partial(replies.reply, self._response_urls),
            "later": self._later.submit,
            "reference": self._reference,
            "saved_nothing": outages.saved_nothing,
        }

        slacks = {each.id: self._slack(each, response_urls.SECONDS) for each in self.installations}

        def context_values(installation: Installation, body: Mapping[str, Any]) -> Mapping[str, object]:
            once = OnceTransactions(self.database.transaction, installation.id, body, self._now())
            views = Views(slacks[installation.id], origin_of(body))
            return {**shared, "transaction": once, "workspace": installation, "views": views}

        # Without a logger of ours, Bolt makes its own at the root's level, and writes whole payloads where that is low.
        quiet = logging.getLogger("slack_bolt")
        quiet.setLevel(logs.QUIETER[quiet.name])
        bolt = App(
            name="baton",
            logger=quiet,
            client=WebClient(base_url=settings.slack_api_url, timeout=5, retry_handlers=[]),
            signing_secret=settings.signing_secret or "",
            process_before_response=True,
            request_verification_enabled=False,
            # The event of a card that somebody deleted names its author, the bot: Bolt would drop it as our own.
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
            before_authorize=WorkspaceGuard(self.installations, context_values),
            authorize=authorise,
        )
        handlers.register(bolt)
        return bolt

    def dispatch(self, payload: dict[str, Any], headers: Mapping[str, str]) -> BoltResponse:
        """Pass a payload of Slack's, from HTTP or Socket Mode, to its listener, and return the listener's answer."""
        with self._clicks.answering():
            return self._dispatch(payload, headers)

    def _dispatch(self, payload: dict[str, Any], headers: Mapping[str, str]) -> BoltResponse:
        try:
            payload = read_shape(payload)
            # In this mode Bolt takes the payload as it is; a form it parses, and loses a command that says "payload".
            request = BoltRequest(body=payload, headers=dict(headers), mode="socket_mode")
            answer = self.bolt.dispatch(request)
            self._show_origin(request)
        except OddPayload as odd:
            log.warning("A payload was not as Slack's are.", extra={"action": "dispatch", "error": str(odd)})
            return BoltResponse(status=400)
        except ODD as odd:
            # A listener's errors are answered by its error handler: this one is of Bolt, which trusts what is signed.
            log.warning("A payload was not as Slack's are.", exc_info=odd, extra={"action": "dispatch"})
            return BoltResponse(status=400)
        if answer.status == 404:  # noqa: PLR2004 - HTTP's own number
            kind = payload.get("type") or payload.get("command")
            log.warning(
                "Nothing listens to this kind of request from Slack.", extra={"kind": kind, "action": "dispatch"}
            )
            # Other than by 200, an event that nobody listens to would come three times more.
            return BoltResponse(status=200 if kind == "event_callback" else 400)
        return answer

    def _dispatch_timed(self, payload: dict[str, Any], headers: Mapping[str, str]) -> BoltResponse:
        began = time.perf_counter()
        answer = self.dispatch(payload, headers)
        self.metrics.answered(payload, time.perf_counter() - began)
        return answer

    def _show_origin(self, request: BoltRequest) -> None:
        """Show the message in which somebody pressed as it is now, if that is quick; else it goes on meanwhile."""
        once = request.context.get("transaction")
        if not self.database.is_away and isinstance(once, OnceTransactions) and once.pressed is not None:
            wait([self._showing.submit(self._answers.show, once.pressed, once.lease)], answers.PATIENCE_SECONDS)

    def health(self) -> Health:
        """Examine every part now; a part is well when it is well for every installation."""
        now = self._now()
        report = health.together(
            health.examine(
                self.database,
                workspace_id=installation.id,
                connections=self.socket_mode.connected if self.socket_mode and self._listening else None,
                working=worker.is_alive if self._working else None,
                now=now,
            )
            for installation, worker in zip(self.installations, self.workers, strict=True)
        )
        clocks = health.clocks(self.database, ahead_of_slack=self._slack_clock.ahead(now), now=now)
        return replace(report, clocks=clocks)

    def start(self, *, listening: bool = True, working: bool = True) -> None:
        """Start to listen to Slack, or to work, or both; raises AddressTaken, AlreadyRunning and Unclaimable."""
        self._single_instance.acquire()
        self._listening, self._working = listening, working
        if listening:
            self.http.start()
            log.info("HTTP is open.", extra={"action": "start"})
            if self.socket_mode is not None:
                self.socket_mode.start()
        if working:
            for worker in self.workers:
                worker.start()
            for looking_up in self._looking_up:
                looking_up.start()

    @property
    def is_alive(self) -> bool:
        """Whether every part that was started still runs."""
        listens = not self._listening or self.http.is_alive
        if not self._working:
            return listens
        return (
            listens and all(each.is_alive for each in self.workers) and all(each.is_alive for each in self._looking_up)
        )

    def stop(self) -> None:
        """Stop in order: accept no more requests, answer those in hand, finish the deliveries in hand, then close."""
        if self._listening:
            if self.socket_mode is not None:
                self.socket_mode.stop()
            self.http.stop()
        if self._working:
            for looking_up in self._looking_up:
                looking_up.stop()
            for worker in self.workers:
                worker.stop()
        self._endpoints.shutdown()
        self._threads.shutdown()
        self.intake.queue.shutdown()
        self._later.shutdown()
        self._showing.shutdown()
        self._answers.close()
        self.database.dispose()
        self._single_instance.release()
        log.info("All open work is finished.", extra={"action": "stop"})
