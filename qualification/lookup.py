"""One lead, whole: who it is, what it did, where it stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification import leads, people, publishing, scores
from qualification.facts import Weighed
from qualification.records import Company, Handoff, Lead


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """A lead as senders may read it; times are aware and in UTC.

    `id` is that of the lead it turned out to be, where it was merged. `state` and `owner` are of its latest handoff,
    None where it never had one; `held_by` is the gate that keeps it from sales.
    """

    id: int
    name: str | None
    email: str | None
    phone: str | None
    title: str | None
    company: str | None
    domain: str | None
    country: str | None
    size: int | None
    source: str | None
    campaign: str | None
    lifecycle: str
    score: int
    weighed: tuple[Weighed, ...]
    do_not_contact: bool
    held_by: str | None
    state: str | None
    stage: str | None
    owner: str | None
    handed_over_at: datetime | None
    fields: dict[str, object]
    created_at: datetime
    updated_at: datetime


def lead_facts(session: Session, workspace_id: int, lead_id: int) -> LeadFacts | None:
    """Return the lead of that id, None where there is none."""
    lead = leads.root(
        session, session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id == lead_id))
    )
    if lead is None:
        return None
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
    latest = select(Handoff).where(Handoff.lead_id == lead.id).order_by(Handoff.id.desc()).limit(1)
    handoff = session.scalar(latest)
    owner = people.ref_of(session, handoff.owner_id) if handoff else None
    score = scores.weigh(session, lead, publishing.current(session, workspace_id).playbook.scoring)
    return LeadFacts(
        id=lead.id,
        name=lead.name,
        email=lead.email,
        phone=lead.phone,
        title=lead.title,
        company=company.name if company else None,
        domain=company.domain if company else None,
        country=company.country if company else None,
        size=company.size if company else None,
        source=lead.source,
        campaign=lead.campaign,
        lifecycle=lead.lifecycle.value,
        score=score.points,
        weighed=tuple(Weighed(each.name, each.times, each.points) for each in score.weights),
        do_not_contact=lead.do_not_contact,
        held_by=lead.held_by,
        state=handoff.state.value if handoff else None,
        stage=handoff.stage if handoff else None,
        owner=owner.name if owner else None,
        handed_over_at=handoff.announced_at if handoff else None,
        fields=dict(lead.fields),
        created_at=lead.created_at,
        updated_at=lead.updated_at,
    )
