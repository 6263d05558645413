"""Leads kept from sales by a gate."""

from datetime import datetime

from sqlalchemy.orm import Session

from qualification.leads import events
from qualification.playbook.playbooks import Published
from qualification.records import EventKind, Lead
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.playbook.playbook import Gate


def hold(session: Session, lead: Lead, gate: Gate, published: Published, *, now: datetime) -> None:
    """Keep the lead from sales, and say so once for each gate."""
    if lead.held_by == gate.name:
        return
    lead.held_by, lead.updated_at = gate.name, now
    if gate.outcome == "disqualify":
        lead.lifecycle = Lifecycle.DISQUALIFIED
    events.note(
        session,
        lead,
        EventKind.HELD,
        now=now,
        gate=gate.name,
        outcome=gate.outcome,
        reason=gate.reason,
        playbook_id=published.id,
    )
