"""One company, one conversation: who talks with a company is asked first about its next person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, or_, select
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.people import people
from qualification.records import IS_OPEN, Handoff, Lead, Offer, Person, rows
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.playbook.playbook import Playbook

# How many handoffs of one company a card names.
MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Conversation:
    """The handoff of another person of the company that counts, and whoever has it or is asked; None: nobody yet."""

    handoff: Handoff
    person: Person | None


def conversation(session: Session, lead: Lead, playbook: Playbook, *, now: datetime) -> Conversation | None:
    """Return the conversation that somebody has with the lead's company, None without one.

    That is the handoff of another of its people that is in somebody's hands, an accepted one before one that is only
    offered; else the last one that was won or lost, so long ago at most as the playbook says.
    """
    if lead.company_id is None:
        return None
    stays = playbook.clocks.company_stays
    if stays is None:
        return None
    asked = {
        "workspace_id": lead.workspace_id,
        "company_id": lead.company_id,
        "family": merging.family(session, lead),
        "since": now - stays,
    }
    found = session.scalar(_CONVERSATION, asked)
    if found is None:
        return None
    person_id = found.owner_id
    if person_id is None:
        person_id = session.scalar(
            select(Offer.person_id).where(
                rows.in_workspace(Offer, lead.workspace_id), Offer.handoff_id == found.id, IS_OPEN
            )
        )
    return Conversation(found, rows.get(session, Person, person_id, lead.workspace_id))


def available_owner(session: Session, found: Conversation | None, now: datetime) -> Person | None:
    """Return who is asked first: whoever has the conversation, unless they have left, or are not there."""
    person = found.person if found is not None else None
    if person is None or people.has_left(person) or not people.is_available(session, person, now):
        return None
    return person


def first_of(session: Session, handoff: Handoff) -> Handoff | None:
    """Return the handoff that this one goes along with, None where it goes along with none."""
    return rows.get(session, Handoff, handoff.beside_id, handoff.workspace_id)


def others_of(session: Session, handoff: Handoff) -> Sequence[Handoff]:
    """Return the handoffs that go along with this one, the oldest first, at most MOST."""
    first = handoff.beside_id or handoff.id
    return session.scalars(_OTHERS, {"workspace_id": handoff.workspace_id, "first": first, "own": handoff.id}).all()


_LIVE: Final = (HandoffState.OFFERED, HandoffState.POOLED, HandoffState.MANAGER_QUEUE)
_CONVERSATION: Final = (
    select(Handoff)
    .join(Lead, Lead.id == Handoff.lead_id)
    .where(
        rows.in_workspace(Handoff),
        rows.in_workspace(Lead),
        Lead.company_id == bindparam("company_id"),
        Lead.id.not_in(bindparam("family", expanding=True)),
        or_(
            Handoff.state.in_((HandoffState.ACCEPTED, *_LIVE)),
            Handoff.state.in_((HandoffState.WON, HandoffState.LOST)) & (Handoff.ended_at >= bindparam("since")),
        ),
    )
    .order_by(
        case((Handoff.state == HandoffState.ACCEPTED, 0), (Handoff.state.in_(_LIVE), 1), else_=2),
        Handoff.announced_at.desc(),
        Handoff.id.desc(),
    )
    .limit(1)
)
_OTHERS: Final = (
    select(Handoff)
    .where(
        rows.in_workspace(Handoff),
        or_(Handoff.id == bindparam("first"), Handoff.beside_id == bindparam("first")),
        Handoff.id != bindparam("own"),
    )
    .order_by(Handoff.id)
    .limit(MOST)
)
