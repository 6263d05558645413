"""The HTTP server, in a thread of its own, so that what it serves can share a process with everything else."""

import resource
import socket
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import uvicorn
from starlette.applications import Starlette

from bot.http.addresses import TrustedProxies
from bot.http.connections import ConnectionLimits, Connections

# Slack waits three seconds for an answer; what takes longer is lost anyway.
FINISH_SECONDS: Final = 5
# asyncio takes so many new connections at one go, before it looks at the first of them: each is an open file.
AT_ONE_GO: Final = 100
# So many more wait in the system meanwhile; beyond that, a client would try again only after a second.
BACKLOG: Final = 2048
LIMITS: Final = ConnectionLimits()


class AddressTaken(Exception):
    """Nothing can listen there; the text says why, in a sentence."""


class HttpServer:
    """Serves one ASGI application at one address."""

    def __init__(
        self,
        application: Starlette,
        host: str,
        port: int,
        *,
        trusted_proxies: Sequence[str] = (),
        limits: ConnectionLimits = LIMITS,
    ) -> None:
        """Prepare; the port is taken by `start`. Port 0 lets the system choose.

        What comes from one of the `trusted_proxies` (addresses, or networks such as 10.0.0.0/8) is from the right-most
        address in X-Forwarded-For that is not itself a trusted proxy.
        """
        self._host, self._port = host, port
        self.connections = Connections(_within_the_system(limits), TrustedProxies(trusted_proxies))
        config = uvicorn.Config(
            application,
            http=self.connections.protocol(),
            ws="none",
            backlog=AT_ONE_GO,
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=FINISH_SECONDS,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._serve, name="http")
        self._socket: socket.socket | None = None

    def start(self) -> None:
        """Listen; from now on requests are taken. Raises AddressTaken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            self._socket = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            message = f"HTTP cannot listen on {self._host} port {self._port}: {error.strerror}. Set HOST or PORT."
            raise AddressTaken(message) from error
        self._port = self._socket.getsockname()[1]
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it listens, as a browser writes it."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def is_alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Take no new requests, answer those in hand, close."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()

    def _serve(self) -> None:
        if self._socket is not None:
            self._server.run(sockets=[self._socket])


class _Server(uvicorn.Server):
    """uvicorn's own, with room for more new connections than are taken at one go."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)


def _within_the_system(limits: ConnectionLimits) -> ConnectionLimits:
    """Lower the number of connections to half of the files that the system lets this process open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return limits if files == resource.RLIM_INFINITY else replace(limits, most=max(1, min(limits.most, files // 2)))
