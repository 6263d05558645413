"""Revision 0010: the keys that there are keep their rights; on the way back a limited key lets nobody in."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, NullPool, create_engine, text

import migrations

AT = "2026-03-01 09:30:00"


@pytest.fixture
def old(database_url: str) -> Iterator[Engine]:
    """Give a database of version 0009 with a key, one of a page, and one that was revoked."""
    migrations.downgrade(database_url, "0009")
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO workspace (id, slack_team_id, name, delivery_namespace, created_at)"
                " VALUES (1, 'T1', 'Northwind', 'abc', :at)"
            ),
            {"at": AT},
        )
        for number, (name, publishable, revoked_at) in enumerate(
            (("crm", False, None), ("website", True, None), ("crm", False, AT)), 1
        ):
            connection.execute(
                text(
                    "INSERT INTO api_key"
                    " (id, workspace_id, name, digest, hint, publishable, created_at, used_at, revoked_at)"
                    " VALUES (:id, 1, :name, :digest, 'baton_1', :publishable, :at, :at, :revoked_at)"
                ),
                {"id": number, "name": name, "digest": str(number), "publishable": publishable}
                | {"revoked_at": revoked_at, "at": AT},
            )
    yield engine
    engine.dispose()


def keys(engine: Engine) -> list[dict[str, Any]]:
    """Read every key, in the order of their ids."""
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM api_key ORDER BY id")).mappings()
        return [dict(each) for each in found]


def test_keys_keep_their_rights_and_do_not_end(old: Engine, database_url: str) -> None:
    before = keys(old)
    migrations.upgrade(database_url)
    now = keys(old)
    assert [{name: each[name] for name in before[0]} for each in now] == before
    assert [(bool(each["may_post"]), bool(each["may_read"])) for each in now] == [
        (True, True),
        (True, False),
        (True, True),
    ]
    assert [(each["expires_at"], each["superseded_at"], each["networks"]) for each in now] == [(None, None, None)] * 3


def test_the_way_back_gives_every_key_as_it_was(old: Engine, database_url: str) -> None:
    before = keys(old)
    migrations.upgrade(database_url)
    migrations.downgrade(database_url, "0009")
    assert keys(old) == before
    migrations.upgrade(database_url)
    assert migrations.drift(database_url) == []


@pytest.mark.parametrize(
    "limit", [{"expires_at": AT}, {"may_read": False}, {"may_post": False}, {"networks": "203.0.113.0/24"}]
)
def test_on_the_way_back_a_limited_key_lets_nobody_in(old: Engine, database_url: str, limit: dict[str, object]) -> None:
    migrations.upgrade(database_url)
    ((name, value),) = limit.items()
    with old.begin() as connection:
        connection.execute(text(f"UPDATE api_key SET {name} = :value WHERE id = 1"), {"value": value})  # noqa: S608
    migrations.downgrade(database_url, "0009")
    assert [each["revoked_at"] is None for each in keys(old)] == [False, True, False]


def test_on_the_way_back_one_key_of_a_name_is_in_force(old: Engine, database_url: str) -> None:
    migrations.upgrade(database_url)
    with old.begin() as connection:
        connection.execute(text("UPDATE api_key SET superseded_at = :at WHERE id = 1"), {"at": AT})
        connection.execute(text("UPDATE api_key SET revoked_at = NULL WHERE id = 3"))
    migrations.downgrade(database_url, "0009")
    assert [each["revoked_at"] is None for each in keys(old)] == [False, True, True]
