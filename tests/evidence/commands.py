"""Baton's command line on a database of the evidence tests, with a Slack for `auth.test`."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from bot.cli.commands import baton
from bot.database import Database
from qualification.records import Base
from sandbox.clock import RealClock
from sandbox.server import Sandbox
from sandbox.workspace.seed import SAMPLE, WorkspaceSeed

Record = TypeVar("Record", bound=Base)
T = TypeVar("T")
# Every row, by table and key, except for the table of import progress.
Contents: TypeAlias = Mapping[str, tuple[tuple[object, ...], ...]]

MAPS: Final = Path(__file__).parent / "maps"
_MANIFEST: Final = json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))
# What an import writes down of itself: when it saw a lead last, for one.
_OF_IMPORTS: Final = frozenset({"import_run", "import_row"})


@dataclass(frozen=True)
class CommandLine:
    """A terminal in its own folder, and the database of its commands."""

    folder: Path
    environ: Mapping[str, str]
    slack: Sandbox

    @cached_property
    def database(self) -> Database:
        """The opened database."""
        return Database(self.environ["DATABASE_URL"])

    def __call__(self, *words: str) -> Result:
        """Run a command that must succeed, and return its output."""
        with chdir(self.folder):
            done = CliRunner().invoke(baton, words, env=self.environ, prog_name="baton")
        assert done.exception is None, f"{done.stdout}\n{done.stderr}\n{done.exception!r}"
        return done

    def publish(self, playbook: str) -> None:
        """Publish a playbook."""
        (self.folder / "playbook.yaml").write_text(playbook, encoding="utf-8")
        self("playbook", "publish")

    def brings_in(self, file: Path, map_name: str, *options: str) -> Result:
        """Import a file of the real data with one of the maps here, without writing to the data's folder."""
        report = self.folder / f"{file.name}.refused.csv"
        done = self("import", str(file), "--map", str(MAPS / map_name), "--report", str(report), *options)
        assert not report.exists()
        return done

    def reads(self, look: Callable[[Session], T]) -> T:
        """Return the result of a query."""
        with self.database.snapshot() as session:
            return look(session)

    def all(self, record: type[Record]) -> list[Record]:
        """Return the rows of a record, by id."""
        return self.reads(lambda session: list(session.scalars(select(record).order_by(record.__table__.c.id))))

    def contents(self) -> Contents:
        """Return everything stored, except for import progress."""

        def look(session: Session) -> Contents:
            return {
                table.name: tuple(sorted(map(tuple, session.execute(select(table))), key=repr))
                for table in Base.metadata.sorted_tables
                if table.name not in _OF_IMPORTS
            }

        return self.reads(look)


@contextmanager
def open_command_line(
    folder: Path, database_url: str, workspaces: Sequence[WorkspaceSeed] = SAMPLE
) -> Iterator[CommandLine]:
    """Yield a terminal, with a running Slack of these workspaces."""
    with ExitStack() as stack:
        slack = stack.enter_context(Sandbox(_MANIFEST, clock=RealClock(), seed=workspaces))
        line = CommandLine(
            folder,
            {
                "SLACK_BOT_TOKEN": slack.bot_token(),
                "SLACK_APP_TOKEN": slack.app_token(),
                "SLACK_API_URL": slack.api_url,
                "DATABASE_URL": database_url,
                "HOST": "127.0.0.1",
                "PORT": "0",
            },
            slack,
        )
        stack.callback(line.database.dispose)
        yield line
