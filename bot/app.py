"""The one wiring place: settings, database, Slack, Bolt, HTTP, Socket Mode and worker become one bot."""

import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

from slack_bolt import App, BoltRequest, BoltResponse
from slack_sdk import WebClient
from starlette.applications import Starlette

import handlers
from bot import health, logs
from bot.database import Database
from bot.health import Health
from bot.http.intake_api import Intake
from bot.http.server import HttpServer
from bot.periodic import Periodic
from bot.settings import Settings
from bot.single_instance import SingleInstance
from bot.slack import installations, replies
from bot.slack.client import Slack
from bot.slack.directory import Directory
from bot.slack.installations import Served
from bot.slack.middleware import Entrance, authorisation
from bot.slack.rate_limits import SLACK_RATES, Rates
from bot.slack.replies import Views
from bot.slack.socket_mode import SocketMode
from bot.web import Endpoints
from bot.worker import Worker

log = logging.getLogger(__name__)

# Each holds a database connection for a few milliseconds at a time.
HTTP_THREADS: Final = 10
LATER_THREADS: Final = 4
# So often is it looked whether anybody is to be looked up.
LOOK_UP_SECONDS: Final = 15.0


def utc_now() -> datetime:
    """Read the machine's clock."""
    return datetime.now(UTC)


def new_seal() -> str:
    """Make what tells this database's delivery ids from any other's."""
    return secrets.token_hex(8)


def new_reference() -> str:
    """Make what an apology quotes and the log shows beside the error: short enough to be read out."""
    return secrets.token_hex(4)


def serve(
    settings: Settings,
    *,
    database: Database,
    now: Callable[[], datetime] = utc_now,
    seal: Callable[[], str] = new_seal,
) -> Served:
    """Give the workspace of the settings' token; Slack is asked only about a new token. Raises SlackError."""
    known = installations.recognise(database, settings.bot_token)
    if known is not None:
        return known
    slack = Slack(settings.bot_token, base_url=settings.slack_api_url)
    return installations.admit(database, slack, settings.bot_token, seal=seal, now=now())


def build(
    settings: Settings,
    *,
    database: Database,
    now: Callable[[], datetime] = utc_now,
    seal: Callable[[], str] = new_seal,
    reference: Callable[[], str] = new_reference,
    rates: Rates = SLACK_RATES,
) -> "Baton":
    """Put a bot together for the workspace of its token; nothing runs yet. Raises SlackError as `serve` does."""
    workspace = serve(settings, database=database, now=now, seal=seal)
    return Baton(settings, database=database, workspace=workspace, now=now, reference=reference, rates=rates)


class Baton:
    """One workspace's bot in one process: its parts by name, started and stopped in the right order."""

    bolt: App
    worker: Worker
    directory: Directory
    intake: Intake
    asgi: Starlette
    http: HttpServer
    socket_mode: SocketMode | None

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        workspace: Served,
        now: Callable[[], datetime],
        reference: Callable[[], str],
        rates: Rates,
    ) -> None:
        """Wire the parts; `now` is the clock of all of them, `reference` makes what an apology quotes."""
        self.settings = settings
        self.database = database
        self.workspace = workspace
        self._now = now
        self._reference = reference
        slack = Slack(settings.bot_token, base_url=settings.slack_api_url)
        self.worker = Worker(database, slack, workspace.id, now=now, rates=rates)
        self.directory = Directory(database=database, slack=slack, workspace_id=workspace.id, now=now)
        self._looking_up = Periodic(self.directory.look_up, LOOK_UP_SECONDS, name="directory")
        self._later = ThreadPoolExecutor(LATER_THREADS, thread_name_prefix="later")
        self.bolt = self._bolt()
        self._threads = ThreadPoolExecutor(HTTP_THREADS, thread_name_prefix="http")
        self.intake = Intake(
            database=database,
            workspace=workspace,
            secrets_of=settings.intake_secrets,
            now=now,
            reference=reference,
            threads=self._threads,
            public_url=settings.public_url,
        )
        self.asgi = Endpoints(
            dispatch=self.dispatch,
            signing_secret=settings.signing_secret,
            health=self.health,
            now=now,
            threads=self._threads,
            intake=self.intake.routes(),
        ).application()
        self.http = HttpServer(self.asgi, settings.host, settings.port)
        self.socket_mode = None
        if settings.app_token is not None:
            web = WebClient(base_url=settings.slack_api_url, timeout=5, retry_handlers=[])
            self.socket_mode = SocketMode(app_token=settings.app_token, web=web, dispatch=self.dispatch)
        self._single_instance = SingleInstance(database)
        self._listening = self._working = False

    def _bolt(self) -> App:
        """Make the Bolt app: it verifies nothing, asks Slack nothing, and answers when the listener has returned."""
        settings = self.settings
        quick = Slack(settings.bot_token, base_url=settings.slack_api_url, seconds=replies.SECONDS)
        belongings: Mapping[str, object] = {
            "transaction": self.database.transaction,
            "snapshot": self.database.snapshot,
            "now": self._now,
            "workspace": self.workspace,
            "views": Views(quick),
            "reply": replies.reply,
            "later": self._later.submit,
            "reference": self._reference,
        }
        # Bolt gives its loggers the root's level unless it is handed one, and writes payloads where that is low.
        quiet = logging.getLogger("slack_bolt")
        quiet.setLevel(logs.QUIETER[quiet.name])
        bolt = App(
            name="baton",
            logger=quiet,
            client=WebClient(base_url=settings.slack_api_url, timeout=5, retry_handlers=[]),
            signing_secret=settings.signing_secret or "",
            process_before_response=True,
            request_verification_enabled=False,
            # Slack tells of a card deleted by hand in an event that names its author: Bolt would drop it as our own.
            ignoring_self_events_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
            before_authorize=Entrance(self.workspace, belongings),
            authorize=authorisation(self.workspace, settings.bot_token),
        )
        handlers.register(bolt)
        return bolt

    def dispatch(self, payload: dict[str, Any], headers: Mapping[str, str]) -> BoltResponse:
        """Hand what Slack sent, over HTTP or Socket Mode, to its listener, and give the listener's answer."""
        # Bolt takes a payload apart that comes as text, and loses a command whose words contain "payload".
        request = BoltRequest(body=payload, headers=dict(headers), mode="socket_mode")
        answer = self.bolt.dispatch(request)
        if answer.status == 404:  # noqa: PLR2004 - HTTP's own number
            log.warning(
                "Nothing listens to what Slack sent.", extra={"kind": payload.get("type"), "action": "dispatch"}
            )
            if payload.get("type") == "event_callback":
                # Slack would send it three times more.
                return BoltResponse(status=200)
        return answer

    def health(self) -> Health:
        """Look at every part, now."""
        return health.examine(
            self.database,
            workspace_id=self.workspace.id,
            connections=self.socket_mode.connected if self.socket_mode and self._listening else None,
            working=self.worker.is_alive if self._working else None,
            now=self._now(),
        )

    def start(self, *, listening: bool = True, working: bool = True) -> None:
        """Begin to listen to Slack, or to work, or both. Raises AddressTaken and AlreadyRunning."""
        self._single_instance.take()
        self._listening, self._working = listening, working
        if listening:
            self.http.start()
            log.info("HTTP is open.", extra={"action": "start", "workspace": self.workspace.id})
            if self.socket_mode is not None:
                self.socket_mode.start()
        if working:
            self.worker.start()
            self._looking_up.start()

    @property
    def is_alive(self) -> bool:
        """Whether everything that was started still runs."""
        listens = not self._listening or self.http.is_alive
        works = not self._working or (self.worker.is_alive and self._looking_up.is_alive)
        return listens and works

    def stop(self) -> None:
        """Take nothing more from Slack, finish what is in hand, then the worker's last delivery, then close."""
        if self._listening:
            if self.socket_mode is not None:
                self.socket_mode.stop()
            self.http.stop()
        if self._working:
            self._looking_up.stop()
            self.worker.stop()
        self._threads.shutdown()
        self._later.shutdown()
        self.database.dispose()
        self._single_instance.release()
        log.info("Everything in hand is finished.", extra={"action": "stop", "workspace": self.workspace.id})
