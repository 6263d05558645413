"""Taking up stays quick with 20,000 messages pending: the partial indexes are used, on both engines."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, text

from bot.database import Database
from bot.delivery import queue_statements
from qualification.records import ChannelQueue, Delivery, DeliveryState
from tests.conftest import written
from tests.postgresql import ProcessDatabase
from tests.worlds.deliveries import Desk

ROWS = 20_000
QUEUES = 40


@pytest.fixture
def postgresql_url(process_database: ProcessDatabase) -> Iterator[str]:
    """Give a database of its own: how PostgreSQL goes about a statement hangs on what was counted before."""
    with process_database.own() as url:
        yield written(url)


@pytest.fixture
def crowd(desk: Desk) -> Desk:
    """Enqueue 20,000 messages in 40 queues, half of them in one, among as many that are delivered."""
    with desk.database.engine.begin() as connection:
        connection.execute(
            insert(ChannelQueue),
            [
                {"id": 1000 + queue, "workspace_id": desk.workspace_id, "place": f"C{queue}", "due_at": desk.clock()}
                for queue in range(QUEUES)
            ],
        )
        for state in (DeliveryState.PENDING, DeliveryState.DELIVERED):
            connection.execute(insert(Delivery), [row(desk, number, state) for number in range(ROWS)])
        connection.execute(text("ANALYZE"))
    return desk


def row(desk: Desk, number: int, state: DeliveryState) -> dict[str, object]:
    """Make a message's row."""
    return {
        "workspace_id": desk.workspace_id,
        "queue_id": 1000 + (0 if number % 2 else number % QUEUES),
        "kind": f"lead_card_{state}",
        "subject": number,
        "state": state,
        "priority": number % 3,
        "sequence": number,
        "desired_revision": 1,
        "shown_revision": 0,
        "posting": 0,
        "attempts": 0,
        "ts": None if state is DeliveryState.PENDING else f"{number}.0",
    }


def plan(database: Database, connection: Connection, statement: object, values: dict[str, object]) -> str:
    """Ask the engine how it would go about a statement."""
    compiled = statement.compile(  # type: ignore[attr-defined]
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    positions = compiled.positiontup
    processed = {name: values.get(name, value) for name, value in compiled.params.items()}
    given = tuple(processed[name] for name in positions) if positions else processed
    return "\n".join(str(line) for line in connection.exec_driver_sql(explain + str(compiled), given))


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (queue_statements.HEAD, "ix_delivery_pending"),
        (queue_statements.ANY_PENDING, "ix_delivery_pending"),
        (queue_statements.CHECK_DUPLICATES, "ix_delivery_duplicate_check"),
        (queue_statements.NEXT_DUPLICATE_CHECK, "ix_delivery_duplicate_check"),
    ],
    ids=["head", "any pending", "check duplicates", "next duplicate check"],
)
def test_the_partial_index_is_used(crowd: Desk, statement: object, index: str) -> None:
    now = crowd.clock().replace(tzinfo=None).isoformat(" ") if crowd.database.is_sqlite else crowd.clock()
    values: dict[str, object] = {"workspace_id": crowd.workspace_id, "queue_id": 1000, "now": now}
    with crowd.database.engine.connect() as connection:
        assert index in plan(crowd.database, connection, statement, values)


def test_a_claim_takes_milliseconds_among_20_000(crowd: Desk) -> None:
    dispatcher = crowd.dispatcher("one")
    dispatcher.claim(crowd.clock(), limit=1)
    begun = time.thread_time()
    assert len(dispatcher.claim(crowd.clock(), limit=8)) == 8
    assert time.thread_time() - begun < 0.5
