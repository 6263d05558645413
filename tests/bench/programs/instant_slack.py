"""A Slack that answers every call immediately; /tally returns how many messages came, and from when to when."""

import asyncio
import json
import re
from itertools import count
from time import monotonic

LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
numbers = count(1)
arrivals: list[float] = []


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one connection's requests."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            found = LENGTH.search(head)
            await reader.readexactly(int(found[1]) if found else 0)
            keep = b"connection: close" not in head.lower()
            body = json.dumps(_answer(head.split(b" ", 2)[1])).encode()
            state = b"keep-alive" if keep else b"close"
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: %s\r\ncontent-length: %d\r\n\r\n%s"
                % (state, len(body), body)
            )
            await writer.drain()
            if not keep:
                return
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


def _answer(path: bytes) -> dict[str, object]:
    match path:
        case b"/tally":
            return {"messages": len(arrivals), "first": min(arrivals, default=0), "last": max(arrivals, default=0)}
        case b"/reset":
            arrivals.clear()
            return {}
        case b"/api/conversations.open":
            return {"ok": True, "channel": {"id": f"D{next(numbers)}"}}
        case b"/api/chat.postMessage":
            arrivals.append(monotonic())
            return {"ok": True, "channel": "C1", "ts": f"{next(numbers)}.000100"}
        case _:
            return {"ok": True}


async def main() -> None:
    """Print the address, and serve until killed."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
