"""`baton import`: its options, what it prints, and its exit codes."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from bot import machine
from bot.cli import console, databases, personal_keys
from bot.cli.payload_preview import printable
from bot.database import Database
from bot.importing import files, joins, runs
from bot.importing.joins import CannotImport
from bot.importing.runs import Import, Plan, Tally
from qualification.playbook import playbooks
from qualification.rules.intake import import_map
from qualification.rules.intake.import_map import MapFaults
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ImportRow, SenderInput, identifies_lead
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import NoPlaybook
from qualification.rules.values.expressions import Parts, Search

INTERRUPTED: Final = 130
LONGEST_SENDER: Final = 80
_REPORT: Final = re.compile(r"(\.[^.]+\.refused)+$")
# --dry-run shows this many rows, every summary this many reasons.
_SHOWN: Final = 3
_MOST_REASONS: Final = 12
# Without a terminal, progress is a line after this many rows.
_ROWS_A_LINE: Final = 100_000


def command(
    file: Annotated[Path, typer.Argument(help="CSV with any delimiter, TSV, or JSON lines.")],
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
    report: Annotated[
        Path | None, typer.Option(help="Where to write rejected rows. By default FILE.refused.csv or .jsonl.")
    ] = None,
    announce: Annotated[
        bool, typer.Option("--announce", help="Hand over the leads that are ready, and show open deals in Slack.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Start at the first row, even if the file was imported before.")
    ] = False,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1252; detected by default.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Such as ';'; detected by default.")] = None,
) -> None:
    """Import a file of leads, with what they did and how their deals went. Safe to repeat.

    Slack shows nothing of the past unless you use --announce. If the import is stopped, the same command continues it.
    Safe beside a running bot.
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
        playbook = _playbook(database, workspace_id)
        try:
            table = files.examine(file, encoding=encoding, delimiter=delimiter)
            plan = plan_of(table, map_file, playbook, sender=sender, announcing=announce)
        except OSError as error:
            console.fail(f"{error.filename or file} cannot be read: {error.strerror}.", console.WRONG)
        except (files.NoTable, MapFaults, CannotImport) as fault:
            reason = f"{file} can't be imported: {fault}." if isinstance(fault, files.NoTable) else str(fault)
            console.fail(reason, console.WRONG)
        _print_format(plan, guessed=map_file is None)
        with _progress(plan.table) as progress:
            work = Import(database, workspace_id, plan, now=machine.utc_now, progress=progress)
            try:
                if dry_run:
                    _try_out(work, plan)
                    return
                where = report or Path(f"{file}.refused.{'jsonl' if table.columns is None else 'csv'}")
                if where.exists() and where.samefile(file):
                    console.fail("--report is the file itself; name another for the rejected rows.", console.WRONG)
                tally = _carry_out(work, where, again=again)
            except files.NoTable as fault:
                console.fail(f"The rest of {file} can't be read: {fault}.", console.FAILED)
            except CannotImport as fault:
                console.fail(str(fault), console.FAILED)
    _print_result(tally, plan, where)


def _playbook(database: Database, workspace_id: int) -> Playbook:
    with database.snapshot() as session:
        try:
            return playbooks.current(session, workspace_id).playbook
        except NoPlaybook:
            console.fail(console.UNPUBLISHED, console.FAILED)


def plan_of(
    table: files.Table, map_file: Path | None, playbook: Playbook, *, sender: str | None, announcing: bool
) -> Plan:
    """Return the plan of an import; raises MapFaults, CannotImport, and OSError for a joined file."""
    text = console.text(map_file) if map_file else ""
    if map_file is None:
        if table.columns is None:
            raise CannotImport("JSON lines need a map. Use --map to say what their fields mean.")
        mapped = import_map.guess(table.columns, playbook)
        if not identifies_lead(mapped.lead):
            names = ", ".join(table.columns[:_MOST_REASONS])
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
    how = (called, text, str(announcing), table.encoding, table.delimiter or "", *beside)
    return Plan(
        table=table,
        mapped=mapped,
        joined=joined,
        sender=called,
        zone=ZoneInfo(playbook.teams[playbook.default_team].zone),
        announcing=announcing,
        digest=runs.digest_of(table.path, *how),
    )


def _print_format(plan: Plan, *, guessed: bool) -> None:
    table = plan.table
    layout = "JSON lines" if table.delimiter is None else _called(table.delimiter)
    console.say(f"{table.path.name}: {layout}, {table.encoding}. Ids belong to sender `{plan.sender}`.")
    for name, joined in plan.joined.items():
        console.say(f"  {name} ← {printable(joined.file)}, {_rows(len(joined.rows))}")
        for line, why in joined.skipped[:_SHOWN]:
            console.say(f"    line {line} skipped: it {printable(why)}")
        if len(joined.skipped) > _SHOWN:
            console.say(f"    {len(joined.skipped) - _SHOWN:,} more skipped")
    if not guessed:
        return
    for field, expression in plan.mapped.lead.items():
        if isinstance(expression, Parts):
            console.say(f"  also stored: {', '.join(expression.parts)}")
        else:
            text = expression.text if isinstance(expression, Search) else getattr(expression, "text", "")
            console.say(f"  {field} ← {printable(text)}")


def _called(delimiter: str) -> str:
    name = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "pipe"}.get(delimiter)
    return f"{name}-separated" if name else f"separated by `{delimiter}`"


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


def _try_out(work: Import, plan: Plan) -> None:
    """Show the first rows as they would be imported, and count the results of all."""
    rows = work.try_out()
    for row, read, errors in islice(rows, _SHOWN):
        drawn = Table("Field", Column("Value", overflow="fold"), title=f"Line {row.line}", title_justify="left")
        if isinstance(read, ImportRow):
            for name, value in _fields(read):
                drawn.add_row(name, escape(printable(value)))
        elif read is None:
            drawn.add_row("[dim]left out by `when`[/dim]", "")
        losses = read.lead.losses if isinstance(read, ImportRow) else ()
        for error in (*errors, *(RowError(f"lead.{loss.field}", loss.reason) for loss in losses)):
            drawn.add_row(f"[red]✗ {escape(error.field)}[/red]", escape(printable(error.reason)))
        console.stdout().print(drawn)
    for _ in rows:
        pass
    tally = work.tally
    valid = tally.rows - tally.left_out - tally.rejected
    console.say(
        f"{_rows(tally.rows)}: {valid:,} would be imported, {tally.rejected:,} rejected, {tally.left_out:,} left out."
    )
    _print_unjoined(tally, plan)
    _print_lost(tally)
    _print_reasons(tally.reasons)
    if tally.rejected:
        raise typer.Exit(console.FAILED)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _fields(row: ImportRow) -> Iterator[tuple[str, object]]:
    shapes: list[tuple[str, SenderInput]] = [("lead", row.lead)]
    shapes += [(f"activities[{index}]", activity) for index, activity in enumerate(row.activities[:_SHOWN])]
    if row.handoff is not None:
        shapes.append(("handoff", row.handoff))
    for section, shape in shapes:
        fields = shape.model_dump(mode="json", exclude_defaults=True, exclude={"losses"})
        for name, value in fields.items():
            yield f"{section}.{name}", value
    if len(row.activities) > _SHOWN:
        yield "activities", f"and {len(row.activities) - _SHOWN} more"


def _print_result(tally: Tally, plan: Plan, report: Path) -> None:
    if tally.rows == 0:
        console.say("The file has a header but no rows.")
    elif tally.is_done and tally.rows == tally.went_on_at:
        console.say(
            "Every row of this file was already imported with these settings. Use --again to import it once more, "
            "for example if the playbook has changed since."
        )
    else:
        if tally.went_on_at:
            console.say(f"Continued after row {tally.went_on_at:,}.")
        console.say(
            f"{_rows(tally.rows)}. New leads: {tally.new_leads:,}, known leads: {tally.known_leads:,}. "
            f"Activities: {tally.activities:,}. Deals: {tally.handoffs:,}. Left out: {tally.left_out:,}."
        )
    _print_unjoined(tally, plan)
    _print_lost(tally)
    if tally.rejected:
        _print_reasons(tally.reasons)
        console.fail(
            f"{_rows(tally.rejected)} rejected, wholly or in part: {report} says why.",
            console.FAILED,
        )


def _print_unjoined(tally: Tally, plan: Plan) -> None:
    """Print how many rows have a key that the joined file doesn't have, which is usually a mistake."""
    for name, count in tally.unjoined.items():
        if count:
            console.say(f"  {name}: {printable(plan.joined[name].file)} has no matching row for {_rows(count)}")


def _print_lost(tally: Tally) -> None:
    """Print which fields leads were imported without, and how often."""
    if tally.lost:
        console.say("Fields that could not be kept; their leads were taken:")
        _print_reasons(tally.lost)


def _print_reasons(reasons: Counter[tuple[str, str]]) -> None:
    for (name, reason), count in reasons.most_common(_MOST_REASONS):
        console.say(f"  {f'{name} {reason}'.strip()}: {count:,}")
    if len(reasons) > _MOST_REASONS:
        console.say(f"  and {len(reasons) - _MOST_REASONS} other reasons")
