"""A bare ASGI endpoint: each request runs one bare transaction in a thread pool, and answers 200."""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn

from bot.app import HTTP_THREADS
from tests.bench.bare import BareTransaction

Message = MutableMapping[str, Any]


def main() -> None:
    """Print the port, and serve until SIGTERM."""
    transaction = BareTransaction(
        os.environ["DATABASE_URL"], int(sys.argv[1]), int(sys.argv[2]), at_once="at once" in sys.argv[3:]
    )
    threads = ThreadPoolExecutor(HTTP_THREADS)

    async def answer(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        del scope
        while (await receive()).get("more_body"):
            pass
        await asyncio.get_running_loop().run_in_executor(threads, transaction)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    listening = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    server = uvicorn.Server(uvicorn.Config(answer, log_config=None, access_log=False, lifespan="off"))
    server.run(sockets=[listening])


main()
