"""The audit: what is in it is found by each filter, is changed by nobody, and ends when the playbook says."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.database import Database
from qualification.people import audit
from qualification.people.people import by_slack_user
from qualification.records import AuditEntry, Person, Workspace
from qualification.rules.people.audited import AuditAction, Surface
from tests.worlds.desk import Desk, open_desk
from tests.worlds.playbook import PLAYBOOK

DAY = timedelta(days=1)
LONG_AGO = datetime(2024, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def desk(database: Database) -> Desk:
    """Open a desk whose playbook was published, and forget that in the figures below."""
    return open_desk(database)


def person(desk: Desk, slack_user_id: str = "UANA") -> Person:
    """Return somebody known."""
    found = desk.reads(lambda session: by_slack_user(session, desk.workspace_id, slack_user_id))
    assert found is not None
    return found


def looks_up(desk: Desk, *lead_ids: int, by: audit.Actor, now: datetime | None = None) -> None:
    """Record that somebody was shown these leads."""
    with desk.database.transaction() as session:
        audit.record_lookup(
            session, desk.workspace_id, lead_ids, by=by, surface=Surface.LEAD, now=now or desk.now, shown="lead"
        )


def found(desk: Desk, **filters: object) -> list[audit.Entry]:
    """Return the entries about looking up that fit."""
    filters = {"actions": [AuditAction.LOOKED_UP], **filters}
    return desk.reads(lambda session: audit.entries(session, desk.workspace_id, **filters))  # type: ignore[arg-type]


def test_entries_come_newest_first_and_by_every_filter(desk: Desk) -> None:
    ana = person(desk)
    looks_up(desk, 7, by=ana)
    desk.later(hours=1)
    looks_up(desk, 7, 8, by="key:crm")
    assert [(each.by, each.lead_id) for each in found(desk)] == [("key:crm", 8), ("key:crm", 7), (ana.name, 7)]
    assert [each.details for each in found(desk, lead_ids=[8])] == [{"in": "/lead", "listed": 2, "shown": "lead"}]
    assert [each.by for each in found(desk, by=ana.name[:3].upper())] == [ana.name]
    assert [each.lead_id for each in found(desk, by="crm")] == [8, 7]
    assert found(desk, by="key") == found(desk, by="") == found(desk, lead_ids=[]) == []
    assert [each.by for each in found(desk, until=desk.now)] == [ana.name]
    assert [each.lead_id for each in found(desk, since=desk.now, limit=1)] == [8]
    assert found(desk, actions=[AuditAction.ERASED]) == []


def test_another_workspace_is_not_in_it(desk: Desk) -> None:
    looks_up(desk, 7, by="key:crm")
    assert desk.reads(lambda session: audit.entries(session, desk.workspace_id + 1)) == []


def test_nobody_changes_an_entry(desk: Desk) -> None:
    looks_up(desk, 7, by="key:crm", now=LONG_AGO)
    with pytest.raises(IntegrityError, match="append-only"), desk.database.transaction() as session:
        session.execute(update(AuditEntry).values(lead_id=8))


def test_nobody_puts_another_in_the_place_of_an_entry(sqlite_url: str) -> None:
    """REPLACE deletes a row without a trigger for DELETE."""
    desk = open_desk(Database(sqlite_url))
    looks_up(desk, 7, by="key:crm", now=LONG_AGO)
    for again in ("INSERT OR REPLACE", "REPLACE"):
        with pytest.raises(IntegrityError, match="append-only"), desk.database.transaction() as session:
            session.execute(text(f"{again} INTO audit_entry {_ANOTHER}"))
    assert [(each.by, each.lead_id) for each in found(desk)] == [("key:crm", 7)]
    desk.database.dispose()


def test_nobody_truncates_the_audit(postgresql_url: str) -> None:
    desk = open_desk(Database(postgresql_url))
    looks_up(desk, 7, by="key:crm", now=LONG_AGO)
    with pytest.raises(IntegrityError, match="append-only"), desk.database.transaction() as session:
        session.execute(text("TRUNCATE audit_entry"))
    assert [each.lead_id for each in found(desk)] == [7]
    desk.database.dispose()


def test_nobody_deletes_an_entry_of_the_last_thirty_days(desk: Desk) -> None:
    """By the clock of the machine or the database, whatever the caller's says."""
    looks_up(desk, 7, by="key:crm", now=datetime.now(UTC) - 29 * DAY)
    with pytest.raises(IntegrityError, match="at least 30 days"), desk.database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.lead_id == 7))
    assert len(found(desk)) == 1
    looks_up(desk, 9, by="key:crm", now=datetime.now(UTC) - 31 * DAY)
    with desk.database.transaction() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.lead_id == 9))
    assert [each.lead_id for each in found(desk)] == [7]


def test_an_entry_has_one_actor(desk: Desk) -> None:
    with pytest.raises(IntegrityError, match="one_actor"), desk.database.transaction() as session:
        session.add(
            AuditEntry(workspace_id=desk.workspace_id, at=desk.now, action=AuditAction.ERASED, details={}, actor=None)
        )


def test_what_is_older_than_the_playbook_keeps_it_is_deleted_a_little_at_a_time_and_once_a_day(desk: Desk) -> None:
    desk.publishes(f"{PLAYBOOK}\nretention: {{audit: 60d}}\n")
    for lead_id in (1, 2, 3):
        looks_up(desk, lead_id, by="key:crm", now=desk.now - timedelta(days=60, hours=lead_id))
    looks_up(desk, 4, by="key:crm", now=desk.now - timedelta(days=60))
    assert desk.does(audit.forget_old, limit=2) == 2
    assert [each.lead_id for each in found(desk)] == [4, 1]
    assert desk.does(audit.forget_old, limit=2) == 1
    assert [each.lead_id for each in found(desk)] == [4]
    desk.later(hours=23)
    assert desk.does(audit.forget_old, limit=2) == 0
    desk.later(hours=1)
    assert desk.does(audit.forget_old, limit=2) == 1
    assert found(desk) == []


def test_two_years_are_kept_without_a_word_in_the_playbook(desk: Desk) -> None:
    looks_up(desk, 1, by="key:crm", now=desk.now - 731 * DAY)
    looks_up(desk, 2, by="key:crm", now=desk.now - 729 * DAY)
    assert desk.does(audit.forget_old, limit=5) == 1
    assert [each.lead_id for each in found(desk)] == [2]


def test_a_clock_that_was_ahead_does_not_put_the_clean_up_off(desk: Desk) -> None:
    desk.later(days=400)
    desk.does(audit.forget_old, limit=5)
    desk.later(days=-400)
    looks_up(desk, 1, by="key:crm", now=desk.now - 731 * DAY)
    assert desk.does(audit.forget_old, limit=5) == 1
    assert desk.reads(lambda session: session.scalar(select(Workspace.audit_cleaned_at))) == desk.now


def test_newest_first_and_by_lead_are_read_from_an_index(desk: Desk) -> None:
    looks_up(desk, *range(1, 200), by="key:crm")
    if not desk.database.is_sqlite:
        with desk.database.transaction() as session:
            session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = "\n".join(session.scalars(text(f"EXPLAIN {_NEWEST}"), {"workspace": desk.workspace_id}))
    else:
        with desk.database.snapshot() as session:
            rows = session.execute(text(f"EXPLAIN QUERY PLAN {_NEWEST}"), {"workspace": desk.workspace_id})
            plan = "\n".join(row.detail for row in rows)
    assert "ix_audit_entry_workspace_id_at_id" in plan
    assert "sort" not in plan.lower()
    assert "TEMP B-TREE" not in plan


_NEWEST = "SELECT id FROM audit_entry WHERE workspace_id = :workspace ORDER BY at DESC, id DESC LIMIT 50"
# The same rows, by somebody else and about another lead.
_ANOTHER = """
(id, workspace_id, at, action, actor, lead_id, details)
SELECT id, workspace_id, at, action, 'unix:other', 8, details FROM audit_entry
"""
