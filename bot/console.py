"""What every command shares: settings read, a database opened, what cannot be helped explained, and exit codes."""

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import SQLAlchemyError

import migrations
from bot.database import Database
from bot.health import schema_fault
from bot.http.server import AddressTaken
from bot.settings import Settings, SettingsFaults, environment, read
from bot.single_instance import AlreadyRunning, SingleInstance, Unclaimable
from bot.slack.client import SlackError

# What was asked could not be done, or faults were found.
FAILED: Final = 1
# The command or its settings are wrong.
WRONG: Final = 2

log = logging.getLogger(__name__)


def shown() -> Console:
    """Give the terminal: what was asked for goes here."""
    return Console()


def told() -> Console:
    """Give the other stream: faults, and what is said beside the matter."""
    return Console(stderr=True)


def environ() -> dict[str, str]:
    """Read the environment and .env."""
    return environment(os.environ, Path(".env"))


def settings(*, slack: bool = True) -> Settings:
    """Read the settings, or say everything that is wrong with them and leave."""
    try:
        return read(environ(), slack=slack)
    except SettingsFaults as faults:
        for fault in faults.faults:
            told().print(f"[red]✗[/red] {escape(fault)}", highlight=False, soft_wrap=True)
        fail("Set these in the environment or in .env; .env.example names everything.", WRONG)


@contextlib.contextmanager
def opened(given: Settings) -> Iterator[Database]:
    """Open the database for one command."""
    database = Database(given.database_url)
    try:
        with explained():
            yield database
    finally:
        database.dispose()


@contextlib.contextmanager
def ready(given: Settings) -> Iterator[Database]:
    """Open the database, which must have the right schema."""
    with opened(given) as database:
        with database.snapshot() as session:
            fault = schema_fault(session)
        if fault is not None:
            fail(f"The database {fault}. Run python -m bot migrate.", FAILED)
        yield database


def bring_up_to_date(given: Settings) -> None:
    """Migrate the database, unless a bot runs on that SQLite file: it would find the ground changed under it."""
    with opened(given) as database, SingleInstance(database):
        migrations.upgrade(database.engine.url)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turn what a command cannot help into a sentence and an exit code."""
    try:
        yield
    except SQLAlchemyError as error:
        log.debug("The database is in trouble.", exc_info=error)
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip()
        fail(f"The database does not do it: {reason}", FAILED)
    except SlackError as error:
        fail(f"Slack does not do it: {error}. python -m bot doctor tells more.", FAILED)
    except (AddressTaken, AlreadyRunning, Unclaimable) as fault:
        fail(str(fault), FAILED)


def text(file: Path) -> str:
    """Read a file that was named, or say why it cannot be read and leave."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text in UTF-8'}.", WRONG)


def content(file: Path) -> bytes:
    """Read a file that was named as it is, or say why it cannot be read and leave."""
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.", WRONG)


def write(file: Path, content: str) -> None:
    """Write a file that was named, or say why it cannot be written and leave."""
    try:
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.", WRONG)


def printable(text: str) -> str:
    """Write a text on one line, without what would steer the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def say(sentence: str) -> None:
    """Say what was done, on one line however narrow the terminal."""
    shown().print(escape(printable(sentence)), highlight=False, soft_wrap=True)


def fail(sentence: str, code: int) -> NoReturn:
    """Say why it ends, and end with that code."""
    told().print(escape(sentence), highlight=False, soft_wrap=True)
    raise typer.Exit(code)
