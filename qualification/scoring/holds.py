"""Leads kept from sales by a gate."""

from datetime import datetime

from sqlalchemy.orm import Session

from qualification.leads.events import record_lead_event
from qualification.leads.lifecycle import move_lifecycle
from qualification.playbook.playbooks import Published
from qualification.records import Lead
from qualification.rules.handoffs.event_types import Gated
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.playbook.playbook import Gate


def gate_lead(session: Session, lead: Lead, gate: Gate, published: Published, *, now: datetime) -> None:
    """Keep the lead from sales, and say so once for each gate."""
    if lead.gated_by == gate.name:
        return
    lead.gated_by, lead.updated_at = gate.name, now
    if gate.outcome == "disqualify":
        move_lifecycle(lead, Lifecycle.DISQUALIFIED, record=None)
    event = Gated(gate=gate.name, outcome=gate.outcome, reason=gate.reason)
    record_lead_event(session, lead, event, now=now, playbook_id=published.id)
