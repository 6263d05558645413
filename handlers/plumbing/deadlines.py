"""Work that may take longer than Slack waits: answered at once where it is done by then, else once it is."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Final, TypeVar

from slack_bolt import BoltContext

from handlers.plumbing import errors
from handlers.plumbing.context import Body, Later

T = TypeVar("T")

# Slack gives a command or a press three seconds, its own way there and back included.
SECONDS: Final = 2.0


def done_in_time(
    work: Callable[[], T], *, late: Callable[[T], None], later: Later, body: Body, context: BoltContext
) -> T | None:
    """Return what comes of the work, None where that takes longer: `late` gets it then, in a thread of its own.

    What the work raises in time is raised here; what it raises later is told by the request's response_url.
    """
    future: Future[T] = later(work)
    if wait([future], SECONDS).done:
        return future.result()

    def tell(done: "Future[T]") -> None:
        try:
            late(done.result())
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            errors.answer(error, body, context, is_acknowledged=True)

    future.add_done_callback(tell)
    return None
