"""What every decision about a handoff does beside its own change: the offer ended, task, lifecycle, Home tabs."""

from collections.abc import Iterable

from qualification.handoffs import tasks
from qualification.handoffs.context import HandoffContext
from qualification.leads.lifecycle import update_lifecycle
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Person, rows
from qualification.routing import assignment
from qualification.rules.handoffs.states import OfferOutcome
from qualification.rules.handoffs.tasks import TaskTrigger


def finish(
    session: UnitOfWork,
    context: HandoffContext,
    *,
    trigger: TaskTrigger = TaskTrigger.MOVED,
    homes: Iterable[int | None] = (),
) -> None:
    """Bring everything up to date that a handoff's new state, stage or owner decides; call it after its event.

    `homes` are the ids of people whose Home tabs change too; None among them is passed over.
    """
    tasks.update_tasks(session, context, trigger)
    update_lifecycle(
        session,
        context.handoff,
        context.lead,
        context.published.playbook,
        passed=context.passed,
        now=context.now,
        by=context.by,
    )
    refresh_homes(session, context, homes)


def end_open_offer(session: UnitOfWork, context: HandoffContext, outcome: OfferOutcome) -> None:
    """End the offer that is open, if one is; a rep for whom somebody else decided gets their turn back."""
    if context.offer is None:
        return
    assignment.end_offer(session, context.offer, outcome, now=context.now)
    if context.offer.person_id != context.by.id:
        assignment.give_credit(session, context.offer)


def refresh_homes(session: UnitOfWork, context: HandoffContext, person_ids: Iterable[int | None]) -> None:
    """Draw these people's Home tabs anew, each once, if they ever opened them."""
    for person_id in sorted({each for each in person_ids if each is not None}):
        person = rows.get(session, Person, person_id, context.handoff.workspace_id)
        surfaces.refresh_home(session, person, now=context.now)


def concerned(context: HandoffContext) -> tuple[int | None, ...]:
    """Return the ids of those whom a decision concerns: who made it, who owns the lead, who was asked."""
    return context.by.id, context.handoff.owner_id, context.offer.person_id if context.offer else None
