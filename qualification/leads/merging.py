"""Merging two leads that are one person, and splitting them again; both keep their own history throughout."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from qualification.leads import contacts, events
from qualification.leads.lifecycle import move_lifecycle, update_lifecycle
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.playbook import playbooks
from qualification.records import NEAREST, Handoff, Lead, LeadEvent, Merge, Person, nearness, rows
from qualification.rules.handoffs.event_types import Merged, Split
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState
from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.refusals import StaleCard

# The columns that the kept lead takes over if its own are empty.
_TAKEN_OVER: Final = (
    *("name", "name_key", "email", "email_key", "phone", "title", "company_id", "size", "country"),
    *("value_minor", "currency", "note", "problem", "source", "campaign"),
)
# Entries of `fields` are taken over one by one; in a Merge their names begin with this.
_FIELD: Final = "fields."


def kept_of(session: Session, one: Lead, other: Lead) -> Lead | None:
    """Return which of the two a merge keeps: the live one, else a snoozed one, else the older; None if both are live.

    People work on each of two that are live.
    """
    live = [lead for lead in (one, other) if _is_live(session, lead)]
    if len(live) > 1:
        return None
    snoozed = [lead for lead in (one, other) if _is_snoozed(session, lead)]
    return live[0] if live else min(snoozed or (one, other), key=lambda lead: lead.id)


def merge(session: Session, one: Lead, other: Lead, *, reason: str, now: datetime, by: Person | None = None) -> Lead:
    """Merge the two leads, and return the one that is kept.

    Two live leads stay two; so do two that somebody has split, because their sender will go on naming both, unless it
    is done `by` hand. Then `one` is returned.
    """
    kept = kept_of(session, one, other)
    if kept is None or (by is None and _were_split(session, one, other)):
        return one
    merged = other if kept is one else one
    taken = {name: getattr(merged, name) for name in _TAKEN_OVER if getattr(kept, name) is None}
    if merged.do_not_contact and not kept.do_not_contact:
        taken["do_not_contact"] = True
    stands_as_merged = kept.lifecycle is not merged.lifecycle and _sales_had(session, kept, merged) == merged.id
    for name, value in taken.items():
        setattr(kept, name, value)
    if stands_as_merged:
        move_lifecycle(kept, merged.lifecycle, record=None)
    further = {name: value for name, value in merged.fields.items() if name not in kept.fields}
    kept.fields = {**kept.fields, **further}
    merged.merged_into_id = kept.id
    # Its score is out of date: the activities of both count from now on.
    kept.scored_by_id = None
    kept.updated_at = merged.updated_at = now
    session.add(
        Merge(
            workspace_id=kept.workspace_id,
            kept_id=kept.id,
            merged_id=merged.id,
            reason=reason,
            taken_over=[
                *(name for name, value in taken.items() if value is not None),
                *(("lifecycle",) if stands_as_merged else ()),
                *(f"{_FIELD}{name}" for name in further),
            ],
            at=now,
        )
    )
    if taken.get("name_key") is not None:
        contacts.name_phones(session, kept)
    events.record_lead_event(session, kept, Merged(other=merged.id, reason=reason), now=now, by=by)
    events.record_lead_event(session, merged, Merged(other=kept.id, reason=reason), now=now, by=by)
    session.flush()
    if by is not None:
        contacts.vouch(session, kept.workspace_id, family(session, kept), vouched=True)
    return kept


def root(session: Session, lead: Lead | None) -> Lead | None:
    """Return the lead that this one was merged into, however many times; the lead itself if it wasn't."""
    while lead is not None and lead.merged_into_id is not None:
        lead = rows.get_one(session, Lead, lead.merged_into_id, lead.workspace_id)
    return lead


def split(session: UnitOfWork, merge_id: int, *, by: Person, now: datetime) -> tuple[Lead, Lead]:
    """Undo a merge, and return the lead that was kept and the other one.

    The kept lead loses what it took over, unless that has changed since. Handoffs made of the other lead go back to
    it, and snoozes that were dropped by the merge are due again. Raises StaleCard if the merge is undone already.
    """
    wanted = select(Merge).where(Merge.workspace_id == by.workspace_id, Merge.id == merge_id)
    found = session.scalar(wanted.with_for_update(key_share=True))
    if found is None or found.split_at is not None:
        raise StaleCard
    kept = rows.get_one(session, Lead, found.kept_id, by.workspace_id)
    merged = rows.get_one(session, Lead, found.merged_id, by.workspace_id)
    if kept.erased_at is not None:
        raise StaleCard
    # Handoffs are locked before leads, as in every decision.
    theirs = session.scalars(_HANDOFFS, {"workspace_id": kept.workspace_id, "ids": family(session, kept)}).all()
    for name in set(found.taken_over) & {*_TAKEN_OVER, "do_not_contact"}:
        if getattr(kept, name) == getattr(merged, name):
            setattr(kept, name, None if name in _TAKEN_OVER else False)
    further = {name.removeprefix(_FIELD) for name in found.taken_over if name.startswith(_FIELD)}
    back = {name for name in further if kept.fields.get(name) == merged.fields.get(name)}
    kept.fields = {name: value for name, value in kept.fields.items() if name not in back}
    merged.merged_into_id = kept.scored_by_id = merged.scored_by_id = None
    session.flush()
    contacts.show_own_email(session, kept, family(session, kept))
    contacts.vouch(session, kept.workspace_id, [*family(session, kept), *family(session, merged)], vouched=False)
    if "name_key" in found.taken_over:
        contacts.name_phones(session, kept)
    found.split_at, found.split_by_id = now, by.id
    kept.updated_at = merged.updated_at = now
    events.record_lead_event(session, kept, Split(other=merged.id), now=now, by=by)
    events.record_lead_event(session, merged, Split(other=kept.id), now=now, by=by)
    _give_back(session, kept, merged, theirs, settled="lifecycle" in found.taken_over, now=now)
    for handoff in theirs:
        if handoff.state is HandoffState.SNOOZED and handoff.resume_at is None:
            handoff.resume_at = now
        outbox.mark_stale(session, handoff.workspace_id, handoff.id, now)
    session.flush()
    return kept, merged


def _sales_had(session: Session, kept: Lead, merged: Lead) -> int | None:
    """Return the id of the lead that sales has, or had last; None if it never had either."""
    families_of = families(session, kept.workspace_id, [kept.id, merged.id])
    made = session.execute(
        select(Handoff.lead_id)
        .where(rows.in_workspace(Handoff, kept.workspace_id), Handoff.lead_id.in_(families_of))
        .order_by(*NEAREST)
        .limit(1)
    ).first()
    return families_of[made.lead_id] if made else None


def _give_back(
    session: UnitOfWork, kept: Lead, merged: Lead, theirs: Sequence[Handoff], *, settled: bool, now: datetime
) -> None:
    """Give the merged lead the handoffs that were made of it, and set both leads' lifecycles by their own handoffs.

    `settled` says that the merge changed the lifecycle, so that it is set even if no handoff goes back.
    """
    own = family(session, merged)
    moved = [handoff for handoff in theirs if handoff.lead_id == kept.id and _made_of(session, handoff) in own]
    if not moved and not settled:
        return
    for handoff in moved:
        handoff.lead_id = merged.id
    session.flush()
    playbook = playbooks.current(session, kept.workspace_id).playbook
    for lead in (kept, merged):
        made = [handoff for handoff in theirs if handoff.lead_id == lead.id]
        if made:
            passed = events.has_passed(session, lead)
            update_lifecycle(session, max(made, key=nearness), lead, playbook, passed=passed, now=now)
        else:
            # Without a handoff, its score sets the lifecycle when it is scored again.
            move_lifecycle(lead, Lifecycle.SUBSCRIBER, record=None)


def _made_of(session: Session, handoff: Handoff) -> int | None:
    """Return the id of the lead that the handoff was made of."""
    first = select(LeadEvent.lead_id).where(
        rows.in_workspace(LeadEvent, handoff.workspace_id), LeadEvent.handoff_id == handoff.id
    )
    return session.scalar(first.order_by(LeadEvent.id).limit(1))


def family(session: Session, lead: Lead) -> list[int]:
    """Return the ids of the lead and of all leads merged into it."""
    return list(families(session, lead.workspace_id, [lead.id]))


def families(session: Session, workspace_id: int, lead_ids: Iterable[int]) -> dict[int, int]:
    """Map the id of each lead, and of every lead merged into one of them, to that lead's id."""
    found = {lead_id: lead_id for lead_id in lead_ids}
    merged = dict(found)
    while merged:
        further = session.execute(_MERGED_INTO, {"workspace_id": workspace_id, "ids": [*merged]})
        merged = {row.id: merged[row.merged_into_id] for row in further}
        found |= merged
    return found


def merges_of(session: Session, lead: Lead) -> Sequence[Merge]:
    """Return the merges into this lead that weren't undone, the latest first."""
    standing = select(Merge).where(
        rows.in_workspace(Merge, lead.workspace_id), Merge.kept_id == lead.id, Merge.split_at.is_(None)
    )
    return session.scalars(standing.order_by(Merge.id.desc())).all()


def _handoffs_of(lead: Lead) -> Select[int]:
    return select(Handoff.id).where(rows.in_workspace(Handoff, lead.workspace_id), Handoff.lead_id == lead.id)


def split_from(session: Session, workspace_id: int, lead_ids: Collection[int]) -> tuple[int, ...]:
    """Return the ids of the leads that were merged with one of these for a while, and are somebody else now."""
    found = session.execute(_SPLIT, {"workspace_id": workspace_id, "ids": [*lead_ids]})
    return tuple(sorted({each for pair in found for each in pair} - {*lead_ids}))


def _is_live(session: Session, lead: Lead) -> bool:
    live = _handoffs_of(lead).where(Handoff.state.in_(LIVE_STATES))
    return session.scalar(live.limit(1)) is not None


def _is_snoozed(session: Session, lead: Lead) -> bool:
    snoozed = _handoffs_of(lead).where(Handoff.state == HandoffState.SNOOZED)
    return session.scalar(snoozed.where(Handoff.resume_at.is_not(None)).limit(1)) is not None


def _were_split(session: Session, one: Lead, other: Lead) -> bool:
    both = (one.id, other.id)
    split = select(Merge.id).where(Merge.kept_id.in_(both), Merge.merged_id.in_(both), Merge.split_at.is_not(None))
    return session.scalar(split.where(rows.in_workspace(Merge, one.workspace_id)).limit(1)) is not None


# Built once: building a statement takes longer than running it.
_SPLIT: Final = select(Merge.kept_id, Merge.merged_id).where(
    Merge.workspace_id == bindparam("workspace_id"),
    Merge.split_at.is_not(None),
    or_(
        Merge.kept_id.in_(bindparam("ids", expanding=True)),
        Merge.merged_id.in_(bindparam("ids", expanding=True)),
    ),
)
_HANDOFFS: Final = (
    select(Handoff)
    .where(rows.in_workspace(Handoff), Handoff.lead_id.in_(bindparam("ids", expanding=True)))
    .order_by(Handoff.id)
    .with_for_update(key_share=True)
)
_MERGED_INTO: Final = select(Lead.id, Lead.merged_into_id).where(
    rows.in_workspace(Lead), Lead.merged_into_id.in_(bindparam("ids", expanding=True))
)
