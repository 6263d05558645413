"""A lead that isn't at the company of its domain: somebody says at which one it is, and may take that back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.handoffs.viewpoint import Viewpoint, seen_lead, viewpoint
from qualification.leads import merging, resolution, suppression
from qualification.leads.events import event_of, record_event, record_lead_event
from qualification.leads.titles import title_of
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.records import NEAREST, Company, DomainName, Handoff, Lead, LeadEvent, Person, Team, nearness, rows
from qualification.records.base import insert_once
from qualification.rules.field_errors import FieldFault
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import CompanySet
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.leads.company_refusals import CannotSetCompany
from qualification.rules.leads.domain_owners import MOST_NAMES, speaks_of
from qualification.rules.leads.lead_data import CompanyData, LeadData
from qualification.rules.refusals import InvalidFields, StaleCard
from qualification.rules.values.normalization import written

LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class CompanyDoubt:
    """Why a lead may be at another company than `company`, where its domain has put it.

    `typed` is the name that was given with the lead, None where none is known; `others` counts the further names that
    were given for a domain that is nobody's, 0 where the domain speaks of `company`. `former` is the company that the
    lead has left by somebody's word, to which it may go back: then there is no doubt.
    """

    company: str
    typed: str | None = None
    others: int = 0
    former: str | None = None


@dataclass(frozen=True, slots=True)
class OwnCompanyForm:
    """What is shown to whoever is about to say at which company a lead is, and afterwards, with `company` the new one.

    `typed` is the name that was given with the lead, None where none is known.
    """

    lead_id: int
    lead: str
    company: str | None
    typed: str | None


def doubt(session: Session, lead: Lead) -> CompanyDoubt | None:
    """Return why the lead may be at another company, or which one it has left; None where there is nothing to say."""
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    if company is None or lead.erased_at is not None:
        return None
    family = merging.family(session, lead)
    last = _last(session, lead, family)
    if last is not None and last.former is not None and _is_named(company, last.company):
        if last.former_id is not None:
            return CompanyDoubt(company.name, former=last.former)
        if not _is_named(company, last.former):
            return CompanyDoubt(company.name, last.former, _others(session, company))
    others = _others(session, company)
    if not others:
        return None
    given = session.scalars(
        select(DomainName)
        .where(
            rows.in_workspace(DomainName, lead.workspace_id),
            DomainName.domain == company.domain,
            DomainName.lead_id.in_(family),
        )
        .order_by(DomainName.id)
    ).all()
    if any(each.name_key == company.name_key for each in given):
        return None
    return CompanyDoubt(company.name, given[-1].name if given else None, others)


def may_set(session: Session, view: Viewpoint, lead: Lead) -> bool:
    """Say whether this person says at which company the lead is.

    They have handed it over, or manage a team that has or had it, or they are an administrator; of a lead that sales
    never had, any manager. Nobody who has left.
    """
    person = view.person
    if person is None or not view.roles.is_here:
        return False
    if view.roles.is_admin:
        return True
    made = _handoffs(session, lead)
    if not made:
        return view.roles.is_manager
    return any(each.announcer_id == person.id or each.team_id in view.managed for each in made)


def note_typed(
    session: UnitOfWork, handoff: Handoff, lead: Lead, data: LeadData, *, now: datetime, by: Person
) -> str | None:
    """Keep the company that was typed where the lead is at a known one in its place, and return that one's name.

    It is kept with the lead's history, and no line in Slack tells it.
    """
    typed, company = data.company_data, rows.get(session, Company, lead.company_id, lead.workspace_id)
    if typed is None or not typed.is_named or company is None or company.name_key == typed.name_key:
        return None
    event = CompanySet(company=company.name, former=typed.name)
    if _last(session, lead, merging.family(session, lead)) != event:
        record_event(session, handoff, event, now=now, by=by, in_thread=False)
    return company.name


def form(session: Session, workspace_id: int, slack_user_id: str, lead_id: int) -> OwnCompanyForm:
    """Return what is shown before somebody says at which company the lead is; raises what `set_company` raises."""
    view, lead = _allowed(session, workspace_id, slack_user_id, lead_id)
    found = doubt(session, lead)
    return _shown(session, view, lead, typed=found.typed if found else None)


def set_company(
    session: UnitOfWork, workspace_id: int, slack_user_id: str, lead_id: int, name: str, *, now: datetime
) -> OwnCompanyForm:
    """Put the lead at the company of that name, which is added without a domain where there is none.

    The name stands with the domain from then on: a later request of the lead with this name, or without one, leaves the
    lead where it is. Raises InvalidFields for a name that is empty, too long, or the company's own, UnknownLead and
    NotInPlaybook as for every lead, StaleCard for one that was erased, and CannotSetCompany.
    """
    view, lead = _allowed(session, workspace_id, slack_user_id, lead_id)
    typed = written(name)
    if typed is None or len(typed) > LONGEST:
        raise InvalidFields({"own_company": FieldFault.TOO_LONG if typed else FieldFault.REQUIRED})
    data = LeadData(company=typed).company_data
    former = rows.get(session, Company, lead.company_id, workspace_id)
    if data is None or (former is not None and former.name_key == data.name_key):
        raise InvalidFields({"own_company": FieldFault.SAME_COMPANY})
    company = _move(session, lead, data, view.person, now=now, back=False)
    if former is not None and former.domain is not None:
        named = {"workspace_id": workspace_id, "domain": former.domain, "name_key": company.name_key}
        insert_once(session, DomainName, **named, lead_id=lead.id, name=typed, created_at=now)
    return _shown(session, view, lead, typed=typed)


def take_back(
    session: UnitOfWork, workspace_id: int, slack_user_id: str, lead_id: int, *, now: datetime
) -> OwnCompanyForm:
    """Put the lead back at the company that it left by somebody's word.

    Raises StaleCard where it is at another one by now, or that company is gone, and what `set_company` raises.
    """
    view, lead = _allowed(session, workspace_id, slack_user_id, lead_id)
    last = _last(session, lead, merging.family(session, lead))
    company = rows.get(session, Company, lead.company_id, workspace_id)
    former = rows.get(session, Company, last.former_id, workspace_id) if last else None
    if former is None or company is None or last is None or not _is_named(company, last.company):
        raise StaleCard
    data = CompanyData(former.name, former.name_key, is_named=True, domain=former.domain, size=None, country=None)
    _move(session, lead, data, view.person, now=now, back=True)
    return _shown(session, view, lead, typed=None)


def _move(
    session: UnitOfWork, lead: Lead, data: CompanyData, by: Person | None, *, now: datetime, back: bool
) -> Company:
    """Put the lead at the company that is meant, keep that in its history, and have its cards drawn anew."""
    before = lead.company_id
    company, handoffs = resolution.lock_company(session, lead, data)
    if lead.company_id != before or lead.merged_into_id is not None or lead.company_id == company.id:
        raise StaleCard
    former = rows.get(session, Company, before, lead.workspace_id)
    suppression.keep_former(session, lead, former, has_address=lead.email_key is not None, left=True, now=now)
    lead.company_id = company.id
    lead.updated_at = now
    event = CompanySet(
        company=company.name,
        former=former.name if former else None,
        former_id=former.id if former and not back else None,
    )
    nearest = max(handoffs, key=nearness, default=None)
    if nearest is None:
        record_lead_event(session, lead, event, now=now, by=by)
    for handoff in handoffs:
        if handoff.beside_id is not None and handoff.state in LIVE_STATES:
            # It no longer goes along with the other one, whose thread stood for its card.
            surfaces.enqueue_own_card(session, handoff, now=now)
        outbox.mark_stale(session, handoff.workspace_id, handoff.id, now)
        for other in session.scalars(
            select(Handoff.id).where(
                rows.in_workspace(Handoff, lead.workspace_id),
                (Handoff.id == handoff.beside_id) | (Handoff.beside_id.in_((handoff.id, handoff.beside_id))),
            )
        ):
            outbox.mark_stale(session, handoff.workspace_id, other, now)
    if nearest is not None:
        record_event(session, nearest, event, now=now, by=by, in_thread=nearest.state in LIVE_STATES)
    session.flush()
    return company


def _allowed(session: Session, workspace_id: int, slack_user_id: str, lead_id: int) -> tuple[Viewpoint, Lead]:
    """Return the lead, for somebody who may say at which company it is."""
    view = viewpoint(session, workspace_id, slack_user_id)
    lead, _ = seen_lead(session, view, workspace_id, lead_id)
    if lead.erased_at is not None:
        raise StaleCard
    if not may_set(session, view, lead):
        made = _handoffs(session, lead)
        team = rows.get_one(session, Team, made[0].team_id, workspace_id) if made else None
        managers = (team.manager_id,) if team else ()
        named = [
            people.ref_of(session, workspace_id, each) for each in (*(each.announcer_id for each in made), *managers)
        ]
        raise CannotSetCompany(may=tuple(dict.fromkeys(filter(None, named))))
    return view, lead


def _shown(session: Session, view: Viewpoint, lead: Lead, *, typed: str | None) -> OwnCompanyForm:
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    contact = view.of_lead(session, lead) is Sight.CONTACT
    return OwnCompanyForm(
        lead_id=lead.id,
        lead=title_of(lead, company, contact=contact, zone=None),
        company=company.name if company else None,
        typed=typed,
    )


def _handoffs(session: Session, lead: Lead) -> list[Handoff]:
    """Return the handoffs of the lead and of those merged into it, the nearest first."""
    of_family = Handoff.lead_id.in_(merging.family(session, lead))
    made = select(Handoff).where(rows.in_workspace(Handoff, lead.workspace_id), of_family)
    return [*session.scalars(made.order_by(*NEAREST))]


def _last(session: Session, lead: Lead, family: list[int]) -> CompanySet | None:
    """Return what was said last of the lead's company."""
    said = select(LeadEvent).where(
        rows.in_workspace(LeadEvent, lead.workspace_id),
        LeadEvent.lead_id.in_(family),
        LeadEvent.kind == EventKind.COMPANY_SET,
    )
    stored = session.scalar(said.order_by(LeadEvent.id.desc()).limit(1))
    event = event_of(stored) if stored is not None else None
    return event if isinstance(event, CompanySet) else None


def _is_named(company: Company, name: str | None) -> bool:
    data = LeadData(company=name).company_data if name else None
    return data is not None and data.name_key == company.name_key


def _others(session: Session, company: Company) -> int:
    """Return how many further names were given for the company's domain, 0 unless that makes it nobody's."""
    if company.domain is None or company.name == company.domain or speaks_of(company.name_key, company.domain):
        return 0
    keys = select(DomainName.name_key).where(
        rows.in_workspace(DomainName, company.workspace_id), DomainName.domain == company.domain
    )
    names = {company.name_key, *session.scalars(keys)}
    return len(names) - 1 if len(names) >= MOST_NAMES else 0
