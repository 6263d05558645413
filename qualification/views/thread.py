"""One line of a lead's history, as its thread tells it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.leads.events import event_of
from qualification.people import people
from qualification.records import LeadEvent
from qualification.rules.handoffs.event_types import Event
from qualification.rules.person_ref import PersonRef


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of a lead's history.

    `actor` is whoever did it, None for Baton itself; `person` is whom it concerns beside: the rep that was asked, the
    manager whose queue it is in. The template is the one of the event's kind.
    """

    event: Event
    at: datetime
    actor: PersonRef | None
    person: PersonRef | None = None


def thread_line(session: Session, workspace_id: int, event_id: int) -> ThreadLine:
    """Return one line of a lead's history, with people by name."""
    row = session.scalars(
        select(LeadEvent).where(LeadEvent.workspace_id == workspace_id, LeadEvent.id == event_id)
    ).one()
    event = event_of(row)
    return ThreadLine(
        event=event,
        at=row.at,
        actor=people.ref_of(session, row.actor_id),
        person=people.ref_of(session, event.person_id),
    )
