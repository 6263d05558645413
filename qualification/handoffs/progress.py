"""Work on an accepted lead: contact, stage, verdict, value and note."""

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from qualification.handoffs import undo
from qualification.handoffs.context import HandoffCommand, HandoffContext, lock_for_action
from qualification.handoffs.decisions import checked_reason
from qualification.handoffs.finish import finish
from qualification.leads.events import record_event
from qualification.outbox import outbox
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.handoffs import event_types
from qualification.rules.handoffs.event_types import Held
from qualification.rules.handoffs.permissions import Action
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.handoffs.tasks import TaskTrigger
from qualification.rules.playbook.playbook import Stage
from qualification.rules.refusals import InvalidFields, StageUnknown
from qualification.rules.values.money import parse_money
from qualification.rules.values.normalization import written


def log_contact(session: UnitOfWork, command: HandoffCommand, *, kind: str, note: str | None) -> None:
    """Record a contact; the first one moves a lead that waits for it to the stage meant for that."""
    context = lock_for_action(session, command)
    context.allows(Action.LOG_CONTACT)
    playbook = context.published.playbook
    chosen = playbook.contact_kind(kind)
    if chosen is None:
        raise InvalidFields({"kind": FieldFault.UNKNOWN_CHOICE})
    handoff = context.handoff
    handoff.contacted_at = handoff.contacted_at or context.now
    _end_undo(context)
    record_event(
        session,
        handoff,
        event_types.Contacted(how=chosen.name, note=written(note)),
        now=context.now,
        by=context.by,
        playbook_id=context.published.id,
    )
    after = playbook.contact_stage
    if after is not None and handoff.stage == playbook.first_stage.key:
        _move(session, context, after)
    else:
        finish(session, context, trigger=TaskTrigger.CONTACTED)


def set_stage(session: UnitOfWork, command: HandoffCommand, *, stage: str) -> bool:
    """Move the lead to that stage; won ends the handoff with a customer.

    Returns False for a stage that needs a reason (lost): then only the card is drawn anew, because its select shows
    what was picked, and `lose` ends the handoff.
    """
    context = lock_for_action(session, command)
    context.allows(Action.SET_STAGE)
    chosen = context.published.playbook.stage(stage)
    if chosen is None:
        raise StageUnknown(stage=stage)
    if chosen.ends == "lost":
        flag_modified(context.handoff, "stage")
        outbox.mark_stale(session, context.handoff.workspace_id, context.handoff.id, context.now, by=context.by.id)
        return False
    if chosen.key != context.handoff.stage:
        _end_undo(context)
        if chosen.ends == "won":
            _end(session, context, HandoffState.WON)
        _move(session, context, chosen)
    return True


def lose(session: UnitOfWork, command: HandoffCommand, *, reason: str, note: str | None) -> None:
    """End the handoff as lost, with a reason from the playbook."""
    context = lock_for_action(session, command)
    context.allows(Action.SET_STAGE)
    playbook = context.published.playbook
    chosen = checked_reason(playbook.lost_reason(reason), note)
    _end(session, context, HandoffState.LOST)
    context.handoff.reason, context.handoff.reason_note = chosen.key, written(note)
    _move(session, context, playbook.ending_stage("lost"), reason=chosen.name, note=written(note))


def edit(session: UnitOfWork, command: HandoffCommand, *, value: str, note: str) -> None:
    """Change the value and the note of the lead; an empty text clears it. Raises InvalidFields."""
    context = lock_for_action(session, command)
    context.allows(Action.EDIT)
    lead = context.lead
    minor, currency = None, None
    if value.strip():
        try:
            minor, currency = parse_money(value.strip(), lead.currency or context.published.playbook.currency)
        except Unreadable as unreadable:
            raise InvalidFields({"value": unreadable.fault}) from unreadable
    changes: list[tuple[str, Held, Held]] = []
    if (minor, currency) != (lead.value_minor, lead.currency):
        changes.append(("value", _money(lead.value_minor, lead.currency), _money(minor, currency)))
        lead.value_minor, lead.currency = minor, currency
    if written(note) != lead.note:
        changes.append(("note", lead.note, written(note)))
        lead.note = written(note)
    if changes:
        lead.updated_at = context.now
        event = event_types.Edited(changes=tuple(changes))
        record_event(session, context.handoff, event, now=context.now, by=context.by)


def _move(
    session: UnitOfWork, context: HandoffContext, stage: Stage, *, reason: str | None = None, note: str | None = None
) -> None:
    """Put the lead at that stage, and its lifecycle where stage and state say."""
    context.handoff.stage = stage.key
    record_event(
        session,
        context.handoff,
        event_types.StageSet(stage=stage.name, reason=reason, note=note),
        now=context.now,
        by=context.by,
        playbook_id=context.published.id,
    )
    finish(session, context, homes=[context.by.id])


def _end(session: Session, context: HandoffContext, state: HandoffState) -> None:
    """Give the handoff its verdict; reopening puts back what it replaces."""
    undo.remember(session, context, can_be_undone=False)
    handoff = context.handoff
    handoff.state = state
    handoff.ended_at = context.now
    handoff.decided_by_id = context.by.id


def _end_undo(context: HandoffContext) -> None:
    """Work has gone on since the acceptance, which can no longer be undone."""
    context.handoff.undo_until = None


def _money(minor: int | None, currency: str | None) -> tuple[int, str] | None:
    return (minor, currency) if minor is not None and currency is not None else None
