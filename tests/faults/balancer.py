"""What stands before several `web` processes: each new connection goes to the next one that accepts it."""

import asyncio
import itertools
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

CHUNK: Final = 65536


class Balancer:
    """Passes connections on, in a thread of its own; where no process accepts one, it is closed."""

    def __init__(self, ports: Sequence[int]) -> None:
        """Begin at once; `port` is where it listens."""
        self._ports, self._turns = ports, itertools.count()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port: int = self._socket.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="balancer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._socket))
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def close(self) -> None:
        """Cut all connections, and end."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = next(self._turns)
        for number in range(len(self._ports)):
            with suppress(OSError):
                theirs = await asyncio.open_connection("127.0.0.1", self._ports[(first + number) % len(self._ports)])
                break
        else:
            writer.close()
            return
        ways = [asyncio.ensure_future(_pump(reader, theirs[1])), asyncio.ensure_future(_pump(theirs[0], writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, theirs[1]):
            end.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
