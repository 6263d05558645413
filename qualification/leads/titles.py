"""A lead's title: one line with its company and its person."""

from sqlalchemy.orm import Session

from qualification.records import Company, Handoff, Lead


def lead_title(session: Session, handoff: Handoff) -> str:
    """Return the title of a handoff's lead: company and person, or what is known of them."""
    lead = session.get_one(Lead, handoff.lead_id)
    return title_of(lead, session.get(Company, lead.company_id) if lead.company_id is not None else None)


def title_of(lead: Lead, company: Company | None, *, contact: bool = True) -> str:
    """Return the title of a lead at this company; without `contact`, never an e-mail address or phone number."""
    parts = [part for part in (company.name if company else None, lead.name) if part]
    known = (lead.email or lead.phone) if contact else None
    return " · ".join(parts) or known or f"#{lead.id}"
