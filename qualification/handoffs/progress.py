"""Work on an accepted lead: contact, stage, verdict, value and note."""

from datetime import datetime

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from qualification.handoffs import tasks, undo
from qualification.handoffs.context import Case, take
from qualification.handoffs.decisions import checked_reason
from qualification.leads import events
from qualification.outbox import outbox, surfaces
from qualification.records import EventKind
from qualification.rules.field_errors import FieldFault
from qualification.rules.handoffs.permissions import Action
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.handoffs.tasks import Because
from qualification.rules.playbook.playbook import Stage
from qualification.rules.refusals import InvalidFields, StageUnknown
from qualification.rules.values import normalization
from qualification.rules.values.normalization import written


def log_contact(
    session: Session, *, workspace_id: int, by: str, handoff_id: int, kind: str, note: str | None, now: datetime
) -> None:
    """Write a contact down; the first one moves a lead that waits for it to the stage meant for that."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    case.allows(Action.LOG_CONTACT)
    playbook = case.published.playbook
    chosen = playbook.contact_kind(kind)
    if chosen is None:
        raise InvalidFields({"kind": FieldFault.UNKNOWN_CHOICE})
    handoff = case.handoff
    handoff.contacted_at = handoff.contacted_at or now
    _settled(case)
    events.tell(
        session,
        handoff,
        EventKind.CONTACTED,
        now=now,
        by=case.by,
        playbook_id=case.published.id,
        how=chosen.name,
        note=written(note),
    )
    after = playbook.contact_stage
    if after is not None and handoff.stage == playbook.first_stage.key:
        _move(session, case, after, now=now)
    else:
        tasks.settle(session, handoff, case.published, because=Because.CONTACTED, by=case.by, now=now)


def set_stage(session: Session, *, workspace_id: int, by: str, handoff_id: int, stage: str, now: datetime) -> bool:
    """Move the lead to that stage; won ends the handoff with a customer.

    Returns False for a stage that asks why before it ends anything (lost): only the card is drawn anew then, for its
    select shows what was picked, and `lose` does it.
    """
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    case.allows(Action.SET_STAGE)
    chosen = case.published.playbook.stage(stage)
    if chosen is None:
        raise StageUnknown(stage=stage)
    if chosen.ends == "lost":
        flag_modified(case.handoff, "stage")
        outbox.stale(session, case.handoff.id, now)
        return False
    if chosen.key != case.handoff.stage:
        _settled(case)
        if chosen.ends == "won":
            _end(session, case, HandoffState.WON, now=now)
        _move(session, case, chosen, now=now)
    return True


def lose(
    session: Session, *, workspace_id: int, by: str, handoff_id: int, reason: str, note: str | None, now: datetime
) -> None:
    """End the handoff as lost, with a reason from the playbook."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    case.allows(Action.SET_STAGE)
    playbook = case.published.playbook
    chosen = checked_reason(playbook.lost_reason(reason), note)
    _end(session, case, HandoffState.LOST, now=now)
    case.handoff.reason, case.handoff.reason_note = chosen.key, written(note)
    _move(session, case, playbook.ending_stage("lost"), now=now, reason=chosen.name, note=written(note))


def edit(
    session: Session, *, workspace_id: int, by: str, handoff_id: int, value: str, note: str, now: datetime
) -> None:
    """Change the value and the note of the lead; an empty text clears it. Raises InvalidFields."""
    case = take(session, workspace_id=workspace_id, by=by, handoff_id=handoff_id, now=now)
    case.allows(Action.EDIT)
    lead = case.lead
    minor, currency = None, None
    if value.strip():
        try:
            minor, currency = normalization.parse_money(
                value.strip(), lead.currency or case.published.playbook.currency
            )
        except normalization.Unreadable as unreadable:
            raise InvalidFields({"value": unreadable.fault}) from unreadable
    changes: list[tuple[str, object, object]] = []
    if (minor, currency) != (lead.value_minor, lead.currency):
        changes.append(("value", _money(lead.value_minor, lead.currency), _money(minor, currency)))
        lead.value_minor, lead.currency = minor, currency
    if written(note) != lead.note:
        changes.append(("note", lead.note, written(note)))
        lead.note = written(note)
    if changes:
        lead.updated_at = now
        events.tell(session, case.handoff, EventKind.EDITED, now=now, by=case.by, changes=changes)


def _move(
    session: Session, case: Case, stage: Stage, *, now: datetime, reason: str | None = None, note: str | None = None
) -> None:
    """Put the lead at that stage, and its lifecycle where stage and state say."""
    handoff = case.handoff
    handoff.stage = stage.key
    events.tell(
        session,
        handoff,
        EventKind.STAGE_SET,
        now=now,
        by=case.by,
        playbook_id=case.published.id,
        stage=stage.name,
        reason=reason,
        note=note,
    )
    tasks.settle(session, handoff, case.published, by=case.by, now=now)
    events.settle_lifecycle(
        session, handoff, case.lead, case.published.playbook, passed=case.passed, now=now, by=case.by
    )
    surfaces.refresh_home(session, case.by, now=now)


def _end(session: Session, case: Case, state: HandoffState, *, now: datetime) -> None:
    """Give the handoff its verdict; Reopen puts back what it replaces."""
    undo.remember(session, case, undo_until=None, now=now)
    handoff = case.handoff
    handoff.state = state
    handoff.ended_at = now
    handoff.decided_by_id = case.by.id


def _settled(case: Case) -> None:
    """Work has gone on since the acceptance: it can no longer be undone."""
    case.handoff.undo_until = None


def _money(minor: int | None, currency: str | None) -> tuple[int, str] | None:
    return (minor, currency) if minor is not None and currency is not None else None
