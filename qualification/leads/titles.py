"""A lead's title: one line with its company and its person."""

from sqlalchemy.orm import Session

from qualification.records import Company, Handoff, Lead, rows
from qualification.rules.values.masking import masked


def lead_title(session: Session, handoff: Handoff, *, contact: bool) -> str:
    """Return the title of a handoff's lead: company and person, or what the reader may see of them."""
    lead = rows.get_one(session, Lead, handoff.lead_id, handoff.workspace_id)
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    return title_of(lead, company, contact=contact)


def title_of(lead: Lead, company: Company | None, *, contact: bool) -> str:
    """Return the title of a lead at this company; without `contact`, never an e-mail address or phone number."""
    parts = [part for part in (company.name if company else None, lead.name) if part]
    if not contact:
        # A form may have called somebody by their address.
        parts = [masked(part, lead.country) for part in parts]
    known = (lead.email or lead.phone) if contact else None
    return " · ".join(parts) or known or f"#{lead.id}"
