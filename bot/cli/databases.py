"""The database as a command opens it: there, of the right schema, and with the workspace that is meant."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.orm import Session

import migrations
from bot import app as wiring
from bot.cli import console
from bot.cli.database_diagnosis import missing_folder
from bot.database import Database
from bot.health import schema_fault
from bot.settings import Settings
from bot.single_instance import SingleInstance
from bot.slack import installations


@contextlib.contextmanager
def opened(given: Settings) -> Iterator[Database]:
    """Open the database for one command, whatever its schema."""
    trouble = missing_folder(given.database_url)
    if trouble is not None:
        console.fail(f"The database cannot be used: {trouble.seen}. {trouble.remedy}", console.FAILED)
    database = Database(given.database_url)
    try:
        with console.explained(given):
            yield database
    finally:
        database.dispose()


@contextlib.contextmanager
def ready(given: Settings) -> Iterator[Database]:
    """Open the database, which must have the right schema; a SQLite file that is not there is not made."""
    with opened(given) as database:
        file = _file(database)
        if file is not None and not file.exists():
            console.fail(f"There is no database {file} yet: baton playbook publish makes it.", console.FAILED)
        with database.snapshot() as session:
            _require_schema(session)
        yield database


@contextlib.contextmanager
def writable(given: Settings) -> Iterator[Database]:
    """Open the database to put something into it: the tables of a new or empty SQLite database are made first.

    A database with tables in it is changed by `baton migrate` and `baton run` alone, for that wants a backup.
    """
    with opened(given) as database:
        if database.is_sqlite:
            _make_tables(database)
        with database.snapshot() as session:
            _require_schema(session)
        yield database


def bring_up_to_date(given: Settings) -> None:
    """Migrate the database, unless a bot runs on that SQLite file: it would find the ground changed under it."""
    with opened(given) as database, SingleInstance(database):
        migrations.upgrade(database.engine.url)


def workspace_id(given: Settings, database: Database) -> int:
    """Give the workspace that a command works for: the token's, or without a token the only one there is.

    Raises SlackError where the token is new and Slack cannot be asked whose it is.
    """
    if given.bot_token:
        return wiring.serve(given, database=database).id
    try:
        return installations.only(database, delivery_namespace=wiring.new_delivery_namespace, now=wiring.utc_now()).id
    except installations.SeveralWorkspaces as several:
        console.fail(str(several), console.WRONG)


def _file(database: Database) -> Path | None:
    """Give the file of a SQLite database; None where there is none."""
    name = database.engine.url.database if database.is_sqlite else None
    return Path(name) if name and name != ":memory:" else None


def _make_tables(database: Database) -> None:
    """Migrate a SQLite database in which nothing is yet, and say so."""
    with database.snapshot() as session:
        if inspect(session.connection()).get_table_names():
            return
    with SingleInstance(database):
        migrations.upgrade(database.engine.url)
    console.remark(f"The database {_file(database) or 'in memory'} was empty: its tables are made.")


def _require_schema(session: Session) -> None:
    fault = schema_fault(session)
    if fault is not None:
        console.fail(f"The database {fault}. Run baton migrate.", console.FAILED)
