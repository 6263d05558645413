"""What comes over HTTP, read no further than is bearable."""

from typing import Final

from starlette.requests import ClientDisconnect, Request

# Slack's own limit for what a modal may hold is a quarter of this.
LARGEST: Final = 1024 * 1024
# A form that a person filled in, or anybody else with a page's key.
LARGEST_FORM: Final = 64 * 1024


class BodyRefused(Exception):
    """A body that is not read, or not to its end; the text says why in a sentence, `error` in a word."""

    status: int = 400
    error: str = "unreadable_body"


class TooLarge(BodyRefused):
    """A body larger than anybody needs."""

    status, error = 413, "body_too_large"

    def __init__(self, largest: int) -> None:
        """Name the most that a body may have, in bytes."""
        size = f"{largest // 2**20} MB" if largest >= 2**20 else f"{largest // 2**10} kB"
        super().__init__(f"The body of this request can hold at most {size}.")


class Unfinished(BodyRefused):
    """A body whose end never came: there is nobody left to answer."""

    status, error = 408, "body_unfinished"


class UncertainLength(BodyRefused):
    """A request that gives its length in two ways: a proxy may have seen another end of it than we would."""

    error = "length_given_twice"


def expect_one_length(request: Request) -> None:
    """Refuse a request, before anything else is said to it, that gives its length twice: raises UncertainLength."""
    if "content-length" in request.headers and "transfer-encoding" in request.headers:
        raise UncertainLength("The request gives its length twice; send Content-Length alone.")


async def read_body(request: Request, largest: int = LARGEST) -> bytes:
    """Read the body, and stop as soon as it is larger than `largest` bytes.

    Raises TooLarge (before reading, where the length is given) and Unfinished.
    """
    length = request.headers.get("content-length")
    if length is not None and length.isascii() and length.isdecimal() and int(length) > largest:
        raise TooLarge(largest)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > largest:
                raise TooLarge(largest)
            parts.append(part)
    except ClientDisconnect as gone:
        raise Unfinished("The end of the request didn't come.") from gone
    return b"".join(parts)
