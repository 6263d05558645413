"""What every command shares: the settings, the two streams, files that were named, and how a command ends."""

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

from bot import private_files
from bot.cli.database_diagnosis import diagnose
from bot.database import UNWELL
from bot.http.server import AddressTaken
from bot.settings import Settings, SettingsFaults, environment, read_settings, stored
from bot.single_instance import AlreadyRunning, Unclaimable
from bot.slack.client import SlackError

# What was asked could not be done, or faults were found.
FAILED: Final = 1
# The command or its settings are wrong.
WRONG: Final = 2

ENV_FILE: Final = Path(".env")
PLAYBOOK: Final = Path("playbook.yaml")
UNPUBLISHED: Final = "No playbook is published yet: baton playbook publish."

log = logging.getLogger(__name__)


def stdout() -> Console:
    """Give the terminal: what was asked for goes here."""
    return Console()


def stderr() -> Console:
    """Give the other stream: faults, and what is said beside the matter."""
    return Console(stderr=True)


def settings(*, slack: bool = False) -> Settings:
    """Read the settings, or say everything that is wrong with them and leave.

    The tokens may be missing unless `slack` says that the command cannot do without Slack.
    """
    try:
        return read_settings(environment(os.environ, ENV_FILE), slack=slack, in_file=stored(ENV_FILE))
    except SettingsFaults as faults:
        for fault in faults.faults:
            stderr().print(f"[red]✗[/red] {escape(fault)}", highlight=False, soft_wrap=True)
        fail("Set these in the environment or in .env; .env.example names everything.", WRONG)


@contextlib.contextmanager
def explained(given: Settings) -> Iterator[None]:
    """Turn what a command cannot help into a sentence and an exit code."""
    try:
        yield
    except UNWELL as error:
        log.debug("The database is in trouble.", exc_info=error)
        trouble = diagnose(given.database_url, error)
        fail(f"The database cannot be used: {trouble.seen}. {trouble.remedy}", FAILED)
    except SQLAlchemyError as error:
        log.debug("The database is in trouble.", exc_info=error)
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip()
        fail(f"The database refused it: {reason}", FAILED)
    except SlackError as error:
        fail(f"Slack refused it: {error}. baton doctor tells more.", FAILED)
    except (AddressTaken, AlreadyRunning, Unclaimable) as fault:
        fail(str(fault), FAILED)


def text(file: Path) -> str:
    """Read a file that was named, or say why it cannot be read and leave."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}.", WRONG)


def content(file: Path) -> bytes:
    """Read a file that was named as it is, or say why it cannot be read and leave."""
    try:
        return file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.", WRONG)


def write(file: Path, content: str) -> None:
    """Write a file that was named, a new one for its owner alone, or say why it cannot be written and leave."""
    try:
        private_files.make(file)
        file.write_text(content, encoding="utf-8")
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.", WRONG)


def printable(text: str) -> str:
    """Write a text on one line, without what would steer the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def say(sentence: str) -> None:
    """Say what was done, on one line however narrow the terminal."""
    stdout().print(escape(printable(sentence)), highlight=False, soft_wrap=True)


def remark(sentence: str) -> None:
    """Say something beside the matter, where it does not disturb what a script reads."""
    stderr().print(escape(printable(sentence)), highlight=False, soft_wrap=True)


def fail(sentence: str, code: int) -> NoReturn:
    """Say why it ends, and end with that code."""
    stderr().print(escape(sentence), highlight=False, soft_wrap=True)
    raise typer.Exit(code)
