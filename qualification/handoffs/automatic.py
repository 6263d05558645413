"""Who is ready for sales and was not handed over: they are found, and handed over when somebody says so."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification.facts import HandedOver
from qualification.handoffs import handover
from qualification.intake import activities
from qualification.leads import resolution
from qualification.organisation import publishing
from qualification.records import Lead
from qualification.scoring import evaluation


@dataclass(frozen=True, slots=True)
class Looked:
    """Some leads looked at: how many, who of them is ready, and up to which id; `last` is None behind the last lead."""

    count: int
    ready: tuple[int, ...]
    last: int | None


def count(session: Session, workspace_id: int) -> int:
    """Count the leads, each once that turned out to be another."""
    every = select(func.count()).where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None))
    return session.scalar(every) or 0


def look(session: Session, workspace_id: int, *, after: int, limit: int) -> Looked:
    """Look at the next leads behind that id, the oldest first, by the current playbook; raises NoPlaybook.

    Ready is whose points or request would hand it over were it to do something now: sales does not have it, and no gate
    stops it.
    """
    playbook = publishing.current(session, workspace_id).playbook
    following = (
        select(Lead)
        .where(Lead.workspace_id == workspace_id, Lead.merged_into_id.is_(None), Lead.id > after)
        .order_by(Lead.id)
        .limit(limit)
    )
    found = session.scalars(following).all()
    standings = evaluation.judge(session, [lead for lead in found if lead.held_by is None], playbook)
    ready = tuple(lead_id for lead_id, standing in standings.items() if standing.is_ready and standing.gate is None)
    return Looked(len(found), ready, found[-1].id if found else None)


def hand_over(session: Session, lead_id: int, *, now: datetime) -> HandedOver | None:
    """Hand the lead over as if it had just done something; None where it is not, or no longer, ready."""
    lead = resolution.root(session, session.get_one(Lead, lead_id))
    if lead is None or resolution.locked(session, lead) is not None:
        return None
    made = activities.consider(session, [lead], published=publishing.current(session, lead.workspace_id), now=now)
    return handover.told(session, made[0], already=False) if made else None
