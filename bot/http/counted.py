"""Routes whose answers are counted, by sender and status."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Count: TypeAlias = Callable[[str | None, int | str], None]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def counted(routes: Sequence[Route], count: Count) -> list[Route]:
    """Return the same routes; `count` gets the sender of each request, None for a stranger, and the answer's status.

    An endpoint writes a sender that it knows into `request.state.sender`, and what is to be counted in place of the
    status into `request.state.outcome`.
    """
    return [Route(each.path, _counted(each.endpoint, count), methods=list(each.methods or ())) for each in routes]


def _counted(endpoint: Endpoint, count: Count) -> Endpoint:
    async def answer(request: Request) -> Response:
        response = await endpoint(request)
        count(getattr(request.state, "sender", None), getattr(request.state, "outcome", response.status_code))
        return response

    return answer
