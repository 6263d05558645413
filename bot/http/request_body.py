"""What comes over HTTP, read no further than is bearable."""

from typing import Final

from starlette.requests import Request

# Slack's own limit for what a modal may hold is a quarter of this.
LARGEST: Final = 1024 * 1024


class TooLarge(Exception):
    """A body larger than anybody needs."""


class UncertainLength(Exception):
    """A request that gives its length in two ways: a proxy may have seen another end of it than we would."""


async def read_body(request: Request) -> bytes:
    """Read the body, and stop as soon as it is too large; raises TooLarge and, before reading, UncertainLength."""
    if "content-length" in request.headers and "transfer-encoding" in request.headers:
        raise UncertainLength
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)
