"""What each message shows, read from the records as they stand."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qualification import people, publishing
from qualification.facts import ChecklistMark, Choice, ItemMark, LeadCard, PersonRef, Reminder, ThreadLine
from qualification.records import Answer, Checklist, Company, Handoff, Lead, LeadEvent, Offer, Person, Pool, Team
from qualification.rules.frameworks import Verdict, progress
from qualification.rules.handoff import HandoffState, OfferOutcome
from qualification.rules.playbook import Playbook


def lead_card(session: Session, workspace_id: int, handoff_id: int, reader_id: int | None = None) -> LeadCard:
    """Return all that a card of this handoff shows; with a reader, as it stands in their direct messages."""
    handoff = _handoff(session, workspace_id, handoff_id)
    lead = session.get_one(Lead, handoff.lead_id)
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
    playbook = publishing.version(session, handoff.playbook_id).playbook
    latest = publishing.current(session, workspace_id).playbook
    team = session.get_one(Team, handoff.team_id)
    pool = session.get(Pool, handoff.pool_id) if handoff.pool_id is not None else None
    offer = session.scalar(select(Offer).where(Offer.handoff_id == handoff.id).order_by(Offer.id.desc()).limit(1))
    waiting = offer if offer is not None and offer.outcome is OfferOutcome.OPEN else None
    return LeadCard(
        handoff_id=handoff.id,
        offer_id=waiting.id if waiting else None,
        state=handoff.state.value,
        lifecycle=lead.lifecycle.value,
        company=company.name if company else None,
        person=lead.name,
        title=lead.title,
        email=lead.email,
        phone=lead.phone,
        size=handoff.size,
        country=handoff.country,
        source=_source(playbook, handoff.source),
        campaign=handoff.campaign,
        value_minor=lead.value_minor,
        currency=lead.currency,
        did=handoff.did,
        problem=handoff.problem,
        promised=handoff.promised,
        note=lead.note,
        announcer=_ref(session, handoff.announcer_id),
        announced_at=handoff.announced_at,
        team=team.name,
        manager=people.ref_of(session, team.manager_id),
        offered_to=people.ref_of(session, waiting.person_id) if waiting else None,
        pool=pool.name if pool else None,
        why=offer.why if offer else None,
        rule=handoff.rule,
        turn=offer.turn if offer else None,
        accept_by=waiting.accept_by if waiting else None,
        owner=people.ref_of(session, handoff.owner_id),
        accepted_at=handoff.accepted_at,
        contacted_at=handoff.contacted_at,
        stage=handoff.stage,
        stages=stage_choices(latest, handoff),
        checklist=checklist_mark(session, lead.id, latest) if handoff.accepted_at else None,
        decided_by=people.ref_of(session, handoff.decided_by_id),
        ended_at=handoff.ended_at,
        reason=_reason(latest, handoff),
        reason_note=handoff.reason_note,
        undo_until=handoff.undo_until,
        handoff_number=_number(session, handoff),
        queued_because=handoff.queued_because if handoff.state is HandoffState.QUEUED else None,
        reader=people.ref_of(session, reader_id),
        reader_may_decide=reader_id is None or _may_decide(session, handoff, waiting, team, reader_id),
    )


def thread_line(session: Session, workspace_id: int, event_id: int) -> ThreadLine:
    """Return one line of a lead's history, people by name."""
    event = session.scalars(
        select(LeadEvent).where(LeadEvent.workspace_id == workspace_id, LeadEvent.id == event_id)
    ).one()
    return ThreadLine(
        kind=event.kind.value,
        at=event.at,
        actor=people.ref_of(session, event.actor_id),
        facts=_told(session, event.facts),
    )


def reminder(session: Session, workspace_id: int, offer_id: int) -> Reminder:
    """Return the reminder of an offer, and what became of the offer since."""
    offer = session.scalars(select(Offer).where(Offer.workspace_id == workspace_id, Offer.id == offer_id)).one()
    handoff = session.get_one(Handoff, offer.handoff_id)
    return Reminder(
        handoff_id=handoff.id,
        lead=lead_title(session, handoff),
        accept_by=offer.accept_by,
        outcome=offer.outcome.value,
    )


def lead_title(session: Session, handoff: Handoff) -> str:
    """Return what a lead is called in one line: company and person, or whatever of them is known."""
    lead = session.get_one(Lead, handoff.lead_id)
    company = session.get(Company, lead.company_id) if lead.company_id is not None else None
    parts = [part for part in (company.name if company else None, lead.name) if part]
    return " · ".join(parts) or lead.email or lead.phone or f"#{lead.id}"


def checklist_mark(session: Session, lead_id: int, playbook: Playbook) -> ChecklistMark:
    """Return the checklist line of a card."""
    framework = playbook.main_framework
    verdicts = answers_of(session, lead_id, framework.key)
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


def answers_of(session: Session, lead_id: int, framework: str) -> dict[str, Verdict]:
    """Return the verdicts given so far, by item."""
    rows = session.execute(
        select(Answer.item, Answer.verdict)
        .join(Checklist, Checklist.id == Answer.checklist_id)
        .where(Checklist.lead_id == lead_id, Checklist.framework == framework)
    )
    return {row.item: row.verdict for row in rows}


def stage_choices(playbook: Playbook, handoff: Handoff) -> tuple[Choice, ...]:
    """Return the stages a rep may choose from; one the playbook no longer has stays while the lead stands there."""
    choices = [Choice(key=stage.key, name=stage.name) for stage in playbook.stages]
    if handoff.stage and playbook.stage(handoff.stage) is None:
        choices.insert(0, Choice(key=handoff.stage, name=handoff.stage))
    return tuple(choices)


def _handoff(session: Session, workspace_id: int, handoff_id: int) -> Handoff:
    return session.scalars(select(Handoff).where(Handoff.workspace_id == workspace_id, Handoff.id == handoff_id)).one()


def _ref(session: Session, person_id: int) -> PersonRef:
    return people.ref(session.get_one(Person, person_id))


def _source(playbook: Playbook, key: str | None) -> str | None:
    source = playbook.source(key) if key else None
    return source.name if source else key


def _reason(playbook: Playbook, handoff: Handoff) -> str | None:
    if handoff.reason is None:
        return None
    find = playbook.lost_reason if handoff.state is HandoffState.LOST else playbook.disqualify_reason
    reason = find(handoff.reason)
    return reason.name if reason else handoff.reason


def _number(session: Session, handoff: Handoff) -> int:
    """Count the handoffs of this lead up to this one: a lead that comes back has a second."""
    counted = session.scalar(
        select(func.count()).select_from(Handoff).where(Handoff.lead_id == handoff.lead_id, Handoff.id <= handoff.id)
    )
    return counted or 1


def _may_decide(session: Session, handoff: Handoff, waiting: Offer | None, team: Team, reader_id: int) -> bool:
    """Say whether the reader's own card carries buttons: theirs to answer, to work, or to manage."""
    if people.manages(session.get_one(Person, reader_id), team):
        return True
    if waiting is not None:
        return waiting.person_id in {None, reader_id}
    return reader_id in {handoff.owner_id, handoff.decided_by_id}


def _told(session: Session, facts: Mapping[str, object]) -> dict[str, object]:
    """Turn what was stored into what a template takes: ids of people into people, stamps into times."""
    told: dict[str, object] = {}
    for name, value in facts.items():
        if name.endswith("_id"):
            told[name.removesuffix("_id")] = people.ref_of(session, value if isinstance(value, int) else None)
        elif name == "accept_by" and isinstance(value, str):
            told[name] = datetime.fromisoformat(value)
        else:
            told[name] = _frozen(value)
    return told


def _frozen(value: object) -> object:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value
