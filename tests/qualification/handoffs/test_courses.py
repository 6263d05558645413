"""Whatever people do with leads, in any order: one has each, one step is open, and nobody is asked while it sleeps."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.database import Database
from qualification.checklists import checklists
from qualification.handoffs import decisions, progress, snooze, tasks
from qualification.leads import resolution
from qualification.records import Handoff, Lead, Offer, Task
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from qualification.rules.handoffs.tasks import TaskOutcome
from qualification.rules.leads.lead_input import LeadInput
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.refusals import Refusal
from tests.qualification.handoffs.test_qualified import in_summary, on_home, on_receipts
from tests.worlds.desk import Desk, open_desk

LIVE = {HandoffState.OFFERED, HandoffState.POOLED, HandoffState.MANAGER_QUEUE, HandoffState.ACCEPTED}
NUMBERS: Final = itertools.count(1)
PEOPLE: Final = ("UANA", "UBEN", "UCHLOE", "UMAYA")


def offer_of(desk: Desk, handoff_id: int) -> int | None:
    return desk.card(handoff_id).offer_id


def finish(desk: Desk, by: str, handoff_id: int) -> None:
    task = desk.card(handoff_id).task
    desk.does(tasks.done, by=by, handoff_id=handoff_id, task_id=task.task_id if task else 0)


def answer(desk: Desk, by: str, handoff_id: int, verdict: Verdict) -> None:
    given = {item: checklists.Given(verdict, "They said so.") for item in ("budget", "need", "timing")}
    desk.does(checklists.save, by=by, handoff_id=handoff_id, given=given)


def in_a_month(desk: Desk) -> str:
    return (desk.now + timedelta(days=30)).date().isoformat()


def found_to_be_one(desk: Desk, _by: str, _handoff_id: int) -> None:
    for email in ("jo@acme.example", "bo@acme.example"):
        desk.takes(LeadInput(id="7", email=email))


ACTS: Final[dict[str, Callable[[Desk, str, int], Any]]] = {
    "accept": lambda desk, by, lead: desk.does(decisions.accept, by=by, handoff_id=lead, offer_id=offer_of(desk, lead)),
    "pass on": lambda desk, by, lead: desk.passes_on(lead, by=by),
    "disqualify": lambda desk, by, lead: desk.does(
        decisions.disqualify, by=by, handoff_id=lead, offer_id=None, reason="no-need", note=None
    ),
    "put off": lambda desk, by, lead: desk.does(
        snooze.snooze, by=by, handoff_id=lead, offer_id=None, day=in_a_month(desk), note="Later"
    ),
    "undo": lambda desk, by, lead: desk.does(decisions.undo, by=by, handoff_id=lead),
    "reopen": lambda desk, by, lead: desk.does(decisions.reopen, by=by, handoff_id=lead),
    "give to Ben": lambda desk, by, lead: desk.does(decisions.reassign, by=by, handoff_id=lead, to="UBEN"),
    "log": lambda desk, by, lead: desk.does(progress.log_contact, by=by, handoff_id=lead, kind="call", note=None),
    "follow up": lambda desk, by, lead: desk.does(progress.set_stage, by=by, handoff_id=lead, stage="follow-up"),
    "see a deal": lambda desk, by, lead: desk.does(progress.set_stage, by=by, handoff_id=lead, stage="opportunity"),
    "pass": lambda desk, by, lead: answer(desk, by, lead, Verdict.YES),
    "fall": lambda desk, by, lead: answer(desk, by, lead, Verdict.NO),
    "win": lambda desk, by, lead: desk.does(progress.set_stage, by=by, handoff_id=lead, stage="won"),
    "finish": finish,
    "come back": lambda desk, _, __: desk.hands_over("Acme", email="jo@acme.example"),
    "come back as the other": lambda desk, _, __: desk.hands_over("Acme", email="bo@acme.example"),
    "found to be one": found_to_be_one,
}
WAITS: Final = (timedelta(), timedelta(minutes=3), timedelta(minutes=31), timedelta(days=1), timedelta(days=31))
COURSE: Final = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACTS)), st.sampled_from(PEOPLE), st.sampled_from((0, 0, 1)), st.sampled_from(WAITS)
    ),
    max_size=14,
)


def root_id(desk: Desk, lead_id: int) -> int:
    root = desk.reads(lambda session: resolution.root(session, session.get_one(Lead, lead_id)))
    assert root is not None
    return root.id


def stands_true(desk: Desk) -> None:
    """Look at every row that was made."""
    here = desk.workspace_id
    tasks_open = desk.all(Task, Task.outcome == TaskOutcome.OPEN, Task.workspace_id == here)
    offers_open = desk.all(Offer, Offer.outcome == OfferOutcome.OPEN, Offer.workspace_id == here)
    tasks_of = {task.handoff_id: task for task in tasks_open}
    offers_of = {offer.handoff_id: offer for offer in offers_open}
    assert (len(tasks_open), len(offers_open)) == (len(tasks_of), len(offers_of))
    handoffs = desk.all(Handoff, Handoff.workspace_id == here)
    live = [handoff.lead_id for handoff in handoffs if handoff.state in LIVE]
    assert len({root_id(desk, lead_id) for lead_id in live}) == len(live)
    for handoff in handoffs:
        task, offer = tasks_of.get(handoff.id), offers_of.get(handoff.id)
        if handoff.state is not HandoffState.ACCEPTED:
            assert task is None
        if task is not None:
            assert (task.person_id, task.stage) == (handoff.owner_id, handoff.stage)
        assert (offer is not None) == (handoff.state in {HandoffState.OFFERED, HandoffState.POOLED})
        assert (handoff.owner_id is not None) >= (handoff.state is HandoffState.ACCEPTED)
        assert handoff.resume_at is None or handoff.state is HandoffState.SNOOZED
        assert (handoff.state is HandoffState.SNOOZED) <= (desk.card(handoff.id).snooze is not None)
    agrees_on_qualified(desk, handoffs)


def agrees_on_qualified(desk: Desk, handoffs: list[Handoff]) -> None:
    """Look at who is qualified: by where their lead is, by the receipts, the Home tab and a summary of all times."""
    stations = {lead.id: lead.lifecycle for lead in desk.all(Lead, Lead.workspace_id == desk.workspace_id)}
    for handoff in handoffs:
        assert (handoff.qualified_at is not None) <= (handoff.accepted_at is not None)
        if handoff.state in LIVE:
            is_far = stations[handoff.lead_id] in {Lifecycle.SQL, Lifecycle.OPPORTUNITY, Lifecycle.CUSTOMER}
            assert (handoff.qualified_at is not None) == is_far
    qualified = {handoff.id: handoff.qualified_at for handoff in handoffs if handoff.qualified_at is not None}
    assert on_receipts(desk) == qualified
    assert in_summary(desk) == len(qualified)
    lately = desk.now - timedelta(days=30)
    assert on_home(desk) == sum(each.id in qualified and each.announced_at > lately for each in handoffs)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(course=COURSE)
def test_whatever_people_do_the_rows_agree_with_each_other(
    database: Database, course: list[tuple[str, str, int, timedelta]]
) -> None:
    desk = open_desk(database, f"T{next(NUMBERS)}")
    both = [desk.offered("Acme", email=email)[0] for email in ("jo@acme.example", "bo@acme.example")]
    for act, by, which, wait in course:
        desk.now += wait
        if desk.ticks():
            stands_true(desk)
        with suppress(Refusal):
            ACTS[act](desk, by, both[which])
        stands_true(desk)
