"""A marketer hands a lead over: who it is, whether it is known, who is asked."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from qualification.facts import HandedOver
from qualification.handoffs import snooze
from qualification.leads import events, resolution
from qualification.leads.companies import country_of, size_of
from qualification.leads.resolution import Said
from qualification.organisation import publishing
from qualification.outbox import outbox, surfaces
from qualification.people import people
from qualification.records import Company, EventKind, Handoff, Lead, Person, Pool, Team
from qualification.records.base import insert_once
from qualification.records.deliveries import Arrival
from qualification.routing import assignment
from qualification.rules.handoffs.permissions import HandoffState
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import FieldFault, HandedInTwice, InvalidFields
from qualification.rules.routing.rotation import Asked, choose_rule
from qualification.rules.values import normalization
from qualification.rules.values.normalization import written
from qualification.scoring import gates
from qualification.views.cards import lead_title

T = TypeVar("T")

_TOLD = frozenset({"did", "problem", "promised", "campaign", "source", "permalink"})
LIMITS = {"company": 300, "person": 300, "title": 300, "campaign": 200, "phone": 60}


@dataclass(frozen=True, slots=True)
class HandOverForm:
    """What a marketer typed, as typed; every field may be empty."""

    company: str = ""
    person: str = ""
    email: str = ""
    phone: str = ""
    title: str = ""
    did: str = ""
    problem: str = ""
    source: str = ""
    campaign: str = ""
    size: str = ""
    country: str = ""
    value: str = ""
    promised: str = ""


@dataclass(frozen=True, slots=True)
class _Read:
    """The form, understood."""

    company: str | None
    person: str | None
    email: str | None
    size: int | None
    country: str | None
    value_minor: int | None
    currency: str | None


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
    session: Session,
    *,
    workspace_id: int,
    by: str,
    form: HandOverForm,
    key: str,
    now: datetime,
    name: str | None = None,
    permalink: str | None = None,
    lead_id: int | None = None,
) -> HandedOver:
    """Hand the lead over to whoever the playbook's rules name, once for each `key` (the id of the modal).

    A known person is updated, not doubled; `lead_id` is the lead that whoever hands it over has before them. A lead
    that is already in somebody's hands is not announced again: the answer says who has it. No gate stops it; the answer
    names those that would have. Raises InvalidFields with every fault of the form at once, HandedInTwice for a repeated
    key.
    """
    published = publishing.current(session, workspace_id)
    read = _read(form, published.playbook)
    announcer = people.actor(session, workspace_id, by, name=name)
    if not insert_once(session, Arrival, workspace_id=workspace_id, key=key, at=now):
        raise HandedInTwice
    found = resolution.recognise(session, workspace_id, _said(form, read, lead_id), now=now)
    if found.is_new:
        events.note_arrivals(session, [(found.lead, None)])
    if found.live is not None:
        news = _news(found.live, form, permalink, published.playbook)
        if found.changed or news:
            changed = list(found.changed)
            events.tell(session, found.live, EventKind.UPDATED, now=now, by=announcer, fields=changed, **news)
        return told(session, found.live, already=True)
    reason = Reason(
        did=form.did.strip(),
        problem=written(form.problem),
        source=form.source or None,
        campaign=written(form.campaign),
        promised=written(form.promised),
        size=read.size,
        country=read.country,
        permalink=permalink,
    )
    past = gates.in_the_way(session, found.lead, reason.problem, published.playbook)
    handoff = announce(session, found.lead, reason, by=announcer, published=published, now=now, past=past)
    return told(session, handoff, already=False, past=past)


def told(session: Session, handoff: Handoff, *, already: bool, past: tuple[str, ...] = ()) -> HandedOver:
    """Say what became of a hand-over, for the one who made it; `past` are the gates it passed over, by name."""
    offer = assignment.open_offer(session, handoff)
    team = session.get_one(Team, handoff.team_id)
    pool = session.get(Pool, handoff.pool_id) if handoff.pool_id is not None else None
    return HandedOver(
        handoff_id=handoff.id,
        lead=lead_title(session, handoff),
        state=handoff.state.value,
        already=already,
        offered_to=people.ref_of(session, offer.person_id) if offer else None,
        pool=pool.name if pool else None,
        manager=people.ref_of(session, team.manager_id),
        owner=people.ref_of(session, handoff.owner_id),
        accept_by=offer.accept_by if offer else None,
        announcer=people.ref_of(session, handoff.announcer_id),
        do_not_contact=session.get_one(Lead, handoff.lead_id).do_not_contact,
        gates=past,
    )


def _news(handoff: Handoff, form: HandOverForm, permalink: str | None, playbook: Playbook) -> dict[str, Any]:
    """Return what the form says of the reason beyond what its live handoff says: a line of history keeps it."""
    said = {name: written(getattr(form, name)) for name in ("did", "problem", "promised", "campaign", "source")}
    said["permalink"] = permalink
    news = {name: text for name, text in said.items() if text and text != getattr(handoff, name)}
    source = playbook.source(news["source"]) if "source" in news else None
    return {**news, "source": source.name} if source else news


def _read(form: HandOverForm, playbook: Playbook) -> _Read:
    """Understand the form, or name every fault of it."""
    faults: dict[str, FieldFault] = {}

    def reading(field: str, text: str, read: Callable[[str], T]) -> T | None:
        if not text.strip():
            return None
        try:
            return read(text.strip())
        except normalization.Unreadable as unreadable:
            faults[field] = unreadable.fault
            return None

    money = reading("value", form.value, lambda text: normalization.parse_money(text, playbook.currency))
    read = _Read(
        company=written(form.company),
        person=written(form.person),
        email=reading("email", form.email, normalization.check_email),
        size=reading("size", form.size, normalization.parse_size),
        country=reading("country", form.country, normalization.check_country),
        value_minor=money[0] if money else None,
        currency=money[1] if money else None,
    )
    if not (read.company or read.person or form.email.strip()):
        faults["company"] = FieldFault.REQUIRED
    if not form.did.strip():
        faults["did"] = FieldFault.REQUIRED
    if form.source and playbook.source(form.source) is None:
        faults["source"] = FieldFault.UNKNOWN_CHOICE
    for field, limit in LIMITS.items():
        if len(getattr(form, field)) > limit:
            faults[field] = FieldFault.TOO_LONG
    if faults:
        raise InvalidFields(faults)
    return read


def _said(form: HandOverForm, read: _Read, lead_id: int | None) -> Said:
    return Said(
        lead_id=lead_id,
        company=read.company,
        name=read.person,
        email=read.email,
        phone=written(form.phone),
        title=written(form.title),
        size=read.size,
        country=read.country,
        value_minor=read.value_minor,
        currency=read.currency,
        source=form.source or None,
        campaign=written(form.campaign),
    )


def announce(
    session: Session,
    lead: Lead,
    reason: Reason,
    *,
    by: Person | None,
    published: publishing.Published,
    now: datetime,
    past: tuple[str, ...] = (),
) -> Handoff:
    """Make a handoff of a lead that has no live one, and offer it; `by` nobody, it was the lead's own doing.

    One that was put off is woken instead, so that its history and its rep stay with it. `past` are the gates that
    somebody hands the lead over in spite of, by name. The lead is locked by the caller.
    """
    sleeping = snooze.asleep(session, lead)
    if sleeping is not None:
        _come_back(session, sleeping, lead, reason, by=by, published=published, now=now, past=past)
        return sleeping
    # What the reason leaves open is as it was when the lead came.
    reason = replace(
        reason,
        problem=reason.problem or lead.problem,
        source=reason.source or lead.source,
        campaign=reason.campaign or lead.campaign,
    )
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
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
        state=HandoffState.QUEUED,
        announced_at=now,
    )
    lead.held_by = None
    is_first = session.scalar(select(exists().where(Handoff.workspace_id == lead.workspace_id))) is not True
    session.add(handoff)
    session.flush()
    if is_first:
        # Every Home tab says until then that there is nothing yet.
        outbox.all_stale(session, lead.workspace_id, now)
    surfaces.owe_card(session, handoff, now=now)
    facts: dict[str, Any] = {"gates": list(past)} if past else {}
    events.tell(session, handoff, EventKind.HANDED_OVER, now=now, by=by, **facts)
    # What a checklist says counts once somebody has accepted.
    events.settle_lifecycle(session, handoff, lead, published.playbook, passed=False, now=now, by=by)
    assignment.offer_next(session, handoff, published, now=now)
    if by is not None:
        surfaces.owe_receipt(session, handoff, by, now=now)
    return handoff


def _come_back(
    session: Session,
    handoff: Handoff,
    lead: Lead,
    reason: Reason,
    *,
    by: Person | None,
    published: publishing.Published,
    now: datetime,
    past: tuple[str, ...],
) -> None:
    """Wake what was put off, with the new reason; whoever announced it first stays the one who did."""
    said = {field.name: value for field in fields(reason) if (value := getattr(reason, field.name))}
    news = {name: value for name, value in said.items() if name in _TOLD and value != getattr(handoff, name)}
    if "source" in news:
        source = published.playbook.source(news["source"])
        news["source"] = source.name if source else news["source"]
    for name, value in said.items():
        setattr(handoff, name, value)
    if past:
        news["gates"] = list(past)
    handoff.lead_id = lead.id
    announcer = by if handoff.announcer_id is None else None
    if announcer is not None:
        handoff.announcer_id = announcer.id
    snooze.wake(session, handoff, lead, published, now=now, by=by, news=news)
    if announcer is not None:
        surfaces.owe_receipt(session, handoff, announcer, now=now)


def _default_team(session: Session, workspace_id: int, playbook: Playbook) -> int:
    return session.scalars(
        select(Team.id).where(Team.workspace_id == workspace_id, Team.key == playbook.default_team)
    ).one()
