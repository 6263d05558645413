"""Marks of a lead that several surfaces show: score, checklist, next step, snooze."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from qualification.leads import merging
from qualification.leads.events import event_of
from qualification.people import people
from qualification.records import (
    Answer,
    Checklist,
    Handoff,
    Lead,
    LeadEvent,
    Task,
)
from qualification.records.rows import in_workspace
from qualification.rules.checklists.frameworks import Verdict, progress
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.event_types import Contacted, Snoozed
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState
from qualification.rules.handoffs.tasks import TaskOutcome, TaskScope, scope_of
from qualification.rules.person_ref import PersonRef
from qualification.rules.playbook.playbook import Playbook
from qualification.scoring import activity_counts


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a select: the playbook's key, the words for it."""

    key: str
    name: str
    description: str | None = None
    note_required: bool = False


@dataclass(frozen=True, slots=True)
class ItemMark:
    """One item of a checklist as the card shows it; verdict is yes, no or unknown."""

    key: str
    name: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ChecklistMark:
    """The checklist line of a card: ■ for each yes, how many are needed, what is missing."""

    framework: str
    items: tuple[ItemMark, ...]
    yes: int
    needed: int
    passed: bool


@dataclass(frozen=True, slots=True)
class ScoreContribution:
    """What one kind of activity adds to a lead's score: its name, how often it was done, what that comes to."""

    name: str
    times: int
    points: int


@dataclass(frozen=True, slots=True)
class SnoozeMark:
    """That a lead was snoozed: by whom, when, their last words; and the last contact before, how and what was noted."""

    by: PersonRef | None
    at: datetime
    words: str | None
    contacted_at: datetime | None = None
    how: str | None = None
    contact_note: str | None = None


@dataclass(frozen=True, slots=True)
class TaskMark:
    """The next step with a lead, by when, and whether that is over; with `done_at` it was done, and no other came."""

    task_id: int
    name: str
    due_at: datetime
    overdue: bool
    done_at: datetime | None = None


MOST_CONTRIBUTIONS: Final = 3


def task_mark(task: Task | None, handoff: Handoff) -> TaskMark | None:
    """Return the handoff's newest task as cards and lists show it; one that was done, while the lead stands there."""
    if task is None or task.outcome is TaskOutcome.DROPPED:
        return None
    if task.outcome is TaskOutcome.DONE:
        scope = scope_of(handoff.state, handoff.stage, handoff.owner_id)
        if scope != TaskScope(task.person_id, task.stage):
            return None
    return TaskMark(task.id, task.name, task.due_at, task.overdue, task.ended_at)


def snooze_mark(session: Session, handoff: Handoff, lead: Lead) -> SnoozeMark | None:
    """Return how the handoff was put off, while it is_snoozed and while somebody goes on with it; None otherwise."""
    is_snoozed = handoff.state is HandoffState.SNOOZED
    if not is_snoozed and (handoff.resumed_at is None or handoff.state not in LIVE_STATES):
        return None
    asked = {
        "workspace_id": handoff.workspace_id,
        "handoff_id": handoff.id,
        "lead_ids": merging.family(session, lead),
    }
    # What was snoozed once more and undone does not count, nor do contacts since.
    until = handoff.ended_at if is_snoozed else handoff.resumed_at
    row = session.scalar(_LAST_OF, {**asked, "kind": EventKind.SNOOZED, "until": until})
    if row is None:
        return None
    snoozed = event_of(row)
    before = session.scalar(_LAST_OF, {**asked, "kind": EventKind.CONTACTED, "until": row.at})
    contact = event_of(before) if before else None
    return SnoozeMark(
        by=people.ref_of(session, handoff.workspace_id, row.actor_id),
        at=row.at,
        words=snoozed.note if isinstance(snoozed, Snoozed) else None,
        contacted_at=before.at if before else None,
        how=contact.how if isinstance(contact, Contacted) else None,
        contact_note=contact.note if isinstance(contact, Contacted) else None,
    )


def checklist_mark(session: Session, lead: Lead, playbook: Playbook) -> ChecklistMark:
    """Return the checklist line of a card."""
    framework = playbook.main_framework
    verdicts = answers_of(session, lead, framework.key)
    made = progress(framework, verdicts)
    return ChecklistMark(
        framework=framework.name,
        items=tuple(
            ItemMark(key=item.key, name=item.name, verdict=verdicts.get(item.key, Verdict.UNKNOWN).value)
            for item in framework.items
        ),
        yes=made.yes,
        needed=made.needed,
        passed=made.passed,
    )


def answers_of(session: Session, lead: Lead, framework: str) -> dict[str, Verdict]:
    """Return the verdicts given so far, by item."""
    rows = session.execute(
        select(Answer.item, Answer.verdict)
        .join(Checklist, Checklist.id == Answer.checklist_id)
        .where(in_workspace(Checklist, lead.workspace_id))
        .where(Checklist.lead_id == lead.id, Checklist.framework == framework)
    )
    return {row.item: row.verdict for row in rows}


def stage_choices(playbook: Playbook, handoff: Handoff) -> tuple[Choice, ...]:
    """Return the stages a rep may choose from; one the playbook no longer has stays while the lead stands there."""
    choices = [Choice(key=stage.key, name=stage.name) for stage in playbook.stages]
    if handoff.stage and playbook.stage(handoff.stage) is None:
        choices.insert(0, Choice(key=handoff.stage, name=handoff.stage))
    return tuple(choices)


def reason_of(playbook: Playbook, handoff: Handoff) -> str | None:
    """Return why the handoff was disqualified or lost; the key where the playbook no longer has the reason."""
    if handoff.reason is None:
        return None
    find = playbook.lost_reason if handoff.state is HandoffState.LOST else playbook.disqualify_reason
    reason = find(handoff.reason)
    return reason.name if reason else handoff.reason


def contributions_of(session: Session, lead: Lead, playbook: Playbook) -> tuple[ScoreContribution, ...]:
    """Return what counted most for the lead; what counts for nothing is left out, but for what was asked for."""
    found = activity_counts.score_of(session, lead, playbook.scoring).weights
    asked = {kind.key for kind in playbook.scoring.activities if kind.handoff}
    shown = [each for each in found if each.points > 0 or each.kind in asked]
    return tuple(ScoreContribution(each.name, each.times, each.points) for each in shown[:MOST_CONTRIBUTIONS])


def source_name(playbook: Playbook, key: str | None) -> str | None:
    """Return the source's name, its key where the playbook no longer has it."""
    source = playbook.source(key) if key else None
    return source.name if source else key


# Built once: to build a statement takes longer than to run it.
_LAST_OF: Final = (
    select(LeadEvent)
    .where(
        in_workspace(LeadEvent),
        LeadEvent.lead_id.in_(bindparam("lead_ids", expanding=True)),
        LeadEvent.handoff_id == bindparam("handoff_id"),
        LeadEvent.kind == bindparam("kind"),
        LeadEvent.at <= bindparam("until"),
    )
    .order_by(LeadEvent.id.desc())
    .limit(1)
)
