"""How many leads are where: each once, in the team that has it now, or had it last."""

from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Result
from sqlalchemy.orm import ORMExecuteState, Session

from qualification.handoffs import decisions
from qualification.leads import merging
from qualification.records import Handoff, Lead, Team
from qualification.reporting import lifecycle_counts
from qualification.views import lead_page
from tests.qualification.intake.test_imports import APRIL, MARCH, MAY, brings, row
from tests.qualification.views.test_home import TWO_TEAMS
from tests.worlds.desk import Desk


def had(desk: Desk, lead: str, team: str, at: datetime, stage: str = "won") -> None:
    """Bring in that a team had a lead once."""
    fared = {"id": lead, "owner": "Ana Ruiz", "team": team, "stage": stage, "at": at, "ended_at": at}
    assert brings(desk, row(lead, name=lead, handoff=fared)).rejected == {}


def merges(desk: Desk, *names: str) -> Lead:
    """Find that the first two are one, then that this and the next are, and so on."""

    def merge(session: Session, workspace_id: int, now: datetime) -> Lead:
        found = {lead.name: lead for lead in session.query(Lead).filter_by(workspace_id=workspace_id)}
        kept = found[names[0]]
        for name in names[1:]:
            # The elder stays: each goes into one that came in before.
            kept = merging.merge(session, found[name], kept, reason="email", now=now)
        return kept

    return desk.does(merge)


def customers(desk: Desk, team: str | None = None) -> int:
    """Count the customers, of one team or of all."""

    def count(session: Session) -> int:
        fits = Handoff.team_id == session.query(Team.id).filter_by(key=team).scalar() if team else None
        counted = lifecycle_counts.count(session, desk.workspace_id, fits)
        return next(each.count for each in counted if each.lifecycle == "customer")

    return desk.reads(count)


def test_a_lead_that_turned_out_to_be_another_and_that_one_another_counts_once_where_it_was_last(desk: Desk) -> None:
    desk.publishes(TWO_TEAMS)
    had(desk, "Jo", "emea", MARCH)
    had(desk, "Joanna", "dach", APRIL)
    had(desk, "J. Doe", "dach", MAY)
    assert (customers(desk), customers(desk, "emea"), customers(desk, "dach")) == (3, 1, 2)
    assert merges(desk, "J. Doe", "Joanna", "Jo").name == "Jo"
    chain = {lead.name: lead.merged_into_id for lead in desk.all(Lead)}
    assert chain["J. Doe"] not in {chain["Joanna"], None}
    assert (customers(desk), customers(desk, "emea"), customers(desk, "dach")) == (1, 0, 1)


def rows_read(desk: Desk) -> int:
    """Count the rows that come back from the database while a workspace's leads are counted by handoff."""
    read: list[int] = []

    def note(state: ORMExecuteState) -> Result[Any]:
        rows = state.invoke_statement().freeze()
        read.append(len(rows.data))
        return rows()

    def count(session: Session) -> None:
        event.listen(session, "do_orm_execute", note)
        lifecycle_counts.count(session, desk.workspace_id, Handoff.team_id.is_not(None))

    desk.reads(count)
    return sum(read)


def test_invariant_9_the_merges_of_another_workspace_are_not_read(desk: Desk, other_desk: Desk) -> None:
    had(desk, "Jo", "emea", MARCH)
    before = rows_read(desk)
    had(other_desk, "Jo", "emea", MARCH)
    had(other_desk, "Joanna", "emea", APRIL)
    merges(other_desk, "Joanna", "Jo")
    assert (customers(desk), customers(other_desk)) == (1, 1)
    assert rows_read(desk) == before
    assert rows_read(other_desk) > before


def test_a_deal_that_ended_long_ago_is_told_of_only_where_there_is_none_since(desk: Desk) -> None:
    """It came in later than the other, from a file."""
    handoff_id = desk.accepted_lead("Acme", email="jo@acme.example")
    desk.does(decisions.disqualify, by="UANA", handoff_id=handoff_id, offer_id=None, reason="no-need", note="Next year")
    fared = {"owner": "Ben Okafor", "stage": "won", "at": MARCH, "ended_at": APRIL}
    brings(desk, row(email="jo@acme.example", handoff=fared))
    (lead,) = desk.all(Lead)

    shown = desk.reads(lambda session: lead_page.page(session, desk.workspace_id, "UMIKA", lead.id))
    assert shown.card is not None
    assert (shown.card.handoff_id, shown.lifecycle) == (handoff_id, "disqualified")
