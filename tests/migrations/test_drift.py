"""The records and the schema say the same."""

from sqlalchemy import NullPool, create_engine, text

import migrations
from qualification.records import Base

INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


def test_the_migrations_make_what_the_records_describe(database_url: str) -> None:
    """`alembic check` on both engines: tables, columns, types, comments, indexes, references."""
    assert migrations.drift(database_url) == []


def test_partial_indexes_cover_what_the_records_say(database_url: str) -> None:
    """Alembic does not compare the conditions of indexes, and the guards against two owners are such conditions."""
    engine = create_engine(database_url, poolclass=NullPool)

    def indexes() -> dict[str, str]:
        with engine.connect() as connection:
            found = connection.execute(text(INDEXES[engine.dialect.name]))
            return {name: definition for name, definition in found if "alembic_version" not in name}

    migrated = indexes()
    migrations.downgrade(database_url, "base")
    Base.metadata.create_all(engine)
    assert migrated == indexes()
    assert any(" WHERE " in definition for definition in migrated.values())


def test_a_migrated_database_stands_at_the_head(database_url: str) -> None:
    """`baton doctor` compares these two."""
    assert migrations.current(database_url) == migrations.head()


def test_a_database_no_migration_has_seen_stands_nowhere(database_url: str) -> None:
    """A new file or an emptied database is told from one that is behind."""
    migrations.downgrade(database_url, "base")
    assert migrations.current(database_url) is None
