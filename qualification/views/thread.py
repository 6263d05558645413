"""One line of a lead's history, as its thread tells it: to a channel, so that nobody's address or number is in it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from qualification.leads.events import event_of
from qualification.leads.titles import title_of
from qualification.people import people
from qualification.records import Handoff, Lead, LeadEvent, Team, rows
from qualification.rules.handoffs.event_types import CompanyJoined, Event
from qualification.rules.person_ref import PersonRef
from qualification.rules.values.countries import region_of
from qualification.rules.values.masking import masked_all


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of a lead's history.

    `actor` is whoever did it, None for Baton itself; `person` is whom it concerns beside: the rep that was asked, the
    manager whose queue it is in. `other` is the name of the other lead that it is about. The template is the one of
    the event's kind. `is_masked` says that something in it is masked, which can be revealed by the handoff.
    """

    event: Event
    at: datetime
    actor: PersonRef | None
    person: PersonRef | None = None
    other: str | None = None
    handoff_id: int | None = None
    is_masked: bool = False


def thread_lines(session: Session, workspace_id: int, event_id: int, delivery_id: int) -> list[ThreadLine]:
    """Return the lines that one message of a thread shows: its event, and those that it tells too, oldest first."""
    rows = session.scalars(
        select(LeadEvent)
        .where(LeadEvent.workspace_id == workspace_id, or_(LeadEvent.id == event_id, LeadEvent.told_in == delivery_id))
        .order_by(LeadEvent.id)
    ).all()
    return [_line(session, row) for row in rows]


def _other(session: Session, workspace_id: int, event: Event, team: Team | None) -> str | None:
    """Return the name of the person who joined, as the channel may read it; whoever was erased has only a number."""
    if not isinstance(event, CompanyJoined):
        return None
    lead = rows.get(session, Lead, event.other, workspace_id)
    return title_of(lead, None, contact=False, zone=team.zone if team else None) if lead else f"#{event.other}"


def _line(session: Session, row: LeadEvent) -> ThreadLine:
    event = event_of(row)
    handoff = rows.get(session, Handoff, row.handoff_id, row.workspace_id)
    team = rows.get(session, Team, handoff.team_id, row.workspace_id) if handoff is not None else None
    region = region_of(handoff.country if handoff else None, team.zone if team else None)
    shown = masked_all(event, region)
    return ThreadLine(
        event=shown,
        at=row.at,
        actor=people.ref_of(session, row.workspace_id, row.actor_id),
        person=people.ref_of(session, row.workspace_id, event.person_id),
        other=_other(session, row.workspace_id, event, team),
        handoff_id=row.handoff_id,
        is_masked=shown != event,
    )
