"""`baton import` stopped, started again and started twice: nothing is lost, nothing comes in double."""

import csv
import signal
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.cli.import_command import plan_of
from bot.database import Database
from bot.importing import runs
from bot.importing.files import examine
from bot.importing.joins import CannotImport
from bot.importing.runs import Import, Plan
from qualification.playbook import playbooks
from qualification.records import Activity, Handoff, ImportRun, Lead, Person, Workspace
from tests.bot.cli.terminal import MAP, Command, Start, count


def test_killed_half_way_it_goes_on_there_and_nothing_is_lost_or_doubled(
    ready: Command, start: Start, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "map.yaml").write_text("lead: {id: id, email: mail}\nactivities: [{kind: {always: trial}}]\n")
    # Every fiftieth row has a cell too many.
    rows = [f"{each},p{each}@acme.example{',no' if each % 50 == 0 else ''}" for each in range(1, 6001)]
    (tmp_path / "people.csv").write_text("\n".join(["id,mail", *rows]))
    words = ("import", "people.csv", "--map", "map.yaml")
    process = start(*words)
    while process.poll() is None and done(database) < 200:
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    at = done(database)
    assert 200 <= at < 6000, "it was not killed half way"
    report = tmp_path / "people.csv.refused.csv"
    with report.open("a") as file:
        file.write("what was written of a slice that was not committed")
    told = ready(*words)
    assert f"Continued after row {at:,}." in told.stdout
    assert (count(database, Lead), count(database, Activity)) == (5880, 5880)
    with report.open(encoding="utf-8", newline="") as file:
        assert [int(row["id"]) for row in csv.DictReader(file)] == [*range(50, 6001, 50)]


def done(database: Database) -> int:
    with database.snapshot() as session:
        return session.scalar(select(ImportRun.rows_done)) or 0


def test_a_slice_that_finds_the_database_taken_is_tried_again(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["email", *(f"p{each}@acme.example" for each in range(100)), "nobody"]))
    assert ready("import", "people.csv", "--dry-run").exit_code == 1
    hasty = Database(f"sqlite:///{tmp_path / 'baton.db'}")
    event.listen(hasty.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 1"))
    taken: list[AbstractContextManager[Session]] = []
    waits: list[float] = []

    def take(tally: runs.Tally) -> None:
        if not waits and tally.rows < 101:
            taken.append(database.transaction())
            taken[0].__enter__().connection()

    def let_go(seconds: float) -> None:
        waits.append(seconds)
        if taken and len(waits) == 3:
            taken.pop().__exit__(None, None, None)

    work = Import(hasty, *planned(database, file), now=lambda: datetime.now(UTC), pause=let_go, progress=take)
    tally = work.run(tmp_path / "report.csv")
    hasty.dispose()
    assert len(waits) > 3
    assert (tally.rows, tally.new_leads, tally.rejected) == (101, 100, 1)
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 2


def test_a_slice_that_is_tried_again_forgets_whom_the_first_try_wrote_down(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    file, mapped = tmp_path / "deals.csv", tmp_path / "map.yaml"
    file.write_text("id,mail,rep,stage,since,till,trial\n1,a@acme.example,Old Hand,won,2026-01-05,2026-02-05,\n")
    mapped.write_text(MAP)
    assert ready("import", "deals.csv", "--map", "map.yaml", "--dry-run").exit_code == 0
    hasty = Database(f"sqlite:///{tmp_path / 'baton.db'}")
    # The first commit notes that it begins.
    fates = iter([None, OperationalError("COMMIT", None, Exception("disk I/O error"))])

    def fail_once(_: Connection) -> None:
        if (fate := next(fates, None)) is not None:
            raise fate

    def come_between(_: float) -> None:
        with database.transaction() as session:
            workspace_id = session.scalars(select(Workspace.id)).one()
            session.add(Person(workspace_id=workspace_id, name="Somebody Else"))

    event.listen(hasty.engine, "commit", fail_once)
    plan = planned(database, file, mapped)
    work = Import(hasty, *plan, now=lambda: datetime.now(UTC), pause=come_between, progress=lambda _: None)
    work.run(tmp_path / "report.csv")
    hasty.dispose()
    with database.snapshot() as session:
        (owner,) = session.scalars(select(Person.name).join(Handoff, Handoff.owner_id == Person.id))
    assert owner == "Old Hand"


def planned(database: Database, file: Path, mapped: Path | None = None) -> tuple[int, Plan]:
    with database.snapshot() as session:
        workspace_id = session.scalars(select(Workspace.id)).one()
        playbook = playbooks.current(session, workspace_id).playbook
    return workspace_id, plan_of(examine(file), mapped, playbook, sender=None, announcing=False)


def test_a_file_beside_it_that_has_changed_is_no_longer_the_same(ready: Command, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(
        "join: {firm: {file: firms.csv, key: nr}}\nlead: {email: mail, company: firm.name}\n"
    )
    (tmp_path / "firms.csv").write_text("nr,name\n7,Acme\n")
    (tmp_path / "people.csv").write_text("mail,nr\na@acme.example,7\n")
    assert "New leads: 1" in ready("import", "people.csv", "--map", "map.yaml").stdout
    assert "was already imported" in ready("import", "people.csv", "--map", "map.yaml").stdout
    (tmp_path / "firms.csv").write_text("nr,name\n7,Acme Holding\n")
    assert "known leads: 1" in ready("import", "people.csv", "--map", "map.yaml").stdout


def test_two_of_the_same_file_at_once_do_not_both_go_on(ready: Command, tmp_path: Path, database: Database) -> None:
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["email", *(f"p{each}@acme.example" for each in range(2000))]))
    assert ready("import", "people.csv", "--dry-run").exit_code == 0
    workspace_id, plan = planned(database, file)

    def now() -> datetime:
        return datetime.now(UTC)

    def meanwhile(tally: runs.Tally) -> None:
        if tally.rows < 2000 and not others:
            others.append(tally)
            Import(database, workspace_id, plan, now=now).run(tmp_path / "other.csv")

    others: list[runs.Tally] = []
    with pytest.raises(CannotImport, match="Another process brings the same file in"):
        Import(database, workspace_id, plan, now=now, progress=meanwhile).run(tmp_path / "report.csv")
    assert (count(database, Lead), done(database)) == (2000, 2000)


def test_on_sqlite_others_have_a_turn_between_two_slices_and_nobody_waits_after_the_last(
    ready: Command, tmp_path: Path, database: Database
) -> None:
    """A writer that waits looks again at most 25 ms later: it must find the database free then."""
    file = tmp_path / "people.csv"
    file.write_text("\n".join(["email", *(f"p{each}@acme.example" for each in range(200))]))
    assert ready("import", "people.csv", "--dry-run").exit_code == 0
    with database.snapshot() as session:
        workspace_id = session.scalars(select(Workspace.id)).one()
        playbook = playbooks.current(session, workspace_id).playbook
    plan = plan_of(examine(file), None, playbook, sender=None, announcing=False)
    slices: list[int] = []
    pauses: list[int] = []

    def pause(seconds: float) -> None:
        assert seconds <= runs.GAP
        with database.transaction() as session:
            session.get_one(Workspace, workspace_id).name = "Written meanwhile"
        pauses.append(slices[-1])

    Import(
        database,
        workspace_id,
        plan,
        now=lambda: datetime.now(UTC),
        pause=pause,
        progress=lambda tally: slices.append(tally.rows),
    ).run(tmp_path / "report.csv")
    assert slices[0] == runs.FEWEST
    assert slices[-1] == 200
    assert pauses == slices[:-1]


@given(st.integers(1, runs.MOST), st.floats(0, 100))
def test_the_longer_a_slice_took_the_fewer_rows_come_next_and_never_suddenly_many(rows: int, seconds: float) -> None:
    size = runs.next_size(rows, seconds, aim=0.05)
    assert runs.FEWEST <= size <= max(runs.FEWEST, min(runs.MOST, 2 * rows))
    assert size >= runs.next_size(rows, seconds * 2, aim=0.05)
    if seconds > 0.05:
        assert size <= max(runs.FEWEST, rows)
