"""What is masked on a card and in its thread, told to somebody who may see contact details, and kept in the audit."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from qualification.handoffs.context import HandoffCommand, HandoffContext, read_for_action
from qualification.handoffs.viewpoint import viewpoint_of
from qualification.leads import merging
from qualification.leads.events import event_of
from qualification.leads.titles import lead_title
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit, people
from qualification.records import LeadEvent
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.people.audited import AuditAction
from qualification.rules.person_ref import PersonRef
from qualification.rules.refusals import NotInPlaybook, NotRevealed
from qualification.rules.values.countries import region_of
from qualification.rules.values.masking import masked


@dataclass(frozen=True, slots=True)
class RevealedLine:
    """The words of one event that are masked in the thread; `actor` is who did it, None for Baton itself."""

    at: datetime
    actor: PersonRef | None
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Revealed:
    """Contact details, and whatever of the card and its thread is masked for the channel; None where nothing is.

    `history` is the latest first.
    """

    handoff_id: int
    lead: str
    email: str | None
    phone: str | None
    did: str | None
    problem: str | None
    promised: str | None
    note: str | None
    reason_note: str | None
    history: tuple[RevealedLine, ...]


MOST_LINES: Final = 20


def reveal(session: UnitOfWork, command: HandoffCommand) -> Revealed:
    """Return what is masked, and have the audit keep who read it.

    Raises NotRevealed to whoever may not see contact details, NotInPlaybook to whoever has no part here, and
    UnknownLead.
    """
    context = read_for_action(session, command)
    _require_sight(session, context)
    handoff, lead = context.handoff, context.lead
    region = region_of(handoff.country, context.team.zone)

    def hidden(words: str | None) -> str | None:
        return words if words and masked(words, region) != words else None

    history = tuple(_history(session, context, region))
    told = {words for line in history for words in line.words}
    reason_note = hidden(handoff.reason_note)
    root = merging.root(session, lead) or lead
    audit.record(
        session,
        command.workspace_id,
        AuditAction.REVEALED,
        by=context.by,
        lead_id=root.id,
        now=command.now,
        handoff=handoff.id,
    )
    return Revealed(
        handoff_id=handoff.id,
        lead=lead_title(session, handoff, contact=True),
        email=lead.email,
        phone=lead.phone,
        did=hidden(handoff.did),
        problem=hidden(handoff.problem),
        promised=hidden(handoff.promised),
        note=hidden(lead.note),
        reason_note=None if reason_note in told else reason_note,
        history=history,
    )


def _require_sight(session: Session, context: HandoffContext) -> None:
    view = viewpoint_of(session, context.command.workspace_id, context.by)
    if not view.roles.is_here:
        raise NotInPlaybook
    root = merging.root(session, context.lead) or context.lead
    if view.of_lead(session, root) is not Sight.CONTACT:
        status = context.status
        has_it = {HandoffState.ACCEPTED: status.owner, HandoffState.OFFERED: status.offered_to}.get(status.state)
        raise NotRevealed(may=tuple(party.ref for party in (has_it, status.manager) if party is not None))


def _history(session: Session, context: HandoffContext, region: str | None) -> Iterator[RevealedLine]:
    """Yield what the thread masks, the latest first."""
    left = MOST_LINES
    given = {"workspace_id": context.command.workspace_id, "handoff_id": context.handoff.id}
    for row in session.scalars(_EVENTS, given):
        words = tuple(text for text in _texts(event_of(row)) if masked(text, region) != text)
        if words and left:
            left -= 1
            yield RevealedLine(row.at, people.ref_of(session, context.command.workspace_id, row.actor_id), words)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever an event holds
    if type(value) is str:
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)
    elif hasattr(value, "__dataclass_fields__"):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


_EVENTS: Final = (
    select(LeadEvent)
    .where(LeadEvent.workspace_id == bindparam("workspace_id"), LeadEvent.handoff_id == bindparam("handoff_id"))
    .order_by(LeadEvent.id.desc())
    .limit(500)
)
