"""Where a lead stands in the lifecycle: changed here and nowhere else, and recorded where a handoff is the cause."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from qualification.leads.events import record_event
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, Handoff, Lead, Person, rows
from qualification.rules.handoffs.event_types import LifecycleMoved
from qualification.rules.handoffs.lifecycle_moves import lifecycle_of, qualified_since
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.playbook.playbook import Playbook


def move_lifecycle(
    lead: Lead, to: Lifecycle, *, record: Callable[[LifecycleMoved], None] | None, is_stored: bool = False
) -> None:
    """Move a lead to a station; a lead that is there already stays, and nothing is recorded.

    `record` keeps the event of the move. It is given where a handoff is the cause, now or in imported history, because
    the daily summary counts a team's steps by these events. It is None where there is no such handoff: for what makes a
    subscriber a lead, for a gate that disqualifies or releases, for a merge and a split. Those tell of themselves (the
    score, Gated, Released, Merged, Split), and a second event would count as a step that nobody took.

    `is_stored` says that a statement of the caller has written the column, so that the record only follows it.
    """
    was = lead.lifecycle
    if was is to:
        return
    if is_stored:
        set_committed_value(lead, "lifecycle", to)
    else:
        lead.lifecycle = to
    if record is not None:
        record(LifecycleMoved(was=was, to=to))


def begin_as_leads(session: Session, leads: Sequence[Lead]) -> None:
    """Move subscribers that came in with this batch to lead, all by one statement; the records would take one each."""
    if not leads:
        return
    session.flush()
    given = {"of_workspace": leads[0].workspace_id, "ids": [lead.id for lead in leads], "stands": Lifecycle.LEAD}
    session.connection().execute(_BEGIN, given)
    for lead in leads:
        move_lifecycle(lead, Lifecycle.LEAD, record=None, is_stored=True)


def gave_more(session: Session, lead: Lead) -> bool:
    """Say whether more is known of somebody than an address or an id: a name, a number, a job, a company, a message."""
    said = (lead.name, lead.phone, lead.title, lead.problem, lead.size, lead.country, lead.value_minor, lead.fields)
    if any(said):
        return True
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    return company is not None and company.name != company.domain


def update_lifecycle(
    session: UnitOfWork,
    handoff: Handoff,
    lead: Lead,
    playbook: Playbook,
    *,
    passed: bool,
    now: datetime,
    by: Person | None = None,
) -> None:
    """Move the lead to where its handoff's state, stage and checklist put it, and record the move.

    Here alone a handoff comes to be qualified, or is no more; the move says so, for what is counted by events.
    """
    stage = playbook.stage(handoff.stage) if handoff.stage else None
    to = lifecycle_of(handoff.state, passed, stage.lifecycle if stage else None)
    was_qualified = handoff.qualified_at is not None
    handoff.qualified_at = qualified_since(handoff.qualified_at, to, now)
    is_qualified = handoff.qualified_at is not None

    def record(moved: LifecycleMoved) -> None:
        lead.updated_at = now
        qualified = None if is_qualified is was_qualified else is_qualified
        record_event(session, handoff, replace(moved, qualified=qualified), now=now, by=by, in_thread=False)

    move_lifecycle(lead, to, record=record)


# Built once: building a statement takes longer than running it.
_BEGIN: Final = (
    update(Lead)
    .where(
        rows.in_workspace(Lead, bindparam("of_workspace")),
        Lead.id.in_(bindparam("ids", expanding=True)),
    )
    .values(lifecycle=bindparam("stands"))
)
