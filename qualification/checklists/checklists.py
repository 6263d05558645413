"""A framework's questions put to one lead: what is known, in the lead's words, and what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from qualification.handoffs.context import HandoffCommand, HandoffContext, lock_for_action, read_for_action
from qualification.leads.events import has_passed, record_event
from qualification.leads.lifecycle import update_lifecycle
from qualification.leads.titles import lead_title
from qualification.outbox import surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Answer, Checklist
from qualification.records.base import insert_once
from qualification.records.rows import in_workspace
from qualification.rules.checklists.frameworks import Verdict, next_question, progress
from qualification.rules.handoffs.event_types import Answered, ChecklistFell, ChecklistPassed
from qualification.rules.handoffs.permissions import Action
from qualification.rules.leads.proposed_evidence import Proposal, proposals
from qualification.rules.playbook.playbook import Framework, Item


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One item of the checklist modal; `proposal` is what the lead answered elsewhere, while there is no evidence."""

    key: str
    name: str
    questions: tuple[str, ...]
    hint: str | None
    verdict: str
    evidence: str
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class ChecklistForm:
    """The checklist modal of one lead; `missing` are names of items, `next_question` the best one to ask now."""

    handoff_id: int
    lead: str
    framework: str
    items: tuple[ChecklistItem, ...]
    yes: int
    needed: int
    passed: bool
    missing: tuple[str, ...]
    next_question: str | None


LONGEST_EVIDENCE = 3000


@dataclass(frozen=True, slots=True)
class Given:
    """What was typed for one item; a verdict of None leaves the one there is."""

    verdict: Verdict | None
    evidence: str


def form(session: Session, command: HandoffCommand) -> ChecklistForm:
    """Return the checklist of the handoff's lead as it stands; raises who may work on it."""
    context = read_for_action(session, command)
    context.allows(Action.CHECKLIST)
    return _form(session, context)


def save(session: UnitOfWork, command: HandoffCommand, *, given: Mapping[str, Given]) -> ChecklistForm:
    """Keep the answers given for these items and return the checklist; other items stay as they are.

    Passing moves an accepted lead to SQL; falling below the mark again moves it back, and both are told.
    """
    context = lock_for_action(session, command)
    now = context.now
    context.allows(Action.CHECKLIST)
    framework = context.published.playbook.main_framework
    checklist = _checklist(session, context, framework, now=now)
    known = {answer.item: answer for answer in session.scalars(_answers(checklist))}
    for item in framework.items:
        if item.key in given:
            _answer(session, context, checklist, item, answer=known.get(item.key), given=given[item.key], now=now)
    session.flush()
    made = progress(framework, _verdicts(session, checklist))
    checklist.updated_at = now
    checklist.playbook_id = context.published.id
    if made.passed is not (checklist.passed_at is not None):
        checklist.passed_at = now if made.passed else None
        record_event(
            session,
            context.handoff,
            (ChecklistPassed if made.passed else ChecklistFell)(
                framework=framework.name, yes=made.yes, total=len(framework.items)
            ),
            now=now,
            by=context.by,
            playbook_id=context.published.id,
        )
    session.flush()
    update_lifecycle(
        session,
        context.handoff,
        context.lead,
        context.published.playbook,
        passed=has_passed(session, context.lead),
        now=now,
        by=context.by,
    )
    surfaces.refresh_home(session, context.by, now=now)
    return _form(session, context)


def _answer(
    session: UnitOfWork,
    context: HandoffContext,
    checklist: Checklist,
    item: Item,
    *,
    answer: Answer | None,
    given: Given,
    now: datetime,
) -> None:
    """Keep one answer; the history tells a new verdict, and keeps the evidence it replaced."""
    evidence = given.evidence.strip()[:LONGEST_EVIDENCE]
    was = answer.verdict if answer else Verdict.UNKNOWN
    had = answer.evidence if answer else ""
    verdict = given.verdict or was
    if (verdict, evidence) == (was, had):
        return
    if answer is None:
        answer = Answer(workspace_id=checklist.workspace_id, checklist_id=checklist.id, item=item.key)
        session.add(answer)
    answer.verdict, answer.evidence = verdict, evidence
    context.handoff.undo_until = None  # work has gone on since the acceptance
    answer.answered_by_id, answer.answered_at = context.by.id, now
    record_event(
        session,
        context.handoff,
        Answered(item=item.name, verdict=verdict.value, evidence_before=had or None),
        now=now,
        by=context.by,
        playbook_id=context.published.id,
        in_thread=verdict is not was,
    )


def _form(session: Session, context: HandoffContext) -> ChecklistForm:
    framework = context.published.playbook.main_framework
    checklist = session.scalar(
        select(Checklist).where(
            in_workspace(Checklist, context.lead.workspace_id),
            Checklist.lead_id == context.lead.id,
            Checklist.framework == framework.key,
        )
    )
    answers = {each.item: each for each in session.scalars(_answers(checklist))} if checklist else {}
    verdicts = {item: answer.verdict for item, answer in answers.items()}
    made = progress(framework, verdicts)
    names = {item.key: item.name for item in framework.items}
    proposed = proposals(context.lead.fields)
    return ChecklistForm(
        handoff_id=context.handoff.id,
        lead=lead_title(session, context.handoff, contact=True),
        framework=framework.name,
        items=tuple(
            ChecklistItem(
                key=item.key,
                name=item.name,
                questions=tuple(item.questions),
                hint=item.hint,
                verdict=verdicts.get(item.key, Verdict.UNKNOWN).value,
                evidence=answers[item.key].evidence if item.key in answers else "",
                proposal=None if item.key in answers and answers[item.key].evidence else proposed.get(item.key),
            )
            for item in framework.items
        ),
        yes=made.yes,
        needed=made.needed,
        passed=made.passed,
        missing=tuple(names[key] for key in made.missing),
        next_question=next_question(framework, verdicts),
    )


def _checklist(session: Session, context: HandoffContext, framework: Framework, *, now: datetime) -> Checklist:
    """Return the lead's checklist, made if this is its first answer; two first answers make one."""
    insert_once(
        session,
        Checklist,
        workspace_id=context.handoff.workspace_id,
        lead_id=context.lead.id,
        framework=framework.key,
        playbook_id=context.published.id,
        updated_at=now,
    )
    return session.scalars(
        select(Checklist).where(
            in_workspace(Checklist, context.lead.workspace_id),
            Checklist.lead_id == context.lead.id,
            Checklist.framework == framework.key,
        )
    ).one()


def _answers(checklist: Checklist) -> Select[Answer]:
    return select(Answer).where(in_workspace(Answer, checklist.workspace_id), Answer.checklist_id == checklist.id)


def _verdicts(session: Session, checklist: Checklist) -> dict[str, Verdict]:
    return {answer.item: answer.verdict for answer in session.scalars(_answers(checklist))}
