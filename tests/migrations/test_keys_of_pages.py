"""Revision 0020: the keys that there are go on being used by any page, and on the way back they are again."""

from sqlalchemy import NullPool, create_engine, inspect, text

import migrations

AT = "2026-03-01 09:30:00"


def test_keys_keep_everything_and_get_the_pages_that_may_use_them(database_url: str) -> None:
    migrations.downgrade(database_url, "0019")
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        assert "origins" not in {column["name"] for column in inspect(connection).get_columns("api_key")}
        connection.execute(
            text(
                "INSERT INTO workspace (id, slack_team_id, name, delivery_namespace, created_at)"
                " VALUES (1, 'T1', 'Northwind', 'abc', :at)"
            ),
            {"at": AT},
        )
        connection.execute(
            text(
                "INSERT INTO api_key"
                " (id, workspace_id, name, digest, hint, publishable, may_post, may_read, created_at)"
                " VALUES (1, 1, 'website', 'd', 'baton_1', :yes, :yes, :no, :at)"
            ),
            {"yes": True, "no": False, "at": AT},
        )
        (before,) = connection.execute(text("SELECT * FROM api_key")).mappings()
    migrations.upgrade(database_url)
    with engine.begin() as connection:
        (now,) = connection.execute(text("SELECT * FROM api_key")).mappings()
        assert {**now} == {**before, "origins": None}
        connection.execute(text("UPDATE api_key SET origins = 'https://www.acme.example'"))
    migrations.downgrade(database_url, "0019")
    with engine.begin() as connection:
        (back,) = connection.execute(text("SELECT * FROM api_key")).mappings()
        assert {**back} == {**before}
    migrations.upgrade(database_url)
    engine.dispose()
