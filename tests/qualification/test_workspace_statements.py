"""The watch over statements finds what doesn't name its workspace, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from qualification.records import Handoff, Lead
from qualification.records.rows import EVERY_WORKSPACE
from tests.workspace_statements import ROOT, Watch, unnamed_tables
from tests.worlds.desk import Desk

READS = "def act(session, *given):\n    return session.execute(*given).all()\n"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT lead.id FROM lead WHERE lead.workspace_id = ?",
        "SELECT lead.id FROM lead WHERE +lead.workspace_id = ? AND lead.id IN (?, ?)",
        "SELECT lead.id FROM lead WHERE lead.workspace_id + 0 = ? AND lead.merged_into_id IS NOT NULL",
        "SELECT l.id FROM lead AS l WHERE l.workspace_id = %(workspace_id_1)s::BIGINT",
        "SELECT id FROM lead WHERE workspace_id = ?",
        "SELECT lead.id FROM lead JOIN handoff ON handoff.lead_id = lead.id WHERE handoff.workspace_id = ?",
        "SELECT lead.id FROM lead, handoff WHERE handoff.lead_id = lead.id AND lead.workspace_id IN (?, ?)",
        "SELECT 1 FROM handoff JOIN offer ON offer.person_id = handoff.owner_id WHERE offer.workspace_id = ?",
        "SELECT 1 FROM lead WHERE lead.workspace_id = ? AND EXISTS (SELECT 1 FROM handoff WHERE lead_id = lead.id)",
        "SELECT lead.id FROM lead JOIN workspace ON workspace.id = lead.workspace_id WHERE workspace.id = ?",
        "WITH some AS (SELECT lead.id FROM lead WHERE lead.workspace_id = ?) SELECT some.id FROM some",
        "UPDATE lead SET name = ? WHERE lead.workspace_id = ? AND lead.id = ?",
        "DELETE FROM lead WHERE lead.workspace_id = ?",
        "SELECT lead.id FROM lead WHERE lead.workspace_id = ? FOR NO KEY UPDATE OF lead",
        "SELECT workspace.id FROM workspace WHERE workspace.slack_team_id = ?",
        "SELECT (SELECT max(every_workspace.sequence) FROM delivery AS every_workspace)",
        "SELECT lead.id FROM lead WHERE 0 = 1",
        "SELECT count(*) FROM (SELECT lead.id FROM lead WHERE false ORDER BY lead.id) AS anon_1",
        "SELECT 1",
        "INSERT INTO lead (id, workspace_id) VALUES (?, ?)",
    ],
)
def test_a_statement_that_names_its_workspace_passes(statement: str) -> None:
    assert unnamed_tables(statement) == []


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT lead.id, lead.workspace_id FROM lead WHERE lead.id = ?", ["lead"]),
        ("UPDATE lead SET workspace_id = ?, name = ? WHERE lead.id = ?", ["lead"]),
        ("DELETE FROM lead WHERE lead.id IN (?)", ["lead"]),
        ("SELECT lead.id FROM lead, handoff WHERE handoff.workspace_id = ? AND lead.id = ?", ["lead"]),
        ("SELECT lead.id FROM lead JOIN handoff ON handoff.lead_id = lead.id WHERE lead.id = ?", ["handoff", "lead"]),
        ("SELECT lead.id FROM lead WHERE lead.id = ? AND 0 = 1", ["lead"]),
        # A message's subject is no foreign key: what it shows is not of the same workspace by that alone.
        ("SELECT 1 FROM delivery JOIN handoff ON handoff.id = delivery.subject WHERE delivery.workspace_id = ?",
         ["handoff"]),
        ("SELECT 1 FROM lead WHERE lead.id IN (SELECT lead_id FROM handoff WHERE handoff.workspace_id = ?)", ["lead"]),
        ("SELECT lead.id FROM lead WHERE lead.workspace_id = ? UNION SELECT lead.id FROM lead WHERE lead.id = ?",
         ["lead"]),
        ("SELECT lead.id FROM lead WHERE lead.workspace_id = ? AND (SELECT count(*) FROM offer) > 0", ["offer"]),
        ("WITH some AS (SELECT lead.id FROM lead) SELECT handoff.id FROM handoff WHERE handoff.workspace_id = ?",
         ["lead"]),
        ("SELECT lead.id FROM lead WHERE lead.workspace_id = lead.workspace_id", ["lead"]),
    ],
)  # fmt: skip
def test_a_statement_that_does_not_name_it_is_found(statement: str, tables: list[str]) -> None:
    assert unnamed_tables(statement) == tables


def read_in(place: Path, session: Session, *given: Any) -> None:
    """Run a statement as code in that file would."""
    code: dict[str, Any] = {}
    exec(compile(READS, str(place), "exec"), code)  # noqa: S102 - a few lines of our own
    code["act"](session, *given)


def offences(watch: Watch) -> list[str]:
    """Take what was noted."""
    noted, watch.offences = watch.offences, []
    return noted


def test_what_the_product_runs_is_noted_with_its_place(desk: Desk, workspace_watch: Watch) -> None:
    with desk.database.snapshot() as session:
        read_in(ROOT / "qualification" / "leads" / "thing.py", session, select(Lead.id))
    (offence,) = offences(workspace_watch)
    assert offence.startswith("lead: qualification/leads/thing.py:2: SELECT lead.id")


def test_what_tests_run_is_not_noted(desk: Desk, workspace_watch: Watch) -> None:
    with desk.database.snapshot() as session:
        session.execute(select(Lead.id))
        session.execute(text("SELECT id FROM lead"))
    assert offences(workspace_watch) == []


def test_what_says_that_it_reads_every_workspace_is_not_noted(desk: Desk, workspace_watch: Watch) -> None:
    every = select(Lead.id).execution_options(**{EVERY_WORKSPACE: True})
    with desk.database.snapshot() as session:
        read_in(ROOT / "bot" / "thing.py", session, every)
    assert offences(workspace_watch) == []


def test_what_the_unit_of_work_writes_was_read_before_and_is_not_noted(desk: Desk, workspace_watch: Watch) -> None:
    handoff_id = desk.accepted("Acme")
    with desk.database.transaction() as session:
        session.get_one(Handoff, handoff_id).did = "Something else"
        session.flush()
        read_in(ROOT / "bot" / "thing.py", session, text("SELECT id FROM handoff"))
    assert len(offences(workspace_watch)) == 1
