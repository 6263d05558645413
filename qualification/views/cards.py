"""What each message shows, read from the records as they stand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from qualification.facts import (
    ChecklistMark,
    Choice,
    ItemMark,
    LeadCard,
    PersonRef,
    PutOffMark,
    Reminder,
    TaskMark,
    ThreadLine,
    Weighed,
    Woken,
)
from qualification.leads import merging
from qualification.organisation import publishing
from qualification.people import people
from qualification.records import (
    NEWEST_TASK,
    Answer,
    Checklist,
    Company,
    EventKind,
    Handoff,
    Lead,
    LeadEvent,
    Offer,
    Person,
    PlaybookVersion,
    Pool,
    Task,
    Team,
    Workspace,
)
from qualification.rules.checklists.frameworks import Verdict, progress
from qualification.rules.handoffs.permissions import LIVE_STATES, HandoffState, OfferOutcome
from qualification.rules.handoffs.tasks import Duty, TaskOutcome, duty_of
from qualification.rules.playbook.playbook import Playbook
from qualification.scoring import activity_counts

MOST_WEIGHED: Final = 3
# Whoever was asked when somebody else decided may reopen it.
_ENDED_BY_VERDICT: Final = frozenset({OfferOutcome.DISQUALIFIED, OfferOutcome.PUT_OFF})


def lead_card(session: Session, workspace_id: int, handoff_id: int, reader_id: int | None = None) -> LeadCard:
    """Return all that a card of this handoff shows; with a reader, as it stands in their direct messages."""
    row = session.execute(_CARD, {"workspace_id": workspace_id, "handoff_id": handoff_id}).one()
    handoff, lead, company, team, pool, offer, task, number, *versions = row
    playbook, latest = (publishing.read(*version).playbook for version in (versions[:2], versions[2:]))
    concerned = (handoff.announcer_id, handoff.owner_id, handoff.decided_by_id, team.manager_id, reader_id)
    named = people.by_ids(session, (*concerned, offer.person_id if offer else None))
    refs: dict[int | None, PersonRef] = {person_id: people.ref(person) for person_id, person in named.items()}
    waiting = offer if offer is not None and offer.outcome is OfferOutcome.OPEN else None
    # A manager who took what somebody else was offered was not chosen: neither turn nor pool is why.
    chosen = offer if offer and handoff.owner_id in {None, offer.person_id or handoff.owner_id} else None
    return LeadCard(
        handoff_id=handoff.id,
        version=handoff.version,
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
        do_not_contact=lead.do_not_contact,
        score=lead.score,
        weighed=_weighed(session, lead, latest),
        announcer=refs.get(handoff.announcer_id),
        announced_at=handoff.announced_at,
        permalink=handoff.permalink,
        team=team.name,
        manager=refs.get(team.manager_id),
        offered_to=refs.get(waiting.person_id) if waiting else None,
        pool=pool.name if pool else None,
        why=chosen.why if chosen else None,
        rule=handoff.rule,
        turn=chosen.turn if chosen else None,
        accept_by=waiting.accept_by if waiting else None,
        owner=refs.get(handoff.owner_id),
        accepted_at=handoff.accepted_at,
        contacted_at=handoff.contacted_at,
        stage=handoff.stage,
        stages=stage_choices(latest, handoff),
        checklist=checklist_mark(session, lead.id, latest) if handoff.accepted_at else None,
        decided_by=refs.get(handoff.decided_by_id),
        ended_at=handoff.ended_at,
        reason=reason_of(latest, handoff),
        # Of one that is put off they are its last words, told with who said them.
        reason_note=handoff.reason_note if handoff.state is not HandoffState.NOT_NOW else None,
        undo_until=handoff.undo_until,
        handoff_number=number,
        queued_because=handoff.queued_because if handoff.state is HandoffState.QUEUED else None,
        reader=refs.get(reader_id),
        reader_may_decide=reader_id is None or _may_decide(named[reader_id], handoff, offer, team),
        wake_at=handoff.wake_at,
        put_off=put_off_mark(session, handoff, lead),
        task=task_mark(task, handoff),
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


def woken(session: Session, workspace_id: int, handoff_id: int, reader_id: int | None) -> Woken:
    """Return what is told of a lead that woke; without a reader, to a whole pool."""
    card = lead_card(session, workspace_id, handoff_id, reader_id)
    asks_reader = card.state == HandoffState.OFFERED and card.reader is not None and card.offered_to == card.reader
    in_queue = card.state == HandoffState.QUEUED and card.reader is not None
    for_pool = card.state == HandoffState.POOLED and card.reader is None
    return Woken(card, waits=(asks_reader or in_queue or for_pool) and card.reader_may_decide)


def task_mark(task: Task | None, handoff: Handoff) -> TaskMark | None:
    """Return the handoff's newest task as cards and lists show it; one that was done, while the lead stands there."""
    if task is None or task.outcome is TaskOutcome.DROPPED:
        return None
    if task.outcome is TaskOutcome.DONE:
        duty = duty_of(handoff.state, handoff.stage, handoff.owner_id)
        if duty != Duty(task.person_id, task.stage):
            return None
    return TaskMark(task.id, task.name, task.due_at, task.overdue, task.ended_at)


def put_off_mark(session: Session, handoff: Handoff, lead: Lead) -> PutOffMark | None:
    """Return how the handoff was put off, while it sleeps and while somebody goes on with it; None otherwise."""
    sleeps = handoff.state is HandoffState.NOT_NOW
    if not sleeps and (handoff.woken_at is None or handoff.state not in LIVE_STATES):
        return None
    asked = {"handoff_id": handoff.id, "lead_ids": merging.family(session, lead)}
    # What was put off once more and undone does not count, nor do contacts since.
    until = handoff.ended_at if sleeps else handoff.woken_at
    event = session.scalar(_LAST_OF, {**asked, "kind": EventKind.NOT_NOW, "until": until})
    if event is None:
        return None
    contact = session.scalar(_LAST_OF, {**asked, "kind": EventKind.CONTACTED, "until": event.at})
    return PutOffMark(
        by=people.ref_of(session, event.actor_id),
        at=event.at,
        words=_text(event.facts.get("note")),
        contacted_at=contact.at if contact else None,
        how=_text(contact.facts.get("how")) if contact else None,
        contact_note=_text(contact.facts.get("note")) if contact else None,
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
    return title_of(lead, session.get(Company, lead.company_id) if lead.company_id is not None else None)


def title_of(lead: Lead, company: Company | None, *, contact: bool = True) -> str:
    """Return the same of a lead and its company at hand; without `contact`, no e-mail address or phone number."""
    parts = [part for part in (company.name if company else None, lead.name) if part]
    known = (lead.email or lead.phone) if contact else None
    return " · ".join(parts) or known or f"#{lead.id}"


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


def reason_of(playbook: Playbook, handoff: Handoff) -> str | None:
    """Return why the handoff was disqualified or lost; the key where the playbook no longer has the reason."""
    if handoff.reason is None:
        return None
    find = playbook.lost_reason if handoff.state is HandoffState.LOST else playbook.disqualify_reason
    reason = find(handoff.reason)
    return reason.name if reason else handoff.reason


def _weighed(session: Session, lead: Lead, playbook: Playbook) -> tuple[Weighed, ...]:
    """Return what counted most for the lead; what counts for nothing is left out, but for what was asked for."""
    found = activity_counts.weigh(session, lead, playbook.scoring).weights
    asked = {kind.key for kind in playbook.scoring.activities if kind.handoff}
    shown = [each for each in found if each.points > 0 or each.kind in asked]
    return tuple(Weighed(each.name, each.times, each.points) for each in shown[:MOST_WEIGHED])


def _source(playbook: Playbook, key: str | None) -> str | None:
    source = playbook.source(key) if key else None
    return source.name if source else key


def _may_decide(reader: Person, handoff: Handoff, offer: Offer | None, team: Team) -> bool:
    """Say whether the reader's own card carries buttons: theirs to answer, to work, to reopen, or to manage."""
    if people.manages(reader, team):
        return True
    if offer is not None and offer.outcome is OfferOutcome.OPEN:
        return offer.person_id in {None, reader.id}
    if offer is not None and offer.outcome in _ENDED_BY_VERDICT and offer.person_id == reader.id:
        return True
    return reader.id in {handoff.owner_id, handoff.decided_by_id}


def _told(session: Session, facts: Mapping[str, object]) -> dict[str, object]:
    """Turn what was stored into what a template takes: ids of people into people, stamps into times."""
    told: dict[str, object] = {}
    for name, value in facts.items():
        if name.endswith("_id"):
            told[name.removesuffix("_id")] = people.ref_of(session, value if isinstance(value, int) else None)
        elif name in _STAMPS and isinstance(value, str):
            told[name] = datetime.fromisoformat(value)
        else:
            told[name] = _frozen(value)
    return told


def _text(fact: object) -> str | None:
    return fact if isinstance(fact, str) else None


def _frozen(value: object) -> object:
    return tuple(_frozen(each) for each in value) if isinstance(value, list) else value


def _card() -> Any:  # noqa: ANN401 - a select of many
    """Select at once what a card shows: the offer made last, how many handoffs its lead has had, and the playbooks."""
    routed, newest = aliased(PlaybookVersion), aliased(PlaybookVersion)
    other, another = aliased(Handoff), aliased(Offer)
    last = select(func.max(another.id)).where(another.handoff_id == Handoff.id).scalar_subquery()
    number = select(func.count()).where(other.lead_id == Handoff.lead_id, other.id <= Handoff.id).scalar_subquery()
    return (
        select(Handoff, Lead, Company, Team, Pool, Offer, Task, number, routed.id, routed.text, newest.id, newest.text)
        .join(Lead, Lead.id == Handoff.lead_id)
        .outerjoin(Company, Company.id == Lead.company_id)
        .join(Team, Team.id == Handoff.team_id)
        .outerjoin(Pool, Pool.id == Handoff.pool_id)
        .outerjoin(Offer, Offer.id == last)
        .outerjoin(Task, Task.id == NEWEST_TASK)
        .join(routed, routed.id == Handoff.playbook_id)
        .join(Workspace, Workspace.id == Handoff.workspace_id)
        .join(newest, newest.id == Workspace.playbook_id)
        .where(Handoff.workspace_id == bindparam("workspace_id"), Handoff.id == bindparam("handoff_id"))
    )


_STAMPS: Final = frozenset({"accept_by", "until"})
# Built once: to build a statement takes longer than to run it.
_LAST_OF: Final = (
    select(LeadEvent)
    .where(
        LeadEvent.lead_id.in_(bindparam("lead_ids", expanding=True)),
        LeadEvent.handoff_id == bindparam("handoff_id"),
        LeadEvent.kind == bindparam("kind"),
        LeadEvent.at <= bindparam("until"),
    )
    .order_by(LeadEvent.id.desc())
    .limit(1)
)
_CARD: Final = _card()
