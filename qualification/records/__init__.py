"""The records; a file per subject. Importing this package makes every table known."""

from qualification.records.base import Base
from qualification.records.checklists import Answer, Checklist
from qualification.records.deliveries import Arrival, Delivery, DeliveryState, Lane, Pace
from qualification.records.handoffs import IS_OPEN, Handoff, Offer
from qualification.records.leads import Company, EventKind, Lead, LeadEvent
from qualification.records.workspaces import Membership, Person, PlaybookVersion, Pool, Team, Workspace

__all__ = [
    "IS_OPEN",
    "Answer",
    "Arrival",
    "Base",
    "Checklist",
    "Company",
    "Delivery",
    "DeliveryState",
    "EventKind",
    "Handoff",
    "Lane",
    "Lead",
    "LeadEvent",
    "Membership",
    "Offer",
    "Pace",
    "Person",
    "PlaybookVersion",
    "Pool",
    "Team",
    "Workspace",
]
