"""What is shown before two leads are merged by hand: which leads may be meant, and what a merge would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from qualification.handoffs import merge_by_hand
from qualification.handoffs.merge_by_hand import MergePreview
from qualification.handoffs.viewpoint import Viewpoint, viewpoint
from qualification.leads import contacts, merging, titles
from qualification.leads.naming import LEAD_NUMBER
from qualification.records import Company, Lead, LeadPhone, rows
from qualification.rules.handoffs.sight import Sight
from qualification.rules.leads.likeness import names_differ
from qualification.views import search

MOST_CANDIDATES: Final = 5
# Leads that are compared, of each way to find some; a switchboard's number may be that of thousands.
_MOST_COMPARED: Final = 200
# Of 100: how alike names have to be.
_ALIKE: Final = 85


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that may be the same person, by its title and the date from which it is known; `why` is what they share.

    `why` is "phone", "name", or "" for one that was only looked up.
    """

    lead_id: int
    lead: str
    email: str | None
    why: str


@dataclass(frozen=True, slots=True)
class MergeForm:
    """What is asked before a preview: which other lead is meant, among likely ones; `query` is what was sought."""

    lead_id: int
    lead: str
    candidates: tuple[Candidate, ...]
    query: str = ""


def merge_form(session: Session, workspace_id: int, slack_user_id: str, lead_id: int, query: str = "") -> MergeForm:
    """Return the form for whoever sees all of the lead, with the leads that may be it; with a `query`, those it means.

    Raises what `merge_by_hand.whole_lead` raises.
    """
    view = viewpoint(session, workspace_id, slack_user_id)
    lead = merge_by_hand.whole_lead(session, view, workspace_id, lead_id)
    if query:
        number = LEAD_NUMBER.fullmatch(query)
        by_number = rows.get(session, Lead, int(number[1]) if number else None, workspace_id)
        meant = [merging.root(session, by_number)] if by_number else search.anybody(session, view, workspace_id, query)
        others = [each for each in meant if each is not None and each is not lead and each.erased_at is None]
        found = [_candidate(session, each, "") for each in others if view.of_lead(session, each) is Sight.CONTACT]
    else:
        found = [*candidates(session, view, lead)]
    return MergeForm(lead.id, _title(session, lead), tuple(found[: search.MOST]), query)


def preview(session: Session, workspace_id: int, slack_user_id: str, one_id: int, other_id: int) -> MergePreview:
    """Return what merging the two would do; raises what `merge_by_hand.preview` raises."""
    return merge_by_hand.preview(session, workspace_id, slack_user_id, one_id, other_id)


def candidates(session: Session, view: Viewpoint, lead: Lead) -> tuple[Candidate, ...]:
    """Return the leads that may be the same person: with the same number, or with a like name at a like company.

    Only those of which the reader sees all, for nobody may merge others. Few leads are compared, which indexes find,
    whatever the number of all. Those that somebody has split off aren't proposed again.
    """
    family = merging.family(session, lead)
    apart = {*family, *merging.split_from(session, lead.workspace_id, family)}
    numbers = {each.phone_key for each in contacts.phones_of(session, lead.workspace_id, family)}
    proposed: dict[int, Candidate] = {}
    found = [("phone", each) for each in (_read(session, lead, _SAME_PHONE, numbers=[*numbers]) if numbers else ())]
    if lead.name_key is not None:
        found += [("name", each) for each in _read(session, lead, _SAME_NAME, name=lead.name_key)]
        if lead.company_id is not None:
            found += [("name", each) for each in _read(session, lead, _SAME_COMPANY, company=lead.company_id)]
    for why, other in found:
        if other.id in apart | proposed.keys() or not _are_alike(session, lead, other, why):
            continue
        if view.of_lead(session, other) is Sight.CONTACT:
            proposed[other.id] = _candidate(session, other, why)
        if len(proposed) == MOST_CANDIDATES:
            break
    return tuple(proposed.values())


def _read(session: Session, lead: Lead, statement: Select[Lead], **parameters: object) -> Sequence[Lead]:
    return session.scalars(statement, {"workspace_id": lead.workspace_id, **parameters}).all()


def _are_alike(session: Session, one: Lead, other: Lead, why: str) -> bool:
    """Say whether both share a number under names that don't differ, or have a like name at a like company."""
    if why == "phone":
        return not names_differ(one.name_key, other.name_key)
    if fuzz.token_sort_ratio(one.name_key or "", other.name_key or "") < _ALIKE and names_differ(
        one.name_key, other.name_key
    ):
        return False
    if one.company_id == other.company_id:
        return True
    companies = [rows.get(session, Company, each.company_id, each.workspace_id) for each in (one, other)]
    names = [company.name_key for company in companies if company]
    return len(names) < len(companies) or fuzz.token_set_ratio(*names) >= _ALIKE


def _candidate(session: Session, lead: Lead, why: str) -> Candidate:
    return Candidate(lead.id, _title(session, lead), lead.email, why)


def _title(session: Session, lead: Lead) -> str:
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    return titles.title_of(lead, company, contact=True, zone=None)


# In no order, so that each is found by its index and no more than are compared are read.
_STANDING: Final = select(Lead).where(Lead.merged_into_id.is_(None), Lead.erased_at.is_(None)).limit(_MOST_COMPARED)
_SAME_PHONE: Final = _STANDING.join(LeadPhone, LeadPhone.lead_id == Lead.id).where(
    LeadPhone.workspace_id == bindparam("workspace_id"),
    LeadPhone.phone_key.in_(bindparam("numbers", expanding=True)),
)
_SAME_NAME: Final = _STANDING.where(Lead.workspace_id == bindparam("workspace_id"), Lead.name_key == bindparam("name"))
_SAME_COMPANY: Final = _STANDING.where(rows.in_workspace(Lead), Lead.company_id == bindparam("company"))
