"""The HTTP server, in a thread of its own, so that what it serves can share a process with everything else."""

import socket
import threading
from typing import Final

import uvicorn
from starlette.applications import Starlette

# Slack waits three seconds for an answer; what takes longer is lost anyway.
FINISH_SECONDS: Final = 5


class AddressTaken(Exception):
    """Nothing can listen there; the text says why, in a sentence."""


class HttpServer:
    """Serves one ASGI application at one address."""

    def __init__(self, application: Starlette, host: str, port: int) -> None:
        """Prepare; the port is taken by `start`. Port 0 lets the system choose."""
        self._host, self._port = host, port
        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=FINISH_SECONDS,
        )
        self._server = uvicorn.Server(config)
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
