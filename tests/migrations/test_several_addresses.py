"""Revision 0016: every address and number of a lead stands in a table of its own, and on the way back on the lead."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text

import migrations

AT = "2026-03-01 09:30:00"
# Address, its key, number, country.
LEADS = (
    ("Ivy@acme.example", "ivy@acme.example", "+49 (0)30 9018-20", None),
    (None, None, "030 901820", "DE"),
    # It was merged, and showed the address of another.
    ("ivy@acme.example", None, "see the website", None),
    (None, None, None, None),
)


@pytest.fixture
def old(database_url: str) -> Iterator[Engine]:
    """Give a database of version 0015 with some leads."""
    migrations.downgrade(database_url, "0015")
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO workspace (id, slack_team_id, name, delivery_namespace, created_at)"
                " VALUES (1, 'T1', 'Northwind', 'abc', :at)"
            ),
            {"at": AT},
        )
        for number, (email, key, phone, country) in enumerate(LEADS, 1):
            connection.execute(
                text(
                    "INSERT INTO lead (id, workspace_id, name, name_key, email, email_key, phone, country, lifecycle,"
                    " do_not_contact, fields, score, created_at, updated_at, version) VALUES (:id, 1, 'Ivy', 'ivy',"
                    " :email, :key, :phone, :country, 'lead', false, '{}', 0, :at, :at, 1)"
                ),
                {"id": number, "email": email, "key": key, "phone": phone, "country": country, "at": AT},
            )
    yield engine
    engine.dispose()


def read(engine: Engine, columns: str, table: str) -> list[tuple[object, ...]]:
    """Read some columns of a table, in the order of its ids."""
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY id"))  # noqa: S608 - the test's own
        return [tuple(row) for row in found]


def test_every_address_and_number_stands_in_a_table_of_its_own(old: Engine, database_url: str) -> None:
    before = read(old, "*", "lead")
    migrations.upgrade(database_url)
    assert read(old, "*", "lead") == before
    assert read(old, "lead_id, email, email_key, name_key", "lead_email") == [
        (1, "Ivy@acme.example", "ivy@acme.example", "ivy")
    ]
    assert read(old, "lead_id, phone, phone_key, name_key", "lead_phone") == [
        (1, "+49 (0)30 9018-20", "+4930901820", "ivy"),
        (2, "030 901820", "+4930901820", "ivy"),
    ]


def test_the_way_back_leaves_every_lead_with_the_address_that_it_shows(old: Engine, database_url: str) -> None:
    before = read(old, "*", "lead")
    migrations.upgrade(database_url)
    with old.begin() as connection:
        connection.execute(text("UPDATE lead SET email_key = 'ivy@acme.example' WHERE id = 3"))
    migrations.downgrade(database_url, "0015")
    assert read(old, "*", "lead") == before
    migrations.upgrade(database_url)
    assert migrations.drift(database_url) == []
