"""The database as a command opens it: there, of the right schema, and with the workspace that is meant."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import inspect, select

import migrations
from bot import machine, private_files
from bot.cli import console
from bot.cli.database_diagnosis import missing_folder
from bot.database import PATIENCE_SECONDS, Database
from bot.health import schema_fault
from bot.settings import Settings
from bot.single_instance import SingleInstance
from bot.slack import installations
from qualification.records import Workspace


@contextlib.contextmanager
def opened(given: Settings, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[Database]:
    """Open the database for one command, whatever its schema; `patience_seconds` is that of `Database`."""
    trouble = missing_folder(given.database_url)
    if trouble is not None:
        console.fail(f"The database cannot be used: {trouble.seen}. {trouble.remedy}", console.FAILED)
    database = Database(given.database_url, patience_seconds=patience_seconds, personal_key=given.personal_key)
    try:
        with console.explained(given):
            yield database
    finally:
        database.dispose()


@contextlib.contextmanager
def ready(given: Settings) -> Iterator[Database]:
    """Open the database, which must have the right schema; a SQLite file that is not there is not made."""
    with opened(given) as database:
        if database.file is not None and not database.file.exists():
            console.fail(f"There is no database {database.file} yet: baton playbook publish makes it.", console.FAILED)
        require_schema(database)
        yield database


@contextlib.contextmanager
def writable(given: Settings) -> Iterator[Database]:
    """Open the database to put something into it: the tables of a new or empty SQLite database are made first.

    A database with tables in it is changed by `baton migrate` and `baton run` alone, for that wants a backup.
    """
    with opened(given) as database:
        if database.is_sqlite:
            _make_tables(database)
        require_schema(database)
        yield database


def bring_up_to_date(database: Database) -> None:
    """Migrate the database, unless a bot runs on that SQLite file: it would find the ground changed under it."""
    with SingleInstance(database):
        if database.file is not None:
            private_files.make(database.file)
        migrations.upgrade(database.engine.url)


def require_schema(database: Database) -> None:
    """End the command unless the database has the schema that this program needs."""
    with database.snapshot() as session:
        fault = schema_fault(session)
    if fault is not None:
        console.fail(f"The database {fault}. Run baton migrate.", console.FAILED)


def workspace_id(given: Settings, database: Database) -> int:
    """Give the workspace that a command works for: the token's, or without a token the only one there is.

    Raises SlackError where the token is new and Slack cannot be asked whose it is.
    """
    if given.bot_token:
        return installations.serve(given, database=database).id
    try:
        return installations.only(database, delivery_namespace=machine.new_delivery_namespace, now=machine.utc_now()).id
    except installations.SeveralWorkspaces as several:
        console.fail(str(several), console.WRONG)


def known_workspace_id(given: Settings, database: Database) -> int | None:
    """Give the same where it is stored, else None: Slack isn't asked, and nothing is changed."""
    known = select(Workspace.id)
    if given.bot_token:
        known = known.where(Workspace.token_digest == installations.digest(given.bot_token))
    with database.snapshot() as session:
        found = session.scalars(known.limit(2)).all()
    return found[0] if len(found) == 1 else None


def _make_tables(database: Database) -> None:
    """Migrate a SQLite database in which nothing is yet, and say so."""
    with database.snapshot() as session:
        if inspect(session.connection()).get_table_names():
            return
    bring_up_to_date(database)
    console.remark(f"The database {database.file or 'in memory'} was empty: its tables are made.")
