"""A lead's title: one line with its company and its person."""

from sqlalchemy.orm import Session

from qualification.records import Company, Handoff, Lead, Team, rows
from qualification.rules.values.countries import region_of
from qualification.rules.values.masking import masked


def lead_title(session: Session, handoff: Handoff, *, contact: bool) -> str:
    """Return the title of a handoff's lead: company and person, or what the reader may see of them."""
    lead = rows.get_one(session, Lead, handoff.lead_id, handoff.workspace_id)
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    zone = None if contact else rows.get_one(session, Team, handoff.team_id, handoff.workspace_id).zone
    return title_of(lead, company, contact=contact, zone=zone)


def person_title(session: Session, handoff: Handoff) -> str:
    """Return the name of a handoff's person, or the lead's number, for whoever knows the company."""
    lead = rows.get_one(session, Lead, handoff.lead_id, handoff.workspace_id)
    zone = rows.get_one(session, Team, handoff.team_id, handoff.workspace_id).zone
    return title_of(lead, None, contact=False, zone=zone)


def title_of(lead: Lead, company: Company | None, *, contact: bool, zone: str | None) -> str:
    """Return the title of a lead at this company; without `contact`, never an e-mail address or phone number.

    `zone` is that of the team whose lead it is: a number may be written as at home there.
    """
    parts = [part for part in (company.name if company else None, lead.name) if part]
    if not contact:
        # A form may have called somebody by their address.
        parts = [masked(part, region_of(lead.country, zone)) for part in parts]
    known = (lead.email or lead.phone) if contact else None
    return " · ".join(parts) or known or f"#{lead.id}"
