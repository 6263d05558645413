"""The sandbox's HTTP server: its routes, and the thread it runs in."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from uvicorn.protocols.http.h11_impl import H11Protocol
from websockets.exceptions import InvalidState

from sandbox.api.web_api import WebApi
from sandbox.client.user_actions import UserActions
from sandbox.local_slack import LocalSlack
from sandbox.page.endpoints import PageEndpoints

T = TypeVar("T")
_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.002


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 in which a request can break its own connection through `request.state.transport`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport into the state of requests and websockets."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class PromptServer(uvicorn.Server):
    """Ends immediately when `ending` is set; uvicorn's own server polls ten times a second, then sleeps for a tenth."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Start with `ending` not set."""
        super().__init__(config)
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Return when `ending` is set."""
        await self.on_tick(0)
        await self.ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more requests, and wait for those in progress, for at most `timeout_graceful_shutdown`."""
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        for connection in list(self.server_state.connections):
            try:
                connection.shutdown()
            except InvalidState:  # a websocket whose other side is closing it just now
                connection.transport.close()
        deadline = asyncio.get_running_loop().time() + (self.config.timeout_graceful_shutdown or 0)
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - uvicorn sends no signal when a connection closes
            await asyncio.sleep(_POLL_SECONDS)
        for task in self.server_state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


class HttpServer:
    """Serves a LocalSlack on a port of 127.0.0.1, in its own thread."""

    def __init__(self, slack: LocalSlack, port: int) -> None:
        """Bind the port now; 0 picks a free one. Raises OSError if the port is in use."""
        self.slack = slack
        self.actions = UserActions(slack)
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        slack.response_urls.base = self.url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        web_api = WebApi(slack)
        routes = [
            Route("/api/{method}", web_api.call, methods=["GET", "POST"]),
            Route("/actions/{key:path}", web_api.respond, methods=["POST"]),
            WebSocketRoute("/link/", slack.socket_mode.serve),
            *PageEndpoints(slack, self.actions).routes(),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes, lifespan=self._lifespan),
            http=CuttableProtocol,
            ws="websockets-sansio",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = PromptServer(config)
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._loop = asyncio.get_running_loop()
        self._started.set()
        yield

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def start(self) -> None:
        """Start the thread and return when its loop is running. Raises TimeoutError after ten seconds."""
        self._thread.start()
        if not self._started.wait(_TIMEOUT_SECONDS):
            raise TimeoutError("the sandbox did not start")

    def stop(self) -> None:
        """Cut everything in progress and end the thread."""
        if self._loop is None or not self._thread.is_alive():
            return
        self.run(self._close())
        self._thread.join(_TIMEOUT_SECONDS)
        self._socket.close()

    async def _close(self) -> None:
        self.slack.close()
        self._server.ending.set()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the sandbox's loop from another thread, and return its result.

        Raises RuntimeError if the sandbox is not running.
        """
        if self._loop is None or not self._thread.is_alive():
            work.close()
            raise RuntimeError("the sandbox is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
