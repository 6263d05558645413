"""Which lead somebody means: found by external id, mailbox, or name at a company, else added; and its locks.

`index` reads and locks what a batch may mean, `resolver` decides row by row, `writer` writes the changes.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from qualification.leads import events, merging
from qualification.leads.companies import Companies
from qualification.leads.index import FoundLate, live_among, lock_handoffs, require_locked
from qualification.leads.merging import root
from qualification.leads.resolver import ResolvedLead, Resolver
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, Handoff, Lead, Person
from qualification.rules.handoffs.event_types import AddressMoved
from qualification.rules.leads.lead_data import CompanyData, LeadData

__all__ = [
    "ResolvedLead",
    "lock_company",
    "lock_person",
    "lock_root",
    "locked",
    "record_moved",
    "resolve",
    "resolve_all",
    "root",
]

T = TypeVar("T")

# Locks are taken anew at most this many times, when other transactions add or change the same leads at the moment.
_MOST_TRIES: Final = 20
# SQLSTATE deadlock_detected: PostgreSQL cancelled one of two transactions that waited for each other.
_DEADLOCK: Final = "40P01"


def resolve(session: UnitOfWork, workspace_id: int, row: LeadData, *, now: datetime) -> ResolvedLead:
    """Find the lead or add it, and write what is new about it: `resolve_all` for one row."""
    (resolved,) = resolve_all(session, workspace_id, [row], now=now)
    return resolved


def resolve_all(
    session: UnitOfWork, workspace_id: int, rows: Sequence[LeadData], *, now: datetime
) -> list[ResolvedLead]:
    """Find the leads or add them, one row after the other, and write what is new about each.

    A row means the lead with the sender's id, else the one with the e-mail address (whatever its case, and without a
    tag after a plus sign), else the one with the full name at the company. Where the id means one lead and the address
    another, the two are merged. Different addresses are different people, even with the same name; a lead without id
    and address is never merged.

    Returns a lead for each row, all locked until the commit: their companies, then their live handoffs, then
    themselves, each by id. Raises DBAPIError or FoundLate if other transactions kept changing the same leads in every
    attempt.
    """
    return _in_order(session, lambda: Resolver(session, workspace_id, rows, now=now).run())


def record_moved(
    session: UnitOfWork, resolved: ResolvedLead, *, now: datetime, by: Person | None = None, in_thread: bool = True
) -> None:
    """Record for everybody whose address this lead has now that they lost it; with `in_thread`, their thread tells it.

    It locks messages: call it behind all else. `by` is whoever gave the address.
    """
    for lead, live in resolved.taken_from:
        events.record_of_lead(
            session, lead, live, AddressMoved(other=resolved.lead.id), now=now, by=by, in_thread=in_thread
        )


def locked(session: Session, lead: Lead) -> Handoff | None:
    """Lock the lead, read as it is now, and return its live handoff, locked, if it has one."""

    def lock() -> Handoff | None:
        # Decisions lock the handoff before the lead: in the other order the two would wait for each other.
        handoffs = lock_handoffs(session, lead.workspace_id, merging.family(session, lead))
        session.refresh(lead, with_for_update={"key_share": True})
        live = next(iter(live_among(handoffs)), None)
        if live is None:
            require_locked(session, lead.workspace_id, [lead.id], handoffs)
        return live

    return _in_order(session, lock)


def lock_root(session: Session, lead: Lead) -> Lead:
    """Lock the lead that this one was merged into, or the lead itself if it wasn't, and return it."""

    def lock() -> Lead:
        found = root(session, lead) or lead
        session.refresh(found, with_for_update={"key_share": True})
        if found.merged_into_id is not None:
            raise FoundLate
        return found

    return _in_order(session, lock)


def lock_person(session: Session, *leads: Lead) -> Sequence[Handoff]:
    """Lock all that is one person, or several, before any of it is changed, and return their handoffs by id.

    In the order of all locks: the companies, then the handoffs, then the leads and all that were merged into them.
    """
    workspace_id = leads[0].workspace_id

    def family() -> list[int]:
        return [*merging.families(session, workspace_id, [lead.id for lead in leads])]

    def lock() -> Sequence[Handoff]:
        of_person = {"workspace_id": workspace_id, "ids": family()}
        companies = session.scalars(_COMPANIES_OF, of_person).all()
        session.scalars(_LOCKED_COMPANIES, {"workspace_id": workspace_id, "ids": companies}).all()
        handoffs = session.scalars(_LOCKED_HANDOFFS_OF, of_person).all()
        locked_leads = session.scalars(_LOCKED_LEADS_OF, of_person).all()
        there = {each.company_id for each in locked_leads} - {None}
        later = family()
        made = session.scalars(_HANDOFFS_OF, {**of_person, "ids": later}).all()
        if later != of_person["ids"] or not there <= {*companies} or len(made) != len(handoffs):
            raise FoundLate
        return handoffs

    return _in_order(session, lock)


def lock_company(session: Session, lead: Lead, data: CompanyData) -> tuple[Company, Sequence[Handoff]]:
    """Lock the lead, its company and its handoffs; return the company that `data` means, and the handoffs by id.

    The company is locked too; where there is none yet, it is added.
    """

    def lock() -> tuple[Company, Sequence[Handoff]]:
        companies = Companies(session, lead.workspace_id, [data], [lead.company_id] if lead.company_id else [])
        handoffs = lock_person(session, lead)
        company = companies.resolve(data)
        companies.write()
        return company, handoffs

    return _in_order(session, lock)


def _in_order(session: Session, lock: Callable[[], T]) -> T:
    """Take locks in their order; where something is found out of order, let them all go and begin anew.

    Then it is found at once, and waited for in its place.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            with session.begin_nested():
                return lock()
        except (DBAPIError, FoundLate) as error:
            # After another transaction has added one of these leads, the next attempt finds it.
            if attempt == _MOST_TRIES or not _is_conflict(error):
                raise


def _is_conflict(error: DBAPIError | FoundLate) -> bool:
    """Say whether another transaction wrote the same at the same moment: it took a unique key, or both waited."""
    return isinstance(error, IntegrityError | FoundLate) or getattr(error.orig, "sqlstate", None) == _DEADLOCK


# Built once: building a statement takes longer than running it.
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_COMPANIES_OF: Final = select(Lead.company_id).where(
    Lead.workspace_id == bindparam("workspace_id"), Lead.id.in_(_IDS), Lead.company_id.is_not(None)
)
_LOCKED_COMPANIES: Final = (
    select(Company)
    .where(Company.workspace_id == bindparam("workspace_id"), Company.id.in_(_IDS))
    .order_by(Company.id)
    .with_for_update()
)
_HANDOFFS_OF: Final = (
    select(Handoff)
    .where(Handoff.workspace_id == bindparam("workspace_id"), Handoff.lead_id.in_(_IDS))
    .order_by(Handoff.id)
)
_LOCKED_HANDOFFS_OF: Final = _HANDOFFS_OF.with_for_update(key_share=True)
_LOCKED_LEADS_OF: Final = (
    select(Lead)
    .where(Lead.workspace_id == bindparam("workspace_id"), Lead.id.in_(_IDS))
    .order_by(Lead.id)
    .with_for_update(key_share=True)
)
