"""A transaction: what it has pending for Slack is written down by its commit, and what it has read stays known."""

import pytest
from sqlalchemy import event, select

from bot.database import Database
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import PendingMessages
from qualification.records import Handoff, Team
from tests.worlds.desk import Desk, open_desk


def test_each_transaction_begins_with_nothing_pending_and_notes_the_earliest_moment(desk: Desk) -> None:
    handoff_id = desk.accepted("Acme")
    with desk.database.transaction() as session:
        assert session.outbox == PendingMessages()
        outbox.mark_stale(session, desk.workspace_id, handoff_id, desk.now)
        desk.later(minutes=-5)
        outbox.mark_stale(session, desk.workspace_id, handoff_id, desk.now)
        assert session.outbox == PendingMessages(workspace_id=desk.workspace_id, due_at=desk.now, handoffs={handoff_id})
        assert outbox.flush(session)
        assert session.outbox == PendingMessages()
        assert not outbox.flush(session)


def test_a_message_is_not_queued_where_nothing_is_committed(desk: Desk) -> None:
    with desk.database.snapshot() as session, pytest.raises(TypeError, match="only reads"):
        outbox.mark_stale(session, desk.workspace_id, 1, desk.now)  # type: ignore[arg-type]


def test_a_transaction_reads_a_row_once_however_often_it_is_asked_for(desk: Desk) -> None:
    handoff_id = desk.accepted("Acme")
    read: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        read.append(statement)

    with desk.database.transaction() as session:
        event.listen(desk.database.engine, "before_cursor_execute", note)
        teams = [session.get_one(Handoff, handoff_id).team_id for _ in range(3)]
        assert len(set(teams)) == 1
        assert len([each for each in read if "FROM handoff" in each]) == 1


def test_a_row_that_is_locked_is_known_as_it_is_then(postgresql_url: str) -> None:
    database = Database(postgresql_url)
    desk = open_desk(database)
    with database.transaction() as session:
        team = session.scalars(select(Team)).one()
        with database.transaction() as meanwhile:
            meanwhile.scalars(select(Team)).one().name = "Europe"
        assert session.get_one(Team, team.id).name == "EMEA"
        assert session.scalars(select(Team).with_for_update()).one().name == "Europe"
        team.name = "EU"
        assert session.get_one(Team, team.id, with_for_update=True).name == "EU"
    assert desk.all(Team)[0].name == "EU"
    database.dispose()
