"""What comes over HTTP, read no further than is bearable."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect, Request

from qualification.rules.intake import payloads
from qualification.rules.intake.multipart_form import MultipartForm, boundary_of
from qualification.rules.intake.payloads import Bounds

# Slack's own limit for what a modal may hold is a quarter of this.
LARGEST: Final = 1024 * 1024
# A form that a person filled in, or anybody else with a page's key.
LARGEST_FORM: Final = 64 * 1024
# A form with files: they are dropped as they come, so only what passes through is bounded by this.
LARGEST_UPLOAD: Final = 20 * 1024 * 1024
# A number of so many digits is more than any id and any length, and not even read: Python reads at most 4,300 digits.
LONGEST_NUMBER: Final = 19
# What is looked at to tell a form with files from what only says that it is one.
_OPENING: Final = 300


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


@dataclass(frozen=True, slots=True)
class Received:
    """What came: the bytes, a form whose files were dropped on the way, or what was read of it already."""

    content: bytes | MultipartForm | object
    content_type: str = ""

    def payload(self, bounds: Bounds) -> object:
        """Return it as plain values. Raises NoPayload and TooMuch."""
        if isinstance(self.content, bytes | MultipartForm):
            return payloads.parse_body(self.content, bounds, self.content_type)
        return self.content


async def read_body(request: Request, largest: int = LARGEST) -> bytes:
    """Read the body, and stop as soon as it is larger than `largest` bytes.

    Raises TooLarge (before reading, where the length is given) and Unfinished.
    """
    return b"".join([part async for part in _pieces(request, largest)])


async def read_posted(request: Request, largest: int, bounds: Bounds) -> Received:
    """Read what was posted: of a form with files everything but the files, else at most `largest` bytes.

    Raises TooLarge, Unfinished, NoPayload and TooMuch.
    """
    content_type = request.headers.get("content-type", "")
    if boundary_of(content_type) is None:
        return Received(await read_body(request, largest), content_type)
    opening, form = b"", None
    async for piece in _pieces(request, LARGEST_UPLOAD):
        if form is None:
            opening += piece
            start = opening.lstrip()
            if len(start) < _OPENING or not start.startswith(b"--"):
                if len(opening) > largest:
                    raise TooLarge(largest)
                continue
            form, piece = payloads.multipart(bounds, content_type, text_bytes=largest), opening  # noqa: PLW2901
        form.feed(piece)
    return Received(opening if form is None else form, content_type)


async def _pieces(request: Request, largest: int) -> AsyncIterator[bytes]:
    """Yield the body as it comes. Raises TooLarge and Unfinished."""
    length = request.headers.get("content-length")
    if length is not None and length.isascii() and length.isdecimal():
        is_endless = len(length) >= LONGEST_NUMBER
        if is_endless or int(length) > largest:
            raise TooLarge(largest)
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > largest:
                raise TooLarge(largest)
            yield part
    except ClientDisconnect as gone:
        raise Unfinished("The end of the request didn't come.") from gone
