"""`baton import`: its options, what it prints, and its exit codes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from typer.core import TyperGroup

from bot import machine
from bot.cli import console, databases, import_undo_command, personal_keys
from bot.cli.importing import consents, suppressing
from bot.cli.importing.columns import print_format
from bot.cli.importing.preview import try_out
from bot.cli.importing.summary import print_result
from bot.database import Database
from bot.importing import files, joins, runs
from bot.importing.joins import CannotImport
from bot.importing.runs import Import, Plan, Tally
from qualification.intake import import_senders
from qualification.playbook import playbooks
from qualification.rules.intake import import_guess, import_map
from qualification.rules.intake.import_guess import NO_CHOICES, ConsentChoices
from qualification.rules.intake.import_map import MapFaults
from qualification.rules.leads.lead_input import identifies_lead
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import NoPlaybook

INTERRUPTED: Final = 130
LONGEST_SENDER: Final = 80
_REPORT: Final = re.compile(r"(\.[^.]+\.refused)+$")
# So many rows show which column holds addresses, and so many columns are named where none does.
_SAMPLE: Final = 200
_MOST_NAMES: Final = 12
# Without a terminal, progress is a line after this many rows.
_ROWS_A_LINE: Final = 100_000


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with any delimiter, TSV, a workbook, or JSON lines.")
    ],
    map_file: Annotated[
        Path | None,
        typer.Option("--map", help="What the columns mean; by default, their names say so. See docs/import.md."),
    ] = None,
    sender: Annotated[
        str | None,
        typer.Option(
            help="The sender that the ids belong to, such as the name of an API key. By default the file's name."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what the rows would become; store nothing.")] = False,
    suppress: Annotated[
        bool,
        typer.Option("--suppress", help="The file lists addresses, domains or numbers that want no contact."),
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Where to write rejected rows. By default FILE.refused.csv or .jsonl.")
    ] = None,
    announce: Annotated[
        bool, typer.Option("--announce", help="Hand over the leads that are ready, and show open deals in Slack.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Start at the first row, even if the file was imported before.")
    ] = False,
    do_not_contact: Annotated[
        list[str] | None,
        typer.Option("--do-not-contact", help="COLUMN=VALUES: the values of a column that mean “do not contact”."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", help="A column that says nothing of who may be contacted.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Of a workbook; by default the one whose header is known.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1252; detected by default.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Such as ';'; detected by default.")] = None,
) -> None:
    """Import a file of leads, with what they did and how their deals went. Safe to repeat.

    Slack shows nothing of the past unless you use --announce. If the import is stopped, the same command continues it.
    Safe beside a running bot. See also: baton import list, baton import undo ID.
    """
    if sender is not None and not (0 < len(sender.strip()) <= LONGEST_SENDER and sender.isprintable()):
        console.fail(f"--sender is a name of at most {LONGEST_SENDER} characters.", console.WRONG)
    if delimiter is not None:
        delimiter = "\t" if delimiter in {"tab", "\\t"} else delimiter
        if len(delimiter) != 1:
            console.fail("--delimiter is one character, such as ';' or tab.", console.WRONG)
    given = console.settings()
    with databases.ready(given) as database:
        personal_keys.require(database)
        workspace_id = databases.workspace_id(given, database)
        if suppress:
            with _explained(file):
                table = files.examine(file, encoding=encoding, delimiter=delimiter, sheet=sheet)
                suppressing.carry_out(database, workspace_id, table, dry_run=dry_run)
            return
        playbook = _playbook(database, workspace_id)
        with _explained(file):
            table = files.examine(file, encoding=encoding, delimiter=delimiter, sheet=sheet)
            choices = NO_CHOICES if map_file else consents.read_choices(table, do_not_contact or (), ignore or ())
            plan = plan_of(table, map_file, playbook, sender=sender, announcing=announce, choices=choices)
            if sender is None and (own := _sender_of(database, workspace_id, plan)) != plan.sender:
                plan = plan_of(table, map_file, playbook, sender=own, announcing=announce, choices=choices)
                console.say(f"An earlier file of this name has other people under these ids: they belong to `{own}`.")
        print_format(plan)
        with _progress(plan.table) as progress:
            work = Import(database, workspace_id, plan, now=machine.utc_now, progress=progress)
            try:
                if dry_run:
                    try_out(work, plan)
                    return
                where = report or Path(f"{file}.refused.{'jsonl' if table.columns is None else 'csv'}")
                if where.exists() and where.samefile(file):
                    console.fail("--report is the file itself; name another for the rejected rows.", console.WRONG)
                tally = _carry_out(work, where, again=again)
            except files.NoTable as fault:
                console.fail(f"The rest of {file} can't be read: {fault}.", console.FAILED)
            except CannotImport as fault:
                console.fail(str(fault), console.FAILED)
    print_result(tally, plan, where)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    """Turn what is wrong with a file or its map into a sentence and an exit code."""
    try:
        yield
    except OSError as error:
        console.fail(f"{error.filename or file} cannot be read: {error.strerror}.", console.WRONG)
    except (files.NoTable, MapFaults, CannotImport) as fault:
        reason = f"{file} can't be imported: {fault}." if isinstance(fault, files.NoTable) else str(fault)
        console.fail(reason, console.WRONG)


def _playbook(database: Database, workspace_id: int) -> Playbook:
    with database.snapshot() as session:
        try:
            return playbooks.current(session, workspace_id).playbook
        except NoPlaybook:
            console.fail(console.UNPUBLISHED, console.FAILED)


def _sender_of(database: Database, workspace_id: int, plan: Plan) -> str:
    """Return the sender of a file that names none: an earlier file of its name may have had other people."""
    sample = Import(database, workspace_id, plan, now=machine.utc_now).sample()
    with database.snapshot() as session:
        return import_senders.sender_for(session, workspace_id, plan.sender, sample)


def plan_of(
    table: files.Table,
    map_file: Path | None,
    playbook: Playbook,
    *,
    sender: str | None,
    announcing: bool,
    choices: ConsentChoices = NO_CHOICES,
) -> Plan:
    """Return the plan of an import; raises MapFaults, CannotImport, and OSError for a joined file."""
    text = console.text(map_file) if map_file else ""
    guess = None
    if map_file is None:
        if table.columns is None:
            raise CannotImport("JSON lines need a map. Use --map to say what their fields mean.")
        sample = [row.cells for row in islice(table.rows(), _SAMPLE)]
        guess = import_guess.guess(table.columns, playbook, sample=sample, choices=choices)
        mapped = guess.mapped
        if not identifies_lead(mapped.lead):
            names = ", ".join(table.columns[:_MOST_NAMES])
            raise CannotImport(
                f"No column identifies a lead: {names}. Use --map to say which is the e-mail address or the id."
            )
    else:
        mapped = import_map.parse(text, str(map_file), playbook, table.columns)
    joined = joins.join(mapped, table.path.parent, table.columns)
    # The report of an import has the ids of the file that it reports on.
    stem = _REPORT.sub("", table.path.stem)
    called = sender or re.sub(r"[^\w.-]+", "-", stem).strip("-")[:LONGEST_SENDER] or "file"
    beside = [runs.digest_of(table.path.parent / each.file) for each in mapped.join.values()]
    how = (called, text, str(announcing), table.layout, *choices.named, *beside)
    return Plan(
        table=table,
        mapped=mapped,
        guess=guess,
        joined=joined,
        sender=called,
        zone=ZoneInfo(playbook.teams[playbook.default_team].zone),
        announcing=announcing,
        digest=runs.digest_of(table.path, *how),
    )


@contextmanager
def _progress(table: files.Table) -> Iterator[runs.Progress]:
    """Show how far the file is read: a bar on a terminal, else a line now and then."""
    stderr = console.stderr()
    columns = (BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TextColumn("{task.description}"))
    with Progress(
        *columns, TimeRemainingColumn(), console=stderr, transient=True, disable=not stderr.is_terminal
    ) as bar:
        task = bar.add_task("", total=max(table.size, 1))
        next_line = _ROWS_A_LINE

        def show(tally: Tally) -> None:
            nonlocal next_line
            rejected = f", {tally.rejected:,} rejected" if tally.rejected else ""
            bar.update(task, completed=table.at, description=f"{tally.rows:,} rows{rejected}")
            if not stderr.is_terminal and tally.rows >= next_line:
                next_line = tally.rows - tally.rows % _ROWS_A_LINE + _ROWS_A_LINE
                share = table.at / max(table.size, 1)
                stderr.print(f"{tally.rows:,} rows{rejected}, {share:.0%}", highlight=False)

        yield show


def _carry_out(work: Import, report: Path, *, again: bool) -> Tally:
    try:
        return work.run(report, again=again)
    except KeyboardInterrupt:
        console.stderr().print(
            f"Stopped after row {work.tally.rows:,}. The same command continues there.", highlight=False, soft_wrap=True
        )
        raise typer.Exit(INTERRUPTED) from None
    except OSError as error:
        console.fail(
            f"{report} cannot be written: {error.strerror}. The last batch of rows wasn't imported.", console.FAILED
        )


class FileOrCommand(TyperGroup):
    """`baton import FILE`, beside `baton import list` and `baton import undo`; a file of such a name is ./list."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - as Typer calls it
        """Take anything but the name of a command for the words of an import."""
        if args and args[0] in self.commands and args[0] != _FILE:
            return super().resolve_command(ctx, args)
        return "", self.commands[_FILE], args

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as Typer calls it
        """Leave all options to the command."""
        return super().parse_args(ctx, args or ["--help"])


_FILE: Final = "file"
commands = typer.Typer(
    cls=FileOrCommand,
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    add_completion=False,
    rich_markup_mode="rich",
    help="Import a file of leads; list the imports; undo one.",
)
commands.command(_FILE, hidden=True)(command)
commands.command("list")(import_undo_command.list_imports)
commands.command("undo")(import_undo_command.undo)
