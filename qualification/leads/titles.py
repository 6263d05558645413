"""What a lead is called in one line."""

from sqlalchemy.orm import Session

from qualification.records import (
    Company,
    Handoff,
    Lead,
)


def lead_title(session: Session, handoff: Handoff) -> str:
    """Return what a lead is called in one line: company and person, or whatever of them is known."""
    lead = session.get_one(Lead, handoff.lead_id)
    return title_of(lead, session.get(Company, lead.company_id) if lead.company_id is not None else None)


def title_of(lead: Lead, company: Company | None, *, contact: bool = True) -> str:
    """Return the same of a lead and its company at hand; without `contact`, no e-mail address or phone number."""
    parts = [part for part in (company.name if company else None, lead.name) if part]
    known = (lead.email or lead.phone) if contact else None
    return " · ".join(parts) or known or f"#{lead.id}"
