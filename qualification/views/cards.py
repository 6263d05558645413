"""What each message shows, read from the records as they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from qualification.handoffs.viewpoint import viewpoint_of
from qualification.leads import merging
from qualification.leads.companies import country_of, size_of
from qualification.leads.titles import person_title
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import (
    NEWEST_TASK,
    Company,
    Handoff,
    Lead,
    Offer,
    Person,
    PlaybookVersion,
    Pool,
    Task,
    Team,
    Workspace,
    rows,
)
from qualification.records.rows import in_workspace
from qualification.routing import company_owner
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome
from qualification.rules.person_ref import PersonRef
from qualification.rules.values.countries import region_of
from qualification.rules.values.masking import masked_all
from qualification.views.marks import (
    ChecklistMark,
    Choice,
    ScoreContribution,
    SnoozeMark,
    TaskMark,
    checklist_mark,
    contributions_of,
    reason_of,
    snooze_mark,
    source_name,
    stage_choices,
    task_mark,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LeadCard:
    """All that a lead card shows, in the channel or in a direct message; state as stored.

    `state` is offered, pooled, manager_queue, accepted, snoozed, disqualified, won or lost. `why` is turn, pool,
    manager, resumed or company. `beside` are the names of other people of the company that sales has or had.
    `resume_at` is when a snoozed one is offered again, and `snooze` how it was, kept for whom it is offered to then.
    `task` is what the owner is to do next. `announcer` is None where nobody handed the lead over, but
    its score or a request of its own; `contributions` is what counted most for the score, at most three kinds of
    activity. `permalink` is the address of the message that it was handed over from. Times are aware and in UTC.
    Where the reader may not see contact details, there are none, and none in what somebody wrote: masked.
    `erased_at` is when the person was erased: nobody decides anything about them any more.
    `reader` and `reader_may_decide` are set for a direct message only: a rep who was passed over keeps the card,
    without its buttons. `version` grows with every change of the handoff. `is_masked` says that something in
    what somebody wrote is masked, and that the reader, or somebody in the channel, may have it revealed.
    """

    handoff_id: int
    version: int
    offer_id: int | None
    state: str
    lifecycle: str
    company: str | None
    person: str | None
    title: str | None
    email: str | None
    phone: str | None
    size: int | None
    country: str | None
    source: str | None
    campaign: str | None
    value_minor: int | None
    currency: str | None
    did: str
    problem: str | None
    promised: str | None
    note: str | None
    do_not_contact: bool
    score: int
    contributions: tuple[ScoreContribution, ...]
    announcer: PersonRef | None
    announced_at: datetime
    permalink: str | None
    team: str
    manager: PersonRef | None
    offered_to: PersonRef | None
    pool: str | None
    why: str | None
    rule: str | None
    turn: int | None
    accept_by: datetime | None
    owner: PersonRef | None
    accepted_at: datetime | None
    contacted_at: datetime | None
    stage: str | None
    stages: tuple[Choice, ...]
    checklist: ChecklistMark | None
    decided_by: PersonRef | None
    ended_at: datetime | None
    reason: str | None
    reason_note: str | None
    undo_until: datetime | None
    handoff_number: int
    queue_reason: str | None
    reader: PersonRef | None = None
    reader_may_decide: bool = True
    erased_at: datetime | None = None
    resume_at: datetime | None = None
    snooze: SnoozeMark | None = None
    task: TaskMark | None = None
    is_masked: bool = False
    beside: tuple[str, ...] = ()


# Whoever was asked when somebody else decided may reopen it.
_ENDED_BY_VERDICT: Final = frozenset({OfferOutcome.DISQUALIFIED, OfferOutcome.SNOOZED})


def lead_card(session: Session, workspace_id: int, handoff_id: int, reader_id: int | None = None) -> LeadCard:
    """Return all that a card of this handoff shows; with a reader, as it stands in their direct messages."""
    row = session.execute(_CARD, {"workspace_id": workspace_id, "handoff_id": handoff_id}).one()
    handoff, lead, company, team, pool, offer, task, number, *versions = row
    playbook, latest = (playbooks.parse_version(*version).playbook for version in (versions[:2], versions[2:]))
    concerned = (handoff.announcer_id, handoff.owner_id, handoff.decided_by_id, team.manager_id, reader_id)
    named = people.by_ids(session, handoff.workspace_id, (*concerned, offer.person_id if offer else None))
    refs: dict[int | None, PersonRef] = {person_id: people.ref(person) for person_id, person in named.items()}
    waiting = offer if offer is not None and offer.outcome is OfferOutcome.OPEN else None
    may_reveal = reader_id is None or _may_reveal(session, named[reader_id], handoff, waiting)
    # Their own card shows the address and the number as long as the lead is theirs to talk to.
    contact = reader_id is not None and may_reveal and handoff.state in LIVE_STATES
    region = region_of(handoff.country, team.zone)
    hidden = set[object]()

    def readable(words: T) -> T:
        shown = words if contact else masked_all(words, region)
        if shown != words:
            hidden.add(words)
        return shown

    snooze = readable(snooze_mark(session, handoff, lead))
    did, problem, promised, note = map(readable, (handoff.did, handoff.problem, handoff.promised, lead.note))
    # Of one that is put off they are its last words, told with who said them.
    reason_note = readable(handoff.reason_note) if handoff.state is not HandoffState.SNOOZED else None
    # A manager who took what somebody else was offered was not chosen: neither turn nor pool is why.
    chosen = offer if offer and handoff.owner_id in {None, offer.person_id or handoff.owner_id} else None
    others = _others(session, handoff, lead)
    return LeadCard(
        handoff_id=handoff.id,
        version=handoff.version,
        offer_id=waiting.id if waiting else None,
        state=handoff.state.value,
        lifecycle=lead.lifecycle.value,
        company=company.name if company else None,
        person=lead.name,
        title=lead.title,
        email=lead.email if contact else None,
        phone=lead.phone if contact else None,
        size=size_of(lead, company) or handoff.size,
        country=country_of(lead, company) or handoff.country,
        source=source_name(playbook, handoff.source),
        campaign=handoff.campaign,
        value_minor=lead.value_minor,
        currency=lead.currency,
        did=did or "",
        problem=problem,
        promised=promised,
        note=note,
        do_not_contact=lead.do_not_contact,
        score=lead.score,
        contributions=contributions_of(session, lead, latest),
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
        checklist=checklist_mark(session, lead, latest) if handoff.accepted_at else None,
        decided_by=refs.get(handoff.decided_by_id),
        ended_at=handoff.ended_at,
        reason=reason_of(latest, handoff),
        reason_note=reason_note,
        undo_until=handoff.undo_until,
        handoff_number=number,
        queue_reason=handoff.queue_reason if handoff.state is HandoffState.MANAGER_QUEUE else None,
        reader=refs.get(reader_id),
        reader_may_decide=lead.erased_at is None
        and (reader_id is None or _may_decide(named[reader_id], handoff, offer, team)),
        erased_at=lead.erased_at,
        resume_at=handoff.resume_at,
        snooze=snooze,
        task=task_mark(task, handoff),
        is_masked=may_reveal and bool(hidden),
        beside=tuple(person_title(session, each) for each in others) if lead.erased_at is None else (),
    )


def _others(session: Session, handoff: Handoff, lead: Lead) -> list[Handoff]:
    """Return the handoffs that go along with this one, of leads that are at its lead's company still."""
    if lead.company_id is None:
        return []
    found = company_owner.others_of(session, handoff)
    leads = [rows.get_one(session, Lead, each.lead_id, each.workspace_id) for each in found]
    roots = [merging.root(session, each) or each for each in leads]
    return [each for each, root in zip(found, roots, strict=True) if root.company_id == lead.company_id]


def _may_reveal(session: Session, reader: Person, handoff: Handoff, waiting: Offer | None) -> bool:
    """Say whether the reader may see contact details by this handoff."""
    seen = viewpoint_of(session, handoff.workspace_id, reader).of(handoff, waiting.person_id if waiting else None)
    return seen is Sight.CONTACT


def _may_decide(reader: Person, handoff: Handoff, offer: Offer | None, team: Team) -> bool:
    """Say whether the reader's own card carries buttons: theirs to answer, to work, to reopen, or to manage."""
    if people.has_left(reader):
        return False
    if people.manages(reader, team):
        return True
    if offer is not None and offer.outcome is OfferOutcome.OPEN:
        return offer.person_id in {None, reader.id}
    if offer is not None and offer.outcome in _ENDED_BY_VERDICT and offer.person_id == reader.id:
        return True
    return reader.id in {handoff.owner_id, handoff.decided_by_id}


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
        .outerjoin(Offer, and_(Offer.id == last, in_workspace(Offer, Handoff.workspace_id)))
        .outerjoin(Task, and_(Task.id == NEWEST_TASK, in_workspace(Task, Handoff.workspace_id)))
        .join(routed, routed.id == Handoff.playbook_id)
        .join(Workspace, Workspace.id == Handoff.workspace_id)
        .join(newest, newest.id == Workspace.playbook_id)
        .where(Handoff.workspace_id == bindparam("workspace_id"), Handoff.id == bindparam("handoff_id"))
    )


_CARD: Final = _card()
