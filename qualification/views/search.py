"""Which lead somebody means by a few words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, bindparam, case, false, func, or_, select, true
from sqlalchemy.orm import Session

from qualification.handoffs.context import HandoffCommand, read_for_action
from qualification.handoffs.first_contact import is_untouched
from qualification.handoffs.viewpoint import Viewpoint, viewpoint
from qualification.leads import resolution
from qualification.leads.titles import lead_title, title_of
from qualification.people import people
from qualification.playbook import playbooks
from qualification.records import (
    NEAREST,
    NEWEST_TASK,
    Company,
    ExternalId,
    Handoff,
    Lead,
    LeadEmail,
    LeadPhone,
    Membership,
    Offer,
    Person,
    Task,
    Team,
)
from qualification.records.rows import in_workspace
from qualification.rules.handoffs.permissions import waits_for
from qualification.rules.handoffs.sight import Sight
from qualification.rules.handoffs.states import UNDECIDED_STATES, HandoffState, OfferOutcome
from qualification.rules.person_ref import PersonRef
from qualification.rules.playbook.playbook import Playbook
from qualification.rules.refusals import LeadElsewhere, NoOpenLeads, NotInPlaybook, Refusal, UnknownLead
from qualification.rules.values import normalization
from qualification.views.marks import TaskMark, task_mark


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A lead in a list: who it is, where it stands, what is due."""

    handoff_id: int
    offer_id: int | None
    lead: str
    state: str
    stage: str | None
    accept_by: datetime | None
    owner: PersonRef | None
    accepted_at: datetime | None = None
    untouched: bool = False
    task: TaskMark | None = None


T = TypeVar("T")

MOST = 100
_FEWEST_DIGITS: Final = 5


def meant(
    session: Session, workspace_id: int, slack_user_id: str, words: str, *, now: datetime
) -> tuple[LeadLine, ...]:
    """Return the leads that the words mean to this Slack user, without words their own open ones; never none.

    Raises UnknownLead, LeadElsewhere where the words mean only leads that are not theirs to work on, or without words
    NoOpenLeads.
    """
    view = viewpoint(session, workspace_id, slack_user_id)
    if words:
        found = find(session, view, words)
        if not found:
            raise _not_theirs(session, view, workspace_id, slack_user_id, words, now=now)
    else:
        found = mine(session, view.person)[0] if view.person else []
        if not found:
            raise NoOpenLeads if view.roles.is_here else NotInPlaybook
    return tuple(found)


def find(session: Session, view: Viewpoint, words: str) -> list[LeadLine]:
    """Return the live accepted leads that the words may mean and the reader may work on, the likeliest first.

    Words are matched against company, name, e-mail addresses and telephone numbers, without regard to case; the whole
    before the beginning before a part. The id of another system is matched as a whole. At most 100.
    """
    if view.person is None:
        return []
    likeliest = _named(
        view, view.person.workspace_id, _workable(view.person), words, Handoff.accepted_at.desc(), Handoff.id
    )
    return lines(session, session.scalars(likeliest.limit(MOST)).all())


def anybody(session: Session, view: Viewpoint, workspace_id: int, words: str, most: int = 20) -> list[Lead]:
    """Return the leads that the words may mean and the reader may see, the likeliest first and of those the latest.

    Of those that were found to be one, the one that stays. An address is matched only where the reader sees it.
    """
    everybody = select(Lead).outerjoin(Company, Company.id == Lead.company_id).where(Lead.workspace_id == workspace_id)
    seen = everybody.where(view.leads(Sight.OUTCOME))
    likeliest = _named(view, workspace_id, seen, words, Lead.updated_at.desc(), Lead.id)
    found = [resolution.root(session, lead) for lead in session.scalars(likeliest.limit(most + 1))]
    return [lead for lead in dict.fromkeys(found) if lead is not None]


def mine(session: Session, person: Person, most: int = MOST) -> tuple[list[LeadLine], int]:
    """Return the person's own accepted leads that are open, the longest held first, and how many there are."""
    return _cut(session, own(person).order_by(Handoff.accepted_at, Handoff.id), most)


def asking(session: Session, person: Person, most: int = MOST) -> tuple[list[LeadLine], int]:
    """Return what waits for this person: offers to them or their pools, and for a manager their teams' queues."""
    queued = (Handoff.state == HandoffState.MANAGER_QUEUE) & Handoff.team_id.in_(people.managed_by(person))
    return _cut(session, offered(person, or_else=queued), most)


def own(person: Person) -> Select[Handoff]:
    """Select the person's own accepted leads that are open."""
    return _workable(person).where(Handoff.owner_id == person.id)


def offered(person: Person, or_else: ColumnElement[bool] | None = None) -> Select[Handoff]:
    """Select what is offered to the person or their pools, and what else waits for them; what expires first on top."""
    pools = select(Membership.pool_id).where(
        in_workspace(Membership, person.workspace_id), Membership.person_id == person.id, Membership.active
    )
    return (
        select(Handoff)
        .outerjoin(Offer, (Offer.handoff_id == Handoff.id) & (Offer.outcome == OfferOutcome.OPEN))
        .where(
            Handoff.workspace_id == person.workspace_id,
            Handoff.state.in_(UNDECIDED_STATES),
            is_here(person),
            or_(
                (Handoff.state == HandoffState.OFFERED) & (Offer.person_id == person.id),
                (Handoff.state == HandoffState.POOLED) & Handoff.pool_id.in_(pools),
                *(() if or_else is None else (or_else,)),
            ),
        )
        .order_by(Offer.accept_by.is_(None), Offer.accept_by, Handoff.id)
    )


def lines(session: Session, handoffs: Sequence[Handoff]) -> list[LeadLine]:
    """Return the handoffs as lines of a list of what is theirs, in as many statements however many they are."""
    if not handoffs:
        return []
    workspace_id = handoffs[0].workspace_id
    playbook = playbooks.current(session, workspace_id).playbook
    ids = {"workspace_id": workspace_id, "ids": [handoff.id for handoff in handoffs]}
    leads = {lead.id: (lead, company) for lead, company in leads_of(session, workspace_id, handoffs)}
    offers = {offer.handoff_id: offer for offer in session.scalars(_OFFERS, ids)}
    tasks = {task.handoff_id: task for task in session.scalars(_TASKS, ids)}
    owners = people.by_ids(session, workspace_id, (handoff.owner_id for handoff in handoffs))
    pooled = {handoff.team_id for handoff in handoffs if handoff.state is HandoffState.POOLED}
    in_teams = session.execute(_ZONES, {"workspace_id": workspace_id, "ids": pooled}) if pooled else ()
    zones = {row.id: row.zone for row in in_teams}
    refs: dict[int | None, PersonRef] = {person_id: people.ref(person) for person_id, person in owners.items()}
    return [
        LeadLine(
            handoff_id=handoff.id,
            offer_id=offer.id if offer else None,
            # A whole pool is shown no contact details: whoever claims the lead sees them.
            lead=title_of(
                *leads[handoff.lead_id],
                contact=handoff.state is not HandoffState.POOLED,
                zone=zones.get(handoff.team_id),
            ),
            state=handoff.state.value,
            stage=_stage(playbook, handoff.stage),
            accept_by=offer.accept_by if offer else None,
            owner=refs.get(handoff.owner_id),
            accepted_at=handoff.accepted_at,
            untouched=is_untouched(handoff, playbook),
            task=task_mark(task, handoff),
        )
        for handoff in handoffs
        for offer, task in [(offers.get(handoff.id), tasks.get(handoff.id))]
    ]


def leads_of(session: Session, workspace_id: int, handoffs: Iterable[Handoff]) -> Iterable[tuple[Lead, Company | None]]:
    """Return the leads of the handoffs at once, each with its company."""
    rows = session.execute(_LEADS, {"workspace_id": workspace_id, "ids": [handoff.lead_id for handoff in handoffs]})
    return [(lead, company) for lead, company in rows]


def _stage(playbook: Playbook, key: str | None) -> str | None:
    """Return the stage's name, its key where the playbook no longer has it."""
    stage = playbook.stage(key) if key else None
    return stage.name if stage else key


def _workable(person: Person) -> Select[Handoff]:
    """Select the live accepted handoffs that the person owns or manages; none for somebody who isn't here any more."""
    accepted = _handoffs(person.workspace_id).where(Handoff.state == HandoffState.ACCEPTED, is_here(person))
    managed = people.managed_by(person)
    return accepted.where(or_(Handoff.owner_id == person.id, Handoff.team_id.in_(managed)))


def is_here(person: Person) -> ColumnElement[bool]:
    """Select nothing for somebody who has left: no lead is theirs any more."""
    return false() if people.has_left(person) else true()


def _handoffs(workspace_id: int) -> Select[Handoff]:
    """Select the handoffs of a workspace beside what words are matched against."""
    return (
        select(Handoff)
        .join(Lead, Lead.id == Handoff.lead_id)
        .outerjoin(Company, Company.id == Lead.company_id)
        .where(Handoff.workspace_id == workspace_id)
    )


def _named(
    view: Viewpoint, workspace_id: int, rows: Select[T], words: str, *order: SQLColumnExpression[Any]
) -> Select[T]:
    """Narrow to the leads that the words may mean: the whole before the beginning before a part, then in this order.

    What the reader may not see is not matched, so that nobody finds an address out by guessing.
    """
    name = normalization.fold_name(words)
    if not name:
        return rows.where(false())
    # Each is sought as it was folded when it was stored; the address last, and asked for only where it fits.
    sought: tuple[tuple[SQLColumnExpression[str], str], ...] = (
        (func.coalesce(Company.name_key, ""), normalization.fold_company(words)),
        (func.coalesce(Lead.name_key, ""), name),
    )
    address, number = normalization.fold_mailbox(words) if "@" in name else name, _digits(words)
    sees = view.leads(Sight.CONTACT)
    # What another system calls a lead is matched as a whole.
    known_as = and_(in_workspace(ExternalId, workspace_id), ExternalId.external_id == words.strip())
    has_id = Lead.id.in_(select(ExternalId.lead_id).where(known_as))

    def known_by(address_fits: ColumnElement[bool], number_fits: ColumnElement[bool]) -> ColumnElement[bool]:
        """Select who has such an address or number, or this id, if the reader sees it."""
        of_address = select(LeadEmail.lead_id).where(in_workspace(LeadEmail, workspace_id), address_fits)
        by_email = or_(Lead.id.in_(of_address), has_id)
        if number is None:
            return and_(by_email, sees)
        by_phone = Lead.id.in_(select(LeadPhone.lead_id).where(in_workspace(LeadPhone, workspace_id), number_fits))
        return and_(or_(by_email, by_phone), sees)

    email, phone, digits = LeadEmail.email_key, LeadPhone.phone_key, number or ""
    whole = known_by(email == address, phone.in_([digits, f"+{digits}"]))
    # Beside the mailbox, for some have no dots: as it was written.
    as_written = func.lower(LeadEmail.email)
    begins = or_(*(each.startswith(address, autoescape=True) for each in (email, as_written)))
    holds = or_(*(each.contains(address, autoescape=True) for each in (email, as_written)))
    prefixed = phone.startswith(f"+{digits}", autoescape=True)
    beginning = known_by(begins, prefixed)
    part = known_by(holds, or_(prefixed, phone.endswith(digits.lstrip("0"), autoescape=True)))
    rank = case(
        (or_(*(text == key for text, key in sought), whole), 0),
        (or_(*(text.startswith(key, autoescape=True) for text, key in sought), beginning), 1),
        else_=2,
    )
    fitting = or_(*(text.contains(key, autoescape=True) for text, key in sought), part)
    return rows.where(fitting).order_by(rank, *order)


def _digits(words: str) -> str | None:
    """Return the digits of a telephone number that somebody looks for; None where the words are none."""
    digits = "".join(sign for sign in words if sign.isdecimal())
    is_number = len(digits) >= _FEWEST_DIGITS and not any(sign.isalpha() or sign == "@" for sign in words)
    return digits.removeprefix("00") if is_number else None


def _not_theirs(
    session: Session, view: Viewpoint, workspace_id: int, slack_user_id: str, words: str, *, now: datetime
) -> Refusal:
    """Say where the lead is that the words mean, the live and the newest first, if the reader may see it at all."""
    likeliest = _named(view, workspace_id, _handoffs(workspace_id).where(view.handoffs(Sight.OUTCOME)), words, *NEAREST)
    handoff = session.scalars(likeliest.limit(1)).first()
    if handoff is None:
        return UnknownLead(query=words) if view.roles.is_here else NotInPlaybook()
    command = HandoffCommand(workspace_id=workspace_id, by=slack_user_id, handoff_id=handoff.id, now=now)
    found = read_for_action(session, command)
    status = found.status
    asked = status.offered_to if status.state is HandoffState.OFFERED else None
    asked_id = found.offer.person_id if found.offer else None
    return LeadElsewhere(
        lead=lead_title(session, handoff, contact=view.of(handoff, asked_id) is Sight.CONTACT),
        state=status.state.value,
        is_theirs=waits_for(status, found.actor),
        owner=status.owner.ref if status.owner else None,
        offered_to=asked.ref if asked else None,
        pool=status.pool,
        manager=status.manager.ref if status.manager else None,
        lead_id=handoff.lead_id,
    )


def count_of(session: Session, rows: Select[Handoff]) -> int:
    """Return how many there are."""
    return session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0


def _cut(session: Session, rows: Select[Handoff], most: int) -> tuple[list[LeadLine], int]:
    return lines(session, session.scalars(rows.limit(most)).all()), count_of(session, rows)


# Built once: to build a statement takes longer than to run it.
_LEADS: Final = (
    select(Lead, Company)
    .outerjoin(Company, Company.id == Lead.company_id)
    .where(in_workspace(Lead), Lead.id.in_(bindparam("ids", expanding=True)))
)
_ZONES: Final = select(Team.id, Team.zone).where(in_workspace(Team), Team.id.in_(bindparam("ids", expanding=True)))
_TASKS: Final = (
    select(Task)
    .join(Handoff, Task.id == NEWEST_TASK)
    .where(in_workspace(Task), in_workspace(Handoff), Handoff.id.in_(bindparam("ids", expanding=True)))
)
_OFFERS: Final = select(Offer).where(
    in_workspace(Offer), Offer.handoff_id.in_(bindparam("ids", expanding=True)), Offer.outcome == OfferOutcome.OPEN
)
