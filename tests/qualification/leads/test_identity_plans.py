"""Who somebody is, is looked up by indexes however many leads there are, in as many statements for any batch."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, text

from qualification.leads import resolution
from qualification.leads.index import LeadIndex
from qualification.records import Lead, LeadEmail, LeadPhone
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lifecycle import Lifecycle
from tests.conftest import written
from tests.postgresql import ProcessDatabase
from tests.qualification.test_plans import heard, plans
from tests.worlds.desk import Desk

MANY = 3000
SHARED = 300
# Beyond the ids that the database gives.
FIRST = 1_000_000


@pytest.fixture
def postgresql_url(process_database: ProcessDatabase) -> Iterator[str]:
    """Give a database of its own: how PostgreSQL goes about a statement hangs on what was counted before."""
    with process_database.own() as url:
        yield written(url)


def fills(desk: Desk) -> None:
    """Store many leads, each with an address, a name and a number that some others have too."""
    of_all = {"workspace_id": desk.workspace_id, "created_at": desk.now}
    lead = of_all | {"lifecycle": Lifecycle.LEAD, "do_not_contact": False, "fields": {}, "score": 0, "version": 1}
    with desk.database.transaction() as session:
        numbers = range(FIRST, FIRST + MANY)
        session.execute(
            insert(Lead),
            [lead | {"id": each, "name_key": f"ivy {each % SHARED}", "updated_at": desk.now} for each in numbers],
        )
        ours = [of_all | {"lead_id": number} for number in numbers]
        mails = [{"email": f"{number}@acme.example", "email_key": f"{number}@acme.example"} for number in numbers]
        session.execute(
            insert(LeadEmail), [one | two | {"by_hand": False} for one, two in zip(ours, mails, strict=True)]
        )
        called = [{"phone_key": f"+4930{each % SHARED}", "name_key": f"ivy {each}"} for each in numbers]
        session.execute(
            insert(LeadPhone), [one | two | {"phone": "030"} for one, two in zip(ours, called, strict=True)]
        )
        session.execute(text("ANALYZE"))


def rows(count: int, word: str) -> list[LeadData]:
    """Return rows that say all that may tell who somebody is."""
    return [
        LeadData(
            sender="web",
            external_id=f"{word} {number}",
            name=f"Ivy {word} {number}",
            company=f"{word} {number}",
            email=f"{word}{number}@{word}.example",
            emails=(f"{FIRST + number}@acme.example",),
            phone="+49 30 901820",
            phones=(f"+49 40 42888{number:02}",),
        )
        for number in range(1, count + 1)
    ]


def test_no_table_of_people_is_read_through(desk: Desk) -> None:
    fills(desk)

    sends = rows(20, "few")
    with desk.database.transaction() as session:
        resolution.resolve_all(session, desk.workspace_id, sends[:10], now=desk.now)
    told = plans(desk, lambda session: LeadIndex(session, desk.workspace_id, sends))
    for index in ("uq_lead_email_email_key", "ix_lead_phone_phone_key", "ix_lead_email_lead_id"):
        assert index in told
    for table in ("lead", "lead_email", "lead_phone", "company", "external_id"):
        assert f"SCAN {table}'" not in told
        assert f"SCAN {table} " not in told
        assert f"Seq Scan on {table} " not in told


def test_more_rows_ask_no_more_often(desk: Desk) -> None:
    fills(desk)

    def asks(count: int, word: str) -> int:
        with desk.database.transaction() as session, heard(session.connection()) as asked:
            resolution.resolve_all(session, desk.workspace_id, rows(count, word), now=desk.now)
        return sum(statement.startswith("SELECT") for statement, _ in asked)

    assert asks(3, "few") == asks(30, "many")
