"""A person erased wholly: what is known of them goes, and every message that showed them is written anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from qualification.handoffs import tasks
from qualification.handoffs import undo as decision_undo
from qualification.handoffs.viewpoint import viewpoint
from qualification.leads import erasing, events, merging, resolution, suppression
from qualification.leads.lifecycle import update_lifecycle
from qualification.leads.owned_rows import owned_rows
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.people.audit import Actor
from qualification.playbook import playbooks
from qualification.records import ChannelQueue, Delivery, Handoff, Lead, Person, Summary, rows
from qualification.routing import assignment, company_owner
from qualification.rules.handoffs import event_types
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome
from qualification.rules.leads.suppression import SuppressionReason
from qualification.rules.people.audited import AuditAction
from qualification.rules.refusals import LeadErased, NoPersonalKey, NotAnAdministrator, UnknownLead
from qualification.rules.reporting.named_handoffs import named_handoffs


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, or would be: the lead that stays, emptied, and how many rows of each table it concerns.

    `lead_ids` are those of the lead and of all that were found to be the same person; `ended` counts handoffs that were
    going on, `messages` those that Slack shows and that are written anew. `split` are leads that were taken to be the
    same person for a while, and split off: what was said meanwhile stays with whoever it was written to.
    """

    lead_id: int
    lead_ids: tuple[int, ...]
    rows: dict[str, int]
    ended: int
    messages: int
    split: tuple[int, ...] = ()


def preview(session: Session, workspace_id: int, lead_id: int) -> Erasure:
    """Return what `erase` would do; raises UnknownLead, and LeadErased where it is done."""
    root = _root(session, workspace_id, lead_id)
    family = merging.family(session, root)
    return _counted(session, workspace_id, root, owned_rows(session, workspace_id, family))


def erase_for(session: UnitOfWork, workspace_id: int, lead_id: int, *, by: str, now: datetime) -> Erasure:
    """Erase the lead's person for this Slack user; raises NotAnAdministrator, and what `erase` raises."""
    person = allowed(session, workspace_id, by)
    return erase(session, workspace_id, lead_id, by=person, now=now)


def allowed(session: Session, workspace_id: int, slack_user_id: str) -> Person:
    """Return the administrator who asks; raises NotAnAdministrator for anybody else."""
    view = viewpoint(session, workspace_id, slack_user_id)
    if view.person is None or not view.roles.may_erase:
        raise NotAnAdministrator
    return view.person


def erase(
    session: UnitOfWork, workspace_id: int, lead_id: int, *, by: Actor, keep_away: bool = True, now: datetime
) -> Erasure:
    """Empty the lead, and all that were merged into it, of the person, and have the audit keep who did it.

    Handoffs that are going on end as disqualified, without a reason. Rows stay, so that what was counted stays true;
    hashes keep the person from coming back without a word, and every message that showed them is queued to be written
    anew. Without `keep_away` they may come back, and no thread tells of it: nobody asked for it, the lead was old.
    Raises UnknownLead, LeadErased where it is done already, and NoPersonalKey where they are to be kept away, or want
    no contact, and BATON_KEY isn't set or is another than others were erased by.
    """
    # With another key than the one by which others were erased, nobody would be known by either.
    if keep_away and (session.personal_key is None or not suppression.is_keyed(session, session.personal_key)):
        raise NoPersonalKey
    suppression.hold_arrivals(session, workspace_id)
    root, handoffs = _locked(session, workspace_id, lead_id)
    shown_on_cards = _lock_further(session, workspace_id, handoffs, now=now)
    leads = [rows.get_one(session, Lead, each, workspace_id) for each in merging.family(session, root)]
    reason = _reason_to_keep_away(session, leads, asked=keep_away)
    companies = {each.company_id for each in leads if each.company_id is not None}
    # Nobody else locks a company meanwhile: whoever does has come in, and that is held.
    companies |= suppression.former_companies(session, workspace_id, [each.id for each in leads])
    person = by if isinstance(by, Person) else None
    ended = sum(
        _end(session, handoff, root, by=person, in_thread=handoff.id in shown_on_cards, now=now) for handoff in handoffs
    )
    _record(session, handoffs, root, by=person, in_thread=shown_on_cards if keep_away else frozenset(), now=now)
    owned = owned_rows(session, workspace_id, [each.id for each in leads])
    done = replace(_counted(session, workspace_id, root, owned), ended=ended)
    if reason is not None:
        suppression.suppress(session, root, leads, reason=reason, now=now)
    else:
        for each in leads:
            suppression.forget_former(session, each)
    erasing.empty(session, workspace_id, owned, now=now)
    erasing.drop_companies(session, workspace_id, companies)
    for handoff_id in owned[Handoff.__tablename__]:
        # Also the Home tabs of whoever had an earlier one.
        outbox.mark_stale(session, workspace_id, handoff_id, now)
    summaries = _summaries(session, workspace_id, owned[Handoff.__tablename__])
    lines = _lines_beside(session, handoffs, owned[Lead.__tablename__], now=now)
    shown = [*owned[Delivery.__tablename__], *summaries, *lines]
    outbox.write_anew(session, workspace_id, shown, now)
    action = AuditAction.ERASED if keep_away else AuditAction.RETENTION_ERASED
    audit.record(session, workspace_id, action, by=by, lead_id=done.lead_id, now=now, messages=len(shown))
    return done


def _reason_to_keep_away(session: UnitOfWork, leads: Sequence[Lead], *, asked: bool) -> SuppressionReason | None:
    """Return why the person must not come back unknown: they are erased, or once said that they want no contact.

    Raises NoPersonalKey where nobody could know them again.
    """
    if asked:
        return SuppressionReason.ERASED
    if not any(each.do_not_contact for each in leads):
        return None
    if session.personal_key is None:
        raise NoPersonalKey
    return SuppressionReason.OPTED_OUT


def _locked(session: Session, workspace_id: int, lead_id: int) -> tuple[Lead, Sequence[Handoff]]:
    """Lock all that is the person, and return their lead and their handoffs by id."""
    root = _root(session, workspace_id, lead_id)
    handoffs = resolution.lock_person(session, root)
    # Somebody may have merged or erased the lead while this waited.
    again = _root(session, workspace_id, lead_id)
    return (root, handoffs) if again is root else _locked(session, workspace_id, again.id)


def _lock_further(
    session: UnitOfWork, workspace_id: int, handoffs: Sequence[Handoff], *, now: datetime
) -> frozenset[int]:
    """Lock the pools whose turns are given back, then the cards; return which handoffs have one: decision 0032."""
    pools = {each.pool_id for each in handoffs if each.state in LIVE_STATES and each.pool_id is not None}
    if pools:
        assignment.lock_pools(session, workspace_id, pools)
    cards = {each.id: outbox.enqueue_card_again(session, workspace_id, each.id, now) for each in handoffs}
    return frozenset(handoff_id for handoff_id, card in cards.items() if card is not None)


def _root(session: Session, workspace_id: int, lead_id: int) -> Lead:
    lead = session.scalar(select(Lead).where(Lead.workspace_id == workspace_id, Lead.id == lead_id))
    root = merging.root(session, lead)
    if root is None:
        raise UnknownLead(query=f"#{lead_id}")
    if root.erased_at is not None:
        raise LeadErased(at=root.erased_at)
    return root


def _end(
    session: UnitOfWork, handoff: Handoff, lead: Lead, *, by: Person | None, in_thread: bool, now: datetime
) -> bool:
    """End a handoff that is going on or snoozed, and say that it was; of any other only the way back ends."""
    was = handoff.state
    decision_undo.forget(handoff)
    handoff.resume_at = None
    if was not in LIVE_STATES and was is not HandoffState.SNOOZED:
        return False
    offer = assignment.open_offer(session, handoff)
    if offer is not None:
        assignment.end_offer(session, offer, OfferOutcome.DISQUALIFIED, now=now)
        assignment.give_credit(session, offer)
    handoff.state = HandoffState.DISQUALIFIED
    handoff.ended_at = now
    handoff.decided_by_id = by.id if by else None
    handoff.reason = handoff.reason_note = None
    event = event_types.Disqualified(reason=None, note=None)
    published = playbooks.current(session, handoff.workspace_id)
    events.record_event(session, handoff, event, now=now, by=by, playbook_id=published.id, in_thread=in_thread)
    tasks.drop(session, handoff, by=by, now=now)
    passed = events.has_passed(session, lead)
    update_lifecycle(session, handoff, lead, published.playbook, passed=passed, now=now, by=by)
    for person_id in {handoff.owner_id, offer.person_id if offer else None} - {None}:
        surfaces.refresh_home(session, rows.get(session, Person, person_id, handoff.workspace_id), now=now)
    return True


def _record(
    session: UnitOfWork,
    handoffs: Sequence[Handoff],
    lead: Lead,
    *,
    by: Person | None,
    in_thread: frozenset[int],
    now: datetime,
) -> None:
    """Write the erasure down with the newest handoff; its thread tells it if it is among `in_thread`."""
    event = event_types.Erased()
    if handoffs:
        newest = max(handoffs, key=lambda each: each.id)
        events.record_event(session, newest, event, now=now, by=by, in_thread=newest.id in in_thread)
    else:
        events.record_lead_event(session, lead, event, now=now, by=by)


def _counted(session: Session, workspace_id: int, root: Lead, owned: dict[str, list[int]]) -> Erasure:
    handoffs = _HANDOFFS_GOING_ON, {"workspace_id": workspace_id, "ids": owned[Handoff.__tablename__]}
    return Erasure(
        lead_id=root.id,
        lead_ids=tuple(owned[Lead.__tablename__]),
        rows={name: len(ids) for name, ids in owned.items() if ids},
        ended=len(session.scalars(*handoffs).all()),
        messages=len(owned[Delivery.__tablename__]),
        split=merging.split_from(session, workspace_id, owned[Lead.__tablename__]),
    )


def _lines_beside(
    session: UnitOfWork, handoffs: Sequence[Handoff], lead_ids: Sequence[int], *, now: datetime
) -> list[int]:
    """Mark the cards stale that name the person beside another of their company; return the lines that do."""
    lines: list[int] = []
    for handoff in handoffs:
        others = company_owner.others_of(session, handoff)
        for other in others:
            outbox.mark_stale(session, other.workspace_id, other.id, now)
        first = company_owner.first_of(session, handoff)
        if first is not None:
            lines += events.lines_about(session, first, frozenset(lead_ids))
    return lines


def _summaries(session: Session, workspace_id: int, handoff_ids: Sequence[int]) -> Sequence[int]:
    """Return the deliveries of the summaries that name one of the handoffs: of their teams, since the first of them."""
    if not handoff_ids:
        return ()
    handoffs = frozenset(handoff_ids)
    read = session.execute(_SUMMARIES, {"workspace_id": workspace_id, "ids": handoff_ids})
    named = [summary_id for summary_id, figures in read if not handoffs.isdisjoint(named_handoffs(figures))]
    if not named:
        return ()
    return session.scalars(_OF_SUMMARIES, {"workspace_id": workspace_id, "ids": named}).all()


_IDS: Final[BindParameter[int]] = bindparam("ids", expanding=True)
_OURS: Final = Handoff.workspace_id == bindparam("workspace_id")
_HANDOFFS_GOING_ON: Final = select(Handoff.id).where(
    _OURS, Handoff.id.in_(_IDS), Handoff.state.in_(LIVE_STATES | {HandoffState.SNOOZED})
)
_THESE: Final = (rows.in_workspace(Handoff), Handoff.id.in_(_IDS))
_SUMMARIES: Final = select(Summary.id, Summary.figures).where(
    rows.in_workspace(Summary),
    Summary.team_id.in_(select(Handoff.team_id).where(*_THESE)),
    Summary.made_at >= select(func.min(Handoff.announced_at)).where(*_THESE).scalar_subquery(),
)
_CHANNELS: Final = select(ChannelQueue.id).where(
    ChannelQueue.workspace_id == bindparam("workspace_id"), ChannelQueue.person_id.is_(None)
)
# By place, kind and subject, the one index that has the subject.
_OF_SUMMARIES: Final = select(Delivery.id).where(
    rows.in_workspace(Delivery),
    Delivery.queue_id.in_(_CHANNELS),
    Delivery.kind.in_(("summary", "summary_details")),
    Delivery.subject.in_(_IDS),
)
