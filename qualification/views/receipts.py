"""What became of handoffs: the receipt of one, and the lines of a list, for those who announced or manage them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from qualification.handoffs import own_company
from qualification.handoffs.first_contact import is_untouched
from qualification.handoffs.own_company import CompanyDoubt
from qualification.handoffs.viewpoint import viewpoint_of
from qualification.leads import resolution
from qualification.leads.titles import title_of
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import WAITING_SINCE, Handoff, Lead, Offer, Person, Pool, Team, rows
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.states import HandoffState, OfferOutcome
from qualification.rules.person_ref import PersonRef
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.values.countries import region_of
from qualification.rules.values.masking import masked_all
from qualification.views.marks import Choice, reason_of, stage_choices
from qualification.views.search import leads_of


@dataclass(frozen=True, slots=True)
class HandoffLine:
    """A handoff in a list of a manager's or a marketer's, where it stands; its fields are those of a lead card.

    `asked` counts how often it was put before a rep or a pool.
    """

    handoff_id: int
    offer_id: int | None
    lead: str
    team: str
    state: str
    lifecycle: str
    announced_at: datetime
    manager: PersonRef | None
    offered_to: PersonRef | None
    pool: str | None
    offered_at: datetime | None
    accept_by: datetime | None
    asked: int
    queue_reason: str | None
    owner: PersonRef | None
    stage: str | None
    stages: tuple[Choice, ...]
    decided_by: PersonRef | None
    ended_at: datetime | None
    reason: str | None
    resume_at: datetime | None
    reader: PersonRef | None


@dataclass(frozen=True, slots=True)
class Receipt(HandoffLine):
    """What became of a handoff, for whoever announced it; its fields are those of a lead card.

    `asked_last`, `offered_at` and `opened_at`, the first press of whoever was asked, are of the latest offer unless it
    was declined or expired; what was, the latest of that kind, is told by `before`, `before_pool` and `before_reason`,
    and by `before_outcome`, None where nothing was. `untouched` says that nobody has contacted an accepted lead yet,
    `qualified_at` when it came to SQL or further.
    `doubt` says why the lead may be at another company, and `lead_id` is its id for a reader who may say so.
    """

    asked_last: PersonRef | None
    opened_at: datetime | None
    before: PersonRef | None
    before_pool: str | None
    before_outcome: str | None
    before_reason: str | None
    accepted_at: datetime | None
    contacted_at: datetime | None
    untouched: bool
    qualified_at: datetime | None
    reason_note: str | None
    permalink: str | None
    doubt: CompanyDoubt | None = None
    lead_id: int | None = None


# How an offer ends that went unanswered; one that a manager ended is told by the offer it made room for.
_TOLD: Final = frozenset({OfferOutcome.DECLINED, OfferOutcome.EXPIRED})


def receipt(session: Session, workspace_id: int, handoff_id: int, reader_id: int) -> Receipt:
    """Return what became of a handoff, for the reader; as it stands now, whatever was undone or reopened."""
    handoff = session.scalars(
        select(Handoff).where(Handoff.workspace_id == workspace_id, Handoff.id == handoff_id)
    ).one()
    reader = rows.get_one(session, Person, reader_id, workspace_id)
    playbook = playbooks.current(session, workspace_id).playbook
    line = _line_facts(session, [handoff], reader, playbook)[0]
    made = _latest_offers(session, handoff)
    zone = rows.get_one(session, Team, handoff.team_id, workspace_id).zone
    told = next((offer for offer in made if offer.outcome in _TOLD), None)
    latest = next((offer for offer in made[:1] if offer is not told), None)
    own = rows.get_one(session, Lead, handoff.lead_id, workspace_id)
    lead = resolution.root(session, own) or own
    reason = playbook.pass_on_reason(told.reason) if told is not None and told.reason else None
    return Receipt(
        **{**line, "offered_at": latest.offered_at if latest else None},
        asked_last=people.ref_of(session, handoff.workspace_id, latest.person_id) if latest else None,
        opened_at=latest.opened_at if latest else None,
        before=people.ref_of(session, handoff.workspace_id, told.person_id) if told else None,
        before_pool=line["pool"] if told is not None and told.person_id is None else None,
        before_outcome=told.outcome.value if told else None,
        before_reason=(reason.name if reason else told.reason) if told else None,
        accepted_at=handoff.accepted_at,
        contacted_at=handoff.contacted_at,
        untouched=is_untouched(handoff, playbook),
        qualified_at=handoff.qualified_at,
        reason_note=masked_all(handoff.reason_note, region_of(handoff.country, zone)),
        permalink=handoff.permalink,
        doubt=own_company.doubt(session, lead),
        lead_id=lead.id if own_company.may_set(session, viewpoint_of(session, workspace_id, reader), lead) else None,
    )


def lines(session: Session, handoffs: Sequence[Handoff], reader: Person) -> list[HandoffLine]:
    """Return the handoffs as lines of a list, in as many statements however many they are."""
    if not handoffs:
        return []
    playbook = playbooks.current(session, reader.workspace_id).playbook
    return [HandoffLine(**facts) for facts in _line_facts(session, handoffs, reader, playbook)]


def _line_facts(
    session: Session, handoffs: Sequence[Handoff], reader: Person, playbook: Playbook
) -> list[dict[str, Any]]:
    """Return what a line shows of each handoff, with contact details where the reader sees them."""
    view = viewpoint_of(session, reader.workspace_id, reader)
    workspace_id = reader.workspace_id

    def of(ids: Iterable[int | None]) -> dict[str, Any]:
        return {"workspace_id": workspace_id, "ids": {*ids}}

    known = {lead.id: (lead, company) for lead, company in leads_of(session, workspace_id, handoffs)}
    teams = {team.id: team for team in session.scalars(_TEAMS, of(each.team_id for each in handoffs))}
    pools = {pool.id: pool.name for pool in session.scalars(_POOLS, of(each.pool_id for each in handoffs))}
    asked = {row.handoff_id: row for row in session.execute(_ASKED, of(each.id for each in handoffs))}
    offers = {offer.id: offer for offer in session.scalars(_OFFERS, of(row.latest for row in asked.values()))}
    latest = {offer.handoff_id: offer for offer in offers.values()}
    named = people.by_ids(session, workspace_id, _concerned(handoffs, teams.values(), offers.values()))
    refs = {person_id: people.ref(person) for person_id, person in named.items()}

    def ref(person_id: int | None) -> Any:  # noqa: ANN401 - somebody, or nobody
        return None if person_id is None else refs.get(person_id)

    def facts(handoff: Handoff) -> dict[str, Any]:
        lead, company = known[handoff.lead_id]
        offer = latest.get(handoff.id)
        waiting = offer if offer is not None and offer.outcome is OfferOutcome.OPEN else None
        return {
            "handoff_id": handoff.id,
            "offer_id": waiting.id if waiting else None,
            "lead": title_of(
                lead,
                company,
                contact=view.of(handoff, waiting.person_id if waiting else None) is Sight.CONTACT,
                zone=teams[handoff.team_id].zone,
            ),
            "team": teams[handoff.team_id].name,
            "state": handoff.state.value,
            "lifecycle": lead.lifecycle.value,
            "announced_at": handoff.announced_at,
            "manager": ref(teams[handoff.team_id].manager_id),
            "offered_to": ref(waiting.person_id) if waiting else None,
            "pool": pools.get(handoff.pool_id) if handoff.pool_id is not None else None,
            "offered_at": offer.offered_at if offer else None,
            "accept_by": waiting.accept_by if waiting else None,
            "asked": asked[handoff.id].times if handoff.id in asked else 0,
            "queue_reason": handoff.queue_reason if handoff.state is HandoffState.MANAGER_QUEUE else None,
            "owner": ref(handoff.owner_id),
            "stage": handoff.stage,
            "stages": stage_choices(playbook, handoff),
            "decided_by": ref(handoff.decided_by_id),
            "ended_at": handoff.ended_at,
            "reason": reason_of(playbook, handoff),
            "resume_at": handoff.resume_at,
            "reader": people.ref(reader),
        }

    return [facts(handoff) for handoff in handoffs]


def _concerned(handoffs: Iterable[Handoff], teams: Iterable[Team], offers: Iterable[Offer]) -> Iterable[int | None]:
    for handoff in handoffs:
        yield from (handoff.owner_id, handoff.decided_by_id)
    yield from (team.manager_id for team in teams)
    yield from (offer.person_id for offer in offers)


def _latest_offers(session: Session, handoff: Handoff) -> Sequence[Offer]:
    """Return the latest offer, and the one before it where there is one."""
    made = select(Offer).where(rows.in_workspace(Offer, handoff.workspace_id), Offer.handoff_id == handoff.id)
    return session.scalars(made.order_by(Offer.id.desc()).limit(2)).all()


# Built once: to build a statement takes longer than to run it.
_IDS: Final[Any] = bindparam("ids", expanding=True)
_TEAMS: Final = select(Team).where(rows.in_workspace(Team), Team.id.in_(_IDS))
_POOLS: Final = select(Pool).where(rows.in_workspace(Pool), Pool.id.in_(_IDS))
_OFFERS: Final = select(Offer).where(rows.in_workspace(Offer), Offer.id.in_(_IDS))
_ASKED: Final = (
    select(
        Offer.handoff_id,
        func.count().filter(Offer.offered_at >= WAITING_SINCE).label("times"),
        func.max(Offer.id).label("latest"),
    )
    .join(Handoff, Handoff.id == Offer.handoff_id)
    .where(rows.in_workspace(Offer), Offer.handoff_id.in_(_IDS))
    .group_by(Offer.handoff_id)
)
