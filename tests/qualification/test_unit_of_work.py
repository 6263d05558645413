"""What a transaction has pending for Slack: written down by its commit, and never by a session that only reads."""

import pytest

from qualification.outbox import outbox
from qualification.outbox.unit_of_work import PendingMessages
from tests.worlds.desk import Desk


def test_each_transaction_begins_with_nothing_pending_and_notes_the_earliest_moment(desk: Desk) -> None:
    handoff_id = desk.accepted("Acme")
    with desk.database.transaction() as session:
        assert session.outbox == PendingMessages()
        outbox.mark_stale(session, handoff_id, desk.now)
        desk.later(minutes=-5)
        outbox.mark_stale(session, handoff_id, desk.now)
        assert session.outbox == PendingMessages(due_at=desk.now, handoffs={handoff_id})
        assert outbox.flush(session)
        assert session.outbox == PendingMessages()
        assert not outbox.flush(session)


def test_a_message_is_not_queued_where_nothing_is_committed(desk: Desk) -> None:
    with desk.database.snapshot() as session, pytest.raises(TypeError, match="only reads"):
        outbox.mark_stale(session, 1, desk.now)  # type: ignore[arg-type]
