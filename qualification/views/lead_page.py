"""One lead, whole: who it is, what it did, where it stands; found by a few words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification.handoffs import own_company
from qualification.handoffs.merge_by_hand import whole_lead
from qualification.handoffs.own_company import CompanyDoubt
from qualification.handoffs.viewpoint import seen_lead, viewpoint
from qualification.leads import contacts, merging, resolution, titles
from qualification.leads.companies import country_of, size_of
from qualification.leads.naming import LEAD_NUMBER
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import NEAREST, Activity, Company, Handoff, Lead, Merge, Team, rows
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.person_ref import PersonRef
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import NotInPlaybook, StaleCard, UnknownLead
from qualification.rules.values.countries import region_of
from qualification.rules.values.masking import masked_all
from qualification.scoring import activity_counts
from qualification.views import cards, merge_form, search
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

    `email` and `phone` are None for whoever may not see them, and `emails` and `phones`, which begin with them, empty;
    who sees only what became of it is told nothing else of the lead. `card` is that of the latest handoff, None where
    it never had one; `is_live` says that sales has it now.
    `recent` is what it did last, the latest first. `sees_contact` says whether the reader sees all, and so may make two
    leads of it again. `unread` is what senders wrote in fields that could not be read, `ids` are theirs of it.
    `erased_at` is when the person was erased, `may_erase` whether the reader may do it. `alike` are the titles of leads
    that may be the same person, `doubt` says to whoever may say so why the lead may be at another company.
    """

    lead_id: int
    lead: str
    name: str | None
    company: str | None
    lifecycle: str
    score: int
    contributions: tuple[ScoreContribution, ...]
    email: str | None
    emails: tuple[str, ...]
    phone: str | None
    phones: tuple[str, ...]
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
    sees_contact: bool
    recent: tuple[RecentActivity, ...]
    activities: int
    merged: tuple[MergedLead, ...]
    unread: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    erased_at: datetime | None = None
    may_erase: bool = False
    alike: tuple[str, ...] = ()
    doubt: CompanyDoubt | None = None


MOST: Final = 20
MOST_RECENT: Final = 5


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """A lead as senders may read it; times are aware and in UTC.

    `id` is that of the lead it turned out to be, where it was merged. `emails` and `phones` are all that are known,
    `email` and `phone` first. `state` and `owner` are of its live handoff, else its latest, None where it never had
    one; `gated_by` is the gate that keeps it from sales; `unread` is what senders wrote in fields that could not be
    read, "" for one that was cut.
    """

    id: int
    name: str | None
    email: str | None
    emails: tuple[str, ...]
    phone: str | None
    phones: tuple[str, ...]
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
    unread: dict[str, str]
    created_at: datetime
    updated_at: datetime


def lead_facts(session: Session, workspace_id: int, lead_id: int) -> LeadFacts | None:
    """Return the lead of that id, None where there is none."""
    lead = resolution.root(
        session, session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id == lead_id))
    )
    if lead is None:
        return None
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    handoff, family = _nearest(session, lead), merging.family(session, lead)
    owner = people.ref_of(session, lead.workspace_id, handoff.owner_id) if handoff else None
    score = activity_counts.score_of(session, lead, playbooks.current(session, workspace_id).playbook.scoring)
    return LeadFacts(
        id=lead.id,
        name=lead.name,
        email=lead.email,
        emails=contacts.all_emails(session, lead, family),
        phone=lead.phone,
        phones=contacts.all_phones(session, lead, family),
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
        unread=dict(lead.unread or {}),
        created_at=lead.created_at,
        updated_at=lead.updated_at,
    )


def found(session: Session, workspace_id: int, slack_user_id: str, words: str) -> tuple[FoundLead, ...]:
    """Return the leads that the words may mean and this Slack user may see, the likeliest first.

    A number with its sign, #12, means the lead of that number alone, also one that was erased.
    Raises UnknownLead where there is none, and NotInPlaybook to whoever has no part here.
    """
    view = viewpoint(session, workspace_id, slack_user_id)
    number = LEAD_NUMBER.fullmatch(words) if words.startswith("#") else None
    if number:
        leads_found = [seen_lead(session, view, workspace_id, int(number[1]))[0]]
    else:
        leads_found = [*search.anybody(session, view, workspace_id, words, MOST)]
    if not leads_found:
        raise UnknownLead(query=words) if view.roles.is_here else NotInPlaybook
    handoffs = [_nearest(session, lead) for lead in leads_found]
    owners = people.by_ids(session, workspace_id, (handoff.owner_id for handoff in handoffs if handoff))
    playbook = playbooks.current(session, workspace_id).playbook
    lines = []
    for lead, handoff in zip(leads_found, handoffs, strict=True):
        seen = view.of_lead(session, lead)
        owner = owners.get(handoff.owner_id) if handoff and handoff.owner_id is not None else None
        lines.append(
            FoundLead(
                lead_id=lead.id,
                lead=_title(session, lead, contact=seen is Sight.CONTACT, zone=_zone(session, handoff, playbook)),
                lifecycle=lead.lifecycle.value,
                score=lead.score if seen >= Sight.LEAD else 0,
                state=handoff.state.value if handoff else None,
                owner=people.ref(owner) if owner else None,
            )
        )
    return tuple(lines)


def page(session: Session, workspace_id: int, slack_user_id: str, lead_id: int) -> LeadPage:
    """Return of a lead what this Slack user may see.

    Raises UnknownLead, also for a lead that they may not see, and NotInPlaybook to whoever has no part here.
    """
    view = viewpoint(session, workspace_id, slack_user_id)
    lead, seen = seen_lead(session, view, workspace_id, lead_id)
    contact, whole = seen is Sight.CONTACT, seen >= Sight.LEAD
    person = view.person
    playbook = playbooks.current(session, workspace_id).playbook
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    score = activity_counts.score_of(session, lead, playbook.scoring)
    handoff = _nearest(session, lead)
    card = cards.lead_card(session, workspace_id, handoff.id, person.id if person else None) if handoff else None
    country, zone = country_of(lead, company), _zone(session, handoff, playbook)
    region = region_of(country, zone)
    source = playbook.source(lead.source) if lead.source else None
    recent, count = _recent(session, lead, playbook) if whole else ((), 0)
    family = merging.family(session, lead)
    return LeadPage(
        lead_id=lead.id,
        lead=_title(session, lead, contact=contact, zone=zone),
        name=lead.name,
        company=company.name if company else None,
        lifecycle=lead.lifecycle.value,
        score=score.points,
        contributions=tuple(ScoreContribution(each.name, each.times, each.points) for each in score.weights if whole),
        email=lead.email if contact else None,
        emails=contacts.all_emails(session, lead, family) if contact else (),
        phone=lead.phone if contact else None,
        phones=contacts.all_phones(session, lead, family) if contact else (),
        title=lead.title if whole else None,
        size=size_of(lead, company) if whole else None,
        country=country if whole else None,
        source=(source.name if source else lead.source) if whole else None,
        campaign=lead.campaign if whole else None,
        value_minor=lead.value_minor if whole else None,
        currency=lead.currency,
        problem=(lead.problem if contact else masked_all(lead.problem, region)) if whole else None,
        do_not_contact=lead.do_not_contact,
        gated_by=lead.gated_by if whole else None,
        card=card if card is None or whole else replace(card, snooze=None, task=None, checklist=None),
        is_live=handoff is not None and handoff.state in LIVE_STATES,
        may_decide=person is not None and card is not None and card.reader_may_decide,
        sees_contact=contact,
        recent=recent if contact else masked_all(recent, region),
        activities=count,
        merged=tuple(
            MergedLead(
                each.id,
                _title(session, rows.get_one(session, Lead, each.merged_id, workspace_id), contact=contact, zone=zone),
                each.at,
            )
            for each in (merging.merges_of(session, lead) if whole and lead.erased_at is None else ())
        ),
        unread=(lead.unread or {}) if contact else {},
        ids=contacts.external_ids(session, lead.workspace_id, family) if contact else (),
        erased_at=lead.erased_at,
        may_erase=view.roles.may_erase and lead.erased_at is None,
        alike=tuple(each.lead for each in merge_form.candidates(session, view, lead)) if contact else (),
        doubt=own_company.doubt(session, lead) if own_company.may_set(session, view, lead) else None,
    )


def split(
    session: UnitOfWork, workspace_id: int, slack_user_id: str, merge_id: int, *, now: datetime
) -> tuple[Lead, Lead]:
    """Undo a merge for whoever sees all of the lead; return the lead that was kept and the other one.

    Raises StaleCard where there is no such merge, also for a lead that the person may not see, and NotYours.
    """
    view = viewpoint(session, workspace_id, slack_user_id)
    merge = session.scalar(select(Merge).where(Merge.workspace_id == workspace_id, Merge.id == merge_id))
    if merge is None or view.person is None:
        raise StaleCard if view.roles.is_here else NotInPlaybook
    whole_lead(session, view, workspace_id, merge.kept_id)
    return merging.split(session, merge.id, by=view.person, now=now)


def form_of(page: LeadPage) -> dict[str, str | None]:
    """Return what the hand-over modal is filled with for this lead."""
    return {
        "company": page.company,
        "person": page.name,
        "email": page.email,
        "phone": page.phone,
        "title": page.title,
        "did": ", ".join(each.name for each in page.contributions),
        # What is masked for the reader stays with the lead as it is.
        "problem": page.problem if page.sees_contact else None,
    }


def _recent(session: Session, lead: Lead, playbook: Playbook) -> tuple[tuple[RecentActivity, ...], int]:
    """Return what the lead did last, the latest first, and how often it did anything."""
    of_family = Activity.lead_id.in_(merging.family(session, lead))
    done = select(Activity).where(rows.in_workspace(Activity, lead.workspace_id), of_family)
    count = session.scalar(select(func.count()).select_from(done.subquery())) or 0
    latest = session.scalars(done.order_by(Activity.at.desc(), Activity.id.desc()).limit(MOST_RECENT)).all()
    kinds = {kind.key: kind.name for kind in playbook.scoring.activities}
    return tuple(RecentActivity(kinds.get(each.kind, each.kind), each.what, each.at) for each in latest), count


def _nearest(session: Session, lead: Lead) -> Handoff | None:
    """Return the nearest of the handoffs of the lead and of those merged into it."""
    of_family = Handoff.lead_id.in_(merging.family(session, lead))
    made = select(Handoff).where(rows.in_workspace(Handoff, lead.workspace_id), of_family)
    return session.scalar(made.order_by(*NEAREST).limit(1))


def _zone(session: Session, handoff: Handoff | None, playbook: Playbook) -> str:
    """Return the zone of the team that has or had the lead, else that of the default team."""
    if handoff is None:
        return playbook.zone.key
    return rows.get_one(session, Team, handoff.team_id, handoff.workspace_id).zone


def _title(session: Session, lead: Lead, *, contact: bool, zone: str) -> str:
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    return titles.title_of(lead, company, contact=contact, zone=zone)
