"""Who a lead is: known again by a sender's id, an e-mail address, or full name and company; else written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from qualification import merging
from qualification.records import Company, ExternalId, Handoff, Lead
from qualification.records.base import insert_once
from qualification.rules import identity
from qualification.rules.handoff import LIVE_STATES
from qualification.rules.lifecycle import Lifecycle
from qualification.rules.mail_domains import domain_of_company

# Folding may lengthen a text (ß to ss); whoever shares this much of a name shares it all.
LONGEST_KEY: Final = 300
# What is kept as it was first said.
_FIRST: Final = frozenset({"source", "campaign"})
# What changes without a word in the history.
_UNTOLD: Final = frozenset({"name_key", "email_key", "company_id", "source", "campaign", "problem", "fields"})


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a person who may buy, checked; what is None was not said.

    `external_id` is the sender's own id of the lead; `website` an address or a domain.
    """

    sender: str | None = None
    external_id: str | None = None
    email: str | None = None
    name: str | None = None
    company: str | None = None
    website: str | None = None
    phone: str | None = None
    title: str | None = None
    size: int | None = None
    country: str | None = None
    value_minor: int | None = None
    currency: str | None = None
    source: str | None = None
    campaign: str | None = None
    problem: str | None = None
    do_not_contact: bool | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A lead known again or written down: its live handoff, locked, and what was said of it that is new, by field."""

    lead: Lead
    is_new: bool
    live: Handoff | None
    changed: tuple[str, ...]


def recognise(session: Session, workspace_id: int, said: Said, *, now: datetime) -> Recognised:
    """Find the lead or write it down, and keep what is new about it.

    The same lead is who has the sender's id, else the e-mail address (without regard to case, or to what follows a plus
    sign), else the full name at the company. Where the id says one lead and the address another, the two are one from
    now on. Two different addresses are two people, however alike their names; who has neither is never merged.
    """
    company = _company(session, workspace_id, said)
    given = _given(said, company)
    by_id = root(session, _by_external_id(session, workspace_id, said))
    addressed = _by_email(session, workspace_id, given["email_key"])
    by_email = root(session, addressed)
    if by_id is not None and by_email is not None and by_id is not by_email:
        by_id = merging.merge(session, by_id, by_email, because="email", now=now)
    lead = by_id or by_email or root(session, _by_name(session, workspace_id, given))
    if lead is None:
        lead = Lead(workspace_id=workspace_id, lifecycle=Lifecycle.SUBSCRIBER, created_at=now, updated_at=now)
        _fill(lead, given)
        if _inserted(session, lead):
            _name(session, lead, said)
            return Recognised(lead, is_new=True, live=None, changed=())
        # Somebody with the same address came in at the same instant.
        lead = root(session, _by_email(session, workspace_id, given["email_key"])) or lead
    if addressed is not None and addressed is not lead:
        # The address stays with the lead that had it first, merged into this one or at work beside it.
        given |= {"email": given["email"] if by_email is lead else None, "email_key": None}
    live = locked(session, lead)
    changed = _changes(lead, given)
    if changed:
        _fill(lead, {name: given[name] for name in changed})
        lead.updated_at = now
        session.flush()
    _name(session, lead, said)
    return Recognised(lead, is_new=False, live=live, changed=tuple(each for each in changed if each not in _UNTOLD))


def locked(session: Session, lead: Lead) -> Handoff | None:
    """Lock the lead, read as it stands now, and its live handoff, which is returned if it has one."""
    live = live_handoff(session, lead)
    # Decisions lock the handoff before the lead: in the other order the two would wait for each other.
    session.refresh(lead, with_for_update={"key_share": True})
    return live or live_handoff(session, lead)


def live_handoff(session: Session, lead: Lead) -> Handoff | None:
    """Return the lead's live handoff, if it has one, locked."""
    return session.scalar(
        select(Handoff)
        .where(Handoff.lead_id == lead.id, Handoff.state.in_(LIVE_STATES))
        .with_for_update(key_share=True)
    )


def _company(session: Session, workspace_id: int, said: Said) -> Company | None:
    """Return the company, by its domain, else by its name; written down if it is new, locked until the commit."""
    domain = domain_of_company(said.website, said.email)
    if domain is None and said.company is None:
        return None
    name = said.company or str(domain)
    name_key = identity.fold_company(name)[:LONGEST_KEY]
    here = select(Company).where(Company.workspace_id == workspace_id)
    named = here.where(Company.name_key == name_key).order_by(Company.domain.is_(None).desc(), Company.id)
    company = session.scalar(here.where(Company.domain == domain)) if domain else None
    if company is None and said.company:
        alike = session.scalars(named).all()
        company = next((each for each in alike if domain is None or each.domain is None), None)
    if company is None:
        insert_once(session, Company, workspace_id=workspace_id, name=name, name_key=name_key, domain=domain)
        company = session.scalars(here.where(Company.domain == domain) if domain else named).first()
    if company is None:
        raise LookupError("a company's unique key was taken, yet no such company is there")
    session.refresh(company, with_for_update={"key_share": True})
    company.domain = company.domain or domain
    if said.company and company.name == company.domain:
        company.name, company.name_key = name, name_key
    company.size = said.size or company.size
    company.country = said.country or company.country
    session.flush()
    return company


def _given(said: Said, company: Company | None) -> dict[str, Any]:
    """Return what was said as the lead's columns; None where it was not said."""
    return {
        "company_id": company.id if company else None,
        "name": said.name,
        "name_key": identity.fold_name(said.name)[:LONGEST_KEY] if said.name else None,
        "email": said.email,
        "email_key": identity.fold_mailbox(said.email) if said.email else None,
        "phone": said.phone,
        "title": said.title,
        "value_minor": said.value_minor,
        "currency": said.currency,
        "source": said.source,
        "campaign": said.campaign,
        "problem": said.problem,
        "do_not_contact": said.do_not_contact,
        "fields": dict(said.fields) or None,
    }


def _changes(lead: Lead, given: Mapping[str, Any]) -> list[str]:
    """Name what was said that is new: the same name or address in other letters is not, nor a second source."""
    same = {field for field in ("name", "email") if given[f"{field}_key"] == getattr(lead, f"{field}_key")}
    kept = {field for field in _FIRST if getattr(lead, field) is not None}
    new = []
    for name, value in given.items():
        held = getattr(lead, name)
        if value is None or name in same | kept:
            continue
        if (held | value if name == "fields" else value) != held:
            new.append(name)
    return new


def _fill(lead: Lead, given: Mapping[str, Any]) -> None:
    for name, value in given.items():
        if value is not None:
            setattr(lead, name, {**(lead.fields or {}), **value} if name == "fields" else value)


def _name(session: Session, lead: Lead, said: Said) -> None:
    """Remember what the sender calls the lead."""
    if said.sender and said.external_id:
        known = {"workspace_id": lead.workspace_id, "sender": said.sender, "external_id": said.external_id}
        insert_once(session, ExternalId, lead_id=lead.id, **known)


def root(session: Session, lead: Lead | None) -> Lead | None:
    """Return the lead that this one turned out to be."""
    while lead is not None and lead.merged_into_id is not None:
        lead = session.get_one(Lead, lead.merged_into_id)
    return lead


def _by_external_id(session: Session, workspace_id: int, said: Said) -> Lead | None:
    if not (said.sender and said.external_id):
        return None
    return session.scalar(
        select(Lead)
        .join(ExternalId, ExternalId.lead_id == Lead.id)
        .where(
            ExternalId.workspace_id == workspace_id,
            ExternalId.sender == said.sender,
            ExternalId.external_id == said.external_id,
        )
    )


def _by_email(session: Session, workspace_id: int, email_key: str | None) -> Lead | None:
    if email_key is None:
        return None
    return session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.email_key == email_key))


def _by_name(session: Session, workspace_id: int, given: Mapping[str, Any]) -> Lead | None:
    if given["name_key"] is None or given["company_id"] is None:
        return None
    namesakes = select(Lead).where(
        Lead.workspace_id == workspace_id, Lead.name_key == given["name_key"], Lead.company_id == given["company_id"]
    )
    if given["email_key"] is not None:
        namesakes = namesakes.where(Lead.email_key.is_(None))
    return session.scalars(namesakes.order_by(Lead.id)).first()


def _inserted(session: Session, lead: Lead) -> bool:
    """Write the lead down, unless somebody with the same e-mail came in at the same instant."""
    try:
        with session.begin_nested():
            session.add(lead)
    except IntegrityError:
        return False
    return True
