"""A marketer hands a lead over: who it is, whether it is known, who is asked."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from qualification.handoffs import own_company, snooze
from qualification.handoffs.handover_form import HandOverForm, read_form
from qualification.handoffs.viewpoint import Viewpoint, seen_lead, viewpoint_of
from qualification.leads import resolution, suppression
from qualification.leads.companies import country_of, size_of
from qualification.leads.events import record_arrivals, record_event
from qualification.leads.lifecycle import update_lifecycle
from qualification.leads.titles import lead_title
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import Company, Handoff, Lead, Person, Pool, Team, rows
from qualification.routing import assignment, company_owner
from qualification.rules.handoffs.event_types import CompanyJoined, HandedOver, Resumed, Updated
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.suppression import SuppressionReason
from qualification.rules.person_ref import PersonRef
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import LeadErased, WasErased
from qualification.rules.routing.rotation import Asked, choose_rule
from qualification.rules.values.normalization import written
from qualification.scoring import overridden_gates


@dataclass(frozen=True, slots=True)
class HandOverResult:
    """What became of a hand-over; `already` when the lead was live and nothing was announced again.

    `state` as on the card, None for whoever may not know it; offered_to, pool or manager by that state; `owner` when it
    was accepted before. `gates` are the names of those that would have kept the lead from sales. `company` is the known
    one that took the place of the company that was typed, by its domain; None where it is the same. `lead_id` is then
    the lead's, for whoever may say that it is at another company, and None for others.
    """

    handoff_id: int
    lead: str
    state: str | None
    already: bool
    offered_to: PersonRef | None
    pool: str | None
    manager: PersonRef | None
    owner: PersonRef | None
    accept_by: datetime | None
    announcer: PersonRef | None
    do_not_contact: bool = False
    gates: tuple[str, ...] = ()
    company: str | None = None
    lead_id: int | None = None


_TOLD = frozenset({"did", "problem", "promised", "campaign", "source", "permalink"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a lead is handed over, and what is known of the deal; `did` is empty where its activities say it.

    `permalink` is the address of the message that it is handed over from.
    """

    did: str = ""
    problem: str | None = None
    source: str | None = None
    campaign: str | None = None
    promised: str | None = None
    size: int | None = None
    country: str | None = None
    permalink: str | None = None


def hand_over(
    session: UnitOfWork,
    *,
    workspace_id: int,
    by: str,
    form: HandOverForm,
    now: datetime,
    name: str | None = None,
    permalink: str | None = None,
    lead_id: int | None = None,
) -> HandOverResult:
    """Hand the lead over to whoever the playbook's rules name.

    A known person is updated, not doubled; `lead_id` is the lead that whoever hands it over has before them. A lead
    that is already in somebody's hands is not announced again: the answer says who has it, if whoever announced it may
    see that. No gate stops it; the answer names those that would have. Raises InvalidFields with every fault of the
    form at once, and UnknownLead or NotInPlaybook for a `lead_id` that they may not see.
    """
    published = playbooks.current(session, workspace_id)
    data = read_form(form, published.playbook, lead_id=lead_id)
    announcer = people.actor(session, workspace_id, by, name=name)
    view = viewpoint_of(session, workspace_id, announcer)
    if lead_id is not None:
        before, _ = seen_lead(session, view, workspace_id, lead_id)
        if before.erased_at is not None:
            raise LeadErased(at=before.erased_at)
    kept_away = suppression.suppressed(session, workspace_id, [data]).get(0)
    if kept_away is SuppressionReason.ERASED:
        raise WasErased
    if kept_away is SuppressionReason.OPTED_OUT:
        data = replace(data, do_not_contact=True)
    found = resolution.resolve(session, workspace_id, data, now=now)
    if found.is_new:
        record_arrivals(session, [(found.lead, None)])
    if found.live is not None:
        news = _news(found.live, form, permalink, published.playbook)
        if found.changed or news:
            event = Updated(fields=found.changed, **news)
            record_event(session, found.live, event, now=now, by=announcer)
        noted = own_company.note_typed(session, found.live, found.lead, data, now=now, by=announcer)
        resolution.record_moved(session, found, now=now, by=announcer)
        result = _with_company(session, result_of(session, found.live, already=True), noted, view, found.lead)
        is_seen = view.roles.is_here or view.of_lead(session, found.lead) > Sight.NOTHING
        return result if is_seen else _unseen(result, form)
    reason = Reason(
        did=form.did.strip(),
        problem=written(form.problem),
        source=form.source or None,
        campaign=written(form.campaign),
        promised=written(form.promised),
        size=data.size,
        country=data.country,
        permalink=permalink,
    )
    past = overridden_gates.names(session, found.lead, reason.problem, published.playbook)
    handoff = announce(session, found.lead, reason, by=announcer, published=published, now=now, past=past)
    noted = own_company.note_typed(session, handoff, found.lead, data, now=now, by=announcer)
    resolution.record_moved(session, found, now=now, by=announcer)
    made = result_of(session, handoff, already=False, past=past)
    return _with_company(session, made, noted, view, found.lead)


def _with_company(
    session: Session, result: HandOverResult, company: str | None, view: Viewpoint, lead: Lead
) -> HandOverResult:
    """Say which known company took the place of the one that was typed, and whether its announcer may say otherwise."""
    may = company is not None and own_company.may_set(session, view, lead)
    return replace(result, company=company, lead_id=lead.id if may else None)


def result_of(session: Session, handoff: Handoff, *, already: bool, past: tuple[str, ...] = ()) -> HandOverResult:
    """Say what became of a hand-over, for the one who made it; `past` are the gates it passed over, by name."""
    offer = assignment.open_offer(session, handoff)
    team = rows.get_one(session, Team, handoff.team_id, handoff.workspace_id)
    pool = rows.get(session, Pool, handoff.pool_id, handoff.workspace_id)
    return HandOverResult(
        handoff_id=handoff.id,
        # Who hands a lead over knows its address: it was in the form. What was known before may be another.
        lead=lead_title(session, handoff, contact=not already),
        state=handoff.state.value,
        already=already,
        offered_to=people.ref_of(session, handoff.workspace_id, offer.person_id) if offer else None,
        pool=pool.name if pool else None,
        manager=people.ref_of(session, handoff.workspace_id, team.manager_id),
        owner=people.ref_of(session, handoff.workspace_id, handoff.owner_id),
        accept_by=offer.accept_by if offer else None,
        announcer=people.ref_of(session, handoff.workspace_id, handoff.announcer_id),
        do_not_contact=rows.get_one(session, Lead, handoff.lead_id, handoff.workspace_id).do_not_contact,
        gates=past,
    )


def _unseen(result: HandOverResult, form: HandOverForm) -> HandOverResult:
    """Leave of a result only that sales has the lead already, by the name under which it was handed over again."""
    typed = [written(each) for each in (form.company, form.person)]
    lead = " · ".join(filter(None, typed)) or written(form.email) or written(form.phone) or ""
    nobody: dict[str, Any] = dict.fromkeys(("offered_to", "pool", "manager", "owner", "accept_by", "announcer"))
    return replace(result, lead=lead, state=None, do_not_contact=False, gates=(), company=None, lead_id=None, **nobody)


def _news(handoff: Handoff, form: HandOverForm, permalink: str | None, playbook: Playbook) -> dict[str, Any]:
    """Return what the form says of the reason beyond what its live handoff says: a line of history keeps it."""
    said = {name: written(getattr(form, name)) for name in ("did", "problem", "promised", "campaign", "source")}
    said["permalink"] = permalink
    news = {name: text for name, text in said.items() if text and text != getattr(handoff, name)}
    source = playbook.source(news["source"]) if "source" in news else None
    return {**news, "source": source.name} if source else news


def announce(
    session: UnitOfWork,
    lead: Lead,
    reason: Reason,
    *,
    by: Person | None,
    published: playbooks.Published,
    now: datetime,
    past: tuple[str, ...] = (),
    judged: bool = True,
) -> Handoff:
    """Make a handoff of a lead that has no live one, and offer it; `by` nobody, it was the lead's own doing.

    Where nobody has `judged` the lead, it waits in the manager's queue: a gate would have held it back.

    One that was snoozed is resumed instead, so that its history and its rep stay with it. `past` are the gates that
    somebody hands the lead over in spite of, by name. The lead is locked by the caller.
    """
    snoozed = snooze.snoozed(session, lead)
    if snoozed is not None:
        _come_back(session, snoozed, lead, reason, by=by, published=published, now=now, past=past)
        return snoozed
    # What the reason leaves open is as it was when the lead came.
    reason = replace(
        reason,
        problem=reason.problem or lead.problem,
        source=reason.source or lead.source,
        campaign=reason.campaign or lead.campaign,
    )
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    size = reason.size or size_of(lead, company)
    country = reason.country or country_of(lead, company)
    rule = choose_rule(
        published.playbook,
        Asked(
            country=country,
            size=size,
            source=reason.source,
            value_minor=lead.value_minor,
            currency=lead.currency,
        ),
    )
    pool = assignment.pool_for(session, lead.workspace_id, rule)
    handoff = Handoff(
        workspace_id=lead.workspace_id,
        lead_id=lead.id,
        team_id=pool.team_id if pool else _default_team(session, lead.workspace_id, published.playbook),
        pool_id=pool.id if pool else None,
        playbook_id=published.id,
        rule=rule.name if rule else None,
        announcer_id=by.id if by else None,
        did=reason.did,
        problem=reason.problem,
        source=reason.source,
        campaign=reason.campaign,
        size=size,
        country=country,
        promised=reason.promised,
        permalink=reason.permalink,
        state=HandoffState.MANAGER_QUEUE,
        announced_at=now,
    )
    lead.gated_by = None
    talking = company_owner.conversation(session, lead, published.playbook, now=now)
    owner = company_owner.available_owner(session, talking, now) if judged else None
    if talking is not None:
        handoff.beside_id = talking.handoff.beside_id or talking.handoff.id
    is_first = session.scalar(select(exists().where(Handoff.workspace_id == lead.workspace_id))) is not True
    session.add(handoff)
    session.flush()
    if is_first:
        # Every Home tab says until then that there is nothing yet.
        outbox.mark_all_stale(session, lead.workspace_id, now)
    first = company_owner.first_of(session, handoff)
    # Before all other messages: the order of all locks.
    is_shown = first is not None and outbox.enqueue_card_again(session, first.workspace_id, first.id, now) is not None
    if owner is None or not is_shown:
        surfaces.enqueue_own_card(session, handoff, now=now)
    record_event(session, handoff, HandedOver(gates=past), now=now, by=by)
    # What a checklist says counts once somebody has accepted.
    update_lifecycle(session, handoff, lead, published.playbook, passed=False, now=now, by=by)
    if not judged:
        assignment.queue(session, handoff, "gated", now=now)
    elif owner is not None:
        assignment.offer_to_owner(session, handoff, owner, published, now=now)
    else:
        assignment.offer_next(session, handoff, published, now=now)
    if first is not None:
        joined = CompanyJoined(other=lead.id, to_id=owner.id if owner else None)
        record_event(session, first, joined, now=now, by=by, playbook_id=published.id, in_thread=is_shown)
        for other in company_owner.others_of(session, handoff):
            outbox.mark_stale(session, handoff.workspace_id, other.id, now)
    if by is not None:
        surfaces.enqueue_receipt(session, handoff, by, now=now)
    return handoff


def _come_back(
    session: UnitOfWork,
    handoff: Handoff,
    lead: Lead,
    reason: Reason,
    *,
    by: Person | None,
    published: playbooks.Published,
    now: datetime,
    past: tuple[str, ...],
) -> None:
    """Resume what was snoozed, with the new reason; whoever announced it first stays the one who did."""
    said = {field.name: value for field in fields(reason) if (value := getattr(reason, field.name))}
    news = {name: value for name, value in said.items() if name in _TOLD and value != getattr(handoff, name)}
    if "source" in news:
        source = published.playbook.source(news["source"])
        news["source"] = source.name if source else news["source"]
    for name, value in said.items():
        setattr(handoff, name, value)
    handoff.lead_id = lead.id
    if handoff.pool_id is not None:
        assignment.lock_pools(session, handoff.workspace_id, [handoff.pool_id])
    announcer = by if handoff.announcer_id is None else None
    if announcer is not None:
        handoff.announcer_id = announcer.id
    snooze.resume(session, handoff, lead, published, Resumed(is_due=False, gates=past, **news), now=now, by=by)
    if announcer is not None:
        surfaces.enqueue_receipt(session, handoff, announcer, now=now)


def _default_team(session: Session, workspace_id: int, playbook: Playbook) -> int:
    return session.scalars(
        select(Team.id).where(Team.workspace_id == workspace_id, Team.key == playbook.default_team)
    ).one()
