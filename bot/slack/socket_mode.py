"""Socket Mode: connections that this process opens, through which Slack hands it what happens."""

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from slack_bolt import BoltResponse
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

log = logging.getLogger(__name__)

# The client gives up a silent connection after four pings; Slack allows several connections.
PING_SECONDS: Final = 1
CONNECTIONS: Final = 2
LISTENERS: Final = 5
# Slack waits three seconds for an answer, so there is no point in waiting much longer.
FINISH_SECONDS: Final = 5.0
CLOSING_SECONDS: Final = 0.05
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0

Dispatch: TypeAlias = Callable[[dict[str, Any], Mapping[str, str]], BoltResponse]
Hear: TypeAlias = Callable[[Mapping[str, str]], None]


class Stopped(Exception):
    """The program ends, so no further connection is opened."""


class SocketMode:
    """Two connections to Slack, opened again whenever they break; `dispatch` runs in their threads."""

    def __init__(self, *, app_token: str, web: WebClient, dispatch: Dispatch, hear: Hear = lambda _: None) -> None:
        """Open nothing yet; `start` does. `hear` gets the headers of Slack's answers to calls of its Web API."""
        self._app_token = app_token
        self._hear_headers = hear
        self._web = web
        self._dispatch = dispatch
        self._stopping = threading.Event()
        self._quiet = threading.Condition()
        self._in_hand = 0
        self._greeted: set[int] = set()
        self._connections: list[Connection] = []

    def start(self) -> None:
        """Start to open the connections, and return at once, since Slack may be down."""
        for _ in range(CONNECTIONS):
            connection = Connection(self._app_token, self._web, self._stopping, self._hear_headers)
            connection.message_listeners.append(self._hear)
            connection.socket_mode_request_listeners.append(self._take)
            self._connections.append(connection)
        for connection in self._connections:
            connection.start()

    @property
    def connected(self) -> int:
        """The number of open connections that Slack has greeted."""
        with self._quiet:
            greeted = set(self._greeted)
        return sum(number in greeted and each.is_connected() for number, each in enumerate(self._connections))

    def stop(self) -> None:
        """Take no more requests, answer those in hand, close."""
        with self._quiet:
            self._stopping.set()
            self._quiet.wait_for(lambda: self._in_hand == 0, FINISH_SECONDS)
        closers = [threading.Thread(target=connection.close) for connection in self._connections]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()
        log.info("Socket Mode is closed.", extra={"action": "socket_mode"})

    def _hear(self, client: BaseSocketModeClient, message: dict[str, Any], _: str | None = None) -> None:
        """Note Slack's greeting; it sends requests only after that."""
        if message.get("type") != "hello":
            return
        with self._quiet:
            self._greeted.add(next(number for number, each in enumerate(self._connections) if each is client))
            count = len(self._greeted)
        log.info("Connected to Slack.", extra={"action": "socket_mode", "count": count})

    def _take(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """Answer one envelope; while stopping, leave it for Slack to send over another connection."""
        with self._quiet:
            if self._stopping.is_set():
                return
            self._in_hand += 1
        try:
            answer = self._dispatch(dict(request.payload), _headers(request))
            # Slack sends an event again only where it gets no answer at all.
            if answer.status == 200:  # noqa: PLR2004 - HTTP's own number
                client.send_socket_mode_response(SocketModeResponse(request.envelope_id, _body(answer)))
        except (SlackClientNotConnectedError, OSError) as error:
            # Slack sends it again over another connection.
            keys = {"action": "socket_mode", "error": type(error).__name__}
            log.info("The connection ended before the answer was sent.", extra=keys)
        except Exception:
            log.exception("A request from Slack could not be answered.", extra={"action": "socket_mode"})
        finally:
            with self._quiet:
                self._in_hand -= 1
                self._quiet.notify_all()


class Connection(SocketModeClient):
    """The library's client, which also waits between tries to connect, and ends when the program does."""

    def __init__(self, app_token: str, web: WebClient, stopping: threading.Event, hear: Hear = lambda _: None) -> None:
        """Connect to nothing yet; `stopping` interrupts every pause."""
        super().__init__(app_token, web_client=web, ping_interval=PING_SECONDS, concurrency=LISTENERS)
        self._stopping = stopping
        self._hear_headers = hear
        self._pause = FIRST_PAUSE
        self._opener = threading.Thread(target=self._open, name="socket-mode", daemon=True)

    def start(self) -> None:
        """Start to connect, and return at once; from then on the client connects again by itself."""
        self._opener.start()

    def _open(self) -> None:
        """Connect for the first time."""
        while not self._stopping.is_set():
            # The error is logged already, and the next attempt may succeed.
            with contextlib.suppress(Exception):
                self.connect_to_new_endpoint(force=True)
                return

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's own
        """Ask for an address and connect to it; logs errors, since the library only tries again."""
        try:
            super().connect_to_new_endpoint(force)
        except Stopped:
            raise
        except Exception as error:
            log.warning("Socket Mode can't connect; trying again.", extra={"error": _name_of(error)})
            raise

    def connect(self) -> None:
        """Open a new connection in place of the old one."""
        self._hang_up()
        super().connect()

    def close(self) -> None:
        """Close for good, whatever the threads are doing: the library forgets a thread that is just connecting.

        `stopping` is set by now, so no thread begins to connect any more.
        """
        self.closed = True
        runners = (self.current_app_monitor, self.current_session_runner, self.message_processor)
        for runner in runners:
            runner.event.set()
        self.message_queue.put(None)
        for thread in (self._opener, *(runner.thread for runner in runners)):
            while thread.is_alive():
                self.auto_reconnect_enabled = False
                self.current_session_state.terminated = True
                self._hang_up()
                thread.join(CLOSING_SECONDS)
        super().close()

    def _hang_up(self) -> None:
        """Close the old connection, and end its reading first, for which the library would wait three seconds."""
        if self.current_session is None:
            return
        link = self.current_session.sock
        if link is not None:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        # The library checks for the socket before it takes the lock, and its reader may close it in between.
        with contextlib.suppress(AttributeError):
            self.current_session.close()

    def issue_new_wss_url(self) -> str:
        """Ask Slack for an address; pauses before it raises an error, so that Slack is not flooded with requests."""
        if self._stopping.is_set():
            raise Stopped
        try:
            answer = self.web_client.apps_connections_open(app_token=self.app_token)
            url = answer["url"]
        except Exception as error:
            pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
            if isinstance(error, SlackApiError) and str(error.response.headers.get("Retry-After", "")).isdecimal():
                pause = float(error.response.headers["Retry-After"])
            self._stopping.wait(pause)
            raise
        self._pause = FIRST_PAUSE
        self._hear_headers(answer.headers)
        return str(url)


def _name_of(error: Exception) -> str:
    """Return Slack's error, such as invalid_auth, or else the exception's type."""
    data = error.response.data if isinstance(error, SlackApiError) else None
    return str(data.get("error")) if isinstance(data, dict) else type(error).__name__


def _headers(request: SocketModeRequest) -> dict[str, str]:
    """Return the headers that mark a repeated delivery over HTTP."""
    if request.retry_attempt is None:
        return {}
    return {"x-slack-retry-num": str(request.retry_attempt), "x-slack-retry-reason": request.retry_reason or ""}


def _body(answer: BoltResponse) -> dict[str, Any] | None:
    """Return the answer's body as Socket Mode wants it: an object, or None."""
    if not answer.body:
        return None
    if answer.headers.get("content-type", [""])[0].startswith("application/json"):
        return dict(json.loads(answer.body))
    return {"text": answer.body}
