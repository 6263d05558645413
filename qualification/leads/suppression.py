"""Who must not come back without a word: asked before anything that somebody says of a lead is stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, and_, bindparam, delete, exists, func, or_, select, text
from sqlalchemy.orm import Session

from qualification.leads import contacts, merging
from qualification.leads.naming import LEAD_NUMBER
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.people.audit import Actor
from qualification.records import Company, ExternalId, Lead, Suppression, rows
from qualification.records.base import insert_once
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.suppression import (
    PersonalKey,
    Recogniser,
    SuppressionReason,
    recognisers_in,
    recognisers_named,
    recognisers_of,
)
from qualification.rules.people.audited import AuditAction
from qualification.rules.refusals import NoPersonalKey


def suppressed(session: UnitOfWork, workspace_id: int, rows: Sequence[LeadData]) -> dict[int, SuppressionReason]:
    """Return why somebody must not come back, by the index of each row that is about such a person.

    On PostgreSQL it waits for whoever is erasing somebody at the moment, and they wait until this transaction ends.
    Raises NoPersonalKey where somebody must not come back, and BATON_KEY isn't set, by which they would be known.
    """
    key = session.personal_key
    if key is not None and session.get_bind().dialect.name == "postgresql":
        session.execute(_WHILE_NOBODY_IS_ERASED, {"workspace_id": workspace_id})
    if session.scalar(_ANY, {"workspace_id": workspace_id}) is None:
        return {}
    if key is None:
        raise NoPersonalKey
    digests: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        for recogniser in recognisers_in(row):
            digests.setdefault(key.digest(workspace_id, recogniser), []).append(index)
    found = session.execute(_OF, {"workspace_id": workspace_id, "digests": [*digests]})
    reasons: dict[int, SuppressionReason] = {}
    for digest, reason in found:
        for index in digests[digest]:
            if reasons.get(index) is not SuppressionReason.ERASED:
                reasons[index] = reason
    return reasons


def hold_arrivals(session: UnitOfWork, workspace_id: int) -> None:
    """Let nobody come in until the commit, so that whoever is erased doesn't come back at the same moment."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_HOLD_ARRIVALS, {"workspace_id": workspace_id})


def keep_former(
    session: UnitOfWork, lead: Lead, company: Company | None, *, has_address: bool, left: bool, now: datetime
) -> None:
    """Keep hashes of the name by which the lead is known, before it has another or is at another company.

    `has_address` says whether it has an address or will have one, `company` is the one it has now and `left` whether it
    leaves that. Without BATON_KEY nothing is kept.
    """
    key = session.personal_key
    if key is None:
        return
    former = recognisers_of(
        # Without a name, the address stands for it: the company that it leaves goes with it.
        email_keys=(lead.email_key,) if lead.name_key is None and lead.email_key is not None else (),
        name_key=lead.name_key,
        companies=keys_of(company),
        phone_keys=[each.phone_key for each in contacts.phones_of(session, lead.workspace_id, [lead.id])],
        has_address=has_address,
    )
    for recogniser in former:
        digest = key.digest(lead.workspace_id, recogniser)
        company_id = company.id if company and left else None
        _keep(session, lead, digest, key.mark, reason=SuppressionReason.FORMER, company_id=company_id, at=now)


def keep_moved(session: UnitOfWork, lead: Lead, email_key: str, *, now: datetime) -> None:
    """Keep a hash of an address that was the lead's and is another's from now on. Without BATON_KEY nothing is kept."""
    key = session.personal_key
    if key is None:
        return
    for recogniser in recognisers_of(email_keys=[email_key], name_key=None, has_address=True):
        digest = key.digest(lead.workspace_id, recogniser)
        _keep(session, lead, digest, key.mark, reason=SuppressionReason.FORMER, at=now)


def _keep(
    session: UnitOfWork, lead: Lead, digest: str, key_mark: str, *, reason: SuppressionReason, **values: object
) -> None:
    about = {"workspace_id": lead.workspace_id, "lead_id": lead.id}
    insert_once(session, Suppression, **about, digest=digest, key_mark=key_mark, reason=reason, **values)


def suppress(
    session: UnitOfWork, root: Lead, leads: Iterable[Lead], *, reason: SuppressionReason, now: datetime
) -> None:
    """Keep hashes of all by which this person, one lead or several found to be one, would be recognised.

    What they were known by before counts from now on too. Raises NoPersonalKey.
    """
    key = session.personal_key
    if key is None:
        raise NoPersonalKey
    former: list[Suppression] = []
    persons = [*leads]
    has_address = bool(contacts.emails_of(session, root.workspace_id, [each.id for each in persons]))
    for lead in persons:
        names = select(ExternalId.sender, ExternalId.external_id).where(
            ExternalId.workspace_id == lead.workspace_id, ExternalId.lead_id == lead.id
        )
        emails = contacts.emails_of(session, lead.workspace_id, [lead.id])
        recognisers = recognisers_of(
            external_keys=[(sender, external_id) for sender, external_id in session.execute(names)],
            email_keys=[each.email_key for each in emails],
            name_key=lead.name_key,
            companies=keys_of(rows.get(session, Company, lead.company_id, lead.workspace_id)),
            phone_keys=[each.phone_key for each in contacts.phones_of(session, lead.workspace_id, [lead.id])],
            has_address=has_address,
        )
        for recogniser in recognisers:
            _keep(session, root, key.digest(root.workspace_id, recogniser), key.mark, reason=reason, at=now)
        former += forget_former(session, lead)
    for each in former:
        _keep(session, root, each.digest, each.key_mark, reason=reason, at=now)


def forget_former(session: UnitOfWork, lead: Lead) -> Sequence[Suppression]:
    """Forget what the lead was known by before, and return it."""
    former = session.scalars(
        select(Suppression).where(
            Suppression.workspace_id == lead.workspace_id,
            Suppression.lead_id == lead.id,
            Suppression.reason == SuppressionReason.FORMER,
        )
    ).all()
    for each in former:
        session.delete(each)
    session.flush()
    return former


def former_companies(session: Session, workspace_id: int, lead_ids: Collection[int]) -> set[int]:
    """Return the ids of the companies that these leads have left."""
    ids: BindParameter[int] = bindparam("ids", [*lead_ids], expanding=True)
    left = select(Suppression.company_id).where(
        Suppression.workspace_id == workspace_id, Suppression.lead_id.in_(ids), Suppression.company_id.is_not(None)
    )
    return {each for each in session.scalars(left) if each is not None}


def keys_of(company: Company | None) -> tuple[str, ...]:
    """Return by what a company is known."""
    return tuple(filter(None, (company.name_key, company.domain))) if company else ()


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Somebody who must not come back: the emptied lead that they were, why, since when, and by how many hashes."""

    lead_id: int | None
    reason: SuppressionReason
    since: datetime
    hashes: int


def listed(session: Session, workspace_id: int) -> list[Suppressed]:
    """Return who must not come back, the latest first."""
    since = func.min(Suppression.at)
    found = session.execute(
        select(Suppression.lead_id, Suppression.reason, since, func.count())
        .where(Suppression.workspace_id == workspace_id, _IN_FORCE)
        .group_by(Suppression.lead_id, Suppression.reason)
        .order_by(since.desc(), Suppression.lead_id.desc())
    )
    return [Suppressed(*row) for row in found]


def add_listed(session: UnitOfWork, workspace_id: int, recognisers: Collection[Recogniser], *, now: datetime) -> int:
    """Keep that whoever is recognised by one of these wants no contact; return how many weren't kept yet.

    Raises NoPersonalKey.
    """
    key = session.personal_key
    if key is None:
        raise NoPersonalKey
    digests = dict.fromkeys(key.digest(workspace_id, each) for each in recognisers)
    known = {digest for digest, _ in session.execute(_OF, {"workspace_id": workspace_id, "digests": [*digests]})}
    new = [digest for digest in digests if digest not in known]
    reason = SuppressionReason.OPTED_OUT
    about = {"workspace_id": workspace_id, "key_mark": key.mark, "reason": reason, "lead_id": None, "at": now}
    session.add_all(Suppression(digest=digest, **about) for digest in new)
    session.flush()
    return len(new)


def lift(session: UnitOfWork, workspace_id: int, person: str, *, by: Actor, now: datetime) -> int:
    """Let somebody come back, by the number of the lead they were or by their address; return how many hashes went.

    Raises NoPersonalKey for an address where BATON_KEY isn't set.
    """
    ours = Suppression.workspace_id == workspace_id
    digests: list[str] = []
    if number := LEAD_NUMBER.fullmatch(person.strip()):
        lead = merging.root(session, rows.get(session, Lead, int(number[1]), workspace_id))
        lead_ids: Sequence[int | None] = [lead.id] if lead is not None else []
    elif session.personal_key is None:
        raise NoPersonalKey
    else:
        key = session.personal_key
        digests = [key.digest(workspace_id, each) for each in recognisers_named(person)]
        lead_ids = session.scalars(
            select(Suppression.lead_id).where(ours, _IN_FORCE, Suppression.digest.in_(digests))
        ).all()
    # What a list named is nobody's lead; only that goes.
    listed = and_(Suppression.lead_id.is_(None), Suppression.digest.in_(digests))
    gone = session.execute(
        delete(Suppression).where(ours, or_(Suppression.lead_id.in_(lead_ids), listed)).returning(Suppression.id)
    )
    hashes = len(gone.all())
    for lead_id in {*lead_ids} if hashes else ():
        audit.record(session, workspace_id, AuditAction.SUPPRESSION_LIFTED, by=by, lead_id=lead_id, now=now)
    return hashes


def is_keyed(session: Session, key: PersonalKey | None) -> bool:
    """Say whether everybody who must not come back is known by this key, in every workspace of the database."""
    others = exists().where(_IN_FORCE, *((Suppression.key_mark != key.mark,) if key else ()))
    return session.scalar(select(others).execution_options(**{rows.EVERY_WORKSPACE: True})) is not True


# Built once: building a statement takes longer than running it.
_WHILE_NOBODY_IS_ERASED: Final = text("SELECT pg_advisory_xact_lock_shared(hashtext('baton erase'), :workspace_id)")
_HOLD_ARRIVALS: Final = text("SELECT pg_advisory_xact_lock(hashtext('baton erase'), :workspace_id)")
_IN_FORCE: Final = Suppression.reason != SuppressionReason.FORMER
_OURS: Final = Suppression.workspace_id == bindparam("workspace_id")
_ANY: Final = select(Suppression.id).where(_OURS, _IN_FORCE).limit(1)
_OF: Final = select(Suppression.digest, Suppression.reason).where(
    _OURS, _IN_FORCE, Suppression.digest.in_(bindparam("digests", expanding=True))
)
