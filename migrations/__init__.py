"""The schema's history: one line of revisions, the same on SQLite and PostgreSQL."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, NullPool, create_engine

from qualification.records import Base

FOLDER = Path(__file__).parent


def configuration(url: str | URL | None = None) -> Config:
    """Give Alembic's configuration for a database; without one, for looking at the revisions alone."""
    config = Config(attributes={"url": url})
    config.set_main_option("script_location", FOLDER.as_posix().replace("%", "%%"))
    return config


def upgrade(url: str | URL, revision: str = "head") -> None:
    """Bring a database up to a revision, in one transaction: all of it or nothing."""
    command.upgrade(configuration(url), revision)


def downgrade(url: str | URL, revision: str) -> None:
    """Take a database back to an earlier revision, in one transaction; `base` empties it."""
    command.downgrade(configuration(url), revision)


def head() -> str:
    """Name the newest revision; fails if the history has forked."""
    revision = ScriptDirectory.from_config(configuration()).get_current_head()
    if revision is None:
        raise LookupError(f"no revisions in {FOLDER}")
    return revision


def current(url: str | URL) -> str | None:
    """Name the revision a database stands at; None where no migration has run."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def drift(url: str | URL) -> list[object]:
    """List what differs between a migrated database and the records; empty when they agree."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))
