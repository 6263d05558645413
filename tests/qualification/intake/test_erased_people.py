"""A file comes in, some of its people are erased, and it comes in again: nobody comes back, nothing counts twice."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from qualification.handoffs import erasure
from qualification.intake import imports
from qualification.intake.imports import Imported
from qualification.leads.owned_rows import OWNED
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Lead
from qualification.rules.leads.lead_input import ActivityDetails, HandoffInput, ImportRow, LeadInput
from tests.worlds.desk import MORNING, Desk, open_desk

WORDS = ("aardwolf", "binturong", "caracal", "dugong")
LONG_AGO = MORNING - timedelta(days=200)
_workspaces = itertools.count(1)


def row(word: str, names: frozenset[str], does: bool, deals: bool) -> ImportRow:  # noqa: FBT001 - hypothesis draws them
    """Return a row about the person of this word, who is named in these ways."""
    ways = {
        "id": {"id": f"id-{word}"},
        "email": {"email": f"{word}@firm.example"},
        "name": {"name": f"Kim {word}", "company": "Firm"},
    }
    said: dict[str, Any] = {"title": f"Head of {word}"}
    for name in names:
        said |= ways[name]
    acts = (ActivityDetails(id=f"visit {word} {sorted(names)}", kind="blog-post", at=LONG_AGO, what=f"On {word}"),)
    deal = HandoffInput(stage="lost", lost="price", at=LONG_AGO, ended_at=LONG_AGO, note=f"{word} was dear")
    return ImportRow(LeadInput.model_validate(said), acts if does else (), deal if deals else None)


ROWS = st.builds(
    row,
    st.sampled_from(WORDS),
    st.sampled_from([frozenset(each) for each in (["id"], ["email"], ["id", "email"], ["name"], ["id", "name"])]),
    st.booleans(),
    st.booleans(),
)


def brings(desk: Desk, rows: list[ImportRow]) -> Imported:
    """Bring the rows in, as a slice of a file."""

    def run(session: UnitOfWork, workspace_id: int, now: datetime) -> Imported:
        roster = imports.roster_of(session, workspace_id)
        return imports.import_rows(session, roster, "crm", rows, announcing=False, now=now)

    return desk.does(run)


def stands(desk: Desk) -> tuple[dict[str, int], list[str]]:
    """Return how many rows each table has of leads, and each value that holds a word of somebody's."""
    with desk.database.snapshot() as session:
        counts, words = {}, []
        for name, (table, _) in OWNED.items():
            ours = table.c.workspace_id == desk.workspace_id
            counts[name] = session.scalar(select(func.count()).select_from(table).where(ours)) or 0
            for found in session.execute(select(table).where(ours)).mappings():
                words += [
                    f"{name}.{column}: {value}"
                    for column, value in found.items()
                    if any(word in str(value) for word in WORDS)
                ]
        return counts, sorted(words)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, min_size=1, max_size=8), st.data())
def test_nothing_personal_comes_back_and_no_count_changes(
    desk: Desk, rows: list[ImportRow], data: st.DataObject
) -> None:
    elsewhere = open_desk(desk.database, f"TERASED{next(_workspaces)}")
    brings(elsewhere, rows)
    leads = elsewhere.all(Lead, Lead.workspace_id == elsewhere.workspace_id, Lead.merged_into_id.is_(None))
    for lead in data.draw(st.lists(st.sampled_from(leads), min_size=1, unique_by=lambda each: each.id)):
        elsewhere.does(erasure.erase, lead_id=lead.id, by="unix:tests")
    before = stands(elsewhere)
    again = brings(elsewhere, data.draw(st.permutations(rows)))
    assert stands(elsewhere) == before
    assert again.new_leads == again.activities == again.handoffs == 0
    assert again.rejected
