"""Invariant 9: what another workspace of the database holds is neither found by its id nor counted."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.checklists import checklists
from qualification.handoffs import context, decisions, handover, progress, snooze, tasks
from qualification.handoffs.handover_form import HandOverForm
from qualification.leads import resolution
from qualification.outbox import outbox
from qualification.records import Base, Handoff, Lead, Merge, Person, Task, Team, Workspace, rows
from qualification.records.rows import get, get_fresh, get_one, lock_one
from qualification.reporting import pipeline, summaries
from qualification.rules.handoffs.permissions import Action
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lead_input import LeadInput
from qualification.rules.refusals import Refusal, StaleCard, UnknownLead
from qualification.views import forms, held, home, lead_page, overview, receipts, search
from tests.worlds.desk import Desk

NOBODY = 999_999
ROOMS = (checklists, context, decisions, forms, progress, snooze, tasks)
# What each use case is given beside the handoff.
GIVEN: dict[Callable[..., Any], dict[str, Any]] = {
    checklists.form: {},
    checklists.save: {"given": {}},
    context.lock_for_action: {},
    context.read_for_action: {},
    decisions.accept: {},
    decisions.claim: {},
    decisions.decline: {"reason": "no-time", "note": None},
    decisions.disqualify: {"reason": "no-need", "note": None},
    decisions.undo: {},
    decisions.reopen: {},
    decisions.reassign: {"to": "UBEN"},
    forms.decision: {"action": Action.DISQUALIFY},
    forms.snooze_form: {},
    progress.log_contact: {"kind": "call", "note": None},
    progress.set_stage: {"stage": "demo"},
    progress.lose: {"reason": "price", "note": None},
    progress.edit: {"value": "", "note": ""},
    snooze.snooze: {"day": "2026-12-01", "note": None},
    tasks.done: {"task_id": 1},
    tasks.not_done: {"task_id": 1},
}


def refusal(desk: Desk, use_case: Callable[..., Any], handoff_id: int, **given: Any) -> Refusal:
    """Return how the use case refuses."""
    with desk.database.transaction() as session, pytest.raises(Refusal) as refused:
        use_case(session, command=desk.command(by="UANA", handoff_id=handoff_id, offer_id=1), **given)
    return refused.value


def test_every_use_case_about_a_handoff_is_tried_here() -> None:
    public = {
        each
        for room in ROOMS
        for name, each in inspect.getmembers(room, inspect.isfunction)
        if each.__module__ == room.__name__
        and not name.startswith("_")
        and "command" in inspect.signature(each).parameters
    }
    # The first press that only opens a modal refuses nobody.
    assert public - {context.record_opening} == set(GIVEN)


@pytest.mark.parametrize(
    ("use_case", "given"), GIVEN.items(), ids=[f"{each.__module__}.{each.__name__}" for each in GIVEN]
)
def test_a_handoff_of_another_workspace_is_refused_like_none(
    desk: Desk, other_desk: Desk, use_case: Callable[..., Any], given: dict[str, Any]
) -> None:
    theirs = other_desk.accepted("Acme")
    for refused, handoff_id in ((refusal(desk, use_case, each, **given), each) for each in (theirs, NOBODY)):
        assert (type(refused), refused.facts["query"]) == (UnknownLead, f"#{handoff_id}")


def test_a_first_press_on_a_card_of_another_workspace_changes_nothing(desk: Desk, other_desk: Desk) -> None:
    theirs, offer_id = other_desk.offered("Acme")
    desk.does(context.record_opening, by=other_desk.asked(theirs), handoff_id=theirs, offer_id=offer_id)
    (offer,) = other_desk.offers(theirs)
    assert offer.opened_at is None


def test_a_task_of_another_workspace_is_refused_like_none(desk: Desk, other_desk: Desk) -> None:
    ours, theirs = desk.accepted("Acme"), other_desk.accepted("Acme")
    (task,) = other_desk.all(Task, Task.handoff_id == theirs)
    by = desk.reads(lambda session: session.get_one(Person, session.get_one(Handoff, ours).owner_id)).slack_user_id
    for task_id in (task.id, NOBODY):
        with pytest.raises(StaleCard):
            desk.does(tasks.done, by=by, handoff_id=ours, task_id=task_id)


def merged(desk: Desk) -> tuple[int, int]:
    """Let two leads be found to be one; give the ids of the one that is kept and of the merge."""
    desk.takes(LeadInput(id="1", email="jo@acme.example"))
    desk.takes(LeadInput(id="2", name="Jo"))
    desk.takes(LeadInput(id="2", email="jo@acme.example"))
    (merge,) = desk.all(Merge, Merge.workspace_id == desk.workspace_id)
    return merge.kept_id, merge.id


def test_a_lead_and_a_merge_of_another_workspace_are_refused_like_none(desk: Desk, other_desk: Desk) -> None:
    lead_id, merge_id = merged(other_desk)
    for each in (lead_id, NOBODY):
        with desk.database.snapshot() as session, pytest.raises(UnknownLead):
            lead_page.page(session, desk.workspace_id, "UOLU", each)
        with desk.database.snapshot() as session:
            assert lead_page.lead_facts(session, desk.workspace_id, each) is None
    for each in (merge_id, NOBODY):
        with pytest.raises(StaleCard):
            desk.does(lead_page.split, slack_user_id="UOLU", merge_id=each)
    (merge,) = other_desk.all(Merge, Merge.id == merge_id)
    assert merge.split_at is None


def test_a_hand_over_of_another_workspaces_lead_is_refused_like_of_none(desk: Desk, other_desk: Desk) -> None:
    theirs = other_desk.takes(LeadInput(id="1", email="jo@acme.example")).lead_id
    form = HandOverForm(company="Acme", did="Asked for a demo")
    for each in (theirs, NOBODY):
        with pytest.raises(UnknownLead):
            desk.does(handover.hand_over, by="UOLU", form=form, lead_id=each)
    assert desk.all(Handoff) == []


def test_resolving_a_lead_by_an_id_of_another_workspace_makes_one_of_ours(desk: Desk, other_desk: Desk) -> None:
    theirs = other_desk.takes(LeadInput(id="1", email="jo@acme.example")).lead_id
    row = LeadData(lead_id=theirs, name="Jo", phone="+49 30 901820")
    with desk.database.transaction() as session:
        ours = resolution.resolve(session, desk.workspace_id, row, now=desk.now).lead
        assert (ours.workspace_id, ours.id == theirs) == (desk.workspace_id, False)
    assert other_desk.all(Lead, Lead.id == theirs)[0].phone is None


def seen(desk: Desk) -> list[object]:
    """Tell all that the people of a workspace can count, list and find."""
    workspace_id, now = desk.workspace_id, desk.now

    def look(session: Session) -> list[object]:
        olu, ana = (
            session.scalars(
                select(Person).where(Person.workspace_id == workspace_id, Person.slack_user_id == user)
            ).one()
            for user in ("UOLU", "UANA")
        )
        handoffs = session.scalars(
            select(Handoff).where(Handoff.workspace_id == workspace_id).order_by(Handoff.id)
        ).all()
        return [
            *(pipeline.ask(session, workspace_id, "UOLU", words, now=now) for words in ("", "by rep", "by team")),
            *(home.home(session, workspace_id, person.id, now) for person in (olu, ana)),
            *(overview.overview_of(session, workspace_id, person.id, now) for person in (olu, ana)),
            held.gated_leads(session, workspace_id, "UOLU", now=now),
            summaries.preview(session, workspace_id, now),
            lead_page.found(session, workspace_id, "UOLU", "Acme"),
            search.mine(session, ana),
            *(receipts.receipt(session, workspace_id, each.id, olu.id) for each in handoffs),
        ]

    return desk.reads(look)


def test_nothing_that_happens_in_another_workspace_is_seen(desk: Desk, other_desk: Desk) -> None:
    desk.accepted("Acme")
    desk.offered("Fork")
    merged(desk)
    before = seen(desk)
    for company in ("Acme", "Fork", "Glass"):
        other_desk.accepted(company)
    other_desk.offered("Acme Two")
    merged(other_desk)
    assert seen(desk) == before
    assert seen(other_desk) != before


@pytest.mark.parametrize("is_known", [True, False], ids=["known to the session", "not known"])
def test_a_row_is_read_by_its_id_in_its_workspace_alone(desk: Desk, other_desk: Desk, is_known: bool) -> None:  # noqa: FBT001 - pytest's
    (theirs,) = other_desk.all(Team, Team.workspace_id == other_desk.workspace_id, Team.key == "emea")
    with desk.database.transaction() as session:
        kept = session.get_one(Team, theirs.id) if is_known else None
        assert get(session, Team, theirs.id, desk.workspace_id) is None
        assert get_fresh(session, Team, theirs.id, desk.workspace_id) is None
        for read in (get_one, lock_one):
            with pytest.raises(LookupError):
                read(session, Team, theirs.id, desk.workspace_id)
        found = get(session, Team, theirs.id, other_desk.workspace_id)
        assert found is not None
        assert found.id == theirs.id
        assert get(session, Team, None, other_desk.workspace_id) is None
        assert lock_one(session, Team, theirs.id, other_desk.workspace_id) is found
        assert kept in {None, found}


def test_a_row_that_a_savepoint_expired_is_read_again(desk: Desk) -> None:
    with desk.database.transaction() as session:
        team = session.scalars(select(Team).where(Team.key == "emea")).one()
        name, session.info["moved"] = team.name, datetime.now(UTC)
        savepoint = session.begin_nested()
        team.name = "Elsewhere"
        session.flush()
        savepoint.rollback()
        assert rows.get_one(session, Team, team.id, desk.workspace_id).name == name


def test_a_transaction_queues_messages_of_one_workspace(desk: Desk, other_desk: Desk) -> None:
    with desk.database.transaction() as session:
        outbox.mark_stale(session, desk.workspace_id, 1, desk.now)
        with pytest.raises(ValueError, match="of one workspace"):
            outbox.mark_stale(session, other_desk.workspace_id, 1, desk.now)


def test_every_table_but_the_workspaces_says_whose_its_rows_are() -> None:
    without = {name for name, table in Base.metadata.tables.items() if "workspace_id" not in table.columns}
    assert without == {Workspace.__tablename__}
