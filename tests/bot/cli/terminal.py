"""What the tests of the command line share: a terminal in an empty folder, and the words typed in it."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import func, select
from typer.testing import Result

from bot.database import Database
from qualification.records.base import Base
from tests.warm import Program

Command = Callable[..., Result]
Start = Callable[..., Program]

PATIENCE: Final = 60.0
INIT: Final = (
    *("init", "--team", "EMEA", "--channel", "#sales-emea", "--manager", "Maya", "--marketer", "Mika"),
    *("--rep", "Ana", "--rep", "ben.okafor@northwind.example", "--hours", "00:00-24:00"),
)
# What the tests of the import say of the columns of a file of deals.
MAP: Final = """\
lead: {id: id, email: mail}
activities:
  - {id: "words(id, 'trial')", kind: {always: trial}, when: trial}
handoff:
  owner: rep
  stage: stage
  at: since
  ended_at: till
"""


def ending(process: Program, *, code: int) -> str:
    """Wait until a process has ended with that code, and give what it said."""
    said = process.last_words(PATIENCE)
    assert process.returncode == code, said
    return said


def count(database: Database, record: type[Base]) -> int:
    """Count the rows of a table."""
    with database.snapshot() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0
