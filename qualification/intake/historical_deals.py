"""Deals that leads had before they came here, recorded as handoffs with their history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, insert, select
from sqlalchemy.orm import Session

from qualification.intake.roster import Roster
from qualification.leads import events as history
from qualification.leads import merging
from qualification.leads.companies import country_of, size_of
from qualification.leads.lifecycle import move_lifecycle
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.playbook.playbooks import Published
from qualification.records import Company, Handoff, Lead, LeadEvent, Person, nearness
from qualification.records.rows import in_workspace
from qualification.rules.handoffs.decision_memory import DecisionMemory
from qualification.rules.handoffs.event_types import Accepted, Disqualified, Event, HandedOver, LifecycleMoved, StageSet
from qualification.rules.handoffs.lifecycle_moves import lifecycle_of, qualified_since
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState
from qualification.rules.leads.lead_input import HandoffInput
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.playbook.playbook import Playbook


@dataclass(frozen=True, slots=True)
class HistoricalDeal:
    """One deal that a lead had; `key` is the sender's own id of it, or one made of the row."""

    lead: Lead
    input: HandoffInput
    owner: Person | None
    key: str


def state_of(deal: HandoffInput, playbook: Playbook) -> HandoffState:
    """Return the state of the deal's handoff: disqualified, won or lost by its stage, else accepted."""
    if deal.disqualified is not None:
        return HandoffState.DISQUALIFIED
    stage = playbook.stage(deal.stage) if deal.stage else None
    endings = {"won": HandoffState.WON, "lost": HandoffState.LOST}
    return endings[stage.ends] if stage is not None and stage.ends else HandoffState.ACCEPTED


def recorded(session: Session, workspace_id: int, sender: str, keys: Sequence[str]) -> set[str]:
    """Return the keys among `keys` of deals that were recorded before."""
    parameters = {"workspace_id": workspace_id, "sender": sender, "keys": keys}
    return {*session.scalars(_RECORDED, parameters)} if keys else set()


def with_sales(session: Session, leads: Sequence[Lead]) -> set[int]:
    """Return the ids of those leads that have a live handoff, of their own or of a lead merged into them."""
    if not leads:
        return set()
    workspace_id = leads[0].workspace_id
    roots = merging.families(session, workspace_id, [lead.id for lead in leads])
    found = session.scalars(_LIVE, {"workspace_id": workspace_id, "ids": [*roots]})
    return {roots[lead_id] for lead_id in found}


def record(
    session: UnitOfWork,
    roster: Roster,
    sender: str,
    deals: Sequence[HistoricalDeal],
    *,
    announcing: bool,
    now: datetime,
) -> None:
    """Record the deals as handoffs with their history, and set each lead's lifecycle by its latest one.

    With `announcing`, Slack shows the open ones at once; else each gets its card when something happens to it.
    """
    if not deals:
        return
    published = roster.published
    for deal in deals:
        if deal.input.note and state_of(deal.input, published.playbook) in LIVE_STATES:
            deal.lead.note = deal.lead.note or deal.input.note
    of_leads = {"workspace_id": roster.workspace_id, "ids": {deal.lead.company_id for deal in deals}}
    companies = {company.id: company for company in session.scalars(_COMPANIES, of_leads)}
    rows = [(deal, _handoff(roster, sender, deal, companies.get(deal.lead.company_id or 0), now=now)) for deal in deals]
    session.add_all(handoff for _, handoff in rows)
    session.flush()
    events = [event for _, handoff in rows for event in _events(handoff, published)]
    events += _move_lifecycles(session, rows, published)
    session.flush()
    session.connection().execute(insert(LeadEvent), events)
    owners = {}
    for deal, handoff in rows:
        if handoff.state in LIVE_STATES and deal.owner is not None:
            owners[deal.owner.id] = deal.owner
            if announcing:
                surfaces.enqueue_card(session, handoff, now=now)
                surfaces.enqueue_direct_card(session, handoff, deal.owner, now=now)
    for owner_id in sorted(owners):
        surfaces.refresh_home(session, owners[owner_id], now=now)


def _handoff(roster: Roster, sender: str, deal: HistoricalDeal, company: Company | None, *, now: datetime) -> Handoff:
    published = roster.published
    written, lead, owner = deal.input, deal.lead, deal.owner
    state = state_of(written, published.playbook)
    ended = state not in LIVE_STATES
    at = written.first_at or now
    accepted_at = (written.accepted_at or at) if owner is not None else None
    lifecycle = _lifecycle(written.stage, state, published.playbook)
    before = DecisionMemory(
        state=HandoffState.ACCEPTED if owner else HandoffState.MANAGER_QUEUE,
        owner_id=owner.id if owner else None,
        decided_by_id=owner.id if owner else None,
        accepted_at=accepted_at,
        stage=published.playbook.first_stage.key if owner else None,
    )
    return Handoff(
        workspace_id=lead.workspace_id,
        lead_id=lead.id,
        team_id=roster.team_of(written, owner),
        playbook_id=published.id,
        did=written.did or "",
        problem=lead.problem,
        source=lead.source,
        campaign=lead.campaign,
        size=size_of(lead, company),
        country=country_of(lead, company),
        state=state,
        owner_id=owner.id if owner else None,
        stage=written.stage,
        announced_at=at,
        accepted_at=accepted_at,
        contacted_at=written.contacted_at,
        qualified_at=qualified_since(None, lifecycle, (written.ended_at if ended else None) or accepted_at or at),
        ended_at=written.ended_at if ended else None,
        decided_by_id=owner.id if owner else None,
        reason=written.disqualified or written.lost,
        reason_note=written.note if ended else None,
        before_decision=before.to_json() if ended else None,
        sender=sender,
        external_id=deal.key,
    )


def _events(handoff: Handoff, published: Published) -> Iterator[dict[str, Any]]:
    """Yield the events of a deal, as far as the row tells its history."""
    # The sender tells historical events from those that happen here.
    sender = handoff.sender
    yield _event(handoff, HandedOver(sender=sender), handoff.announced_at)
    if handoff.accepted_at is not None:
        yield _event(handoff, Accepted(claimed=False, sender=sender), handoff.accepted_at)
    if handoff.state is HandoffState.DISQUALIFIED:
        reason = published.playbook.disqualify_reason(handoff.reason or "")
        event = Disqualified(reason=reason.name if reason else None, note=handoff.reason_note, sender=sender)
        yield _event(handoff, event, handoff.ended_at or handoff.announced_at)
    elif handoff.stage is not None:
        stage, lost = published.playbook.stage(handoff.stage), published.playbook.lost_reason(handoff.reason or "")
        moved = StageSet(
            stage=stage.name if stage else handoff.stage,
            reason=lost.name if lost else None,
            note=handoff.reason_note,
            sender=sender,
        )
        yield _event(
            handoff, moved, handoff.ended_at or handoff.contacted_at or handoff.accepted_at or handoff.announced_at
        )


def _move_lifecycles(
    session: Session, rows: Sequence[tuple[HistoricalDeal, Handoff]], published: Published
) -> list[dict[str, Any]]:
    """Move each lead's lifecycle by its nearest handoff, and return an event for each that moves."""
    leads = {deal.lead.id: deal.lead for deal, _ in rows}
    workspace_id = rows[0][0].lead.workspace_id
    roots = merging.families(session, workspace_id, leads)
    nearest: dict[int, Handoff] = {}
    for handoff in session.scalars(_ALL_OF, {"workspace_id": workspace_id, "ids": [*roots]}):
        lead_id = roots[handoff.lead_id]
        nearest[lead_id] = max(nearest.get(lead_id, handoff), handoff, key=nearness)
    ours = {handoff.id for _, handoff in rows}
    events: list[dict[str, Any]] = []

    def record(handoff: Handoff, moved: LifecycleMoved) -> None:
        at = handoff.ended_at or handoff.accepted_at or handoff.announced_at
        events.append(_event(handoff, replace(moved, sender=handoff.sender), at))

    for lead_id, handoff in sorted(nearest.items()):
        if handoff.id in ours:
            leads[lead_id].gated_by = None
            to = _lifecycle(handoff.stage, handoff.state, published.playbook)
            move_lifecycle(leads[lead_id], to, record=partial(record, handoff))
    return events


def _lifecycle(key: str | None, state: HandoffState, playbook: Playbook) -> Lifecycle:
    """Return the lead's lifecycle by a handoff's stage and state, without a checklist."""
    stage = playbook.stage(key) if key else None
    return lifecycle_of(state, False, stage.lifecycle if stage else None)  # noqa: FBT003 - no checklist came


def _event(handoff: Handoff, event: Event, at: datetime) -> dict[str, Any]:
    return history.event_row(
        handoff.workspace_id,
        handoff.lead_id,
        event,
        at=at,
        handoff_id=handoff.id,
        actor_id=None if isinstance(event, HandedOver) else handoff.owner_id,
        playbook_id=handoff.playbook_id,
    )


# Built once: building a statement takes longer than running it.
_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_RECORDED: Final = select(Handoff.external_id).where(
    Handoff.workspace_id == bindparam("workspace_id"),
    Handoff.sender == bindparam("sender"),
    Handoff.external_id.in_(bindparam("keys", expanding=True)),
)
_LIVE: Final = select(Handoff.lead_id).where(
    in_workspace(Handoff), Handoff.lead_id.in_(_IDS), Handoff.state.in_(LIVE_STATES)
)
_ALL_OF: Final = select(Handoff).where(in_workspace(Handoff), Handoff.lead_id.in_(_IDS)).order_by(Handoff.id)
_COMPANIES: Final = select(Company).where(in_workspace(Company), Company.id.in_(_IDS))
