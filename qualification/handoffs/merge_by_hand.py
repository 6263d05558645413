"""Two leads that somebody says are one person: what merging them would do, and doing it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from qualification.handoffs.viewpoint import Viewpoint, seen_lead, viewpoint
from qualification.leads import contacts, merging, resolution
from qualification.leads.titles import title_of
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import people
from qualification.records import NEAREST, Activity, Company, Handoff, Lead, Team, rows
from qualification.rules.handoffs.sight import Sight
from qualification.rules.refusals import NotAManager, NotInPlaybook, StaleCard

BY_HAND: Final = "by_hand"


class MergeObstacle(StrEnum):
    """Why two leads can't be merged: they are one already, or sales is at work on each."""

    SAME = "same"
    BOTH_WITH_SALES = "both_with_sales"


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What merging two leads would do: which one stays, and what is true of it then.

    `name`, `company`, `emails` and `phones` are those of the one that stays, with what it takes over; the first of
    these are shown on cards. `scores` are those of both, which are added up anew. `activities` and `handoffs` are
    counts of both together. With an `obstacle` nothing would happen.
    """

    kept_id: int
    merged_id: int
    kept: str
    merged: str
    name: str | None
    company: str | None
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    scores: tuple[int, int]
    activities: int
    handoffs: int
    do_not_contact: bool
    obstacle: MergeObstacle | None


def whole_lead(session: Session, view: Viewpoint, workspace_id: int, lead_id: int) -> Lead:
    """Return the lead of that id, for somebody who sees all of it.

    Raises UnknownLead, NotInPlaybook, StaleCard for one that was erased, and NotAManager with who may see it.
    """
    lead, seen = seen_lead(session, view, workspace_id, lead_id)
    if lead.erased_at is not None:
        raise StaleCard
    if seen is not Sight.CONTACT:
        made = _handoffs_of(session, lead).order_by(*NEAREST).limit(1)
        handoff = session.scalar(made)
        team = rows.get_one(session, Team, handoff.team_id, handoff.workspace_id) if handoff else None
        manager = people.ref_of(session, lead.workspace_id, team.manager_id) if team else None
        raise NotAManager(may=(manager,) if manager else ())
    return lead


def preview(session: Session, workspace_id: int, slack_user_id: str, one_id: int, other_id: int) -> MergePreview:
    """Return what merging the two would do; raises what `whole_lead` raises."""
    view = viewpoint(session, workspace_id, slack_user_id)
    one, other = (whole_lead(session, view, workspace_id, each) for each in (one_id, other_id))
    kept = merging.kept_of(session, one, other) if one is not other else one
    obstacle = MergeObstacle.SAME if one is other else MergeObstacle.BOTH_WITH_SALES if kept is None else None
    kept = kept or one
    merged = other if kept is one else one
    companies = [rows.get(session, Company, each.company_id, workspace_id) for each in (kept, merged)]
    company = next(filter(None, companies), None)
    family = [*merging.families(session, workspace_id, {one.id, other.id})]
    done = select(func.count()).where(rows.in_workspace(Activity, workspace_id), Activity.lead_id.in_(family))
    made = select(func.count()).where(rows.in_workspace(Handoff, workspace_id), Handoff.lead_id.in_(family))
    emails, phones = (
        dict.fromkeys(each for lead in (kept, merged) for each in of(session, lead, merging.family(session, lead)))
        for of in (contacts.all_emails, contacts.all_phones)
    )
    return MergePreview(
        kept_id=kept.id,
        merged_id=merged.id,
        kept=title_of(kept, companies[0], contact=True, zone=None),
        merged=title_of(merged, companies[1], contact=True, zone=None),
        name=kept.name or merged.name,
        company=company.name if company else None,
        emails=tuple(emails),
        phones=tuple(phones),
        scores=(kept.score, merged.score),
        activities=session.scalar(done) or 0,
        handoffs=session.scalar(made) or 0,
        do_not_contact=kept.do_not_contact or merged.do_not_contact,
        obstacle=obstacle,
    )


def merge(
    session: UnitOfWork, workspace_id: int, slack_user_id: str, one_id: int, other_id: int, *, now: datetime
) -> MergePreview:
    """Merge the two for somebody who sees all of both, and return what it did; *Split* takes it back.

    Raises StaleCard where they can't be merged any more, and what `whole_lead` raises.
    """
    view = viewpoint(session, workspace_id, slack_user_id)
    if view.person is None:
        raise NotInPlaybook
    one, other = (whole_lead(session, view, workspace_id, each) for each in (one_id, other_id))
    handoffs = resolution.lock_person(session, one, other)
    would = preview(session, workspace_id, slack_user_id, one.id, other.id)
    if would.obstacle is not None:
        raise StaleCard
    merging.merge(session, one, other, reason=BY_HAND, now=now, by=view.person)
    for handoff in handoffs:
        outbox.mark_stale(session, workspace_id, handoff.id, now)
    return would


def _handoffs_of(session: Session, lead: Lead) -> Select[Handoff]:
    of_family = Handoff.lead_id.in_(merging.family(session, lead))
    return select(Handoff).where(rows.in_workspace(Handoff, lead.workspace_id), of_family)
