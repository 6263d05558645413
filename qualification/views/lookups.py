"""Whom somebody looked for and was shown, as the audit keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.records import Handoff
from qualification.rules.people.audited import Surface
from qualification.rules.refusals import LeadElsewhere
from qualification.views.held import GatedLeads
from qualification.views.lead_page import FoundLead, LeadPage
from qualification.views.merge_form import MergeForm
from qualification.views.search import LeadLine


@dataclass(frozen=True, slots=True)
class Lookup:
    """The leads that an answer shows, by number, and where; `contact` says that it shows contact details."""

    surface: Surface
    lead_ids: tuple[int, ...] = ()
    contact: bool = False


def of_page(page: LeadPage, surface: Surface = Surface.LEAD) -> Lookup:
    """Return the look at a lead's page, or at a form that is filled from it."""
    return Lookup(surface, (page.lead_id,), contact=page.sees_contact)


def of_list(found: Sequence[FoundLead]) -> Lookup:
    """Return the look at a list of those that the words may mean."""
    return Lookup(Surface.LEAD, tuple(each.lead_id for each in found))


def of_candidates(form: MergeForm, other_id: int | None = None) -> Lookup | None:
    """Return the look at the leads that may be merged with one, or at the one of them that was chosen."""
    shown = (other_id,) if other_id is not None else tuple(each.lead_id for each in form.candidates)
    return Lookup(Surface.MERGE, shown, contact=True) if shown else None


def of_held(held: GatedLeads) -> Lookup:
    """Return the look at those whom the gates hold; for whoever only sees how many there are, at nobody."""
    return Lookup(Surface.HELD, tuple(each.lead_id for each in held.latest))


def of_checklists(session: Session, workspace_id: int, lines: Sequence[LeadLine]) -> Lookup:
    """Return the look at leads whose checklist somebody asked for by words."""
    handoff_ids = [each.handoff_id for each in lines]
    leads = select(Handoff.lead_id).where(Handoff.workspace_id == workspace_id, Handoff.id.in_(handoff_ids))
    return Lookup(Surface.BANT, tuple(dict.fromkeys(session.scalars(leads.order_by(Handoff.id)))))


def of_refusal(refusal: LeadElsewhere) -> Lookup | None:
    """Return the look at a lead whose checklist isn't for whoever asked, and that they were told of all the same."""
    return Lookup(Surface.BANT, (refusal.lead_id,)) if refusal.lead_id is not None else None


def record(session: UnitOfWork, workspace_id: int, slack_user_id: str, lookup: Lookup, *, now: datetime) -> None:
    """Have the audit keep it."""
    by = audit.actor_of(session, workspace_id, slack_user_id)
    surface, contact = lookup.surface, lookup.contact
    audit.record_lookup(session, workspace_id, lookup.lead_ids, by=by, surface=surface, now=now, contact=contact)
