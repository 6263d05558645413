"""What reminds somebody of a lead that waits for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.leads.titles import lead_title
from qualification.records import (
    Handoff,
    Offer,
    rows,
)
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from qualification.views.cards import LeadCard, lead_card


@dataclass(frozen=True, slots=True)
class Reminder:
    """The one reminder of an offer; once the offer has ended it says how."""

    handoff_id: int
    lead: str
    accept_by: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """A lead that was put off and is offered again: its card as it stands, and whether its reader is to decide now."""

    card: LeadCard
    waits: bool


def resumed(session: Session, workspace_id: int, handoff_id: int, reader_id: int | None) -> Resumed:
    """Return what is told of a lead that resumed; without a reader, to a whole pool."""
    card = lead_card(session, workspace_id, handoff_id, reader_id)
    asks_reader = card.state == HandoffState.OFFERED and card.reader is not None and card.offered_to == card.reader
    in_queue = card.state == HandoffState.MANAGER_QUEUE and card.reader is not None
    for_pool = card.state == HandoffState.POOLED and card.reader is None
    return Resumed(card, waits=(asks_reader or in_queue or for_pool) and card.reader_may_decide)


def reminder(session: Session, workspace_id: int, offer_id: int) -> Reminder:
    """Return the reminder of an offer, and what became of the offer since."""
    offer = session.scalars(select(Offer).where(Offer.workspace_id == workspace_id, Offer.id == offer_id)).one()
    handoff = rows.get_one(session, Handoff, offer.handoff_id, offer.workspace_id)
    return Reminder(
        handoff_id=handoff.id,
        lead=lead_title(session, handoff, contact=offer.outcome is OfferOutcome.OPEN),
        accept_by=offer.accept_by,
        outcome=offer.outcome.value,
    )
