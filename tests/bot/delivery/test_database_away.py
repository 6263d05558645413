"""A worker that starts, or works, while the database can't be used: it goes on, and nothing is lost or doubled."""

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bot.database import Database
from bot.worker import Worker
from tests.worlds.away import away
from tests.worlds.deliveries import Desk

PATIENCE = 30.0


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Open a database that hardly waits for others."""
    opened = Database(database_url, patience_seconds=0.05)
    yield opened
    opened.dispose()


def shows(desk: Desk, worker: Worker, *texts: str) -> None:
    """Wait until the channel shows these texts, each once; the clock moves on while nothing happens."""
    for _ in range(100):
        with suppress(TimeoutError):
            desk.sandbox.wait_for(lambda: desk.texts() == list(texts), 0.3)
            break
        desk.clock.advance(1)
        worker.wake()
    assert desk.texts() == list(texts)


class Noticed(logging.Handler):
    """Hears that the database can't be used."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self.event.set()


@pytest.fixture
def noticed() -> Iterator[Noticed]:
    """Hear it from now on."""
    handler = Noticed()
    logging.getLogger("bot.outages").addHandler(handler)
    yield handler
    logging.getLogger("bot.outages").removeHandler(handler)


def test_a_worker_that_starts_meanwhile_works_afterwards(desk: Desk, database_url: str, noticed: Noticed) -> None:
    desk.card(desk.handoff("first"))
    worker = desk.worker()
    with away(database_url):
        worker.start()
        assert noticed.event.wait(PATIENCE)
    assert worker.is_alive
    shows(desk, worker, "first")
    worker.stop()


def test_what_slack_took_meanwhile_is_not_sent_again(desk: Desk, database_url: str, noticed: Noticed) -> None:
    """The database goes away between the post and the note that it was posted."""
    fault = desk.sandbox.fault("chat.postMessage", "hold_after", times=1)
    desk.card(desk.handoff("first"))
    worker = desk.worker()
    worker.start()
    fault.wait_until_held(PATIENCE)
    with away(database_url):
        fault.release()
        assert noticed.event.wait(PATIENCE)
    desk.card(desk.handoff("second"))
    shows(desk, worker, "first", "second")
    worker.stop()
    assert desk.calls("chat.postMessage") == 2
