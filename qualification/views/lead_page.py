"""One lead, whole: who it is, what it did, where it stands; found by a few words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification.leads import merging, resolution, titles
from qualification.leads.companies import country_of, size_of
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import NEAREST, Activity, Company, Handoff, Lead
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.person_ref import PersonRef
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import UnknownLead
from qualification.scoring import activity_counts
from qualification.views import cards, search
from qualification.views.cards import LeadCard
from qualification.views.marks import ScoreContribution


@dataclass(frozen=True, slots=True)
class FoundLead:
    """One lead among several that were found: where its latest handoff stands, None where it never had one."""

    lead_id: int
    lead: str
    lifecycle: str
    score: int
    state: str | None
    owner: PersonRef | None


@dataclass(frozen=True, slots=True)
class RecentActivity:
    """Something a lead did: what its kind is called, what it was in words, when."""

    name: str
    what: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class MergedLead:
    """Another lead that was found to be this one; `merge_id` splits them."""

    merge_id: int
    lead: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeadPage:
    """All that is known of one lead, for one reader.

    `email` and `phone` are None for whoever has no part in sales here. `card` is that of the latest handoff, None where
    it never had one; `is_live` says that sales has it now. `recent` is what it did last, the latest first.
    """

    lead_id: int
    lead: str
    name: str | None
    company: str | None
    lifecycle: str
    score: int
    contributions: tuple[ScoreContribution, ...]
    email: str | None
    phone: str | None
    title: str | None
    size: int | None
    country: str | None
    source: str | None
    campaign: str | None
    value_minor: int | None
    currency: str | None
    problem: str | None
    do_not_contact: bool
    gated_by: str | None
    card: LeadCard | None
    is_live: bool
    may_decide: bool
    recent: tuple[RecentActivity, ...]
    activities: int
    merged: tuple[MergedLead, ...]


MOST: Final = 20
MOST_RECENT: Final = 5


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """A lead as senders may read it; times are aware and in UTC.

    `id` is that of the lead it turned out to be, where it was merged. `state` and `owner` are of its live
    handoff, else its latest, None where it never had one; `gated_by` is the gate that keeps it from sales.
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
    contributions: tuple[ScoreContribution, ...]
    do_not_contact: bool
    gated_by: str | None
    state: str | None
    stage: str | None
    owner: str | None
    handed_over_at: datetime | None
    fields: dict[str, object]
    created_at: datetime
    updated_at: datetime


def lead_facts(session: Session, workspace_id: int, lead_id: int) -> LeadFacts | None:
    """Return the lead of that id, None where there is none."""
    lead = resolution.root(
        session, session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id == lead_id))
    )
    if lead is None:
        return None
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
    handoff = _nearest(session, lead)
    owner = people.ref_of(session, handoff.owner_id) if handoff else None
    score = activity_counts.score_of(session, lead, playbooks.current(session, workspace_id).playbook.scoring)
    return LeadFacts(
        id=lead.id,
        name=lead.name,
        email=lead.email,
        phone=lead.phone,
        title=lead.title,
        company=company.name if company else None,
        domain=company.domain if company else None,
        country=country_of(lead, company),
        size=size_of(lead, company),
        source=lead.source,
        campaign=lead.campaign,
        lifecycle=lead.lifecycle.value,
        score=score.points,
        contributions=tuple(ScoreContribution(each.name, each.times, each.points) for each in score.weights),
        do_not_contact=lead.do_not_contact,
        gated_by=lead.gated_by,
        state=handoff.state.value if handoff else None,
        stage=handoff.stage if handoff else None,
        owner=owner.name if owner else None,
        handed_over_at=handoff.announced_at if handoff else None,
        fields=dict(lead.fields),
        created_at=lead.created_at,
        updated_at=lead.updated_at,
    )


def found(session: Session, workspace_id: int, slack_user_id: str, words: str) -> tuple[FoundLead, ...]:
    """Return the leads that the words may mean, the likeliest first; raises UnknownLead where there is none."""
    belongs = people.belongs(session, workspace_id, slack_user_id)
    leads_found = search.anybody(session, workspace_id, words, MOST)
    if not leads_found:
        raise UnknownLead(query=words)
    handoffs = [_nearest(session, lead) for lead in leads_found]
    owners = people.by_ids(session, (handoff.owner_id for handoff in handoffs if handoff))
    lines = []
    for lead, handoff in zip(leads_found, handoffs, strict=True):
        owner = owners.get(handoff.owner_id) if handoff and handoff.owner_id is not None else None
        lines.append(
            FoundLead(
                lead_id=lead.id,
                lead=_title(session, lead, contact=belongs),
                lifecycle=lead.lifecycle.value,
                score=lead.score,
                state=handoff.state.value if handoff else None,
                owner=people.ref(owner) if owner else None,
            )
        )
    return tuple(lines)


def page(session: Session, workspace_id: int, slack_user_id: str, lead_id: int) -> LeadPage:
    """Return all that is known of a lead, for this Slack user; raises UnknownLead.

    Contact details are for those whom the playbook names.
    """
    lead = resolution.root(
        session, session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id == lead_id))
    )
    if lead is None:
        raise UnknownLead(query=f"#{lead_id}")
    person = people.by_slack_user(session, workspace_id, slack_user_id)
    belongs = people.belongs(session, workspace_id, slack_user_id)
    playbook = playbooks.current(session, workspace_id).playbook
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
    score = activity_counts.score_of(session, lead, playbook.scoring)
    handoff = _nearest(session, lead)
    card = cards.lead_card(session, workspace_id, handoff.id, person.id if person else None) if handoff else None
    source = playbook.source(lead.source) if lead.source else None
    recent, count = _recent(session, lead, playbook)
    return LeadPage(
        lead_id=lead.id,
        lead=_title(session, lead, contact=belongs),
        name=lead.name,
        company=company.name if company else None,
        lifecycle=lead.lifecycle.value,
        score=score.points,
        contributions=tuple(ScoreContribution(each.name, each.times, each.points) for each in score.weights),
        email=lead.email if belongs else None,
        phone=lead.phone if belongs else None,
        title=lead.title,
        size=size_of(lead, company),
        country=country_of(lead, company),
        source=source.name if source else lead.source,
        campaign=lead.campaign,
        value_minor=lead.value_minor,
        currency=lead.currency,
        problem=lead.problem,
        do_not_contact=lead.do_not_contact,
        gated_by=lead.gated_by,
        card=card,
        is_live=handoff is not None and handoff.state in LIVE_STATES,
        may_decide=person is not None and card is not None and card.reader_may_decide,
        recent=recent,
        activities=count,
        merged=tuple(
            MergedLead(each.id, _title(session, session.get_one(Lead, each.merged_id), contact=belongs), each.at)
            for each in merging.merges_of(session, lead)
        ),
    )


def form_of(page: LeadPage) -> dict[str, str | None]:
    """Return what the hand-over modal is filled with for this lead."""
    return {
        "company": page.company,
        "person": page.name,
        "email": page.email,
        "phone": page.phone,
        "title": page.title,
        "did": ", ".join(each.name for each in page.contributions),
        "problem": page.problem,
    }


def _recent(session: Session, lead: Lead, playbook: Playbook) -> tuple[tuple[RecentActivity, ...], int]:
    """Return what the lead did last, the latest first, and how often it did anything."""
    done = select(Activity).where(Activity.lead_id.in_(merging.family(session, lead)))
    count = session.scalar(select(func.count()).select_from(done.subquery())) or 0
    latest = session.scalars(done.order_by(Activity.at.desc(), Activity.id.desc()).limit(MOST_RECENT)).all()
    kinds = {kind.key: kind.name for kind in playbook.scoring.activities}
    return tuple(RecentActivity(kinds.get(each.kind, each.kind), each.what, each.at) for each in latest), count


def _nearest(session: Session, lead: Lead) -> Handoff | None:
    """Return the nearest of the handoffs of the lead and of those merged into it."""
    made = select(Handoff).where(Handoff.lead_id.in_(merging.family(session, lead)))
    return session.scalar(made.order_by(*NEAREST).limit(1))


def _title(session: Session, lead: Lead, *, contact: bool) -> str:
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
    return titles.title_of(lead, company, contact=contact)
