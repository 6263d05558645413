"""Whom the gates keep from sales, counted and named."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session, aliased

from qualification.handoffs.viewpoint import Viewpoint, viewpoint
from qualification.leads import events
from qualification.leads.titles import title_of
from qualification.playbook import playbooks
from qualification.records import IS_GATED, Company, Lead, LeadEvent
from qualification.rules.handoffs.sight import Sight
from qualification.rules.refusals import NotInPlaybook


@dataclass(frozen=True, slots=True)
class GateCount:
    """How many leads a gate keeps from sales: now, and how many it came to hold in the last seven days."""

    gate: str
    disqualifies: bool
    now: int
    lately: int


@dataclass(frozen=True, slots=True)
class GatedLead:
    """A lead that a gate keeps from sales, and since when."""

    lead_id: int
    lead: str
    gate: str
    since: datetime


@dataclass(frozen=True, slots=True)
class GatedLeads:
    """Whom the gates keep from sales: a count for each gate of the playbook, and the latest held, the last one first.

    `count` tells how many there are in all.
    """

    gates: tuple[GateCount, ...]
    latest: tuple[GatedLead, ...]
    count: int


MOST: Final = 10
LATELY: Final = timedelta(days=7)


def gated_leads(session: Session, workspace_id: int, slack_user_id: str, *, now: datetime) -> GatedLeads:
    """Count for each gate of the playbook whom it holds, and name the latest to whoever sees every lead.

    Raises NoPlaybook, and NotInPlaybook to whoever has no part here.
    """
    view = viewpoint(session, workspace_id, slack_user_id)
    if not view.roles.is_here:
        raise NotInPlaybook
    playbook = playbooks.current(session, workspace_id).playbook
    holding, lately = gates(session, workspace_id), _lately(session, workspace_id, now - LATELY)
    disqualifying = {gate.name for gate in playbook.gates if gate.outcome == "disqualify"}
    return GatedLeads(
        gates=tuple(
            GateCount(gate, gate in disqualifying, leads, lately.get(gate, 0)) for gate, leads in holding.items()
        ),
        latest=_latest(session, workspace_id, view),
        count=sum(holding.values()),
    )


def gates(session: Session, workspace_id: int) -> dict[str, int]:
    """Count whom each gate of the playbook holds now, and behind them each that is gone and still holds somebody.

    A gate that is gone holds nobody any more once the leads are added up anew.
    """
    held = (
        select(Lead.gated_by, func.count().label("leads"))
        .where(Lead.workspace_id == workspace_id, Lead.gated_by.is_not(None), Lead.merged_into_id.is_(None))
        .group_by(Lead.gated_by)
        .order_by(Lead.gated_by)
    )
    holding = {row.gated_by: row.leads for row in session.execute(held)}
    named = [gate.name for gate in playbooks.current(session, workspace_id).playbook.gates]
    return {gate: holding.get(gate, 0) for gate in dict.fromkeys((*named, *holding))}


def _lately(session: Session, workspace_id: int, since: datetime) -> dict[str, int]:
    """Count whom each gate has come to hold since then, whatever has become of them."""
    gate = events.GATE_NAME.label("gate")
    began = (
        select(gate, func.count(LeadEvent.lead_id.distinct()).label("leads"))
        .where(LeadEvent.workspace_id == workspace_id, IS_GATED, LeadEvent.at >= since)
        # By its place: PostgreSQL does not see that two expressions with bound values are one.
        .group_by(literal_column("1"))
    )
    return {row.gate: row.leads for row in session.execute(began)}


def _latest(session: Session, workspace_id: int, view: Viewpoint) -> tuple[GatedLead, ...]:
    later = aliased(LeadEvent)
    is_over = (
        select(later.id)
        .where(later.lead_id == LeadEvent.lead_id, later.id > LeadEvent.id, later.kind == LeadEvent.kind)
        .exists()
    )
    held = (
        select(LeadEvent.at, Lead, Company)
        .join(Lead, Lead.id == LeadEvent.lead_id)
        .outerjoin(Company, Company.id == Lead.company_id)
        .where(
            LeadEvent.workspace_id == workspace_id,
            IS_GATED,
            Lead.gated_by.is_not(None),
            Lead.merged_into_id.is_(None),
            view.leads(Sight.LEAD),
            ~is_over,
        )
        .order_by(LeadEvent.at.desc(), LeadEvent.id.desc())
        .limit(MOST)
    )
    zone = playbooks.current(session, workspace_id).playbook.zone.key
    return tuple(
        GatedLead(
            lead.id,
            title_of(lead, company, contact=view.everywhere is Sight.CONTACT, zone=zone),
            lead.gated_by or "",
            at,
        )
        for at, lead, company in session.execute(held)
    )
