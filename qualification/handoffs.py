"""A marketer hands a lead over: who it is, whether it is known, who is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from qualification import history, people, publishing, routing, showing
from qualification.cards import lead_title
from qualification.facts import HandedOver
from qualification.records import Company, EventKind, Handoff, Lead, Person, Pool, Team
from qualification.records.base import insert_once
from qualification.records.deliveries import Arrival
from qualification.rules import identity
from qualification.rules.handoff import LIVE_STATES, HandoffState
from qualification.rules.identity import written
from qualification.rules.lifecycle import Lifecycle
from qualification.rules.playbook import Playbook
from qualification.rules.refusals import FieldFault, HandedInTwice, InvalidFields
from qualification.rules.routing import Asked, choose_rule

T = TypeVar("T")

# Folding may lengthen a text (ß to ss); whoever shares this much of a name shares it all.
LONGEST_KEY = 300
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


def hand_over(
    session: Session,
    *,
    workspace_id: int,
    by: str,
    form: HandOverForm,
    key: str,
    now: datetime,
    name: str | None = None,
) -> HandedOver:
    """Hand the lead over to whoever the playbook's rules name, once for each `key` (the id of the modal).

    A known person is updated, not doubled; a lead that is already in somebody's hands is not announced again: the
    answer says who has it. Raises InvalidFields with every fault of the form at once, HandedInTwice for a repeated key.
    """
    published = publishing.current(session, workspace_id)
    read = _read(form, published.playbook)
    announcer = people.actor(session, workspace_id, by, name=name)
    if not insert_once(session, Arrival, workspace_id=workspace_id, key=key, at=now):
        raise HandedInTwice
    lead, live, changed = _lead(session, workspace_id, form, read, now=now)
    if live is not None:
        news = _news(live, form, published.playbook)
        if changed or news:
            history.tell(session, live, EventKind.UPDATED, now=now, by=announcer, fields=changed, **news)
        return told(session, live, already=True)
    handoff = _announce(session, lead, announcer, form, read, published=published, now=now)
    return told(session, handoff, already=False)


def told(session: Session, handoff: Handoff, *, already: bool) -> HandedOver:
    """Say what became of a hand-over, for the one who made it."""
    offer = routing.open_offer(session, handoff)
    team = session.get_one(Team, handoff.team_id)
    pool = session.get(Pool, handoff.pool_id) if handoff.pool_id is not None else None
    announcer = session.get_one(Person, handoff.announcer_id)
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
        announcer=people.ref(announcer),
    )


def _news(handoff: Handoff, form: HandOverForm, playbook: Playbook) -> dict[str, Any]:
    """Return what the form says of the reason beyond what its live handoff says: a line of history keeps it."""
    said = {name: written(getattr(form, name)) for name in ("did", "problem", "promised", "campaign", "source")}
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
        except identity.Unreadable as unreadable:
            faults[field] = unreadable.fault
            return None

    money = reading("value", form.value, lambda text: identity.parse_money(text, playbook.currency))
    read = _Read(
        company=written(form.company),
        person=written(form.person),
        email=reading("email", form.email, identity.check_email),
        size=reading("size", form.size, identity.parse_size),
        country=reading("country", form.country, identity.check_country),
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


def _company(session: Session, workspace_id: int, read: _Read) -> Company | None:
    if read.company is None:
        return None
    name_key = identity.fold_company(read.company)[:LONGEST_KEY]
    insert_once(session, Company, workspace_id=workspace_id, name=read.company, name_key=name_key)
    company = session.scalars(
        select(Company)
        .where(Company.workspace_id == workspace_id, Company.name_key == name_key)
        .with_for_update(key_share=True)
    ).one()
    company.size = read.size or company.size
    company.country = read.country or company.country
    session.flush()
    return company


def _lead(
    session: Session, workspace_id: int, form: HandOverForm, read: _Read, *, now: datetime
) -> tuple[Lead, Handoff | None, list[str]]:
    """Find the lead or write it down; return it, its live handoff, and the names of the fields that changed.

    Known by e-mail, else by full name and company. A row with neither is never merged with another.
    """
    company = _company(session, workspace_id, read)
    email_key = identity.fold_email(read.email) if read.email else None
    name_key = identity.fold_name(read.person)[:LONGEST_KEY] if read.person else None
    lead = _known(session, workspace_id, email_key, name_key, company)
    given = {
        "company_id": company.id if company else None,
        "name": read.person,
        "name_key": name_key,
        "email": read.email,
        "email_key": email_key,
        "phone": written(form.phone),
        "title": written(form.title),
        "value_minor": read.value_minor,
        "currency": read.currency,
    }
    if lead is None:
        lead = Lead(workspace_id=workspace_id, lifecycle=Lifecycle.LEAD, created_at=now, updated_at=now, **given)
        if _inserted(session, lead):
            return lead, None, []
        lead = session.scalars(select(Lead).where(Lead.workspace_id == workspace_id, Lead.email_key == email_key)).one()
    # Decisions lock the handoff before the lead: in the other order the two would wait for each other.
    live = _live(session, lead)
    session.refresh(lead, with_for_update={"key_share": True})
    live = live or _live(session, lead)
    # The same name or address in other letters is nothing new.
    same = {field for field in ("name", "email") if given[f"{field}_key"] == getattr(lead, f"{field}_key")}
    changed = [
        field
        for field, value in given.items()
        if value is not None and field not in same and getattr(lead, field) != value
    ]
    for field in changed:
        setattr(lead, field, given[field])
    if changed:
        lead.updated_at = now
        session.flush()
    return lead, live, [field for field in changed if not field.endswith(("_key", "_id"))]


def _live(session: Session, lead: Lead) -> Handoff | None:
    """Return the lead's live handoff, if it has one, locked."""
    return session.scalar(
        select(Handoff)
        .where(Handoff.lead_id == lead.id, Handoff.state.in_(LIVE_STATES))
        .with_for_update(key_share=True)
    )


def _inserted(session: Session, lead: Lead) -> bool:
    """Write the lead down, unless somebody with the same e-mail came in at the same instant."""
    try:
        with session.begin_nested():
            session.add(lead)
    except IntegrityError:
        return False
    return True


def _known(
    session: Session, workspace_id: int, email_key: str | None, name_key: str | None, company: Company | None
) -> Lead | None:
    """Return the lead that the e-mail, else the full name at the company, says it is."""
    here = select(Lead).where(Lead.workspace_id == workspace_id)
    if email_key is not None:
        lead = session.scalar(here.where(Lead.email_key == email_key))
        if lead is not None:
            return lead
    if name_key is None or company is None:
        return None
    namesakes = here.where(Lead.name_key == name_key, Lead.company_id == company.id).order_by(Lead.id)
    # Two different e-mail addresses are two people, however alike their names.
    if email_key is not None:
        namesakes = namesakes.where(Lead.email_key.is_(None))
    return session.scalars(namesakes).first()


def _announce(
    session: Session,
    lead: Lead,
    announcer: Person,
    form: HandOverForm,
    read: _Read,
    *,
    published: publishing.Published,
    now: datetime,
) -> Handoff:
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
    size = read.size or (company.size if company else None)
    country = read.country or (company.country if company else None)
    rule = choose_rule(
        published.playbook,
        Asked(
            country=country,
            size=size,
            source=form.source or None,
            value_minor=lead.value_minor,
            currency=lead.currency,
        ),
    )
    pool = routing.pool_for(session, lead.workspace_id, rule)
    handoff = Handoff(
        workspace_id=lead.workspace_id,
        lead_id=lead.id,
        team_id=pool.team_id if pool else _default_team(session, lead.workspace_id, published.playbook),
        pool_id=pool.id if pool else None,
        playbook_id=published.id,
        rule=rule.name if rule else None,
        announcer_id=announcer.id,
        did=form.did.strip(),
        problem=written(form.problem),
        source=form.source or None,
        campaign=written(form.campaign),
        size=size,
        country=country,
        promised=written(form.promised),
        state=HandoffState.QUEUED,
        announced_at=now,
    )
    session.add(handoff)
    session.flush()
    showing.owe_card(session, handoff, now=now)
    history.tell(session, handoff, EventKind.HANDED_OVER, now=now, by=announcer)
    # What a checklist says counts once somebody has accepted.
    history.settle_lifecycle(session, handoff, lead, published.playbook, passed=False, now=now, by=announcer)
    routing.offer_next(session, handoff, published, now=now)
    return handoff


def _default_team(session: Session, workspace_id: int, playbook: Playbook) -> int:
    return session.scalars(
        select(Team.id).where(Team.workspace_id == workspace_id, Team.key == playbook.default_team)
    ).one()
